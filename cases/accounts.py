"""Organisations, people and their signed-in browsers. Passwords are kept as argon2id, tokens as digests; nobody can be made by signing in."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from cases import audit
from cases.people import Actor, Capacity, Name, Role
from cases.tables_people import OrganisationRow, PersonRow, SessionRow
from core.errors import Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from cases.database import Database

LOGIN = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
LEAST_PASSWORD, MOST_PASSWORD = 12, 200  # characters
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


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id with RFC 9106's second recommendation: 64 MiB, 3 passes


@cache
def _nobody() -> str:
    """A hash that is checked where there is none, so that time does not tell who has an account."""
    return _hasher().hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """argon2id. Raises Invalid for one that is too short or too long."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise Invalid(f"a password of {len(password)} characters; expected {LEAST_PASSWORD} to {MOST_PASSWORD}")
    return _hasher().hash(password)


def check_password(database: Database, *, login: str, password: str) -> Person | None:
    """The person whose password this is; None for a wrong one, an unknown or a disabled account, after the same time. Raises Unavailable."""
    with database.reading() as session:
        row = session.scalars(select(PersonRow).where(PersonRow.login == login.strip().lower())).first()
        known, person = (row.password if row else None), (person_of(row) if row else None)
    try:
        _hasher().verify(known or _nobody(), password[: MOST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return None
    return person if known and person and person.disabled_at is None else None


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
    row = session.get(SessionRow, digest(token))
    if row is None or row.expires_at <= at or at - row.seen_at > IDLE:
        return None
    person = session.get(PersonRow, row.person_id)
    organisation = session.get(OrganisationRow, person.organisation_id) if person else None
    if person is None or person.disabled_at or organisation is None or organisation.closed_at:
        return None
    return row, person


def close_session(database: Database, token: str) -> None:
    """Sign out. Harmless to repeat."""
    with database.writing() as session:
        row = session.get(SessionRow, digest(token))
        if row:
            audit.record(session, actor=row.person_id, action="signed_out", subject=("person", row.person_id))
            session.delete(row)


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
