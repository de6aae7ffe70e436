"""Kind ``site``: the articles of a site, found by its sitemap or from start pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, HttpUrl

from core.errors import SourceError
from core.urls import host_of
from crawlers.catalog import SiteSource, spellings
from crawlers.platforms.sitemap import matching, parse_sitemap, parse_start
from crawlers.reading.extract import article
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    import scrapy

    from crawlers.platforms.sitemap import Place
    from crawlers.reading.drafts import Draft
    from crawlers.reading.page import Page


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
    items = 0  # articles asked for
    maps = 0  # sitemaps of indexes asked for

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
        for place in found:
            if self.items >= self.source.max_items:  # the next run goes on: what was read is left out then
                self.cursor.unread((page.url,))
                return
            asked = list(self.ask(place.url, step="linked", digest=place.lastmod))
            self.items += len(asked)
            yield from asked

    def linked(self, page: Page) -> Iterator[Draft]:
        """One article."""
        yield article(page)
