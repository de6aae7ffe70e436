"""Days, weeks and months of a histogram. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.tables import Interval

MAX_BUCKETS = 20_000  # 54 years of days; a wrong date of year 1 would ask for 700,000
_EPOCH = date(1970, 1, 1)


def day_of(milliseconds: int) -> date:
    """The UTC day of a time in milliseconds since 1970."""
    return _EPOCH + timedelta(days=milliseconds // 86_400_000)


def first_day(day: date, interval: Interval) -> date:
    """The first day of the bucket that holds a day; weeks start on Monday."""
    if interval == "week":
        return day - timedelta(days=day.weekday())  # never before the calendar: 0001-01-01 is a Monday
    return day.replace(day=1) if interval == "month" else day


def filled(counts: Mapping[date, int], interval: Interval) -> tuple[tuple[str, int], ...]:
    """(ISO date, count) of every bucket from the first to the last one. Raises Invalid above MAX_BUCKETS."""
    if not counts:
        return ()
    grouped: dict[date, int] = {}
    for day, count in counts.items():
        start = first_day(day, interval)
        grouped[start] = grouped.get(start, 0) + count
    bucket, last = min(grouped), max(grouped)
    if (last - bucket).days > MAX_BUCKETS * {"day": 1, "week": 7, "month": 28}[interval]:
        raise Invalid(f"histogram from {bucket} to {last} has more than {MAX_BUCKETS} {interval}s; narrow the dates or take longer intervals")
    found = []
    while bucket < last:
        found.append((bucket.isoformat(), grouped.get(bucket, 0)))
        bucket = _next(bucket, interval)
    return (*found, (last.isoformat(), grouped[last]))


def _next(bucket: date, interval: Interval) -> date:
    if interval == "month":
        return (bucket + timedelta(days=31)).replace(day=1)
    return bucket + timedelta(days=7 if interval == "week" else 1)
