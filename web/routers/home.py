"""The first page: what waits for whom, and where their work begins."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from web.access import public, signed_in
from web.console import ConsoleOf
from web.pages import go_to, render
from web.todo import todo

router = APIRouter()


@router.get("/", dependencies=[Depends(public)])
def home(request: Request, console: ConsoleOf) -> Response:
    """What to do next; who is not signed in does that first."""
    actor = signed_in(request)
    if actor is None:
        return go_to("/connexion")
    return render(request, "accueil.html", tasks=todo(console, actor))
