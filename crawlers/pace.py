"""Waits as long as a site asks (Retry-After and the rate-limit headers that platforms send), and longer each time that it fails."""

from __future__ import annotations

import asyncio
import random
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from core.urls import host_of
from crawlers.guard import Refused
from crawlers.headers import lower_headers
from crawlers.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.http import Response

MAX_WAIT = 900.0  # seconds; a site that asks for more is read in a later run
BACK_OFF = 2.0  # seconds after the first failure of a host, doubled after each further one
MAX_BACK_OFF = 60.0
FAILURES = {429, 500, 502, 503, 504, 522, 524}
# names of what is left and of when more is given: Mastodon; Bluesky and the IETF draft; Reddit
RATE_HEADERS = (("x-ratelimit-remaining", "x-ratelimit-reset"), ("ratelimit-remaining", "ratelimit-reset"))
EPOCH = 1e8  # a larger number is a time, a smaller one seconds from now


def resume_at(status: int, headers: Mapping[str, str], *, now: float) -> float:
    """When the site may be asked again, in epoch seconds; ``now`` where it asks for no pause. ``headers`` have lower-case names."""
    retry_after = headers.get("retry-after", "").strip()
    if status in (429, 503) and retry_after:
        if retry_after.isdigit():
            return now + int(retry_after[:9])
        try:
            return max(now, parsedate_to_datetime(retry_after).timestamp())
        except ValueError:
            return now + 60
    resets = [_reset(headers.get(reset, ""), now=now) for left, reset in RATE_HEADERS if _is_zero(headers.get(left, ""))]
    if resets:
        return max(now, *resets)
    return now + 60 if status == 429 else now


def _is_zero(value: str) -> bool:
    try:
        return float(value.split(",")[0].split(";")[0]) < 1
    except ValueError:
        return False


def _reset(value: str, *, now: float) -> float:
    """Seconds from now, epoch seconds or a date; unreadable, a minute."""
    try:
        number = float(value)
    except ValueError:
        found = parse_time(value)
        return found.timestamp() if found else now + 60
    return number if number > EPOCH else now + number


class PaceMiddleware:
    """Holds back requests to a host that asked for a pause or that fails."""

    def __init__(self) -> None:
        self._resume: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    async def process_request(self, request: Request) -> None:
        """Wait; raises Refused(rate_limited) when the site asks for longer than MAX_WAIT."""
        wait = self._resume.get(host_of(request.url), 0) - time.time()
        if wait > MAX_WAIT:
            raise Refused("rate_limited")
        if wait > 0:
            await asyncio.sleep(wait)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the pause that the site asks for, or that its failure calls for."""
        host, now = host_of(request.url), time.time()
        until = resume_at(response.status, lower_headers(response), now=now)
        if response.status not in FAILURES:
            self._failures.pop(host, None)
        elif until == now:
            until += self._back_off(host)
        if until > now:
            self._resume[host] = until
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A host that does not answer is asked more slowly."""
        if not hasattr(exception, "reason"):
            host = host_of(request.url)
            self._resume[host] = time.time() + self._back_off(host)

    def _back_off(self, host: str) -> float:
        """Seconds, doubled each time, with a random part so that several crawls do not come back at once."""
        self._failures[host] = count = self._failures.get(host, 0) + 1
        return min(MAX_BACK_OFF, BACK_OFF * 2.0 ** min(count - 1, 10)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
