"""What every spider shares: each request is answered for, each answer ends in a counted status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

import scrapy
from scrapy import signals
from scrapy.exceptions import IgnoreRequest
from scrapy.spidermiddlewares.httperror import HttpError

from core.errors import Invalid, SourceError, VigieError
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
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
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
    headers: ClassVar[dict[str, str]] = {}  # that a kind's requests need

    def __init__(self, *, source: Source, keeper: Keeper) -> None:
        super().__init__(source.name)
        self.source, self.keeper = source, keeper
        self._asked: set[str] = set()
        self.silent: set[str] = set()  # hosts whose robots.txt could not be read

    @classmethod
    def from_crawler(cls, crawler: Any, *arguments: Any, **options: Any) -> Self:
        """Scrapy's way to build it; a fault of ours in a step must stop the run, not pass in silence."""
        spider = super().from_crawler(crawler, *arguments, **options)
        crawler.signals.connect(spider.broken, signal=signals.spider_error)
        return spider

    def broken(self, failure: Failure) -> None:
        """An exception that no step foresaw."""
        self.keeper.broken(failure.value or RuntimeError("unknown failure"))
        self._stop()

    def evidence_of(self, response: Response) -> bytes:
        """What is kept of a response as evidence: all of it, unless a kind must leave out what authors do not want read."""
        return response.body

    def first(self, response: Response) -> Iterable[Draft | scrapy.Request]:
        """Read the page that ``source.addresses()`` names. Raises SourceError."""
        raise NotImplementedError

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
        answers: dict[str, Any] = {"callback": self.read, "errback": self.missed, "cb_kwargs": {"step": step, **known}}
        yield scrapy.Request(url, headers=self.headers, dont_filter=True, **answers)

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
        except VigieError:
            self._stop()
        except UNREADABLE as error:  # what a parser meets in a page that nobody foresaw
            detail = f"{response.url}: {type(error).__name__} while reading ({str(error)[:200]}); look at the page, it has a new form"
            self.keeper.set_aside(response.url, "unreadable_page", detail, evidence=evidence)

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
            self._ignored(url, str(error))
        elif isinstance(error, UnicodeError | ValueError):
            self.keeper.set_aside(url, "bad_address", f"{url}: leads to an address that cannot be read ({str(error)[:200]})")
        elif reason := NETWORK.get(type(error).__name__):
            self.keeper.fail(reason)
        else:  # not the network: a fault of ours, which must not pass for the site's
            self.keeper.broken(error or RuntimeError("unknown failure"))
            self._stop()

    def _ignored(self, url: str, why: str) -> None:
        if "robots.txt" not in why:
            reason = "too_many_redirects" if "redirect" in why else "too_large"
            self.keeper.set_aside(url, reason, f"{url}: not read ({why[:200] or reason})")
        elif urlsplit(url).netloc in self.silent:
            self.keeper.fail("robots_unreachable")
        else:
            self.keeper.set_aside(url, "robots_txt", f"{url}: robots.txt asks not to read it")

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
