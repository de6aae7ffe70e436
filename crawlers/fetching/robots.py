"""robots.txt as RFC 9309 wants it. One that cannot be read is no permission (2.3.1.4): the site is left alone until it answers.

A file that is not there (4xx) allows; one that a server refuses for a fault of its own (5xx) or for being asked too much, that leads nowhere, that is
damaged, or in whose place a wall against robots stands, forbids. It may lie at another public host (2.3.1.2), where nothing else is read.
"""

from __future__ import annotations

import codecs
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from scrapy.robotstxt import RobotParser

from crawlers.fetching.headers import lower_headers
from crawlers.fetching.limits import TOO_MANY
from crawlers.reading.walls import FAINT_TEXT, wall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

TOKEN = "Vigie/0.1"  # noqa: S105 - RFC 9309's product token, with the version that some sites write beside it
NOTHING = b"User-agent: *\nDisallow: /\n"
LONGEST = 512 * 2**10  # bytes that are read, as RFC 9309 (2.5) allows: each rule costs time at each page
DAY = 86_400.0  # seconds that a file may be believed (2.4)
NO_TEXT = " " * FAINT_TEXT  # walls are then known by titles and headers alone: a site's error page may carry a captcha's script


def rules(status: int, headers: Mapping[str, str], body: bytes) -> bytes | None:
    """What an answer to the question for robots.txt says, as UTF-8; None where it cannot be read. ``headers`` have lower-case names."""
    if status >= 500 or 300 <= status < 400 or status == TOO_MANY:
        return None
    if wall(body[:20_000].decode("utf-8", "replace"), headers=headers, visible=NO_TEXT) == "bot_wall":
        return None
    if status >= 400:
        return b""
    wide = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # as some editors save it
    return (body[:LONGEST].decode("utf-16", "ignore").encode("utf-8", "ignore") if wide else body)[:LONGEST]


class ObeyingMiddleware(RobotsTxtMiddleware):
    """Scrapy's own, but for a file that leads nowhere (redirects without end, a refused host, a damaged body): Scrapy takes it for a permission."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Scrapy's knows a host by its name alone and for ever; another scheme is another place (2.3), and a day is the limit
        self._readers: dict[tuple[str, str], tuple[RobotsTxtMiddleware, float]] = {}

    async def robot_parser(self, request: Request) -> RobotParser:
        """What the file says. Raises IgnoreRequest where it cannot be read."""
        parts, spider = urlsplit(request.url), _spider(self.crawler)
        reader, at = self._readers.get((parts.scheme, parts.netloc), (None, 0.0))
        if reader is None or time.monotonic() - at > DAY:
            reader = RobotsTxtMiddleware(self.crawler)
            self._readers[parts.scheme, parts.netloc] = reader, time.monotonic()
            spider.silent.discard(parts.netloc)
        found = await reader.robot_parser(request)
        # of several requests that wait for one file, Scrapy 2.19 gives it to the first alone, and None, a permission, to the others
        parser = found or reader._parsers.get(parts.netloc)  # noqa: SLF001
        if not isinstance(parser, RobotParser):
            spider.silent.add(parts.netloc)
            raise IgnoreRequest("robots.txt cannot be read")
        return parser


class RobotsMiddleware:
    """Stands above retry: what still fails then forbids everything, and the spider knows that the site did not say so."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """The rules alone, in place of what was sent."""
        if not is_robots(request):
            return response
        said = rules(response.status, lower_headers(response), response.body)
        return self._closed(request) if said is None else response.replace(body=said)

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """A site that does not answer forbids; a refusal of ours stays one."""
        return self._closed(request) if is_robots(request) and not hasattr(exception, "reason") else None

    def _closed(self, request: Request) -> Response:
        _spider(self._crawler).silent.add(urlsplit(request.meta.get("redirect_urls", [request.url])[0]).netloc)
        return TextResponse(request.url, status=200, body=NOTHING, encoding="utf-8")


def _spider(crawler: Crawler) -> Any:
    return crawler.spider


def is_robots(request: Request) -> bool:
    """Whether a robots.txt is asked for, at its own address or where that redirects to."""
    return bool(request.meta.get("dont_obey_robotstxt"))
