"""/administration: people and organisations, their roles, capacities, keys and quotas. Never a text, never a person that content is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from cases import accounts, changing, invitations, keys
from cases.people import CAPACITIES, Actor, Capacity, Role
from core.errors import VigieError
from web.access import allow
from web.capacities import vocabulary
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.pages import go_to, render
from web.sentences import Refused, for_field, refused

if TYPE_CHECKING:
    from collections.abc import Callable

router = APIRouter(prefix="/administration")
Allowed = Annotated[Actor, Depends(allow("administer"))]
GATE = [Depends(allow("administer"))]
PEOPLE, ORGANISATIONS = "/administration/personnes", "/administration/organisations"
Short = Annotated[str, Form(max_length=300)]
Roles = Annotated[list[Role], Form(default_factory=list)]
Done = Annotated[str, Query(max_length=20)]
MOST_QUOTA = 100_000
REGISTRATION = re.compile(r"\d{9}|W\d{9}", re.ASCII)
STILL_ONE = "Choisissez au moins un rôle. Pour que cette personne n'entre plus, utilisez « Fermer l'accès », plus bas. Rien n'a été changé."
DONE = {
    "roles": "Les rôles sont enregistrés. Ils valent dès maintenant.",
    "ferme": "L'accès est fermé : la personne est déconnectée, ses clés ne servent plus.",
    "rouvert": "L'accès est rouvert. Les clés restent révoquées.",
    "organisation": "L'organisation est enregistrée.",
}


@router.get("", dependencies=GATE)
def hub(request: Request) -> Response:
    """Where to go."""
    return render(request, "administration/accueil.html")


@router.get("/personnes", dependencies=GATE)
def people_page(request: Request, console: ConsoleOf) -> Response:
    """Everybody who has an account, and the form for one more."""
    return _people_page(request, console)


def _people_page(request: Request, console: Console, *, no: Refused | None = None, typed: dict[str, Any] | None = None) -> Response:
    houses = accounts.organisations(console.database)
    return render(
        request, "administration/personnes.html", status=no.status if no else 200, people=accounts.people(console.database),
        organisations={one.id: one for one in houses}, words=vocabulary(), no=no, typed=typed or {},
    )  # fmt: skip


@router.post("/personnes")
def add_person(
    *, request: Request, actor: Allowed, console: ConsoleOf, roles: Roles, organisation: Short = "", login: Short = "", name: Short = ""
) -> Response:
    """A new person, who comes in by an invitation: shown once, in this answer."""
    typed = {"organisation": organisation, "login": login, "name": name, "roles": roles}
    known = organisation in {one.id for one in accounts.organisations(console.database) if not one.closed_at}
    if not (known and roles):
        return _people_page(request, console, no=for_field("roles" if known else "organisation"), typed=typed)
    try:
        made = accounts.add_person(console.database, organisation_id=organisation, login=login, name=name.strip(), roles=roles, by=actor.id)
    except (VigieError, ValidationError) as error:
        return _people_page(request, console, no=refused(error), typed=typed)
    return invite(request, made.id, actor, console)


@router.get("/personnes/{person_id}", dependencies=GATE)
def person_page(request: Request, person_id: str, console: ConsoleOf, fait: Done = "") -> Response:
    """One person: roles, keys, invitation."""
    return _person_page(request, person_id, console, done=DONE.get(fait, ""))


def _person_page(
    request: Request, person_id: str, console: Console, *, link: str = "", done: str = "", no: Refused | None = None, roles: list[Role] | None = None
) -> Response:
    person = accounts.find_person(console.database, identifier=person_id)
    return render(
        request, "administration/personne.html", status=no.status if no else 200, person=person, words=vocabulary(), names=people_names(console),
        organisation=accounts.find_organisation(console.database, person.organisation_id), keys=keys.keys_of(console.database, person=person.id),
        link=link, hours=int(invitations.LIVES.total_seconds() // 3600), done=done, no=no, chosen=person.roles if roles is None else roles,
    )  # fmt: skip


@router.post("/personnes/{person_id}/roles")
def change_roles(request: Request, person_id: str, actor: Allowed, console: ConsoleOf, roles: Roles) -> Response:
    """Give these roles alone; at least one."""
    if not roles:
        return _person_page(request, person_id, console, no=Refused(STILL_ONE, "roles", form="roles"), roles=[])
    try:
        changing.change_roles(console.database, person_id, roles, by=actor.id)
    except VigieError as error:
        return _person_page(request, person_id, console, no=refused(error, form="roles"), roles=roles)
    return go_to(f"{PEOPLE}/{person_id}?fait=roles") if person_id != actor.id or "administre" in roles else go_to("/")


@router.post("/personnes/{person_id}/acces")
def change_access(request: Request, person_id: str, actor: Allowed, console: ConsoleOf, disabled: Annotated[bool, Form()]) -> Response:
    """Shut a person out, or let in again."""
    change: Callable[..., None] = changing.disable if disabled else changing.enable
    try:
        change(console.database, person_id, by=actor.id)
    except VigieError as error:
        return _person_page(request, person_id, console, no=refused(error, form="acces"))
    return go_to(f"{PEOPLE}/{person_id}?fait={'ferme' if disabled else 'rouvert'}")


@router.post("/personnes/{person_id}/invitation")
def invite(request: Request, person_id: str, actor: Allowed, console: ConsoleOf) -> Response:
    """A link by which the person chooses a password: shown once, here."""
    try:
        token = invitations.invite(console.database, person_id, by=actor.id)
    except VigieError as error:
        return _person_page(request, person_id, console, no=refused(error, form="acces"))
    url = console.settings.console_url
    start = str(url).rstrip("/") if url else f"{request.url.scheme}://{request.url.netloc}"
    return _person_page(request, person_id, console, link=f"{start}/invitation/{token}")


@router.get("/cles", dependencies=GATE)
def keys_page(request: Request, console: ConsoleOf) -> Response:
    """The keys of all programs."""
    return render(request, "administration/cles.html", keys=keys.keys_of(console.database), names=people_names(console))


@router.post("/cles/{key_id}/revoquer")
def revoke(key_id: str, actor: Allowed, console: ConsoleOf) -> Response:
    """End a key."""
    keys.revoke(console.database, key_id, by=actor.id)
    return go_to("/administration/cles")


@router.get("/organisations", dependencies=GATE)
def organisations_page(request: Request, console: ConsoleOf) -> Response:
    """All organisations, and the form for one more."""
    return _organisations_page(request, console)


def _organisations_page(request: Request, console: Console, *, no: Refused | None = None, typed: dict[str, Any] | None = None) -> Response:
    counts: dict[str, int] = {}
    for person in accounts.people(console.database):
        counts[person.organisation_id] = counts.get(person.organisation_id, 0) + (person.disabled_at is None)
    said = {"name": "", "capacity": "aucune", "registration": "", "quota": accounts.QUOTA, **(typed or {})}
    return render(
        request, "administration/organisations.html", status=no.status if no else 200, organisations=accounts.organisations(console.database),
        counts=counts, words=vocabulary(), no=no, typed=said,
    )  # fmt: skip


@router.post("/organisations")
def add_organisation(
    *, request: Request, actor: Allowed, console: ConsoleOf, name: Short = "", capacity: Short = "", quota: Short = "", registration: Short = ""
) -> Response:
    """A new organisation."""
    typed = {"name": name, "capacity": capacity, "quota": quota, "registration": registration}
    read, asked = _capacity(capacity), _quota(quota)
    if read is None or asked is None:
        return _organisations_page(request, console, no=for_field("quota" if read else "capacity"), typed=typed)
    try:
        accounts.add_organisation(
            console.database, name=name.strip(), capacity=read, registration=_plain(registration), quota=asked, by=actor.id
        )  # fmt: skip
    except (VigieError, ValidationError) as error:
        return _organisations_page(request, console, no=refused(error), typed=typed)
    return go_to(ORGANISATIONS)


@router.get("/organisations/{organisation_id}", dependencies=GATE)
def organisation_page(request: Request, organisation_id: str, console: ConsoleOf, fait: Done = "") -> Response:
    """One organisation and its people."""
    return _organisation_page(request, console, organisation_id, done=DONE.get(fait, ""))


def _organisation_page(
    request: Request, console: Console, organisation_id: str, *, done: str = "", no: Refused | None = None, typed: dict[str, Any] | None = None
) -> Response:
    one = accounts.find_organisation(console.database, organisation_id)
    said = {
        "capacity": one.capacity,
        "quota": one.quota,
        "registration": one.registration or "",
        "closed": one.closed_at is not None,
        **(typed or {}),
    }
    return render(
        request, "administration/organisation.html", status=no.status if no else 200, one=one, words=vocabulary(), done=done, no=no, typed=said,
        people=accounts.people(console.database, organisation_id=organisation_id),
    )  # fmt: skip


@router.post("/organisations/{organisation_id}")
def change_organisation(
    *, request: Request, organisation_id: str, actor: Allowed, console: ConsoleOf, capacity: Short = "", quota: Short = "", registration: Short = "",
    closed: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Its capacity, registration, quota, and whether it is closed."""
    typed = {"capacity": capacity, "quota": quota, "registration": registration, "closed": closed}
    read, asked = _capacity(capacity), _quota(quota)
    if read is None or asked is None:
        return _organisation_page(request, console, organisation_id, no=for_field("quota" if read else "capacity"), typed=typed)
    plain = _plain(registration) or ""
    if plain and not REGISTRATION.fullmatch(plain):
        return _organisation_page(request, console, organisation_id, no=for_field("registration"), typed=typed)
    try:
        changing.change_organisation(console.database, organisation_id, by=actor.id, capacity=read, quota=asked, closed=closed, registration=plain)
    except VigieError as error:
        return _organisation_page(request, console, organisation_id, no=refused(error), typed=typed)
    return go_to(f"{ORGANISATIONS}/{organisation_id}?fait=organisation")


def _plain(registration: str) -> str | None:
    """As people write it: with spaces, or w in small."""
    return "".join(registration.split()).upper() or None


def _capacity(said: str) -> Capacity | None:
    return next((known for known in CAPACITIES if known == said), None)


def _quota(said: str) -> int | None:
    digits = "".join(said.split())
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 6 and int(digits) <= MOST_QUOTA else None
