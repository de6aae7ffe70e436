"""From a proven person to a signed-in browser: the one-time code where it is on, then a new session in place of the old one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cases import accounts, totp
from web.pages import go_to
from web.sessions import HALF, HALF_LIVES, KNOWN, KNOWN_LIVES, cookie_of, drop_cookie, keyed, put_cookie, put_session, sealed, session_token, unsealed

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

    from cases.accounts import Person
    from web.console import Console


def inside(address: str) -> str:
    """An address of the console; any other, and whatever a browser could read as one, becomes its first page."""
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable() and len(address) <= 2000
    return address if own else "/"


def go_on(request: Request, console: Console, person: Person, *, wanted: str) -> Response:
    """The next step of somebody whose password is right, or whom the provider knows."""
    if totp.is_on(console.database, person.id):
        answer = go_to("/connexion/code")
        put_cookie(answer, console, HALF, sealed(console, f"{person.id}\n{inside(wanted)}", purpose=HALF), lives=HALF_LIVES)
        return answer
    return let_in(request, console, person, wanted=wanted)


def half_way(request: Request, console: Console) -> tuple[str, str] | None:
    """The id of who has given all but the code, and where they want to go; None where nobody has."""
    found = unsealed(console, cookie_of(request, HALF), purpose=HALF, lives=HALF_LIVES)
    if found is None:
        return None
    person, _, wanted = found.partition("\n")
    return person, wanted


def let_in(request: Request, console: Console, person: Person, *, wanted: str) -> Response:
    """A new session, whatever the browser had before: a token that somebody planted opens nothing."""
    old = session_token(request)
    if old:
        accounts.close_session(console.database, old)
    answer = go_to(inside(wanted))
    put_session(answer, console, accounts.open_session(console.database, person.id))
    if not browser_mark(request, console, person.login):
        put_cookie(answer, console, KNOWN, _mark(console, person.login), lives=KNOWN_LIVES)
    drop_cookie(answer, console, HALF)
    return answer


def browser_mark(request: Request, console: Console, login: str) -> str:
    """The mark of a browser that signed in to this account before; "" for others. It opens nothing: its tries are counted apart."""
    found = unsealed(console, cookie_of(request, KNOWN), purpose=KNOWN, lives=KNOWN_LIVES) or ""
    mark, _, whose = found.partition(".")
    return mark if whose == keyed(console, f"browser {login}")[:32] else ""


def _mark(console: Console, login: str) -> str:
    return sealed(console, f"{secrets.token_hex(16)}.{keyed(console, f'browser {login}')[:32]}", purpose=KNOWN)
