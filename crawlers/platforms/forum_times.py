"""Dates as forums write them: in words, in figures, or relative to when the page was served. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 300  # characters of a note that a date is sought in
MONTHS = (  # French, English, German, Spanish, Italian, Dutch
    ("jan", "jän", "ene", "gen"), ("fev", "fév", "feb"), ("mar", "mär", "mrz", "mrt"), ("avr", "apr", "abr"), ("mai", "may", "mag", "mei"),
    ("juin", "jun", "giu"), ("juil", "jul", "lug"), ("aou", "aoû", "aug", "ago"), ("sep", "set"), ("oct", "okt", "ott"), ("nov",),
    ("dec", "déc", "dez", "dic"),
)  # fmt: skip
MONTH = rf"(?P<month>(?:{'|'.join(start for starts in MONTHS for start in starts)})[a-zéûä]{{0,8}})"
DAY = r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)?"
YEAR = r"(?P<year>(?:19|20)\d\d)"
WORDS = (
    re.compile(rf"\b(?P<year>(?:19|20)\d\d)[-/](?P<number>\d{{1,2}})[-/]{DAY}(?!\d)"),
    re.compile(rf"\b{DAY}\.?[ -](?:de )?{MONTH}\.?,?[ -](?:de )?{YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{MONTH}\.? {DAY},? {YEAR}\b", re.IGNORECASE),
)
FIGURES = re.compile(r"(?<![\d.])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d\d|\d\d)(?!\d)")
CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})(?::| ?h ?)(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?![\d:])(?: ?([ap])\.?m\b)?(?: ?(?:UTC|GMT)? ?([+-])(\d{2}):?(\d{2})\b)?",
    re.IGNORECASE,
)
TODAY = re.compile(r"\b(?:(avant-hier|vorgestern)|(hier|yesterday|gestern)|(aujourd.hui|today|heute))\b", re.IGNORECASE)
NOW = re.compile(
    r"à l.instant|\b(?:just now|moments? ago|gerade eben|il y a quelques (?:secondes|instants))|(?:less than a|moins d.une) minute", re.IGNORECASE
)
WEEKDAYS = ("lun mon", "mar tue die", "mer wed mit", "jeu thu don", "ven fri fre", "sam sat", "dim sun son")
WEEKDAY = re.compile(
    r"\b(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag"
    r"|samstag|sonntag),? (?:à |at |um )?(?=\d{1,2} ?[:h])", re.IGNORECASE)  # fmt: skip
AGO = re.compile(
    r"\b(?:il y a|depuis|vor) (?P<fr>\d{1,4}|une?|einer?m?) (?P<fr_unit>sec|sek|min|heure|h\b|stunde|jour|j\b|tag|sem|woche)"
    r"|\b(?P<en>\d{1,4}|an?|one) ?(?P<en_unit>sec|min|h(?:ou)?rs?|h|day|d|week|w)[a-z]{0,6} ago\b", re.IGNORECASE)  # fmt: skip
MAX_OFFSET = 15 * 60  # minutes
SECONDS = {"sec": 1, "sek": 1, "min": 60, "h": 3600, "stu": 3600, "j": 86400, "tag": 86400, "d": 86400, "sem": 604800, "w": 604800}
OFFSET = re.compile(r"\b(?:UTC|GMT)\s{0,3}(?:([+−-])\s{0,3}(\d{1,2})(?:[:h]?(\d{2}))?(?!\d))?", re.IGNORECASE)
SUMMER = re.compile(r"\[\s{0,3}(?:heure d.été|DST)\s{0,3}\]", re.IGNORECASE)
PLACE = re.compile(r"\b(?:Europe|America|Africa|Asia|Indian|Pacific|Atlantic|Australia)/[A-Z][A-Za-z_]{1,30}(?:/[A-Z][A-Za-z_]{1,30})?")


@dataclass(frozen=True)
class Clock:
    """How to read a forum's dates: its time zone, when the page was served, and whether figures put the month first."""

    zone: tzinfo = UTC
    now: datetime | None = None
    month_first: bool = False

    def read(self, text: str) -> datetime | None:
        """The first time that a text states; None where there is none, or where it is relative and ``now`` is unknown."""
        text = " ".join(text[:LONGEST].split())
        if re.match(r"\d{4}-\d\d-\d\dT|\d{9,13}$", text):
            return self._placed(parse_time(text), text)
        found = self._day(text)
        if found is None:
            return self._ago(text)
        day, end = found
        hour = CLOCK.search(text, end) or CLOCK.search(text)  # the time of day follows the day as a rule
        stated = _offset(hour[5], hour[6], hour[7]) if hour and hour[5] else None
        return _at(day, _hour(hour), zone=stated or self.zone)

    def _placed(self, time: datetime | None, text: str) -> datetime | None:
        """A time without offset is one of the forum's zone."""
        naive = time is not None and not re.search(r"(?:Z|[+-]\d\d:?\d\d)$|^\d+$", text)
        return time.replace(tzinfo=self.zone) if time and naive else time

    def _day(self, text: str) -> tuple[tuple[int, int, int], int] | None:
        """Year, month and day, and where in the text they end."""
        for pattern in WORDS:
            if found := pattern.search(text):
                month = int(found["number"]) if "number" in pattern.groupindex else month_of(found["month"])
                return (int(found["year"]), month, int(found["day"])), found.end()
        if found := FIGURES.search(text):
            first, second = int(found[1]), int(found[3])
            year = int(found[4]) + (2000 if len(found[4]) == 2 else 0)
            month_first = second > 12 or (self.month_first and first <= 12)
            return ((year, first, second) if month_first else (year, second, first)), found.end()
        if self.now and (found := TODAY.search(text)):
            day = self.now.astimezone(self.zone) - timedelta(days=2 if found[1] else 1 if found[2] else 0)
            return (day.year, day.month, day.day), found.end()
        if self.now and (found := WEEKDAY.search(text)):
            day = _last(self.now.astimezone(self.zone), weekday=found[1])
            return (day.year, day.month, day.day), found.end()
        return None

    def _ago(self, text: str) -> datetime | None:
        found = AGO.search(text)
        if self.now is None or found is None:
            return self.now if NOW.search(text) else None
        number, unit = (found["fr"], found["fr_unit"]) if found["fr"] else (found["en"], found["en_unit"])
        seconds = next(seconds for start, seconds in SECONDS.items() if unit.lower().startswith(start))
        return self.now - timedelta(seconds=seconds * (int(number) if number.isdigit() else 1))


