"""What every spider shares: each request is answered for, each answer ends in a counted status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import scrapy
from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError

from core.errors import ConfigError, Invalid, SourceError
from core.urls import canonical
from crawlers.drafts import Draft
from crawlers.evidence import REF
from crawlers.extract import decode, wall
from crawlers.guard import Refused
from crawlers.headers import lower_headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from crawlers.catalog import Source
    from crawlers.keeper import Keeper

TRANSIENT = {408, 425, 429, 500, 502, 503, 504, 522, 524}
NETWORK = {  # what failed on the way, by the name of Scrapy's or Twisted's exception
    "DNSLookupError": "unknown_host", "CannotResolveHostError": "unknown_host", "UnsupportedURLSchemeError": "bad_address",
    "DownloadTimeoutError": "timeout", "TimeoutError": "timeout", "TCPTimedOutError": "timeout", "UserTimeoutError": "timeout",
    "ConnectionRefusedError": "refused", "DownloadConnectionRefusedError": "refused", "ConnectError": "refused", "NoRouteError": "refused",
    "ResponseFailed": "cut_short", "DownloadFailedError": "cut_short", "ResponseDataLossError": "cut_short", "ConnectionLost": "cut_short",
    "ResponseNeverReceived": "cut_short", "ConnectionDone": "cut_short", "DownloadCancelledError": "too_large", "CancelledError": "too_large",
    "SSLError": "tls", "CertificateError": "tls", "Error": "tls",
}  # fmt: skip


class SourceSpider(scrapy.Spider):
    """A kind's spider overrides ``first`` (and adds further steps): a step reads a response and yields drafts and requests."""

    source: Source
    keeper: Keeper

    def __init__(self, *, source: Source, keeper: Keeper) -> None:
        super().__init__(source.name)
        self.source, self.keeper = source, keeper
        self._asked: set[str] = set()

    def first(self, response: Response) -> Iterable[Draft | scrapy.Request]:
        """Read the page that ``source.addresses()`` names. Raises SourceError."""
        raise NotImplementedError

    def allows(self, host: str) -> bool:
        """Whether a host that the file doesn't name may be read: no, unless a kind knows better."""
        return False

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Scrapy's entry."""
        for address in self.source.addresses():
            for request in self.ask(address, step="first"):
                yield request

    def ask(self, url: str, *, step: str, **known: Any) -> Iterator[scrapy.Request]:
        """A request whose answer ``step`` reads, with what is ``known`` already; an address met before counts as a duplicate."""
        try:
            key = canonical(url)
        except Invalid as error:
            self.keeper.set_aside(url[:2000], "bad_address", str(error))
            return
        if key in self._asked:
            self.keeper.duplicate()
            return
        self._asked.add(key)
        yield scrapy.Request(url, callback=self.read, errback=self.missed, cb_kwargs={"step": step, **known}, dont_filter=True)

    def read(self, response: Response, step: str, **known: Any) -> Iterator[scrapy.Request]:
        """Run one step: drafts go to the archive, requests to Scrapy, a SourceError to the set-aside."""
        evidence = response.meta.get(REF)
        try:
            for found in getattr(self, step)(response, **known):
                if isinstance(found, Draft):
                    self.keeper.keep(found, evidence=evidence)
                else:
                    yield found
        except SourceError as error:
            self.keeper.set_aside(response.url, error.reason, str(error), evidence=evidence)
        except ConfigError:
            self._stop()

    def missed(self, failure: Failure) -> None:
        """A request without a readable answer: refused by a rule, refused by the site, or failed on the way."""
        request: Any = getattr(failure, "request", None)
        url, error = request.url if request is not None else "", failure.value
        if self.keeper.error:
            self._stop()
        elif isinstance(error, Refused):
            self.keeper.set_aside(url, error.reason, f"{url}: not read ({error.reason})")
        elif isinstance(error, HttpError):
            self._answered(error.response)
        elif isinstance(error, IgnoreRequest):
            self.keeper.set_aside(url, "robots_txt", f"{url}: robots.txt asks not to read it")
        elif reason := NETWORK.get(type(error).__name__):
            self.keeper.fail(reason)
        else:  # not the network: a fault of ours, which must not pass for the site's
            self.keeper.broken(error or RuntimeError("unknown failure"))
            self._stop()

    def _answered(self, response: Response) -> None:
        if response.status in TRANSIENT:
            self.keeper.fail(f"http_{response.status}")
            return
        text = decode(response.body)
        reason = wall(text, headers=lower_headers(response), visible="") if len(text) < 200_000 else None
        reason = reason if reason and reason != "script_shell" else f"http_{response.status}"
        self.keeper.set_aside(response.url, reason, f"{response.url}: the site answered {response.status}", evidence=response.meta.get(REF))

    def _stop(self) -> None:
        """The disk is full or refuses: nothing more can be kept."""
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            engine.close_spider(self, "cannot_write")
