"""/oppositions: wishes not to be read any more, with what they would erase, and who must agree."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import optouts
from cases.optouts import Wish
from cases.people import Actor
from web.access import allow
from web.console import ConsoleOf
from web.naming import people_names
from web.pages import go_to, render

router = APIRouter()
WITHIN = timedelta(days=30)  # GDPR art. 12(3): a month
Allowed = Annotated[Actor, Depends(allow("opt_out"))]
Text = Annotated[str, Form(max_length=2000)]


@router.get("/oppositions", dependencies=[Depends(allow("opt_out"))])
def opt_outs_page(request: Request, console: ConsoleOf) -> Response:
    """What was asked, what waits for whom, what was done."""
    return render(
        request, "administration/oppositions.html", names=people_names(console), waiting=optouts.listed(console.database, is_open=True),
        over=optouts.listed(console.database, is_open=False), within=WITHIN, most_alone=optouts.MOST_ALONE, act=uuid.uuid4().hex,
    )  # fmt: skip


@router.post("/oppositions")
def ask(
    *, actor: Allowed, console: ConsoleOf, reason: Text, act: Annotated[str, Form(min_length=8, max_length=64)], address: Text = "",
    platform: Text = "", account: Text = "",
) -> Response:  # fmt: skip
    """Write a wish down."""
    wish = Wish(address=address.strip(), platform=platform.strip(), account=account.strip())
    made = optouts.ask(console.database, wish, reason=reason, actor=actor, act=act)
    return go_to(f"/oppositions#o-{made.id}")


@router.post("/oppositions/{identifier}/accord")
def agree(identifier: str, actor: Allowed, console: ConsoleOf, seen: Annotated[int, Form(ge=0)]) -> Response:
    """Let it be carried out."""
    optouts.agree(console.database, identifier, seen=seen, actor=actor)
    return go_to(f"/oppositions#o-{identifier}")


@router.post("/oppositions/{identifier}/refus")
def refuse(identifier: str, actor: Allowed, console: ConsoleOf, reason: Text) -> Response:
    """Withdraw or refuse it, with a reason."""
    optouts.refuse(console.database, identifier, reason=reason, actor=actor)
    return go_to(f"/oppositions#o-{identifier}")
