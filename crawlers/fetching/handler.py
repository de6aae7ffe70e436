"""The last step before the wire: whatever waits in queues, no request goes out in a pause, beyond the limit of bytes, or beside too many others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import NotConfigured

from core.urls import host_of
from crawlers.fetching.guard import Refused
from crawlers.fetching.headers import lower_headers
from crawlers.fetching.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

MAX_HEAD = 2**20  # bytes before a body; servers and browsers allow some 16 kB


class PacedHandler(HTTP11DownloadHandler):
    """Scrapy's own, held back by each host's pace.

    Scrapy lets what it queued go on when a site asks for a pause, and of many requests that were queued together more go out at once than it was
    told, because it counts a request only when it is under way.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        pace = crawler.get_extension(Pace)  # one for http and https
        if pace is None:
            raise NotConfigured("crawlers.fetching.pace.Pace is not among EXTENSIONS")
        self._pace = pace
        self._pool._factory = _bounded(self._pool._factory)  # noqa: SLF001 - Scrapy puts its own there in the same way

    async def download_request(self, request: Request) -> Response:
        """The answer. Raises Refused (rate_limited, limit_reached) and what Scrapy raises."""
        host, spider = host_of(request.url), self._crawler.spider
        async with self._pace.turn(host):
            keeper: Any = getattr(spider, "keeper", None)
            if keeper is not None and keeper.sated:
                raise Refused("limit_reached")
            response = None
            try:
                response = await super().download_request(request)
            finally:
                if response is None:
                    self._pace.silent(host)
            self._pace.answered(host, response.status, lower_headers(response))
            return response


def _bounded(factory: Any) -> type[Any]:
    """A factory of connections that are broken off where headers do not end: Twisted keeps them all, gigabytes within the time of one download."""

    class Bounded(factory):  # type: ignore[misc]  # the factory's class is Scrapy's own affair
        def buildProtocol(self, address: Any) -> Any:  # noqa: N802 - Twisted's name
            connection = super().buildProtocol(address)
            connection.dataReceived = _counting(connection, connection.dataReceived)
            return connection

    return Bounded


def _counting(connection: Any, received: Callable[[bytes], None]) -> Callable[[bytes], None]:
    parser, size = None, 0

    def data_received(data: bytes) -> None:
        nonlocal parser, size
        if connection._parser is not parser:  # noqa: SLF001 - Twisted tells by nothing else that the next answer begins
            parser, size = connection._parser, 0  # noqa: SLF001
        if parser is not None and parser.state in ("STATUS", "HEADER"):
            size += len(data)
            if size > MAX_HEAD:
                connection.transport.abortConnection()
                return
        received(data)

    return data_received
