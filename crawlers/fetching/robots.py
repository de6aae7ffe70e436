"""A robots.txt that cannot be read is no permission (RFC 9309, 2.3.1.4): the site is left alone until it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import TextResponse
from scrapy.robotstxt import RobotParser

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

NOTHING = b"User-agent: *\nDisallow: /\n"
LONGEST = 512 * 2**10  # bytes that are read, as RFC 9309 (2.5) allows: each rule costs time at each page
TOO_MANY = 429


class ObeyingMiddleware(RobotsTxtMiddleware):
    """Scrapy's own, but for a file that leads nowhere (redirects without end, a refused host, a damaged body): Scrapy takes it for a permission."""

    async def robot_parser(self, request: Request) -> RobotParser:
        """What the file says. Raises IgnoreRequest where it cannot be read."""
        found = await super().robot_parser(request)
        # of several requests that wait for one file, Scrapy 2.19 gives it to the first alone, and None, a permission, to the others
        parser = found or self._parsers.get(urlsplit(request.url).netloc)
        if not isinstance(parser, RobotParser):
            spider: Any = self.crawler.spider
            spider.silent.add(urlsplit(request.url).netloc)
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
        """A server error forbids, and so does a server that is asked too much."""
        if is_robots(request) and (response.status >= 500 or response.status == TOO_MANY):
            return self._closed(request)
        return response.replace(body=response.body[:LONGEST]) if is_robots(request) and len(response.body) > LONGEST else response

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """A site that does not answer forbids; a refusal of ours stays one."""
        return self._closed(request) if is_robots(request) and not hasattr(exception, "reason") else None

    def _closed(self, request: Request) -> Response:
        spider: Any = self._crawler.spider
        spider.silent.add(urlsplit(request.meta.get("redirect_urls", [request.url])[0]).netloc)
        return TextResponse(request.url, status=200, body=NOTHING, encoding="utf-8")


def is_robots(request: Request) -> bool:
    """Whether a robots.txt is asked for, at its own address or where that redirects to."""
    return bool(request.meta.get("dont_obey_robotstxt"))
