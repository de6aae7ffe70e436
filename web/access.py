"""Who may do what, in one table. Every route names one permission of it, or says that it is public; a test holds routes and table together."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData

from cases.keys import actor_of_key
from cases.people import READERS, Actor, Role, Scope
from core.errors import ConfigError, Forbidden
from web.console import console_of
from web.limits import KEYS, count_person, count_wrong
from web.sessions import COOKIE, cookie_value, csrf_token, session_token, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD, HEADER = "csrf", "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")
__all__ = [
    "COOKIE", "PERMISSIONS", "Permission", "SignInNeeded", "allow", "allow_api", "cookie_value", "csrf_token", "form_of", "own_site",
    "public", "session_token", "sign_in_address", "signed_in",
]  # fmt: skip


class Permission(NamedTuple):
    """Roles of which one is needed (none: being signed in is enough), and for programs the scope that their key needs; None: not for programs."""

    roles: tuple[Role, ...]
    scope: Scope | None = None


PERMISSIONS: dict[str, Permission] = {
    "account": Permission(()),  # one's own password, preferences, keys: everybody who is signed in
    "submit": Permission(("soumet", "analyse", "valide"), "submissions:write"),
    "follow": Permission(("soumet", "analyse", "valide"), "submissions:read"),  # of one's own organisation
    "contest": Permission(("soumet",), "submissions:write"),
    "read": Permission(READERS, "documents:read"),  # queue, items, search, campaigns
    "review": Permission(("analyse", "valide"), "reviews:write"),
    "adjudicate": Permission(("valide",)),  # readings that differ, contests, undoing what another decided, golden items
    "quality": Permission(("analyse", "valide", "administre"), "statistics:read"),
    "export": Permission(("valide", "administre")),  # registers without texts
    "export_texts": Permission(("valide",)),  # training candidates: who administers reads nothing by that role
    "identify": Permission(("valide", "droit")),  # asking or agreeing to ask who an author is
    "notices": Permission(READERS, "notices:read"),  # notices, their evidence and their follow-up
    "notify": Permission(READERS, "notices:write"),  # drafting one; noting receipts, answers, complaints
    "sign": Permission(READERS, "notices:sign"),  # a notice or a dossier; the gates ask for sante or droit besides
    "send": Permission(("valide", "droit"), "notices:write"),  # confirming that a signed notice leaves
    "dossiers": Permission(("valide", "droit"), "dossiers:read"),
    "refer": Permission(("valide", "droit"), "dossiers:write"),  # drafting a dossier, saying that it was handed over
    "identities": Permission(("droit",)),  # the sealed annex
    "duties": Permission(("valide", "droit")),  # art. 434-3: the dated answer
    "reports": Permission(("valide", "droit", "administre"), "reports:read"),
    "publish": Permission(("droit", "administre"), "reports:write"),  # freezing a report, signing that it names nobody
    "rights": Permission(("droit", "administre")),  # what people concerned ask; registers of data protection
    "opt_out": Permission(("droit", "administre")),
    "administer": Permission(("administre",)),
}


class SignInNeeded(Forbidden):
    """Nobody is signed in: pages lead to the sign-in, programs get 401."""

    status = 401
    kind = "sign_in_needed"


class Public:
    """Marks a route that everybody may call. What changes something is not taken from another site's form (login CSRF)."""

    def __call__(self, request: Request) -> None:
        """Raises Forbidden for a form of another site."""
        if request.method not in SAFE and not own_site(request):
            raise Forbidden("the form came from another site; open the page of Vigie itself and repeat")


def own_site(request: Request) -> bool:
    """Whether a browser says that one of our pages sends this; programs say nothing, and carry nobody's cookies."""
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said in ("same-origin", "none")
    origin, url = request.headers.get("origin"), console_of(request).settings.console_url
    if origin is None:
        return True
    ours = urlsplit(str(url)) if url else None
    return origin == f"{ours.scheme}://{ours.netloc}" if ours else urlsplit(origin).netloc == request.headers.get("host")


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
        _must_have(actor, roles)
        if request.method not in SAFE and not hmac.compare_digest(given.encode(), csrf_token(request).encode()):
            raise Forbidden("the form is out of date or came from elsewhere; open the page again and repeat")
        _count(request, actor, permission)
        return actor

    allowed.permission = permission  # type: ignore[attr-defined]  # what the test of all routes reads
    return allowed


def allow_api(permission: str) -> Callable[..., Actor]:
    """A dependency: the actor of a program's key (Authorization: Bearer), which has this permission's scope and whose owner has its role. Cookies are
    not looked at, so that no other site's page can call it in somebody's name.
    """
    roles, scope = PERMISSIONS[permission]
    if scope is None:
        raise ConfigError(f"permission {permission!r} has no scope, so that no program can have it; see PERMISSIONS of web/access.py")

    def allowed(request: Request) -> Actor:
        actor = _actor_of_program(request)
        if scope not in (actor.scopes or ()):
            raise Forbidden(f"this needs a key with the scope {scope}; make one on the account page")
        _must_have(actor, roles)
        _count(request, actor, permission)
        return actor

    allowed.permission = permission  # type: ignore[attr-defined]
    allowed.scope = scope  # type: ignore[attr-defined]
    return allowed


def any_key(request: Request) -> Actor:
    """A dependency: the actor of a program's key, whatever its scopes: for what a key may know of itself."""
    return _actor_of_program(request)


any_key.permission, any_key.scope = "account", None  # type: ignore[attr-defined]


def _must_have(actor: Actor, roles: tuple[Role, ...]) -> None:
    if roles and not actor.has(*roles):
        raise Forbidden(f"this needs the role {' or '.join(roles)}; ask an administrator of Vigie")


def _count(request: Request, actor: Actor, permission: str) -> None:
    if request.method not in SAFE:
        count_person(console_of(request), actor, permission)


def _actor_of_program(request: Request) -> Actor:
    console = console_of(request)
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key.strip():
        raise SignInNeeded("no key; expected the header Authorization: Bearer vigie_...")
    actor = actor_of_key(console.database, key.strip())
    if actor is None:
        count_wrong(console, "cle", request, KEYS)
        raise SignInNeeded("this key is unknown, revoked or expired; make another one on the account page")
    request.state.actor = actor
    return actor


public = Public()


def sign_in_address(request: Request) -> str:
    """Where a page leads that needs a sign-in; back to it afterwards."""
    wanted: Any = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/connexion?suite={quote(wanted, safe='')}" if request.method == "GET" else "/connexion"
