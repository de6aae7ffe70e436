"""Keys for programs: shown once, kept as digests, never able to do more than their owner. A key names what it may do by scopes."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, StringConstraints, ValidationError
from sqlalchemy import func, select, update

from cases import audit
from cases.accounts import actor_of, digest
from cases.people import SCOPES, Actor, Scope
from cases.tables_people import KeyRow, OrganisationRow, PersonRow
from core.errors import Conflict, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from cases.database import Database

PREFIX = "vigie_"
SHOWN = 12  # characters by which an owner knows a key again; 6 of them random
LONGEST = timedelta(days=366)  # a key without an end would outlive everybody's memory of it
USED = timedelta(minutes=1)  # a use within this of the last one writes nothing
MOST = 20  # keys in force of one person


class Key(Record):
    """A key as its owner sees it later: never the secret."""

    id: str
    organisation_id: str
    person_id: str
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    used_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether it opens anything, if its owner may still come in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def make_key(
    database: Database,
    *,
    person: str,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None,
    by: str,
    act: str | None = None,
    now: datetime | None = None,
) -> tuple[Key, str]:
    """A new key of a person (by id), and its secret, which is nowhere else. ``expires_at``: None for a year; ``act``: the form that asks: it
    makes one key, however often it is sent. Raises Invalid, NotFound, Conflict.
    """
    at, secret = now or datetime.now(UTC), PREFIX + secrets.token_urlsafe(32)
    wanted = tuple(dict.fromkeys(scopes))
    until = expires_at or at + LONGEST
    if not wanted:
        raise Invalid(f"no scope; expected one or more of {', '.join(SCOPES)}")
    if not at < until <= at + LONGEST:
        raise Invalid(f"an end at {until:%Y-%m-%d}; expected one in the future, at most {LONGEST.days} days ahead")
    with database.writing() as session:
        owner = session.get(PersonRow, person)
        if owner is None:
            raise NotFound(f"person {person[:40]!r} does not exist")
        made = _key(id=digest(f"{person}\n{act or uuid.uuid4().hex}")[:32], person_id=person, organisation_id=owner.organisation_id,
                    name=name, prefix=secret[:SHOWN], scopes=wanted,
                    created_at=at, expires_at=until)  # fmt: skip
        if session.get(KeyRow, made.id):
            raise Conflict("this form made a key already; a key is shown once: revoke it and make another one if it was not kept")
        _refuse_many(session, person, at)
        session.add(KeyRow(**{**made.model_dump(), "scopes": list(made.scopes)}, digest=digest(secret)))
        audit.record(session, actor=by, action="key_made", subject=("key", made.id), details={"person": person, "scopes": list(made.scopes)}, at=at)
    return made, secret


def _key(**fields: object) -> Key:
    try:
        return Key.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{first['loc'][0]}: {first['msg']}; a name has 1 to 80 characters, scopes are {', '.join(SCOPES)}") from error


def _refuse_many(session: Session, person: str, at: datetime) -> None:
    wanted = select(func.count()).select_from(KeyRow).where(KeyRow.person_id == person, KeyRow.revoked_at.is_(None), KeyRow.expires_at > at)
    if (session.scalar(wanted) or 0) >= MOST:
        raise Conflict(f"{MOST} keys are in force already; revoke one that is not used any more")


def actor_of_key(database: Database, secret: str, *, now: datetime | None = None) -> Actor | None:
    """Who a program acts for; None for a key that is unknown, revoked or expired, or whose owner may not come in. Raises Unavailable, ConfigError."""
    at = now or datetime.now(UTC)
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    with database.reading() as session:
        joined = select(KeyRow, PersonRow, OrganisationRow).join(PersonRow, KeyRow.person_id == PersonRow.id)
        found = session.execute(
            joined.join(OrganisationRow, PersonRow.organisation_id == OrganisationRow.id).where(KeyRow.digest == digest(secret))
        ).first()
        if found is None:
            return None
        row, person, organisation = found
        if not key_of(row).in_force(at) or person.disabled_at or organisation.closed_at:
            return None
        actor = actor_of(person).model_copy(update={"key_id": row.id, "scopes": tuple(row.scopes)})
        seen = row.used_at
    if seen is None or at - seen > USED:
        with database.writing() as session:
            session.execute(update(KeyRow).where(KeyRow.id == actor.key_id).values(used_at=at))
    return actor


def revoke(database: Database, key_id: str, *, by: str, person: str | None = None, now: datetime | None = None) -> None:
    """End a key; harmless to repeat. ``person``: only if it is this person's. Raises NotFound."""
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = session.get(KeyRow, key_id)
        if row is None or person not in (None, row.person_id):
            raise NotFound(f"key {key_id[:40]!r} does not exist")
        if row.revoked_at is None:
            row.revoked_at = at
            audit.record(session, actor=by, action="key_revoked", subject=("key", key_id), details={"person": row.person_id}, at=at)


def keys_of(database: Database, *, person: str | None = None, organisation_id: str | None = None) -> tuple[Key, ...]:
    """The keys of a person, of an organisation, or all; the newest first."""
    wanted = select(KeyRow).order_by(KeyRow.created_at.desc(), KeyRow.id)
    if person:
        wanted = wanted.where(KeyRow.person_id == person)
    if organisation_id:
        wanted = wanted.where(KeyRow.organisation_id == organisation_id)
    with database.reading() as session:
        return tuple(map(key_of, session.scalars(wanted)))


def key_of(row: KeyRow) -> Key:
    """The record of a row."""
    return Key.model_validate({name: getattr(row, name) for name in Key.model_fields})
