"""TDM reservations of a whole site: ``/.well-known/tdmrep.json`` (TDM Reservation Protocol, W3C community group).

What a rights holder reserves may not be mined (CPI art. L. 122-5-3, III, as read on 02/04/2026; to be checked by a lawyer). The file is asked
for once a host and run, before the first page. Reservations in headers and in a page's meta are read with the page. The protocol lets meta win
over headers, and headers over the file, so that a page may be freed of what its site reserves; here any reservation of the three holds, since a
page that the file reserves is not asked for. A file that is not there reserves nothing; one that cannot be read says nothing either way, and its
site is left alone until it can, as with robots.txt.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from core.errors import SourceError
from crawlers.fetching.guard import PERMISSION, Refused
from crawlers.fetching.limits import TOO_MANY
from crawlers.fetching.robots import is_robots
from crawlers.reading.page import parse_json

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

PATH = "/.well-known/tdmrep.json"
MAX_RULES = 1000
UNREAD = "tdmrep_unreachable"
PASSING = ("rate_limited", "limit_reached", UNREAD)  # reasons of ours that hold for the page as well
Rules = tuple[tuple[str, bool], ...]


def parse_rules(body: bytes, *, url: str) -> Rules:
    """The locations of a tdmrep.json in order, with whether each is reserved; none for what is no such file."""
    try:
        found = parse_json(body, url=url)
    except SourceError:  # a page in the file's place; or a mistyped file, of which the wish to reserve is all that can be read
        return (("/", True),) if body.lstrip()[:1] in (b"[", b"{") and b"tdm-reservation" in body else ()
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
        self._rules: dict[str, asyncio.Future[Rules | str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ReservationMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises Refused: tdm_reserved, or why that cannot be known."""
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
                    waiting.set_result(UNREAD)
        rules = await self._rules[place]
        if isinstance(rules, str):
            raise Refused(rules)
        if is_reserved(rules, request.url):
            raise Refused("tdm_reserved")

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """A host that does not answer is no permission; a refusal of ours stays one."""
        return Response(request.url, status=503) if _is_ours(request) and not isinstance(exception, IgnoreRequest) else None

    async def _ask(self, place: str) -> Rules | str:
        """What is reserved at a place; else why that cannot be known."""
        engine: Any = self._crawler.engine
        asked = Request(place + PATH, dont_filter=True, meta={"max_retry_times": 1, PERMISSION: True})
        try:
            response = await engine.download_async(asked)
        except Refused as error:
            return error.reason if error.reason in PASSING else UNREAD
        except IgnoreRequest as error:  # robots.txt does not let it be read; else it is too large, or redirects without end
            return () if "robots.txt" in str(error) else UNREAD
        except ValueError:  # redirected to an address that is none
            return UNREAD
        if response.status == 200:
            return parse_rules(response.body, url=asked.url)
        return UNREAD if response.status >= 500 or response.status == TOO_MANY else ()


def _is_ours(request: Request) -> bool:
    return bool(request.meta.get(PERMISSION))
