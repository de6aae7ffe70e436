"""TDM reservations of a whole site: ``/.well-known/tdmrep.json`` (TDM Reservation Protocol, W3C community group).

What a rights holder reserves may not be mined (CPI art. L. 122-5-3, III, as read on 02/04/2026; to be checked by a lawyer). The file is asked
for once a host and run, before the first page. Reservations in headers and in a page's meta are read with the page.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from core.errors import SourceError
from crawlers.fetching.capture import PERMISSION
from crawlers.fetching.guard import Refused
from crawlers.fetching.robots import is_robots
from crawlers.reading.page import parse_json

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

PATH = "/.well-known/tdmrep.json"
MAX_RULES = 1000
Rules = tuple[tuple[str, bool], ...]


def parse_rules(body: bytes, *, url: str) -> Rules:
    """The locations of a tdmrep.json in order, with whether each is reserved; none for a file that cannot be read."""
    try:
        found = parse_json(body, url=url)
    except SourceError:
        return ()
    rules = found if isinstance(found, list) else [found]
    named = (rule for rule in rules[:MAX_RULES] if isinstance(rule, dict) and "location" in rule)
    return tuple((str(rule["location"])[:500], _is_one(rule.get("tdm-reservation"))) for rule in named)


def _is_one(value: Any) -> bool:
    return not isinstance(value, bool) and str(value).strip() == "1"


def fits(location: str, path: str) -> bool:
    """Whether a path lies at a location, where ``*`` stands for anything and ``$`` for the end, as in robots.txt. Linear: no pattern of a stranger's
    is compiled.
    """
    start, *rest = location.removesuffix("$").split("*")
    if not path.startswith(start):
        return False
    at = len(start)
    last = rest.pop() if rest and location.endswith("$") else None
    for part in rest:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return at == len(path) if location.endswith("$") else True


def is_reserved(rules: Rules, url: str) -> bool:
    """Whether the first location that fits an address reserves it."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return next((reserved for location, reserved in rules if fits(location, path)), False)


class ReservationMiddleware:
    """Asks each host for its reservations before anything else is read there."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, asyncio.Future[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ReservationMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises Refused(tdm_reserved)."""
        if is_robots(request) or _is_ours(request):
            return
        parts = urlsplit(request.url)
        place = f"{parts.scheme}://{parts.netloc}"
        if place not in self._rules:
            waiting = self._rules[place] = asyncio.get_running_loop().create_future()  # other requests to this host wait for it
            try:
                waiting.set_result(await self._ask(place))
            finally:
                if not waiting.done():  # whatever it was, nobody must wait for ever
                    waiting.set_result(())
        if is_reserved(await self._rules[place], request.url):
            raise Refused("tdm_reserved")

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """A host that does not answer reserves nothing by this file; whether its pages can be read shows with them."""
        return Response(request.url, status=404) if _is_ours(request) else None

    async def _ask(self, place: str) -> Rules:
        engine: Any = self._crawler.engine
        asked = Request(place + PATH, dont_filter=True, meta={"dont_retry": True, "dont_redirect": True, PERMISSION: True})
        try:
            response = await engine.download_async(asked)
        except IgnoreRequest:  # a file that cannot be unpacked, or is too large, says nothing
            return ()
        return parse_rules(response.body, url=asked.url) if response.status == 200 else ()


def _is_ours(request: Request) -> bool:
    return urlsplit(request.url).path == PATH
