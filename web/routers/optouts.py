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
from core.errors import Invalid, VigieError
from web.access import allow
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.pages import go_to, render
from web.sentences import Refused, refused

router = APIRouter()
WITHIN = timedelta(days=30)  # GDPR art. 12(3): a month
Allowed = Annotated[Actor, Depends(allow("opt_out"))]
Text = Annotated[str, Form(max_length=2000)]


@router.get("/oppositions", dependencies=[Depends(allow("opt_out"))])
def opt_outs_page(request: Request, console: ConsoleOf) -> Response:
    """What was asked, what waits for whom, what was done."""
    return _page(request, console)


def _page(request: Request, console: Console, *, no: Refused | None = None, typed: dict[str, str] | None = None) -> Response:
    said = typed or {}
    return render(
        request, "administration/oppositions.html", status=no.status if no else 200, names=people_names(console), within=WITHIN, no=no, typed=said,
        waiting=optouts.listed(console.database, is_open=True), over=optouts.listed(console.database, is_open=False),
        most_alone=optouts.MOST_ALONE, act=said.get("act") or uuid.uuid4().hex,
    )  # fmt: skip


@router.post("/oppositions")
def ask(
    *, request: Request, actor: Allowed, console: ConsoleOf, act: Annotated[str, Form(min_length=8, max_length=64)], reason: Text = "",
    address: Text = "", platform: Text = "", account: Text = "",
) -> Response:  # fmt: skip
    """Write a wish down."""
    try:
        wish = Wish(address=address.strip(), platform=platform.strip(), account=account.strip())
        made = optouts.ask(console.database, wish, reason=reason, actor=actor, act=act)
    except VigieError as error:
        typed = {"act": act, "reason": reason, "address": address, "platform": platform, "account": account}
        return _page(request, console, no=refused(error), typed=typed)
    return go_to(f"/oppositions#o-{made.id}")


@router.post("/oppositions/{identifier}/accord")
def agree(request: Request, identifier: str, actor: Allowed, console: ConsoleOf, seen: Annotated[int, Form(ge=0)]) -> Response:
    """Let it be carried out."""
    try:
        optouts.agree(console.database, identifier, seen=seen, actor=actor)
    except VigieError as error:
        return _page(request, console, no=refused(error, form="demandes"))
    return go_to(f"/oppositions#o-{identifier}")


@router.post("/oppositions/{identifier}/refus")
def refuse(request: Request, identifier: str, actor: Allowed, console: ConsoleOf, reason: Text = "") -> Response:
    """Withdraw or refuse it, with a reason."""
    try:
        optouts.refuse(console.database, identifier, reason=reason, actor=actor)
    except Invalid as error:
        return _page(request, console, no=refused(error, form=identifier), typed={identifier: reason})
    except VigieError as error:
        return _page(request, console, no=refused(error, form="demandes"))
    return go_to(f"/oppositions#o-{identifier}")
