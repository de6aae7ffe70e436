"""Waits as long as a site asks: Retry-After, and Mastodon's X-RateLimit headers."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from core.urls import host_of
from crawlers.extract import parse_time
from crawlers.guard import Refused
from crawlers.headers import lower_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.http import Response

MAX_WAIT = 900.0  # seconds; a site that asks for more is read in a later run


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
    reset = parse_time(headers.get("x-ratelimit-reset"))
    if reset and headers.get("x-ratelimit-remaining", "").strip() == "0":
        return max(now, reset.timestamp())
    return now + 60 if status == 429 else now


class PaceMiddleware:
    """Holds back requests to a host that asked for a pause."""

    def __init__(self) -> None:
        self._resume: dict[str, float] = {}

    async def process_request(self, request: Request) -> None:
        """Wait; raises Refused(rate_limited) when the site asks for longer than MAX_WAIT."""
        wait = self._resume.get(host_of(request.url), 0) - time.time()
        if wait > MAX_WAIT:
            raise Refused("rate_limited")
        if wait > 0:
            await asyncio.sleep(wait)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the pause that the site asks for."""
        headers = lower_headers(response)
        now = time.time()
        until = resume_at(response.status, headers, now=now)
        if until > now:
            self._resume[host_of(request.url)] = until
        return response
