"""What the worker does with bundles that were asked for: takes one, and says what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from cases import audit
from cases.bundles import FOLDER, bundle_of
from cases.tables_notices import BundleRow

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy.orm import Session

    from cases.bundles import Bundle
    from cases.database import Database

ACTOR = "flow:sealing"  # in the audit trail: what acts by itself


def take(database: Database, *, now: datetime, lease: timedelta) -> Bundle | None:
    """The oldest bundle that waits, or that whoever had it did not finish in time; it is the caller's for so long.

    One that was put back has ``taken_until`` too: until then it is left alone. Raises Unavailable, ConfigError.
    """
    free = or_(BundleRow.taken_until.is_(None), BundleRow.taken_until <= now)
    wanted = select(BundleRow).where(BundleRow.state.in_(("demandee", "en_cours")), free).order_by(BundleRow.asked_at, BundleRow.id).limit(1)
    with database.reading() as session:
        if session.scalars(wanted).first() is None:  # the usual case: nobody has to wait for a turn
            return None
    with database.writing() as session:
        row = session.scalars(wanted).first()
        if row is None:
            return None
        row.state, row.taken_until = "en_cours", now + lease
        return bundle_of(session, row)


def put_back(database: Database, identifier: str, *, until: datetime, reason: str) -> None:
    """It could not be made now; nobody tries before ``until``. ``reason``: French. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        row = _mine(session, identifier)
        if row:
            row.state, row.taken_until, row.reason = "demandee", until, reason


def finish(database: Database, identifier: str, *, sha256: str, size: int, tokens: int, missed: int, now: datetime | None = None) -> bool:
    """The file is there; False where it was erased meanwhile: then it must go. ``missed``: authorities that did not answer."""
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _mine(session, identifier)
        if row is None:
            return False
        row.state, row.taken_until, row.reason, row.made_at = "faite", None, None, at
        row.file, row.sha256, row.size, row.tokens = f"{FOLDER}/{row.id}.zip", sha256, size, tokens
        details = {"bundle": row.id, "sha256": sha256, "bytes": size, "tokens": tokens, "missed": missed}
        audit.record(session, actor=ACTOR, action="bundle_made", subject=(row.subject_kind, row.subject_id), details=details, at=at)
        return True


def give_up(database: Database, identifier: str, *, reason: str, now: datetime | None = None) -> None:
    """It cannot be made. ``reason``: French. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        row = _mine(session, identifier)
        if row:
            row.state, row.taken_until, row.reason = "impossible", None, reason
            subject = (row.subject_kind, row.subject_id)
            audit.record(session, actor=ACTOR, action="bundle_impossible", subject=subject, details={"bundle": row.id}, at=now or datetime.now(UTC))


def _mine(session: Session, identifier: str) -> BundleRow | None:
    """A bundle that is being made, and was not erased or finished by another one meanwhile."""
    row = session.get(BundleRow, identifier)
    return row if row is not None and row.state == "en_cours" else None


def made(database: Database) -> frozenset[str]:
    """The ids of all bundles whose file is to be kept, or is being made."""
    with database.reading() as session:
        return frozenset(session.scalars(select(BundleRow.id).where(BundleRow.state.in_(("faite", "en_cours")))))
