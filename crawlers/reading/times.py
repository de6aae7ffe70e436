"""Times as pages write them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

EPOCH = re.compile(r"\d{9,13}(?:\.\d{1,9})?")
MONTHS = {
    "janvier": 1, "janv": 1, "january": 1, "jan": 1, "février": 2, "fevrier": 2, "févr": 2, "fév": 2, "february": 2, "feb": 2, "mars": 3,
    "march": 3, "mar": 3,
    "avril": 4, "avr": 4, "april": 4, "apr": 4, "mai": 5, "may": 5, "juin": 6, "june": 6, "jun": 6, "juillet": 7, "juil": 7, "july": 7, "jul": 7,
    "août": 8, "aout": 8, "august": 8, "aug": 8, "septembre": 9, "sept": 9, "september": 9, "sep": 9, "octobre": 10, "oct": 10, "october": 10,
    "novembre": 11, "nov": 11, "november": 11, "décembre": 12, "decembre": 12, "déc": 12, "dec": 12, "december": 12,
}  # fmt: skip
CLOCK = r"(?:\s*(?:à|a|at|,|-|–|—|\||•|·|T)?\s*(\d{1,2})\s?(?:h|:|heures?)\s?(\d{2})?(?::\d{2})?)?"
NAMED = re.compile(rf"\b(\d{{1,2}})(?:er|st|nd|rd|th)?[\s.-]+({'|'.join(MONTHS)})\b\.?,?[\s-]+(\d{{4}})\b{CLOCK}", re.IGNORECASE)
DIGITS = re.compile(rf"(?<!\d)(\d{{1,2}})[./-](\d{{1,2}})[./-](\d{{4}}|\d{{2}})(?!\d){CLOCK}")
ZONE = re.compile(r"\s*\(?(?:(?:UTC|GMT)?\s?([+-]\d{1,2})(?::?([0-5]\d))?(?![\d/.-])|UTC\b|GMT\b|(CES?T)\b)")
HALF_DAY = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)  # a reader of e-mail dates leaves it out: 2:05 PM would be at night
AFTERNOON = re.compile(r"\s?p\.?m\b\.?", re.IGNORECASE)
ZONES = {"CET": 1, "CEST": 2}


def parse_time(value: object) -> datetime | None:
    """The time of an ISO date, RFC 1123 date, French date, or epoch seconds, with the offset that it states; None where there is none.

    A time without offset counts as UTC, a date alone as midnight UTC.
    """
    if isinstance(value, bool) or value in (None, "", 0):
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and EPOCH.fullmatch(value)):
        try:
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return _aware(_parse_words(str(value)[:80].strip()))


def find_time(text: str) -> datetime | None:
    """The first full date that stands in a line of text: "Publié le 3 octobre 2026 à 14h30"."""
    return _aware(_french(text[:500]))


def _aware(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    try:
        time.astimezone(UTC)
    except OverflowError:  # year 1, shifted
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _parse_words(value: str) -> datetime | None:
    for read in (datetime.fromisoformat,) if HALF_DAY.search(value) else (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    if found := _french(value):
        return found
    return _relative(value) if any(char.isalpha() for char in value) else None


def _french(text: str) -> datetime | None:
    """A date with the day first; a zone is read where it is written behind."""
    for pattern in (NAMED, DIGITS):
        if match := pattern.search(text):
            day, month, year, hour, minute = match.groups()
            half = AFTERNOON.match(text, match.end()) if hour else None
            hour = str(int(hour) + 12) if hour and half and int(hour) < 12 else hour
            try:
                number = MONTHS[month.lower()] if month.lower() in MONTHS else int(month)
                time = datetime(int(year) + (2000 if len(year) == 2 else 0), number, int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
            except ValueError:
                continue
            zone = ZONE.match(text, half.end() if half else match.end()) if hour else None
            return time.replace(tzinfo=_offset(zone)) if zone else time
    return None


def _offset(zone: re.Match[str]) -> timezone:
    hours, minutes = int(zone[1] or ZONES.get(zone[3] or "", 0)), int(zone[2] or 0)
    found = timedelta(hours=hours, minutes=-minutes if (zone[1] or "").startswith("-") else minutes)
    return timezone(found) if abs(found) <= timedelta(hours=14) else UTC


def _relative(value: str) -> datetime | None:
    """ "il y a 3 jours", "hier à 14h", and what else people write."""
    import dateparser

    try:
        return dateparser.parse(value, languages=["fr", "en"], settings={"TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True})
    except (ValueError, OverflowError, RecursionError):
        return None
