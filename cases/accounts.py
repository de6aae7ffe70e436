"""Organisations, people and their signed-in browsers. Passwords are kept as argon2id, tokens as digests; nobody can be made by signing in."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from cases import audit
from cases.passwords import hash_password, is_outdated, is_password
from cases.people import Actor, Capacity, Name, Preferences, Role
from cases.tables_people import OrganisationRow, PersonRow, SessionRow
from core.errors import Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from cases.database import Database

LOGIN = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
QUOTA = 50  # submissions a day
SESSION = timedelta(hours=12)  # the longest
IDLE = timedelta(hours=2)  # without a request
SEEN = timedelta(minutes=5)  # a request within this of the last one writes nothing
Registration = Annotated[str, StringConstraints(pattern=r"^(\d{9}|W\d{9})$")]  # SIREN, or RNA


class Organisation(Record):
    """An organisation as people see it."""

    id: str
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
    capacity: Capacity
    registration: Registration | None = None
    quota: Annotated[int, Field(ge=0, le=100_000)] = QUOTA
    created_at: AwareDatetime
    closed_at: AwareDatetime | None = None


class Person(Record):
    """A person with an account, without any secret."""

    id: str
    organisation_id: str
    login: str
    name: Name
    roles: tuple[Role, ...]
    preferences: dict[str, object] = Field(default_factory=dict)
    created_at: AwareDatetime
    disabled_at: AwareDatetime | None = None


class OpenSession(NamedTuple):
    """A signed-in browser; ``id`` is the digest of its token, which opens nothing."""

    id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def add_organisation(
    database: Database, *, name: str, capacity: Capacity, by: str, registration: str | None = None, quota: int = QUOTA
) -> Organisation:
    """A new organisation. Raises Invalid where the name is taken."""
    made = Organisation(id=uuid.uuid4().hex, name=name, capacity=capacity, registration=registration, quota=quota, created_at=datetime.now(UTC))
    try:
        with database.writing() as session:
            session.add(OrganisationRow(**made.model_dump()))
            audit.record(
                session, actor=by, action="organisation_added", subject=("organisation", made.id), details={"capacity": capacity, "quota": quota}
            )
    except IntegrityError as error:
        raise Invalid(f"an organisation named {made.name!r} exists already; choose another name") from error
    return made


def add_person(
    database: Database, *, organisation_id: str, login: str, name: str, roles: Iterable[Role], by: str, password: str | None = None
) -> Person:
    """A new person; without a password they come in by an invitation or by OpenID Connect. Raises Invalid, NotFound."""
    if not LOGIN.fullmatch(login.strip()):
        raise Invalid(f"{login[:80]!r} is no e-mail address; expected name@host")
    made = Person(id=uuid.uuid4().hex, organisation_id=organisation_id, login=login.strip().lower(), name=name, roles=tuple(dict.fromkeys(roles)),
                  created_at=datetime.now(UTC))  # fmt: skip
    hashed = hash_password(password) if password is not None else None
    try:
        with database.writing() as session:
            if session.get(OrganisationRow, organisation_id) is None:
                raise NotFound(f"organisation {organisation_id} does not exist; vigie people list shows them")
            session.add(PersonRow(**{**made.model_dump(), "roles": list(made.roles)}, password=hashed))
            audit.record(session, actor=by, action="person_added", subject=("person", made.id), details={"roles": list(made.roles)})
    except IntegrityError as error:
        raise Invalid(f"{made.login} has an account already; change that one") from error
    return made


def people(database: Database, *, organisation_id: str | None = None) -> tuple[Person, ...]:
    """All people, or those of one organisation, by name."""
    wanted = select(PersonRow).order_by(PersonRow.name, PersonRow.id)
    if organisation_id:
        wanted = wanted.where(PersonRow.organisation_id == organisation_id)
    with database.reading() as session:
        return tuple(map(person_of, session.scalars(wanted)))


def organisations(database: Database) -> tuple[Organisation, ...]:
    """All organisations, by name."""
    with database.reading() as session:
        return tuple(map(organisation_of, session.scalars(select(OrganisationRow).order_by(OrganisationRow.name))))


def find_person(database: Database, *, identifier: str) -> Person:
    """A person by id or e-mail address. Raises NotFound."""
    with database.reading() as session:
        row = session.get(PersonRow, identifier) or session.scalars(select(PersonRow).where(PersonRow.login == identifier.strip().lower())).first()
        if row is None:
            raise NotFound(f"no account of {identifier[:80]!r}; vigie people list shows them")
        return person_of(row)


def find_organisation(database: Database, identifier: str) -> Organisation:
    """An organisation by id. Raises NotFound."""
    with database.reading() as session:
        row = session.get(OrganisationRow, identifier)
        if row is None:
            raise NotFound(f"organisation {identifier[:40]!r} does not exist")
        return organisation_of(row)


def person_of_provider(database: Database, subject: str) -> Person | None:
    """Whose account of an OpenID Connect provider this is; ``subject``: issuer and subject."""
    with database.reading() as session:
        row = session.scalars(select(PersonRow).where(PersonRow.oidc_subject == subject)).first()
        return person_of(row) if row else None


def check_password(database: Database, *, login: str, password: str) -> Person | None:
    """The person whose password this is; None for a wrong one, an unknown or a disabled account, after the same time. Raises Unavailable."""
    with database.reading() as session:
        row = session.scalars(select(PersonRow).where(PersonRow.login == login.strip().lower())).first()
        hashed, person = (row.password if row else None), (person_of(row) if row else None)
    if not is_password(hashed, password) or person is None or person.disabled_at:
        return None
    if hashed and is_outdated(hashed):
        with database.writing() as session:
            session.execute(update(PersonRow).where(PersonRow.id == person.id, PersonRow.password == hashed).values(password=hash_password(password)))
    return person


def open_session(database: Database, person_id: str, *, now: datetime | None = None) -> str:
    """The token of a new signed-in browser, known to nobody else. Raises Unavailable, ConfigError."""
    token, at = secrets.token_urlsafe(32), now or datetime.now(UTC)
    with database.writing() as session:
        session.execute(delete(SessionRow).where(SessionRow.expires_at < at))
        session.add(SessionRow(id=digest(token), person_id=person_id, created_at=at, seen_at=at, expires_at=at + SESSION))
        audit.record(session, actor=person_id, action="signed_in", subject=("person", person_id), at=at)
    return token


def actor_of_session(database: Database, token: str, *, now: datetime | None = None) -> Actor | None:
    """Who a browser's token stands for; None where it has ended. Raises Unavailable, ConfigError."""
    at = now or datetime.now(UTC)
    with database.reading() as session:
        found = _open(session, token, at)
        if found is None:
            return None
        row, person = found
        actor, seen = actor_of(person), row.seen_at
    if at - seen > SEEN:
        with database.writing() as session:
            again = session.get(SessionRow, digest(token))
            if again:
                again.seen_at = at
    return actor


