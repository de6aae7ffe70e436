"""When a site may be asked again, as its answers say: Retry-After, and the headers by which platforms tell what is left of a quota. Pure."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOO_MANY = 429
# names of what is left and of when more is given: Mastodon, GitHub and Reddit; Bluesky and the IETF draft up to its 6th version; others
RATE_HEADERS = (
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
)
EPOCH, EPOCH_MS = 1e8, 1e11  # a larger number is a time, in seconds or in thousandths; a smaller one seconds from now
UNREADABLE = 60.0  # seconds that are waited where a pause is asked for in words that cannot be read
PARTS = 20  # of a list that are looked at


def resume_at(status: int, headers: Mapping[str, str], *, now: float) -> float:
    """When the site may be asked again, in epoch seconds; ``now`` where it asks for no pause. ``headers`` have lower-case names."""
    retry_after = headers.get("retry-after", "").strip()
    if retry_after and status >= 400:
        return max(now, _date(retry_after, now=now))
    if resets := [*_classic(status, headers, now=now), *_structured(headers, now=now)]:
        return max(now, *resets)
    return now + UNREADABLE if status == TOO_MANY else now


def redirect_at(status: int, headers: Mapping[str, str], *, now: float) -> float:
    """When a redirect may be followed (RFC 9110, 10.2.3), in epoch seconds; ``now`` where it may be at once."""
    retry_after = headers.get("retry-after", "").strip()
    return max(now, _date(retry_after, now=now)) if retry_after and 300 <= status < 400 else now


def _classic(status: int, headers: Mapping[str, str], *, now: float) -> Iterator[float]:
    """The resets of those quotas, one header each, of which nothing is left."""
    for left, reset in RATE_HEADERS:
        if any(one < 1 for one in _numbers(headers.get(left, ""))) or (status == TOO_MANY and left not in headers and reset in headers):
            yield _reset(headers.get(reset, ""), now=now)


def _structured(headers: Mapping[str, str], *, now: float) -> Iterator[float]:
    """The resets of used up quotas as the IETF draft writes them: ``RateLimit: "name";r=0;t=30`` with the windows ``RateLimit-Policy: "name";w=60``,
    and before its 8th version ``RateLimit: limit=100, remaining=0, reset=30``.
    """
    told = headers.get("ratelimit", "")
    windows = {name: found.get("w", "") for name, found in _members(headers.get("ratelimit-policy", ""))}
    for name, found in _members(told):
        if any(one < 1 for one in _numbers(found.get("r", ""))):
            yield _reset(found.get("t") or windows.get(name, ""), now=now)
    whole = _pairs(told.split(","))
    if any(one < 1 for one in _numbers(whole.get("remaining", ""))):
        yield _reset(whole.get("reset", ""), now=now)


def _members(value: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The members of a list with their parameters."""
    for part in value.split(",")[:PARTS]:
        name, *parameters = part.split(";")
        yield name.strip().strip('"'), _pairs(parameters)


def _pairs(parts: list[str]) -> dict[str, str]:
    split = (part.partition("=") for part in parts[:PARTS])
    return {name.strip().lower(): value.partition(";")[0].strip().strip('"') for name, _, value in split}


def _date(value: str, *, now: float) -> float:
    """Seconds from now or a date, as Retry-After has it; unreadable, a minute."""
    if value.isascii() and value.isdigit():
        return now + int(value[:9])
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return now + UNREADABLE


def _numbers(value: str) -> list[float]:
    """The numbers of a header that may be a list, each perhaps with parameters."""
    found = []
    for part in value.split(",")[:PARTS]:
        try:
            found.append(float(part.split(";")[0]))
        except ValueError:
            continue
    return [number for number in found if not math.isnan(number)]


def _reset(value: str, *, now: float) -> float:
    """Seconds from now, epoch seconds or thousandths, or a date; unreadable, a minute."""
    if numbers := _numbers(value):
        return max(number / 1000 if number > EPOCH_MS else number if number > EPOCH else now + number for number in numbers)
    found = parse_time(value)
    return found.timestamp() if found else now + UNREADABLE
