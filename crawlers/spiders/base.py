"""What every spider shares: each request is answered for, each answer ends in a counted status."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

import scrapy
from scrapy import signals

from core.errors import Invalid, SourceError, VigieError
from core.urls import canonical
from crawlers.fetching.capture import CAPTURE, NOT_MODIFIED, SECRET, Capture
from crawlers.fetching.headers import lower_headers
from crawlers.fetching.missed import Why, reason_of, says_gone
from crawlers.judge import UNREADABLE, is_reserved, refuse_reserved, unforeseen
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from core.records import Document
    from core.settings import Settings
    from crawlers.catalog import Source
    from crawlers.cursor import Cursor
    from crawlers.judge import Parser, Reading, Verdict
    from crawlers.keeper import Keeper
    from crawlers.readers import Readers

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
    parsers: ClassVar[Mapping[str, Parser]] = {}  # steps that are pure, so that other processes may take them: what each finds on a page

    def __init__(self, *, source: Source, keeper: Keeper, cursor: Cursor, house: Settings, readers: Readers | None = None) -> None:
        super().__init__(source.name)
        self.source, self.keeper, self.cursor, self.house, self._readers = source, keeper, cursor, house, readers
        self._asked: set[str] = set()
        self._met: set[str] = set()
        self._place, self._number = "", 1  # the listing that is being read, and which of its pages
        self._above: tuple[str, ...] = ()
        self.capture: Capture | None = None  # of the answer that is being read
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
            callback = self.read_apart if self._readers and step in self.parsers else self.read
            yield _request(url, method=method, body=body, headers=named, meta=meta,
                           callback=callback, errback=self.missed, cb_kwargs={"step": step, "digest": digest, **known})  # fmt: skip

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

    async def read_apart(self, response: Response, step: str, digest: str | None = None, **known: Any) -> AsyncIterator[scrapy.Request]:
        """Let another process take the step. Answers in memory meanwhile are bounded by Scrapy (5 MB), which then fetches no more."""
        reading = None
        if self._readers is not None and response.status != NOT_MODIFIED:
            reading = await self._readers.read(step, page_of(response))
        for request in self.read(response, step, digest, reading=reading, **known):
            yield request

    def read(
        self, response: Response, step: str, digest: str | None = None, *, reading: Reading | None = None, **known: Any
    ) -> Iterator[scrapy.Request]:
        """Run one step: drafts go to the archive, requests to Scrapy, a SourceError to the set-aside. ``reading``: what it found elsewhere."""
        capture, page = response.meta.get(CAPTURE), page_of(response)
        place, number = response.meta.get(PLACE, ""), response.meta.get(NUMBER, 1)
        self._place, self._number, self._above, self._cut = place, number, response.meta.get(ABOVE, ()), False
        self.capture = capture
        try:
            if response.status == NOT_MODIFIED:
                self.cursor.still(place)
                self.keeper.unchanged(capture)
                return
            found = self._result(page, step, reading, known)
        except SourceError as error:
            self._unread(page, error.reason, str(error), capture=None if error.reason in UNWANTED else capture)
            return
        except VigieError:
            self._stop()
            return
        except UNREADABLE as error:
            self._unread(page, "unreadable_page", unforeseen(page, error), capture=capture)
            return
        try:
            requests = self._sorted(found, page=page, capture=capture, verdicts=reading.verdicts if reading else None)
            if number == 1 and all(map(_tells_changes, requests)):  # an answer that could not be read is asked for again
                self.cursor.note_page(place, page.headers)
            if digest is not None:
                self.cursor.note_read(place, digest)
            yield from requests  # last: meanwhile Scrapy reads other answers
        except VigieError:
            self._stop()

    def _result(self, page: Page, step: str, reading: Reading | None, known: dict[str, Any]) -> list[Draft | Left | scrapy.Request]:
        """What a step finds. Raises SourceError and what a parser may meet."""
        if reading is None:
            refuse_reserved(page)
            return list(getattr(self, step)(page, **known))
        if reading.reason:
            raise SourceError(reading.reason, reading.detail)
        return list(reading.items)

    def _unread(self, page: Page, reason: str, detail: str, *, capture: Any) -> None:
        """Set a page aside; it is asked for again in the next run."""
        self.cursor.unread((self._place,))
        self.keeper.set_aside(page.url, reason, detail, capture=None if self.marks_opt_outs else capture)

    def _sorted(
        self, found: list[Draft | Left | scrapy.Request], *, page: Page, capture: Any, verdicts: Mapping[str, Verdict] | None = None
    ) -> list[scrapy.Request]:
        """Items to the keeper; requests go on, but for the next page of a listing that has come to where it was left."""
        items = [one for one in found if isinstance(one, Draft | Left)]
        keys = [key for one in items if (key := _key(one)) and not (isinstance(one, Left) and one.status == "dropped")]
        left_here = self.cursor.reached(self._place, keys)
        if self._number == 1 and keys:
            self.cursor.mark(self._place, keys)
        if self._cut and not left_here and self.cursor.has_marks(self._place):
            self.keeper.note("gap")  # more was published since the last run than this source may read in one
        self.take(page, items, capture=capture, verdicts=verdicts)
        return [one for one in found if isinstance(one, scrapy.Request) and not (one.meta.get(FURTHER) and left_here)]

    def take(
        self, page: Page, items: Sequence[Draft | Left], *, capture: Any = None, verdicts: Mapping[str, Verdict] | None = None
    ) -> list[Document]:
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
        documents = self.keeper.take(fresh, capture=capture or capture_of(page), page=page, verdicts=verdicts)
        self.cursor.note_items({document.platform_id or document.url: document.url for document in documents})
        return documents

    def gone(self, url: str, *, capture: Capture | None = None) -> None:
        """The site says that this item is gone: if it is archived, its last version says so from now on. ``capture``: the answer that says it."""
        self.keeper.gone(url, capture=capture)
        self.cursor.read_again(url)
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
        elif response is not None and says_gone(response) and any(self.keeper.gone(one, capture=capture) for one in led):
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
        return None if self.marks_opt_outs or is_reserved(page_of(response)) else capture

    def _stop(self) -> None:
        """The disk is full or refuses: nothing more can be kept."""
        engine = self.crawler.engine
        if engine is not None and engine.spider is not None:
            engine.close_spider(self, "cannot_write")


def page_of(response: Response) -> Page:
    """The answer as parsers take it."""
    return Page(url=response.url, body=response.body, headers=lower_headers(response), status=response.status)


def _tells_changes(request: scrapy.Request) -> bool:
    """Whether a page would change if what this request leads to changed: its listing says what each address held, or shows the newest first."""
    return bool(request.meta.get(FURTHER)) or request.cb_kwargs.get("digest") is not None


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
