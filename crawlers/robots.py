"""A robots.txt that cannot be read is no permission (RFC 9309, 2.3.1.4): the site is left alone until it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.http import TextResponse

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

NOTHING = b"User-agent: *\nDisallow: /\n"


class RobotsMiddleware:
    """Stands above retry: what still fails then forbids everything, and the spider knows that the site did not say so."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """A server error forbids."""
        if is_robots(request) and response.status >= 500:
            return self._closed(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """A site that does not answer forbids; a refusal of ours stays one."""
        return self._closed(request) if is_robots(request) and not hasattr(exception, "reason") else None

    def _closed(self, request: Request) -> Response:
        spider: Any = self._crawler.spider
        spider.silent.add(urlsplit(request.url).netloc)
        return TextResponse(request.url, status=200, body=NOTHING, encoding="utf-8")


def is_robots(request: Request) -> bool:
    return urlsplit(request.url).path == "/robots.txt"