def _last(now: datetime, *, weekday: str) -> datetime:
    """The last day of this name before ``now``: boards name the days of the past week so."""
    number = next(number for number, starts in enumerate(WEEKDAYS) if weekday[:3].lower() in starts.split())
    return now - timedelta(days=(now.weekday() - number - 1) % 7 + 1)


def month_of(word: str) -> int:
    """The number of the month that a word begins like, in the languages of MONTHS; 0 for none."""
    return next((number for number, starts in enumerate(MONTHS, 1) if word.lower().startswith(starts)), 0)


def _hour(found: re.Match[str] | None) -> tuple[int, int, int]:
    """Midnight where no time of day is stated."""
    if not found:
        return (0, 0, 0)
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
    return (hour, int(found[2]), int(found[3] or 0))


def _at(day: tuple[int, int, int], hour: tuple[int, int, int], *, zone: tzinfo) -> datetime | None:
    try:
        time = datetime(*day, *hour, tzinfo=zone)
        time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time


def clock_of(*, headers: Mapping[str, str], notes: Iterable[str], dates: Iterable[str], month_first: bool) -> Clock:
    """The clock of a page: ``notes`` are what it says of its time zone, ``dates`` all dates that it shows, in its own words.

    Figures decide their own order where one of them is above 12; else ``month_first`` does.
    """
    orders = {_order(text) for text in islice(dates, 500)} - {None}
    if len(orders) == 1:
        month_first = orders == {"month"}
    return Clock(zone=zone_of(notes), now=_served(headers.get("date", "")), month_first=month_first)


def _order(text: str) -> str | None:
    found = FIGURES.search(text[:LONGEST])
    if not found or max(int(found[1]), int(found[3])) <= 12:
        return None
    return "month" if int(found[3]) > 12 else "day"


def _served(date: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(date[:80])
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def zone_of(notes: Iterable[str]) -> tzinfo:
    """The time zone that the first speaking note states, by place or by offset; else UTC."""
    texts = [" ".join(note[:LONGEST].split()) for note in islice(notes, 20)]
    for text in texts:
        if (found := PLACE.search(text)) and (zone := _place(found[0])):
            return zone
    for text in texts:
        if found := OFFSET.search(text):
            return _offset(found[1], found[2], found[3], summer=bool(SUMMER.search(text)))
    return UTC


@lru_cache(maxsize=64)
def _place(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _offset(sign: str | None, hours: str | None, minutes: str | None, *, summer: bool = False) -> tzinfo:
    total = int(hours or 0) * 60 + int(minutes or 0)
    total = (-total if sign in ("-", "−") else total) + (60 if summer else 0)
    return timezone(timedelta(minutes=total)) if total and abs(total) <= MAX_OFFSET else UTC
