"""Kind ``site``: the articles of a site, found by its sitemap or from start pages."""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, HttpUrl
from scrapy import signals

from core.errors import SourceError
from core.urls import host_of
from crawlers.catalog import SiteSource, spellings
from crawlers.platforms.sitemap import matching, parse_sitemap, parse_start
from crawlers.reading.extract import article
from crawlers.recheck import Again
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    import scrapy

    from crawlers.judge import Parser
    from crawlers.platforms.sitemap import Place
    from crawlers.reading.drafts import Draft
    from crawlers.reading.page import Page


AHEAD = 200  # requests in Scrapy's queue, which takes 2 kB for each: a sitemap may name 50,000


def _compiles(value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise ValueError(f"no regular expression ({error}); expected one for the path of an address, such as '^/articles/'") from error
    return value


class Options(SiteSource):
    """What the YAML of a site adds; ``url`` is the site, and the start page where no other is named."""

    sitemap: HttpUrl | None = Field(None, description="address of its sitemap, or of an index of sitemaps")
    pages: tuple[HttpUrl, ...] = Field((), max_length=1000, description="start pages, whose links to articles are read")
    pattern: Annotated[str | None, AfterValidator(_compiles)] = Field(None, description="regular expression that the path of an article matches")
    max_items: int = Field(100, ge=1, le=100_000, description="articles read in one run, the newest first where the sitemap tells")
    max_maps: int = Field(10, ge=1, le=1000, description="sitemaps of an index read in one run, the newest first")

    def addresses(self) -> tuple[str, ...]:
        """The sitemap and the start pages; without any, the site's own."""
        named = (*((str(self.sitemap),) if self.sitemap else ()), *(str(page) for page in self.pages))
        return named or (str(self.url),)

    def own_hosts(self) -> frozenset[str]:
        """Those of the site too: a sitemap may lie elsewhere."""
        return super().own_hosts() | spellings([host_of(str(self.url))])


class Spider(SourceSpider):
    """Reads sitemaps and start pages, then the articles that they name."""

    source: Options
    parsers: ClassVar[Mapping[str, Parser]] = {"linked": lambda page: (article(page),)}
    items = 0  # articles asked for
    maps = 0  # sitemaps of indexes asked for

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._later: deque[tuple[str, tuple[str, ...], Iterator[scrapy.Request]]] = deque()  # of each listing, what its state was and what is left

    @classmethod
    def from_crawler(cls, crawler: Any, *arguments: Any, **options: Any) -> Self:
        """Scrapy's way to build it; articles are asked for as they are needed."""
        spider = super().from_crawler(crawler, *arguments, **options)
        crawler.signals.connect(spider.ask_further, signal=signals.scheduler_empty)
        return spider

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """The sitemap and the start pages."""
        sitemap = str(self.source.sitemap) if self.source.sitemap else None
        for address in self.source.addresses():
            for request in self.ask(address, step="listed" if address == sitemap else "first"):
                yield request

    def first(self, page: Page) -> Iterator[scrapy.Request]:
        """A start page."""
        yield from self.articles(page, parse_start(page, pattern=self.source.pattern))

    def listed(self, page: Page) -> Iterator[scrapy.Request]:
        """A sitemap, or an index of sitemaps."""
        found = parse_sitemap(page)
        for place in found.maps:
            if self.maps >= self.source.max_maps:
                self.keeper.note("limit_reached")
                break
            self.maps += 1
            yield from self.ask(place.url, step="listed")
        if found.pages:
            matched = matching(found.pages, pattern=self.source.pattern)
            if not matched:
                raise SourceError(
                    "empty_answer", f"{page.url}: none of {len(found.pages)} addresses matches the pattern {self.source.pattern!r}; look at it"
                )
            yield from self.articles(page, matched)

    def articles(self, page: Page, places: Iterable[Place]) -> Iterator[scrapy.Request]:
        """Articles on the source's own hosts; one whose entry is as it was when last read is left."""
        own = self.source.own_hosts()
        found = [place for place in places if host_of(place.url) in own]
        if not found:
            raise SourceError("other_host", f"{page.url}: names pages of other hosts only; list these under `hosts` if they are to be read")
        requests = self._each(page, found)
        now = list(islice(requests, AHEAD))
        if len(now) == AHEAD:
            self._later.append((self._place, self._above, requests))
            if not all(place.lastmod for place in found):  # see ``read``: it sees the first requests alone
                self.cursor.unread((self._place,))
        yield from now

    def _each(self, page: Page, places: Iterable[Place]) -> Iterator[scrapy.Request]:
        for place in places:
            if self.items >= self.source.max_items:  # the next run goes on: what was read is left out then
                self.cursor.unread((page.url,))
                return
            asked = list(self.ask(place.url, step="linked", digest=place.lastmod))
            self.items += len(asked)
            yield from asked

    def ask_further(self) -> None:
        """Scrapy's queue is empty: the next articles of the listings that were read."""
        engine = self.crawler.engine
        asked: list[scrapy.Request] = []
        while self._later and not asked and engine is not None and self.keeper.error is None:
            self._place, self._above, requests = self._later[0]
            asked = list(islice(requests, AHEAD))
            if len(asked) < AHEAD:
                self._later.popleft()
            for request in asked:
                engine.crawl(request)

    def again(self, key: str, address: str) -> Again:
        """An article that is archived."""
        return Again(address, "linked")

    def linked(self, page: Page) -> Iterator[Draft]:
        """One article."""
        yield article(page)
