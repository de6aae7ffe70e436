"""Kind ``bluesky_jetstream``: all that is posted on Bluesky during a bounded window, of which only what is chosen here is kept.

The stream (WebSocket, public, without login) goes on in the next run where this one ended; the service keeps about a day. It tells nothing of an
author's labels, so whether somebody asks to be shown to signed-in people only (``!no-unauthenticated``) is asked of the public API before a post
is kept; what cannot be checked is left out. Without ``check_labels`` such posts are kept, because nothing in the stream marks them.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, WebsocketUrl

from core.errors import SourceError
from core.logs import get_logger
from core.urls import host_of
from crawlers.catalog import Source
from crawlers.fetching.sockets import PASSING, Gate, Message, messages
from crawlers.judge import UNREADABLE
from crawlers.minimise import Word
from crawlers.platforms.bluesky import PROFILES_AT_ONCE, PUBLIC_API, parse_profiles, profiles_address
from crawlers.platforms.jetstream import Window, address
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page
from crawlers.spiders.base import SourceSpider, capture_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    import scrapy
    from twisted.python.failure import Failure

    from crawlers.fetching.capture import Capture

    Rows = Sequence[tuple[Message, Draft | Left]]

CURSOR = "jetstream"
STREAM = "wss://jetstream2.us-east.bsky.network/subscribe"
AFTER = 120  # seconds of VIGIE_CRAWL_TIMEOUT kept for what comes after the window: labels, the archive
SHARE = 0.9  # of max_bytes that the stream may take: the rest is for the labels, without which nothing is kept
log = get_logger(__name__)


class Options(Source):
    """What the YAML of a stream adds; ``language`` is chosen here, for the service does not filter by it."""

    url: WebsocketUrl = Field(WebsocketUrl(STREAM), description="the stream's address")
    seconds: int = Field(60, ge=1, le=3600, description="how long the stream is read in one run")
    max_posts: int = Field(500, ge=1, le=5000, description="posts kept in one run")
    words: tuple[Word, ...] = Field((), max_length=500, description="one of these words, or beginnings with *, must occur")
    check_labels: bool = Field(default=True, description="ask the public API whether an author wants to be read")
    labels_url: HttpUrl = Field(HttpUrl(PUBLIC_API), description="the service that is asked for it")

    def addresses(self) -> tuple[str, ...]:
        """The stream."""
        return (address(str(self.url), cursor=None),)

    def own_hosts(self) -> frozenset[str]:
        """The stream's host, and the API's."""
        return super().own_hosts() | ({host_of(str(self.labels_url))} if self.check_labels else set())

    def own_places(self) -> frozenset[str]:
        """Where a test's stream and API lie on this machine."""
        return super().own_places() | ({urlsplit(str(self.labels_url)).netloc.lower()} if self.check_labels else set())


