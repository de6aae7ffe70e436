"""One-time codes (RFC 6238), for who wants them. The secret is kept encrypted; a code is taken once."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cases import audit
from cases.accounts import end_sessions
from cases.tables_people import PersonRow
from core.errors import Conflict, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cases.database import Database

STEP = 30  # seconds that a code lasts
AROUND = (0, -1, 1)  # steps beside the present one that are taken too: clocks differ, and typing takes time
LOST = "the one-time secret cannot be read any more, the console's secret was changed; ask an administrator for an invitation"


def is_on(database: Database, person_id: str) -> bool:
    """Whether a code is asked for at sign-in: a secret was made and shown to work. Raises NotFound."""
    with database.reading() as session:
        return _is_on(_person(session, person_id))


def prepare(database: Database, person_id: str, *, secret: bytes) -> None:
    """Make a new secret for this person, not asked for until ``confirm``. ``secret``: the console's. Raises Conflict where codes are on, NotFound."""
    with database.writing() as session:
        row = _person(session, person_id)
        if _is_on(row):
            raise Conflict("one-time codes are on already; turn them off first")
        row.totp_secret = _box(secret).encrypt(pyotp.random_base32().encode()).decode()


def waiting(database: Database, person_id: str, *, secret: bytes) -> str | None:
    """The secret that waits to be confirmed, to be shown to its owner alone; None where none does. Raises NotFound, Conflict."""
    with database.reading() as session:
        row = _person(session, person_id)
        return None if _is_on(row) or row.totp_secret is None else _opened(row.totp_secret, secret)


def address_of(found: str, *, login: str) -> str:
    """What the QR code says to the telephone."""
    return pyotp.TOTP(found).provisioning_uri(name=login, issuer_name="Vigie")


def confirm(database: Database, person_id: str, code: str, *, secret: bytes, keep: str | None = None, now: datetime | None = None) -> bool:
    """Turn codes on, if this one is right; other browsers than the one with the token ``keep`` are signed out. Raises NotFound, Conflict."""
    return _take(database, person_id, code, secret=secret, turning_on=True, keep=keep, now=now)


def take(database: Database, person_id: str, code: str, *, secret: bytes, now: datetime | None = None) -> bool:
    """Whether the code is right, of a later time step than any that was taken; it is used up by that. Raises NotFound, Conflict."""
    return _take(database, person_id, code, secret=secret, turning_on=False, keep=None, now=now)


def _take(database: Database, person_id: str, code: str, *, secret: bytes, turning_on: bool, keep: str | None, now: datetime | None) -> bool:
    at = now or datetime.now(UTC)
    given = "".join(code.split())
    with database.writing() as session:
        row = _person(session, person_id)
        if row.totp_secret is None or _is_on(row) is turning_on:
            return False
        step = _step(_opened(row.totp_secret, secret), given, at)
        if step is None or step <= (row.totp_step or 0):
            return False
        row.totp_step = step
        if turning_on:
            number = end_sessions(session, person_id, but=keep)
            audit.record(session, actor=person_id, action="codes_on", subject=("person", person_id), details={"sessions_ended": number}, at=at)
    return True


def turn_off(database: Database, person_id: str, *, by: str) -> None:
    """Ask for no code any more. Harmless to repeat. Raises NotFound."""
    with database.writing() as session:
        row = _person(session, person_id)
        was = _is_on(row)
        row.totp_secret, row.totp_step = None, None
        if was:
            audit.record(session, actor=by, action="codes_off", subject=("person", person_id))


def _is_on(row: PersonRow) -> bool:
    return row.totp_secret is not None and row.totp_step is not None


def _step(found: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, if it is near."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    totp, present = pyotp.TOTP(found), int(at.timestamp()) // STEP
    right = [present + away for away in AROUND if pyotp.utils.strings_equal(totp.generate_otp(present + away), code)]
    return max(right, default=None)


def _box(secret: bytes) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vigie one-time secrets").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))


def _opened(kept: str, secret: bytes) -> str:
    try:
        return _box(secret).decrypt(kept.encode()).decode()
    except InvalidToken as error:
        raise Conflict(LOST) from error


def _person(session: Session, person_id: str) -> PersonRow:
    row = session.get(PersonRow, person_id)
    if row is None:
        raise NotFound(f"person {person_id[:40]!r} does not exist")
    return row
