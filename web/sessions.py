"""Cookies of a signed-in browser. What stands in one is signed by the console; what it means is a row of the case database."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from fastapi import Request
from itsdangerous import BadSignature, Signer, TimestampSigner

from cases.accounts import SESSION, actor_of_session
from cases.people import Actor
from web.console import Console, console_of

if TYPE_CHECKING:
    from starlette.responses import Response

COOKIE = "vigie_session"
HALF, KNOWN, OIDC = "vigie_etape", "vigie_navigateur", "vigie_oidc"  # between two steps; a browser that signed in before; while a provider is asked
HALF_LIVES, KNOWN_LIVES = 600, 180 * 86_400  # seconds


def is_https(console: Console) -> bool:
    """Whether browsers reach the console by TLS."""
    url = console.settings.console_url
    return url is not None and url.scheme == "https"


def cookie_name(console: Console, name: str = COOKIE) -> str:
    """Under https no other host and no other path can set it: that is what browsers promise for the prefix."""
    return f"__Host-{name}" if is_https(console) else name


def put_cookie(answer: Response, console: Console, name: str, value: str, *, lives: int) -> None:
    """A cookie for ``lives`` seconds that no script reads and that other sites' forms do not send."""
    answer.set_cookie(cookie_name(console, name), value, max_age=lives, path="/", httponly=True, samesite="lax", secure=is_https(console))


def drop_cookie(answer: Response, console: Console, name: str) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(cookie_name(console, name), path="/", httponly=True, samesite="lax", secure=is_https(console))


def cookie_of(request: Request, name: str) -> str:
    """What a cookie holds; "" where there is none."""
    return request.cookies.get(cookie_name(console_of(request), name), "")


def put_session(answer: Response, console: Console, token: str) -> None:
    """Let the browser keep its token."""
    put_cookie(answer, console, COOKIE, cookie_value(console, token), lives=int(SESSION.total_seconds()))


def cookie_value(console: Console, token: str) -> str:
    """A session's token, signed."""
    return _signer(console).sign(token).decode()


def session_token(request: Request) -> str | None:
    """The session's token, if the cookie is signed by us."""
    try:
        return _signer(console_of(request)).unsign(cookie_of(request, COOKIE)).decode()
    except (BadSignature, UnicodeError):
        return None


def signed_in(request: Request) -> Actor | None:
    """Who is signed in; asked once a request."""
    if not hasattr(request.state, "actor"):
        console, token = console_of(request), session_token(request)
        request.state.actor = actor_of_session(console.database, token) if token else None
    found: Actor | None = request.state.actor
    return found


def csrf_token(request: Request) -> str:
    """What forms of this session must bring; "" where nobody is signed in."""
    token = session_token(request)
    return keyed(console_of(request), f"csrf\n{token}") if token else ""


def keyed(console: Console, text: str) -> str:
    """A hash that nobody without the console's secret can compute or try out: 64 hexadecimal digits."""
    return hmac.new(console.secret, text.encode(), hashlib.sha256).hexdigest()


def sealed(console: Console, value: str, *, purpose: str) -> str:
    """A value with its time, signed for one purpose."""
    return _timed(console, purpose).sign(value).decode()


def unsealed(console: Console, given: str, *, purpose: str, lives: int) -> str | None:
    """The value, if we signed it for this purpose within ``lives`` seconds."""
    try:
        return _timed(console, purpose).unsign(given, max_age=lives).decode()
    except (BadSignature, UnicodeError):
        return None


def _signer(console: Console) -> Signer:
    return Signer(console.secret, salt="session", digest_method=hashlib.sha256)


def _timed(console: Console, purpose: str) -> TimestampSigner:
    return TimestampSigner(console.secret, salt=purpose, digest_method=hashlib.sha256)
