"""Times as pages write them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def parse_time(value: object) -> datetime | None:
    """The time of an ISO date, RFC 1123 date, French date, or epoch seconds, with the offset that it states; None where there is none.

    A time without offset counts as UTC, a date alone as midnight UTC.
    """
    if isinstance(value, bool) or value in (None, "", 0):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"\d{9,13}(\.\d+)?", value)):
        try:
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return _parse_words(str(value)[:80])


def _parse_words(value: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        import dateparser

        found = dateparser.parse(value, languages=["fr", "en"], settings={"TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True})
        if found is None:
            return None
        time = found
    try:
        time.astimezone(UTC)
    except OverflowError:  # year 1, shifted
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
