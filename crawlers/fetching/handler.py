"""The last step before the wire: whatever waits in queues, no request goes out in a pause, beyond the limit of bytes, or beside too many others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import NotConfigured

from core.urls import host_of
from crawlers.fetching.connections import Held, bounded
from crawlers.fetching.guard import Refused
from crawlers.fetching.headers import lower_headers
from crawlers.fetching.limits import redirect_at
from crawlers.fetching.pace import Pace

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

FOLLOW_AT = "follow_at"  # key of request.meta, which a redirect takes over: when it may be followed, in epoch seconds


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
        self._pool._factory = bounded(self._pool._factory, pauses=pace.is_paused)  # noqa: SLF001 - Scrapy puts its own there in the same way

    async def download_request(self, request: Request) -> Response:
        """The answer. Raises Refused (rate_limited, limit_reached) and what Scrapy raises."""
        await self._pace.rest(request.meta.pop(FOLLOW_AT, 0.0))
        while (response := await self._sent(request)) is None:
            pass  # held back: its turn comes after the pause
        follow_at = redirect_at(response.status, lower_headers(response), now=(now := time.time()))
        if follow_at > now:
            request.meta[FOLLOW_AT] = follow_at
        return response

    async def _sent(self, request: Request) -> Response | None:
        """The answer; None where a pause began while the connection was made. Raises as ``download_request``."""
        host, spider = host_of(request.url), self._crawler.spider
        async with self._pace.turn(host):
            keeper: Any = getattr(spider, "keeper", None)
            if keeper is not None and keeper.sated:
                raise Refused("limit_reached")
            response, held = None, False
            try:
                response = await super().download_request(request)
            except Held:
                held = True
                return None
            finally:
                if response is None and not held:
                    self._pace.silent(host)
            self._pace.answered(host, response.status, lower_headers(response))
            return response
