"""Links that work once: an administrator makes one, and whoever holds it chooses a password. The way back in, too."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from cases import audit
from cases.accounts import Person, digest, end_sessions, person_of
from cases.passwords import hash_password
from cases.tables_people import OrganisationRow, PersonRow, TokenRow
from core.errors import Conflict, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cases.database import Database

LIVES = timedelta(hours=48)
PURPOSE = "invitation"
GONE = "this invitation is unknown, used or out of date; ask an administrator for another one"


def invite(database: Database, person_id: str, *, by: str, now: datetime | None = None) -> str:
    """The token of a new invitation; earlier ones of this person end. Nothing else changes until it is used. Raises NotFound, Conflict."""
    at, token = now or datetime.now(UTC), secrets.token_urlsafe(32)
    with database.writing() as session:
        row = session.get(PersonRow, person_id)
        if row is None:
            raise NotFound(f"person {person_id[:40]!r} does not exist; vigie people list shows them")
        if row.disabled_at:
            raise Conflict("this account is disabled; enable it first")
        _end(session, person_id, at)
        session.add(TokenRow(id=digest(token), person_id=person_id, purpose=PURPOSE, expires_at=at + LIVES))
        audit.record(session, actor=by, action="invited", subject=("person", person_id), at=at)
    return token


def invited(database: Database, token: str, *, now: datetime | None = None) -> Person:
    """Whom an invitation is for. Raises NotFound where it is unknown, used or out of date."""
    with database.reading() as session:
        return person_of(_open(session, token, now or datetime.now(UTC)))


def accept(database: Database, token: str, *, password: str, now: datetime | None = None) -> Person:
    """Choose the password; one-time codes are no longer asked for, and every browser is signed out. Raises NotFound, Invalid."""
    at = now or datetime.now(UTC)
    invited(database, token, now=at)  # a wrong link costs no slow hash
    hashed = hash_password(password)
    with database.writing() as session:
        row = _open(session, token, at)
        had_codes = row.totp_secret is not None
        row.password, row.totp_secret, row.totp_step = hashed, None, None
        _end(session, row.id, at)
        number = end_sessions(session, row.id)
        audit.record(session, actor=row.id, action="invitation_accepted", subject=("person", row.id),
                     details={"codes_removed": had_codes, "sessions_ended": number}, at=at)  # fmt: skip
        return person_of(row)


def _open(session: Session, token: str, at: datetime) -> PersonRow:
    row = session.get(TokenRow, digest(token))
    if row is None or row.purpose != PURPOSE or row.used_at or row.expires_at <= at:
        raise NotFound(GONE)
    person = session.get(PersonRow, row.person_id)
    organisation = session.get(OrganisationRow, person.organisation_id) if person else None
    if person is None or person.disabled_at or organisation is None or organisation.closed_at:
        raise NotFound(GONE)
    return person


def _end(session: Session, person_id: str, at: datetime) -> None:
    for row in session.scalars(select(TokenRow).where(TokenRow.person_id == person_id, TokenRow.purpose == PURPOSE, TokenRow.used_at.is_(None))):
        row.used_at = at
