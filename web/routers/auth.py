"""Sign in and out: by password, by a provider, with a one-time code, by an invitation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cases import accounts, changing, invitations, limits, totp
from cases.accounts import Person
from core.errors import Invalid, NotFound, TooMany
from web import oidc
from web.access import allow, public
from web.console import Console, ConsoleOf
from web.entering import browser_mark, go_on, half_way, inside, let_in
from web.limits import CODES, LINKS, address_of, count_sign_in, count_wrong, limited
from web.pages import go_to, render
from web.sessions import COOKIE, drop_cookie, session_token

router = APIRouter()
CHOSEN = "mot-de-passe"
Password = Annotated[str, Form(max_length=400)]


def _form(request: Request, console: Console, **values: Any) -> Response:
    known: dict[str, Any] = {"suite": "/", "login": "", "wrong": "", "status": 200, "chosen": False} | values
    return render(request, "connexion/connexion.html", provider=oidc.offered(console), **known)


@router.get("/connexion", dependencies=[Depends(public)])
def sign_in_page(request: Request, console: ConsoleOf, suite: str = "/", fait: str = "") -> Response:
    """The form; after an invitation it says that the password is kept."""
    return _form(request, console, suite=inside(suite), chosen=fait == CHOSEN)


@router.post("/connexion", dependencies=[Depends(public)])
def sign_in(
    request: Request, login: Annotated[str, Form(max_length=254)], password: Password, console: ConsoleOf, suite: Annotated[str, Form()] = "/"
) -> Response:
    """A session, or the next step to one, where the password is right."""
    name = login.strip().lower()
    try:
        tries = count_sign_in(console, login=name, address=address_of(request), browser=browser_mark(request, console, name))
    except TooMany as error:
        headers = {"Retry-After": str(error.wait)}
        return _form(request, console, status=429, headers=headers, suite=inside(suite), login=login, wrong="often", minutes=-(-error.wait // 60))
    person = accounts.check_password(console.database, login=name, password=password)
    if person is None:
        return _form(request, console, status=401, suite=inside(suite), login=login, wrong="password")
    limits.forgive(console.database, tries)
    return go_on(request, console, person, wanted=suite)


@router.get("/connexion/code", dependencies=[Depends(public)])
def code_page(request: Request, console: ConsoleOf) -> Response:
    """The form of the one-time code."""
    return render(request, "connexion/code.html", wrong="") if half_way(request, console) else go_to("/connexion")


@router.post("/connexion/code", dependencies=[Depends(public)])
def give_code(request: Request, code: Annotated[str, Form(max_length=20)], console: ConsoleOf) -> Response:
    """A session, where the code is right too."""
    found = half_way(request, console)
    if found is None:
        return go_to("/connexion")
    person, wanted = found
    try:
        tries = limits.check_all(console.database, [limited(console, "code", person, CODES)])
    except TooMany as error:
        return render(request, "connexion/code.html", status=429, headers={"Retry-After": str(error.wait)}, wrong="often")
    if not totp.take(console.database, person, code, secret=console.secret):
        return render(request, "connexion/code.html", status=401, wrong="code")
    limits.forgive(console.database, tries)
    return let_in(request, console, accounts.find_person(console.database, identifier=person), wanted=wanted)


@router.post("/connexion/fournisseur", dependencies=[Depends(public)])
async def leave_for_provider(console: ConsoleOf, request: Request, suite: Annotated[str, Form()] = "/") -> Response:
    """Go to the OpenID Connect provider."""
    if not oidc.offered(console):
        raise NotFound("no provider is set; sign in with a password")
    return await oidc.leave(request, wanted=inside(suite))


@router.get(oidc.RETURN, dependencies=[Depends(public)])
async def come_back_from_provider(console: ConsoleOf, request: Request) -> Response:
    """A session, where the provider knows the person and an administrator made the account."""
    if not oidc.offered(console):
        raise NotFound("no provider is set; sign in with a password")
    identity = await oidc.come_back(request)
    answer = await run_in_threadpool(_enter, request, console, identity)
    oidc.forget(answer, console)
    return answer


def _enter(request: Request, console: Console, identity: oidc.Identity) -> Response:
    person = _person_of(console, identity)
    if person is None:
        return _form(request, console, status=403, wrong="provider")
    return go_on(request, console, person, wanted=identity.wanted)


def _person_of(console: Console, identity: oidc.Identity) -> Person | None:
    """By issuer and subject; the first time by the address that the provider has checked."""
    person = accounts.person_of_provider(console.database, identity.subject)
    if person is None and identity.email:
        try:
            person = accounts.find_person(console.database, identifier=identity.email)
        except NotFound:
            return None
        if person.disabled_at is None:
            changing.bind_provider(console.database, person.id, subject=identity.subject)
    return person if person and person.disabled_at is None else None


@router.get("/invitation/{token}", dependencies=[Depends(public)])
def invitation_page(request: Request, token: str, console: ConsoleOf) -> Response:
    """The form of a new password."""
    return _invitation(request, console, token)


@router.post("/invitation/{token}", dependencies=[Depends(public)])
def accept_invitation(request: Request, token: str, password: Password, again: Password, console: ConsoleOf) -> Response:
    """Keep the password; the sign-in follows, so that it is tried once."""
    if password != again:
        return _invitation(request, console, token, wrong="different")
    try:
        invitations.accept(console.database, token, password=password)
    except Invalid:
        return _invitation(request, console, token, wrong="plain")
    except NotFound:
        return _invitation(request, console, token)
    answer = go_to(f"/connexion?fait={CHOSEN}")
    drop_cookie(answer, console, COOKIE)
    return answer


def _invitation(request: Request, console: Console, token: str, *, wrong: str = "") -> Response:
    try:
        person = invitations.invited(console.database, token)
    except NotFound:
        count_wrong(console, "lien", request, LINKS)
        return render(request, "connexion/invitation.html", status=404, person=None, wrong="")
    return render(request, "connexion/invitation.html", status=422 if wrong else 200, person=person, wrong=wrong)


@router.post("/deconnexion", dependencies=[Depends(allow("account"))])
def sign_out(request: Request, console: ConsoleOf) -> Response:
    """End the session."""
    token = session_token(request)
    if token:
        accounts.close_session(console.database, token)
    answer = go_to("/")
    drop_cookie(answer, console, COOKIE)
    return answer
