"""Sign in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import accounts
from web.access import COOKIE, allow, cookie_value, public, session_token
from web.console import ConsoleOf
from web.pages import go_to, render

router = APIRouter()


@router.get("/connexion", dependencies=[Depends(public)])
def sign_in_page(request: Request, suite: str = "/") -> Response:
    """The form."""
    return render(request, "connexion.html", suite=_inside(suite), login="", wrong=False)


@router.post("/connexion", dependencies=[Depends(public)])
def sign_in(
    request: Request,
    login: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=400)],
    console: ConsoleOf,
    suite: Annotated[str, Form()] = "/",
) -> Response:
    """A session, where the password is right."""
    person = accounts.check_password(console.database, login=login, password=password)
    if person is None:
        return render(request, "connexion.html", status=401, suite=_inside(suite), login=login, wrong=True)
    answer = go_to(_inside(suite))
    token = accounts.open_session(console.database, person.id)
    url = console.settings.console_url
    answer.set_cookie(COOKIE, cookie_value(console, token), httponly=True, samesite="lax", secure=url is not None and url.scheme == "https", path="/")
    return answer


@router.post("/deconnexion", dependencies=[Depends(allow("account"))])
def sign_out(request: Request, console: ConsoleOf) -> Response:
    """End the session."""
    token = session_token(request)
    if token:
        accounts.close_session(console.database, token)
    answer = go_to("/connexion")
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _inside(address: str) -> str:
    """An address of the console; another one becomes its first page."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() else "/"
