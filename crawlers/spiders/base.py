"""What every spider shares: each request is answered for, each answer ends in a counted status."""

from __future__ import annotations

import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import scrapy
from scrapy import signals

from core.errors import Invalid, SourceError, VigieError
from core.urls import canonical
from crawlers.fetching.capture import CAPTURE, NOT_MODIFIED, SECRET, Capture
from crawlers.fetching.headers import lower_headers
from crawlers.fetching.missed import Why, reason_of
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page
from crawlers.reading.walls import reserved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from core.records import Document
    from core.settings import Settings
    from crawlers.catalog import Source
    from crawlers.cursor import Cursor
    from crawlers.keeper import Keeper

UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
GONE = (404, 410)
UNWANTED = ("tdm_reserved", "opted_out")  # pages whose owners do not want them kept
# keys of request.meta: the listing, which of its pages, whether it ends at what is known, the pages that led here
PLACE, NUMBER, FURTHER, ABOVE = "place", "number", "further", "above"


class SourceSpider(scrapy.Spider):
    """A kind's spider overrides ``first`` (and adds further steps): a step reads a page and yields drafts, what it leaves, and requests."""

    source: Source
    keeper: Keeper
    headers: ClassVar[dict[str, str]] = {}  # that a kind's requests need
    marks_opt_outs: ClassVar[bool] = False  # its answers say who does not want to be read: one that cannot be looked into is not kept
    handle_httpstatus_list: ClassVar[list[int]] = [NOT_MODIFIED]

    def __init__(self, *, source: Source, keeper: Keeper, cursor: Cursor, house: Settings) -> None:
        super().__init__(source.name)
        self.source, self.keeper, self.cursor, self.house = source, keeper, cursor, house
        self._asked: set[str] = set()
        self._met: set[str] = set()
        self._place, self._number = "", 1  # the listing that is being read, and which of its pages
        self._above: tuple[str, ...] = ()
        self._cut = False  # whether max_pages ended the listing
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

    def first(self, page: Page) -> Iterable[Draft | Left | scrapy.Request]:
        """Read the page that ``source.addresses()`` names. Raises SourceError."""
        raise NotImplementedError

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Scrapy's entry. What fails in ``begin`` stops the run: Scrapy would log it and end as if all were read."""
        try:
            async for request in self.begin():
                yield request
        finally:
            error = sys.exc_info()[1]
            if isinstance(error, Exception):
                self.keeper.broken(error)

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Where reading starts."""
        for address in self.source.addresses():
            for request in self.ask(address):
                yield request

    def known(self) -> dict[str, str]:
        """What earlier complete runs read: address by platform id."""
        return self.cursor.known()

    def ask(
        self, url: str, *, step: str = "first", method: str = "GET", body: Any = None, headers: dict[str, str] | None = None, secret: bool = False,
        digest: str | None = None, **known: Any,
    ) -> Iterator[scrapy.Request]:  # fmt: skip
        """A request whose answer ``step`` reads, with what is ``known`` already; none for an address met before, or read before under this digest.

        ``body``: bytes, or what is sent as JSON. ``secret``: neither request nor answer is taken down.
        """
        try:
            key = f"{method} {canonical(url)} {body!r}"
        except Invalid as error:
            self.keeper.set_aside(url[:2000], "bad_address", str(error))
            return
        if key in self._asked or (digest is not None and self.cursor.was_read(url, digest)):
            self.keeper.duplicate()
        elif len(self._asked) >= self.source.max_requests or self.keeper.sated:
            self.keeper.note("limit_reached")
            self.cursor.unread((*self._above, self._place))
        else:
            self._asked.add(key)
            conditions = self.cursor.conditions(url) if method == "GET" and not secret else {}
            named = {**self.headers, **conditions, **(headers or {})}
            meta = {SECRET: secret, "dont_redirect": secret, PLACE: url, NUMBER: 1, ABOVE: (*self._above, self._place)}
            yield _request(url, method=method, body=body, headers=named, meta=meta,
                           callback=self.read, errback=self.missed, cb_kwargs={"step": step, "digest": digest, **known})  # fmt: skip

    def further(self, url: str | None, *, step: str = "first", newest_first: bool = True, **known: Any) -> Iterator[scrapy.Request]:
        """The next page of the listing that is being read, within ``source.max_pages``. Where the newest comes first, reading ends at a page that
        shows what the last complete run had shown first.
        """
        if url is None:
            return
        if self._number >= getattr(self.source, "max_pages", 1):
            self._cut = newest_first
            return
        for request in self.ask(url, step=step, **known):
            request.meta.update({PLACE: self._place, NUMBER: self._number + 1, FURTHER: newest_first, ABOVE: self._above})
            yield request

    def read(self, response: Response, step: str, digest: str | None = None, **known: Any) -> Iterator[scrapy.Request]:
        """Run one step: drafts go to the archive, requests to Scrapy, a SourceError to the set-aside."""
        capture, page = response.meta.get(CAPTURE), page_of(response)
        place, number = response.meta.get(PLACE, ""), response.meta.get(NUMBER, 1)
        self._place, self._number, self._above, self._cut = place, number, response.meta.get(ABOVE, ()), False
        try:
            if response.status == NOT_MODIFIED:
                self.cursor.still(place)
                self.keeper.unchanged(capture)
                return
            _refuse_reserved(page)
            found = list(getattr(self, step)(page, **known))
        except SourceError as error:
            self._unread(page, error.reason, str(error), capture=None if error.reason in UNWANTED else capture)
            return
        except VigieError:
            self._stop()
            return
        except UNREADABLE as error:  # what a parser meets in a page that nobody foresaw; the error's words may be the page's
            detail = f"{page.url}: {type(error).__name__} in {_place_of(error)}; look at the page, it has a new form"
            self._unread(page, "unreadable_page", detail, capture=capture)
            return
        try:
            requests = self._sorted(found, page=page, capture=capture)
            if number == 1 and all(map(_tells_changes, requests)):  # an answer that could not be read is asked for again
                self.cursor.note_page(place, page.headers)
            if digest is not None:
                self.cursor.note_read(place, digest)
            yield from requests  # last: meanwhile Scrapy reads other answers
        except VigieError:
            self._stop()

    def _unread(self, page: Page, reason: str, detail: str, *, capture: Any) -> None:
        """Set a page aside; it is asked for again in the next run."""
        self.cursor.unread((self._place,))
        self.keeper.set_aside(page.url, reason, detail, capture=None if self.marks_opt_outs else capture)

    def _sorted(self, found: list[Draft | Left | scrapy.Request], *, page: Page, capture: Any) -> list[scrapy.Request]:
        """Items to the keeper; requests go on, but for the next page of a listing that has come to where it was left."""
        items = [one for one in found if isinstance(one, Draft | Left)]
        keys = [key for one in items if (key := _key(one)) and not (isinstance(one, Left) and one.status == "dropped")]
        left_here = self.cursor.reached(self._place, keys)
        if self._number == 1 and keys:
            self.cursor.mark(self._place, keys)
        if self._cut and not left_here and self.cursor.has_marks(self._place):
            self.keeper.note("gap")  # more was published since the last run than this source may read in one
        self.take(page, items, capture=capture)
        return [one for one in found if isinstance(one, scrapy.Request) and not (one.meta.get(FURTHER) and left_here)]

    def take(self, page: Page, items: Sequence[Draft | Left], *, capture: Any = None) -> list[Document]:
        """Archive the items of a page; one met twice in this run counts as a duplicate. The documents among the others, new or known."""
        fresh = []
        for item in items:
            key = item.url if isinstance(item, Draft) else None
            if key in self._met:
                self.keeper.duplicate()
                continue
            if key:
                self._met.add(key)
            fresh.append(item)
        documents = self.keeper.take(fresh, capture=capture or capture_of(page), page=page)
        self.cursor.note_items({document.platform_id: document.url for document in documents if document.platform_id})
        return documents

    def gone(self, url: str) -> None:
        """The site says that this item is gone: if it is archived, its last version says so from now on."""
        self.keeper.gone(url)
        for key in [key for key, known in self.known().items() if known == url]:
            self.cursor.forget(key)

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """A request without a readable answer: refused by a rule, refused by the site, or failed on the way. What to ask instead."""
        request: Any = getattr(failure, "request", None)
        url = request.url if request is not None else ""
        response = getattr(failure.value, "response", None)
        capture = self._closed(response) if response is not None else None
        led = (*request.meta.get("redirect_urls", ()), url) if request is not None else (url,)  # a document bears one of these addresses
        if self.keeper.error:
            self._stop()
        elif response is not None and response.status in GONE and any(self.keeper.gone(one, capture=capture) for one in led):
            pass
        elif (why := reason_of(failure.value, url=url, silent=self.silent)) is None:
            # not the network: a fault of ours, which must not pass for the site's
            self.keeper.broken(failure.value or RuntimeError("unknown failure"))
            self._stop()
        else:
            self._unanswered(why, url=url, meta=request.meta if request is not None else {}, capture=capture)
        return []

    def _unanswered(self, why: Why, *, url: str, meta: dict[str, Any], capture: Any) -> None:
        """Count what brought nothing. What another run may read makes it read again all that led there; what is closed, its own listing alone."""
        place, above = meta.get(PLACE, ""), meta.get(ABOVE, ())
        passing = why.transient or why.reason == "limit_reached"
        self.cursor.unread((*above, place) if passing else (place,))
        if why.transient:
            self.keeper.fail(why.reason)
        elif why.reason == "opted_out":  # its address is not written down
            self.keeper.drop(why.reason)
        elif passing:  # bytes: as where ``ask`` meets a limit, nothing is known of the page
            self.keeper.note(why.reason)
        else:
            self.keeper.set_aside(url, why.reason, why.detail, capture=capture)

    def _closed(self, response: Response) -> Capture | None:
        """The answer that refused, as evidence; not that of a site or of authors who do not want to be kept."""
        capture: Capture | None = response.meta.get(CAPTURE)
        return None if self.marks_opt_outs or _is_reserved(page_of(response)) else capture

    def _stop(self) -> None:
        """The disk is full or refuses: nothing more can be kept."""
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            engine.close_spider(self, "cannot_write")


def page_of(response: Response) -> Page:
    """The answer as parsers take it."""
    return Page(url=response.url, body=response.body, headers=lower_headers(response), status=response.status)


def _is_reserved(page: Page) -> bool:
    """In HTML alone the page's owner speaks in meta; in an answer of an interface it would be a post's author."""
    html = "html" in (page.content_type or "") or page.body[:100].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    return reserved(page.text if html else "", headers=page.headers)


def _tells_changes(request: scrapy.Request) -> bool:
    """Whether a page would change if what this request leads to changed: its listing says what each address held, or shows the newest first."""
    return bool(request.meta.get(FURTHER)) or request.cb_kwargs.get("digest") is not None


def _place_of(error: BaseException) -> str:
    """Where our code met an error."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _refuse_reserved(page: Page) -> None:
    if _is_reserved(page):
        raise SourceError("tdm_reserved", f"{page.url}: the site reserves text and data mining (CPI L. 122-5-3, III); it is left out")


def capture_of(page: Page) -> Capture:
    """What was received where no response of HTTP carried it (a WebSocket)."""
    return Capture(url=page.url, method="GET", request_headers=[], request_body=b"", status=page.status, headers=list(page.headers.items()),
                   body=page.body, at=datetime.now(UTC), address=None, certificate=None, tls=None)  # fmt: skip


def _request(url: str, *, body: Any, headers: dict[str, str], **options: Any) -> scrapy.Request:
    if body is not None and not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    return scrapy.Request(url, body=body, headers=headers, dont_filter=True, **options)


def _key(item: Draft | Left) -> str | None:
    return item.platform_id or (item.url if isinstance(item, Draft) else None)
