"""Keeps each response as it came over the wire, before anything is decoded, and gives the request its place in the evidence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

REF = "evidence"  # key of request.meta


class EvidenceMiddleware:
    """Stands closest to the downloader, so that the archived bytes are those that the site sent."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> EvidenceMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Archive, then hand on unchanged. robots.txt is a permission, not a page, and is left out."""
        if request.url.endswith("/robots.txt"):
            return response
        spider: Any = self._crawler.spider
        body, now = spider.evidence_of(response), datetime.now(UTC)
        request.meta[REF] = spider.keeper.respond(
            url=response.url, status=response.status, headers=_headers(response), body=body, at=now, redacted=body is not response.body
        )
        return response


def _headers(response: Response) -> list[tuple[str, str]]:
    # Cookies identify the crawler's visit, not the content
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
        if name.lower() != b"set-cookie"
    ]
