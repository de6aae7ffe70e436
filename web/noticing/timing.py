"""Times in the forms of notices: as people in Paris write them, and how far away a date is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from core.errors import Invalid
from core.times import PARIS

SOON = timedelta(days=14)


def local(at: datetime | None = None) -> str:
    """For a field of type datetime-local; now without ``at``."""
    return f"{(at or datetime.now(UTC)).astimezone(PARIS):%Y-%m-%dT%H:%M}"


def instant(said: str, *, since: datetime | None = None, now: datetime | None = None) -> datetime:
    """What such a field says, which knows no seconds: the minute of ``since`` is not before it, this minute not after now. Raises Invalid."""
    current = now or datetime.now(UTC)
    try:
        found = datetime.fromisoformat(said.strip())
    except ValueError as error:
        raise Invalid(f"{said[:40]!r} is no time; expected a day and an hour, such as 2026-11-22T14:05") from error
    at = found if found.tzinfo else found.replace(tzinfo=PARIS)
    if at > current:
        raise Invalid(f"{said[:40]!r} has not come yet; expected a time that is past")
    if _minute(at) == _minute(current):
        return current
    return since if since and _minute(at) == _minute(since) else at.astimezone(UTC)


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def end_of_day(said: str) -> datetime | None:
    """The last minute of a day in Paris, for a field of type date; None for an empty one. Raises Invalid."""
    if not said.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(said.strip()), time(23, 59), tzinfo=PARIS).astimezone(UTC)
    except ValueError as error:
        raise Invalid(f"{said[:40]!r} is no day; expected one such as 2026-11-22") from error


def left(due: datetime, now: datetime) -> tuple[str, str]:
    """How a date looks (late, soon or nothing) and how far away it is, in words."""
    days = (due.astimezone(PARIS).date() - now.astimezone(PARIS).date()).days
    if due < now:
        return "late", "passé aujourd'hui" if days == 0 else f"passé depuis {-days} jour{'s' if days < -1 else ''}"
    return ("soon" if due - now < SOON else ""), "aujourd'hui" if days == 0 else f"dans {days} jour{'s' if days > 1 else ''}"
