"""How often something may be tried: counted in the case database, so that all processes of the console count together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select

from cases.tables_people import AttemptRow
from core.errors import TooMany

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database

KEPT = timedelta(days=1)  # the longest window; nothing that was counted is kept longer


class Limit(NamedTuple):
    """At most ``most`` tries of ``subject`` within ``per``, at most a day.

    ``subject``: what is limited and whom, at most 80 characters: ids of ours, or a keyed hash (``web.limits.subject``), never an address or a name.
    """

    subject: str
    most: int
    per: timedelta


def check(database: Database, subject: str, most: int, per: timedelta, *, now: datetime | None = None) -> tuple[int, ...]:
    """Count one more try, see ``check_all``. Raises TooMany, Unavailable, ConfigError."""
    return check_all(database, [Limit(subject, most, per)], now=now)


def check_all(database: Database, limits: Sequence[Limit], *, now: datetime | None = None) -> tuple[int, ...]:
    """Count one more try under each limit, before the thing is tried, all or none; the numbers by which ``forgive`` takes it back.

    In one transaction: many processes at once get no more tries than one. A try that is refused is not counted, so that the window ends also for who
    goes on trying. Raises TooMany, Unavailable, ConfigError.
    """
    at = now or datetime.now(UTC)
    with database.writing() as session:
        session.execute(delete(AttemptRow).where(AttemptRow.at < at - KEPT))
        for limit in limits:
            _refuse_used_up(session, limit, at)
        rows = [AttemptRow(subject=limit.subject, at=at) for limit in limits]
        session.add_all(rows)
        session.flush()
        return tuple(row.number for row in rows)


def _refuse_used_up(session: Session, limit: Limit, at: datetime) -> None:
    wanted = select(AttemptRow.at).where(AttemptRow.subject == limit.subject, AttemptRow.at > at - limit.per).order_by(AttemptRow.at)
    found = session.scalars(wanted).all()
    if len(found) < limit.most:
        return
    free = found[len(found) - limit.most] + limit.per if limit.most else at + limit.per
    wait = max(1, int((free - at).total_seconds()) + 1)
    raise TooMany(f"{len(found)} tries within {_spoken(limit.per.total_seconds())}, the most that are taken; try again in {_spoken(wait)}", wait=wait)


def forgive(database: Database, tries: Sequence[int]) -> None:
    """Take tries back, by their numbers: they were right. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        session.execute(delete(AttemptRow).where(AttemptRow.number.in_(tries)))


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{-(-int(seconds) // 60)} min"
