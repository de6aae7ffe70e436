"""How Vigie is used, what a marker is and is not, and how accessible the console is. Everybody may read it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from cases.policy import load_policy
from web.access import public
from web.console import ConsoleOf
from web.pages import render
from web.progress import DECIDED

router = APIRouter()


@router.get("/aide", dependencies=[Depends(public)])
def manual(request: Request, console: ConsoleOf) -> Response:
    """For who submits and for who reads."""
    policy = load_policy()
    return render(
        request, "aide.html", taxonomy=console.taxonomy, decided=DECIDED.values(), contest_days=policy.contest_days, lease=policy.lease_minutes,
        undo=policy.undo_minutes,
    )  # fmt: skip


@router.get("/accessibilite", dependencies=[Depends(public)])
def accessibility(request: Request) -> Response:
    """What was checked, and where to tell what does not work."""
    return render(request, "accessibilite.html")
