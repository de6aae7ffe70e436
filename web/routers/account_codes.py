"""One-time codes of one's own account: turn them on with a telephone, and off again."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import accounts, limits, totp
from cases.people import Actor
from core.errors import NotFound, TooMany
from web.access import allow
from web.console import Console, ConsoleOf
from web.limits import BROWSER, CODES, limited
from web.pages import go_to, render
from web.sessions import session_token

router = APIRouter()
Mine = Annotated[Actor, Depends(allow("account"))]
OFTEN = "Trop d'essais : réessayez dans un quart d'heure."


@router.post("/compte/codes/preparer")
def prepare(actor: Mine, console: ConsoleOf) -> Response:
    """Make a secret and show it."""
    totp.prepare(console.database, actor.id, secret=console.secret)
    return go_to("/compte/codes")


@router.get("/compte/codes")
def codes_page(request: Request, actor: Mine, console: ConsoleOf) -> Response:
    """The secret as a picture and as letters, and the form that confirms it; or, where codes are on, the form that turns them off."""
    return _page(request, actor, console)


def _page(request: Request, actor: Actor, console: Console, *, wrong: str = "", status: int = 200) -> Response:
    found = totp.waiting(console.database, actor.id, secret=console.secret)
    spoken = " ".join(found[start : start + 4] for start in range(0, len(found), 4)) if found else ""
    return render(request, "compte/codes.html", status=status, on=totp.is_on(console.database, actor.id), secret=spoken, wrong=wrong)


@router.get("/compte/codes/qr.svg")
def picture(actor: Mine, console: ConsoleOf) -> Response:
    """The secret that waits as a QR code; none once it is confirmed."""
    import segno

    found = totp.waiting(console.database, actor.id, secret=console.secret)
    if found is None:
        raise NotFound("no one-time secret waits to be confirmed; prepare one on the account page")
    login = accounts.find_person(console.database, identifier=actor.id).login
    drawn = BytesIO()
    segno.make(totp.address_of(found, login=login), error="m", micro=False).save(
        drawn, kind="svg", scale=6, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None, title="Code QR pour l'application de codes"
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@router.post("/compte/codes/confirmer")
def confirm(request: Request, actor: Mine, console: ConsoleOf, code: Annotated[str, Form(max_length=20)]) -> Response:
    """Turn codes on, where the telephone shows the right one."""
    try:
        tries = limits.check_all(console.database, [limited(console, "code", actor.id, CODES)])
    except TooMany:
        return _page(request, actor, console, wrong=OFTEN, status=429)
    if not totp.confirm(console.database, actor.id, code, secret=console.secret, keep=session_token(request)):
        return _page(request, actor, console, wrong="Ce code n'est pas le bon : attendez le suivant et vérifiez l'heure du téléphone.", status=422)
    limits.forgive(console.database, tries)
    return go_to("/compte?fait=codes")


@router.post("/compte/codes/retirer")
def turn_off(request: Request, actor: Mine, console: ConsoleOf, password: Annotated[str, Form(max_length=400)]) -> Response:
    """Ask for no code any more: for who knows the password, not for who found the browser open."""
    try:
        tries = limits.check_all(console.database, [limited(console, "ancien", actor.id, BROWSER)])
    except TooMany:
        return _page(request, actor, console, wrong=OFTEN, status=429)
    login = accounts.find_person(console.database, identifier=actor.id).login
    if accounts.check_password(console.database, login=login, password=password) is None:
        return _page(request, actor, console, wrong="Le mot de passe n'est pas le bon.", status=422)
    limits.forgive(console.database, tries)
    totp.turn_off(console.database, actor.id, by=actor.id)
    return go_to("/compte?fait=sans-code")