def _open(session: Session, token: str, at: datetime) -> tuple[SessionRow, PersonRow] | None:
    joined = select(SessionRow, PersonRow, OrganisationRow).join(PersonRow, SessionRow.person_id == PersonRow.id)
    joined = joined.join(OrganisationRow, PersonRow.organisation_id == OrganisationRow.id)
    found = session.execute(joined.where(SessionRow.id == digest(token))).first()
    if found is None:
        return None
    row, person, organisation = found
    ended = row.expires_at <= at or at - row.seen_at > IDLE or person.disabled_at or organisation.closed_at
    return None if ended else (row, person)


def close_session(database: Database, token: str) -> None:
    """Sign out. Harmless to repeat."""
    with database.writing() as session:
        row = session.get(SessionRow, digest(token))
        if row:
            audit.record(session, actor=row.person_id, action="signed_out", subject=("person", row.person_id))
            session.delete(row)


def sessions_of(database: Database, person_id: str, *, now: datetime | None = None) -> tuple[OpenSession, ...]:
    """The browsers in which a person is signed in, the last seen first."""
    at = now or datetime.now(UTC)
    wanted = select(SessionRow).where(SessionRow.person_id == person_id, SessionRow.expires_at > at, SessionRow.seen_at >= at - IDLE)
    with database.reading() as session:
        rows = session.scalars(wanted.order_by(SessionRow.seen_at.desc(), SessionRow.id))
        return tuple(OpenSession(row.id, row.created_at, row.seen_at, row.expires_at) for row in rows)


def end_sessions(session: Session, person_id: str, *, but: str | None = None) -> int:
    """In a writing transaction: sign a person out everywhere, but in the browser with the token ``but``; in how many. The caller tells the trail."""
    rows = session.scalars(select(SessionRow).where(SessionRow.person_id == person_id, SessionRow.id != (digest(but) if but else ""))).all()
    for row in rows:
        session.delete(row)
    return len(rows)


def close_sessions(database: Database, person_id: str, *, by: str, but: str | None = None) -> int:
    """Sign a person out everywhere; in how many browsers."""
    with database.writing() as session:
        number = end_sessions(session, person_id, but=but)
        audit.record(session, actor=by, action="signed_out_everywhere", subject=("person", person_id), details={"sessions": number})
    return number


def preferences_of(database: Database, person_id: str) -> Preferences:
    """How a person reads. What is stored and not known any more counts as not set. Raises NotFound."""
    known = find_person(database, identifier=person_id).preferences
    return Preferences.model_validate({name: value for name, value in known.items() if name in Preferences.model_fields})


def set_preferences(database: Database, person_id: str, preferences: Preferences) -> None:
    """Keep how a person reads. Raises NotFound."""
    with database.writing() as session:
        row = session.get(PersonRow, person_id)
        if row is None:
            raise NotFound(f"person {person_id[:40]!r} does not exist")
        row.preferences = {**row.preferences, **preferences.model_dump(mode="json")}
        audit.record(session, actor=person_id, action="preferences_set", subject=("person", person_id), details=preferences.model_dump(mode="json"))


def digest(token: str) -> str:
    """SHA-256 of a random token: it cannot be guessed, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of(row: PersonRow) -> Actor:
    """The actor of a row."""
    return Actor(id=row.id, organisation_id=row.organisation_id, name=row.name, roles=tuple(row.roles))


def person_of(row: PersonRow) -> Person:
    """The record of a row."""
    return Person.model_validate({name: getattr(row, name) for name in Person.model_fields})


def organisation_of(row: OrganisationRow) -> Organisation:
    """The record of a row."""
    return Organisation.model_validate({name: getattr(row, name) for name in Organisation.model_fields})
