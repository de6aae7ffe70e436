"""/administration: people and organisations, their roles, capacities, keys and quotas. Never a text, never a person that content is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import accounts, changing, invitations, keys
from cases.people import Actor, Capacity, Role
from core.errors import NotFound
from web.access import allow
from web.capacities import vocabulary
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.pages import go_to, render

if TYPE_CHECKING:
    from cases.accounts import Organisation

router = APIRouter(prefix="/administration")
Allowed = Annotated[Actor, Depends(allow("administer"))]
GATE = [Depends(allow("administer"))]
PEOPLE, ORGANISATIONS = "/administration/personnes", "/administration/organisations"
Short = Annotated[str, Form(max_length=300)]
Roles = Annotated[list[Role], Form(default_factory=list)]
Quota = Annotated[int, Form(ge=0, le=100_000)]


@router.get("", dependencies=GATE)
def hub(request: Request) -> Response:
    """Where to go."""
    return render(request, "administration/accueil.html")


@router.get("/personnes", dependencies=GATE)
def people_page(request: Request, console: ConsoleOf) -> Response:
    """Everybody who has an account, and the form for one more."""
    houses = accounts.organisations(console.database)
    return render(
        request,
        "administration/personnes.html",
        people=accounts.people(console.database),
        organisations={one.id: one for one in houses},
        words=vocabulary(),
    )


@router.post("/personnes")
def add_person(*, actor: Allowed, console: ConsoleOf, organisation: Short, login: Short, name: Short, roles: Roles) -> Response:
    """A new person, who comes in by an invitation."""
    made = accounts.add_person(console.database, organisation_id=organisation, login=login, name=name.strip(), roles=roles, by=actor.id)
    return go_to(f"{PEOPLE}/{made.id}")


@router.get("/personnes/{person_id}", dependencies=GATE)
def person_page(request: Request, person_id: str, console: ConsoleOf) -> Response:
    """One person: roles, keys, invitation."""
    return _person_page(request, person_id, console)


def _person_page(request: Request, person_id: str, console: Console, link: str = "") -> Response:
    person = accounts.find_person(console.database, identifier=person_id)
    return render(
        request, "administration/personne.html", person=person, organisation=_organisation(console, person.organisation_id), words=vocabulary(),
        keys=keys.keys_of(console.database, person=person.id), names=people_names(console), link=link,
        hours=int(invitations.LIVES.total_seconds() // 3600),
    )  # fmt: skip


@router.post("/personnes/{person_id}/roles")
def change_roles(person_id: str, actor: Allowed, console: ConsoleOf, roles: Roles) -> Response:
    """Give these roles alone."""
    changing.change_roles(console.database, person_id, roles, by=actor.id)
    return go_to(f"{PEOPLE}/{person_id}")


@router.post("/personnes/{person_id}/acces")
def change_access(person_id: str, actor: Allowed, console: ConsoleOf, disabled: Annotated[bool, Form()]) -> Response:
    """Shut a person out, or let in again."""
    if disabled:
        changing.disable(console.database, person_id, by=actor.id)
    else:
        changing.enable(console.database, person_id, by=actor.id)
    return go_to(f"{PEOPLE}/{person_id}")


@router.post("/personnes/{person_id}/invitation")
def invite(request: Request, person_id: str, actor: Allowed, console: ConsoleOf) -> Response:
    """A link by which the person chooses a password: shown once, here."""
    token = invitations.invite(console.database, person_id, by=actor.id)
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
    counts: dict[str, int] = {}
    for person in accounts.people(console.database):
        counts[person.organisation_id] = counts.get(person.organisation_id, 0) + (person.disabled_at is None)
    return render(
        request, "administration/organisations.html", organisations=accounts.organisations(console.database), counts=counts, words=vocabulary(),
        quota=accounts.QUOTA,
    )  # fmt: skip


@router.post("/organisations")
def add_organisation(
    *, actor: Allowed, console: ConsoleOf, name: Short, capacity: Annotated[Capacity, Form()], quota: Quota, registration: Short = ""
) -> Response:
    """A new organisation."""
    accounts.add_organisation(
        console.database, name=name.strip(), capacity=capacity, registration=_plain(registration), quota=quota, by=actor.id
    )  # fmt: skip
    return go_to(ORGANISATIONS)


@router.get("/organisations/{organisation_id}", dependencies=GATE)
def organisation_page(request: Request, organisation_id: str, console: ConsoleOf) -> Response:
    """One organisation and its people."""
    return render(
        request, "administration/organisation.html", one=_organisation(console, organisation_id), words=vocabulary(),
        people=accounts.people(console.database, organisation_id=organisation_id),
    )  # fmt: skip


@router.post("/organisations/{organisation_id}")
def change_organisation(
    *, organisation_id: str, actor: Allowed, console: ConsoleOf, capacity: Annotated[Capacity, Form()], quota: Quota, registration: Short = "",
    closed: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Its capacity, registration, quota, and whether it is closed."""
    changing.change_organisation(
        console.database, organisation_id, by=actor.id, capacity=capacity, quota=quota, closed=closed, registration=_plain(registration) or ""
    )
    return go_to(f"{ORGANISATIONS}/{organisation_id}")


def _plain(registration: str) -> str | None:
    """As people write it: with spaces, or w in small."""
    return "".join(registration.split()).upper() or None


def _organisation(console: Console, organisation_id: str) -> Organisation:
    found = next((one for one in accounts.organisations(console.database) if one.id == organisation_id), None)
    if found is None:
        raise NotFound(f"organisation {organisation_id[:40]!r} does not exist")
    return found
