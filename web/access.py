"""Who may do what, in one table. Every route names one permission of it, or says that it is public; a test holds routes and table together."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from fastapi import Depends, Request
from itsdangerous import BadSignature, Signer
from starlette.datastructures import FormData

from cases.accounts import actor_of_session
from cases.people import READERS, ROLES, Actor, Role, Scope
from core.errors import Forbidden
from web.console import Console, console_of

if TYPE_CHECKING:
    from collections.abc import Callable

COOKIE = "vigie_session"
FIELD, HEADER = "csrf", "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")


class Permission(NamedTuple):
    """Roles of which one is needed, and for programs the scope that their key needs; None: not for programs."""

    roles: tuple[Role, ...]
    scope: Scope | None = None


PERMISSIONS: dict[str, Permission] = {
    "account": Permission(ROLES),  # one's own password, preferences, keys
    "submit": Permission(("soumet", "analyse", "valide"), "submissions:write"),
    "follow": Permission(("soumet", "analyse", "valide"), "submissions:read"),  # of one's own organisation
    "contest": Permission(("soumet",), "submissions:write"),
    "read": Permission(READERS, "documents:read"),  # queue, items, search, campaigns
    "review": Permission(("analyse", "valide"), "reviews:write"),
    "adjudicate": Permission(("valide",)),  # readings that differ, contests, undoing what another decided, golden items
    "quality": Permission(("analyse", "valide", "administre"), "statistics:read"),
    "export": Permission(("valide", "administre")),  # training candidates, registers
    "identify": Permission(("valide", "droit")),  # asking or agreeing to ask who an author is
    "opt_out": Permission(("droit", "administre")),
    "administer": Permission(("administre",)),
}


class SignInNeeded(Forbidden):
    """Nobody is signed in: pages lead to the sign-in, programs get 401."""

    status = 401
    kind = "sign_in_needed"


class Public:
    """Marks a route that everybody may call."""

    def __call__(self) -> None:
        """Nothing is asked."""


async def form_of(request: Request) -> FormData:
    """The fields of a form; empty for other bodies. A FastAPI dependency."""
    kind = request.headers.get("content-type", "")
    return await request.form() if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")) else FormData()


async def _token_given(request: Request) -> str:
    if request.method in SAFE:
        return ""
    given = request.headers.get(HEADER) or (await form_of(request)).get(FIELD) or ""
    return given if isinstance(given, str) else ""


def allow(permission: str) -> Callable[..., Actor]:
    """A dependency: the actor of a page, who has this permission. An unsafe method needs the token of the actor's session too."""
    roles = PERMISSIONS[permission].roles

    def allowed(request: Request, given: str = Depends(_token_given)) -> Actor:
        actor = signed_in(request)
        if actor is None:
            raise SignInNeeded("nobody is signed in; sign in first")
        if not actor.has(*roles):
            raise Forbidden(f"this needs the role {' or '.join(roles)}; ask an administrator of Vigie")
        if request.method not in SAFE and not hmac.compare_digest(given.encode(), csrf_token(request).encode()):
            raise Forbidden("the form is out of date or came from elsewhere; open the page again and repeat")
        return actor

    allowed.permission = permission  # type: ignore[attr-defined]  # what the test of all routes reads
    return allowed


public = Public()


def signed_in(request: Request) -> Actor | None:
    """Who is signed in; asked once a request."""
    if not hasattr(request.state, "actor"):
        console, token = console_of(request), session_token(request)
        request.state.actor = actor_of_session(console.database, token) if token else None
    found: Actor | None = request.state.actor
    return found


def session_token(request: Request) -> str | None:
    """The session's token, if the cookie is signed by us."""
    try:
        return _signer(console_of(request)).unsign(request.cookies.get(COOKIE, "")).decode()
    except (BadSignature, UnicodeError):
        return None


def cookie_value(console: Console, token: str) -> str:
    """A session's token, signed."""
    return _signer(console).sign(token).decode()


def _signer(console: Console) -> Signer:
    return Signer(console.secret, salt="session", digest_method=hashlib.sha256)


def csrf_token(request: Request) -> str:
    """What forms of this session must bring; "" where nobody is signed in."""
    token = session_token(request)
    return hmac.new(console_of(request).secret, f"csrf\n{token}".encode(), hashlib.sha256).hexdigest() if token else ""


def sign_in_address(request: Request) -> str:
    """Where a page leads that needs a sign-in; back to it afterwards."""
    wanted: Any = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/connexion?suite={quote(wanted, safe='')}" if request.method == "GET" else "/connexion"