class Spider(SourceSpider):
    """Reads the stream, then asks for the authors' labels, then keeps the posts."""

    source: Options

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Read the window, and ask for what must be known of the authors of what was chosen."""
        source, now = self.source, datetime.now(UTC)
        left_at, seconds = self.cursor.get(CURSOR), max(1, min(source.seconds, self.house.crawl_timeout - AFTER))
        window = Window(
            now_us=int(now.timestamp() * 1_000_000), seconds=seconds, max_posts=source.max_posts, language=source.language,
            words=source.words, detect=_detect, cursor=int(left_at) if left_at and left_at.isdecimal() and len(left_at) < 20 else None,
        )  # fmt: skip
        try:
            await self._watch(window)
        except SourceError as error:
            self._failed(error)
        except (OSError, RuntimeError, *UNREADABLE) as error:  # a fault of ours: Scrapy would log it and go on
            self.keeper.broken(error)
            return
        self._tell(window)
        for request in self._check(list(window.kept.values())):
            yield request

    async def _watch(self, window: Window) -> None:
        """Read the stream until the window ends or holds all that it may. Raises SourceError."""
        url, hosts, places = str(self.source.url), self.source.own_hosts(), self.source.own_places()
        if self.keeper.opt_outs.covers_address(url):
            raise SourceError("opted_out", f"{url}: on the list of those who asked not to be read")
        gate = Gate(hosts=hosts, places=places, agent=str(self.settings["USER_AGENT"]))
        stream = messages(lambda: address(url, cursor=window.cursor), gate=gate, seconds=window.seconds)
        size = 0
        async with contextlib.aclosing(stream) as found:
            async for message in found:
                size += len(message.data)
                self.keeper.received(len(message.data))
                gone = window.add(message)
                if gone:
                    self.gone(gone, capture=self._capture(message))
                if window.full:
                    break
                if size > SHARE * self.source.max_bytes:
                    self.keeper.note("limit_reached")
                    break
        if not window.posts:
            raise SourceError("empty_answer", f"{url}: {window.seen} messages and no post among them; look at the stream's address")

    def _failed(self, error: SourceError) -> None:
        if error.reason in PASSING:
            self.keeper.fail(error.reason)
        else:
            self.keeper.set_aside(self.source.addresses()[0], error.reason, str(error))

    def _tell(self, window: Window) -> None:
        """What a person must know of the window, and where the next one goes on."""
        if window.cursor is not None:
            self.cursor.set(CURSOR, str(window.cursor))
        if window.gap:
            self.keeper.note("gap")  # the service no longer had what was posted right after the last run
        for _ in range(window.unreadable):
            self.keeper.note("unreadable_message")
        log.info("window", source=self.source.name, messages=window.seen, posts=window.posts, chosen=len(window.kept))

    def _check(self, rows: Rows) -> Iterator[scrapy.Request]:
        """Requests for the labels of all authors, each author in one of them; posts that need no check are kept or left at once."""
        by_author: dict[str, list[tuple[Message, Draft | Left]]] = {}
        for message, item in rows:
            if isinstance(item, Left) or not self.source.check_labels:
                self._keep(message, item)
            else:
                by_author.setdefault(str(item.account), []).append((message, item))
        authors = list(by_author)
        for start in range(0, len(authors), PROFILES_AT_ONCE):
            some = authors[start : start + PROFILES_AT_ONCE]
            posts = tuple(row for author in some for row in by_author[author])
            requests = list(self.ask(profiles_address(some, api=str(self.source.labels_url)), step="labels", secret=True, posts=posts))
            yield from requests
            if not requests:
                self._leave(posts)

    def labels(self, page: Page, *, posts: Rows) -> Iterator[scrapy.Request]:
        """What the API says of some authors: their posts are kept, or left out. Raises SourceError."""
        try:
            reasons = parse_profiles(page)
        except SourceError:
            self._leave(posts)
            raise
        for message, item in posts:
            reason = reasons.get(str(item.account), "not_public") if isinstance(item, Draft) else None  # an account that is gone is not listed
            self._keep(message, Left(reason=reason, platform_id=item.platform_id) if reason else item)
        return iter(())

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """What could not be checked is left out."""
        request: Any = getattr(failure, "request", None)
        instead = super().missed(failure)
        self._leave(request.cb_kwargs.get("posts", ()) if request is not None else ())
        return instead

    def _leave(self, posts: Rows) -> None:
        for message, item in posts:
            self._keep(message, Left(reason="unchecked_label", platform_id=item.platform_id))

    def _keep(self, message: Message, item: Draft | Left) -> None:
        """Each post with its own evidence: the message alone, so that nobody else's words stand beside it."""
        self.take(self._page(message), [item], capture=self._capture(message))

    def _page(self, message: Message) -> Page:
        body = str(message.data).encode(errors="replace")
        return Page(url=self.source.addresses()[0], body=body, headers={"content-type": "application/x-ndjson"})

    def _capture(self, message: Message) -> Capture:
        peer = message.peer
        return replace(capture_of(self._page(message)), at=message.at, address=peer.address, certificate=peer.certificate, tls=peer.tls)


def _detect(text: str) -> str | None:
    from crawlers.reading.language import detect

    return detect(text, None)
