"""Kind ``feed``: RSS 0.9 to 2.0, Atom or JSON Feed, then each linked article; YouTube channels and subreddits by their feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from crawlers.catalog import SiteSource
from crawlers.platforms.feed import follows, from_entry, from_page, parse_feed
from crawlers.platforms.feed_entry import Entry, digest
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.extract import article
from crawlers.recheck import Again
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy

    from crawlers.reading.page import Page


class Options(SiteSource):
    """What the YAML of a feed adds."""

    follow: bool | Literal["auto"] = Field("auto", description="read each linked page, or not; auto: where the feed gives less than the whole text")
    max_items: int = Field(100, ge=1, le=1000, description="entries read in one run, the newest first as the feed gives them")
    max_pages: int = Field(5, ge=1, le=200, description="pages of a paged feed read in one run")


class Spider(SourceSpider):
    """Reads the feed, then its articles."""

    source: Options
    entries = 0

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of the feed."""
        found = parse_feed(page)
        for item in found.items[: self.source.max_items - self.entries]:
            self.entries += 1
            if not isinstance(item, Entry):
                yield item
            elif follows(item, self.source.follow):
                yield from self.ask(item.url, step="linked", entry=item, digest=digest(item))
            else:
                yield from_entry(item)
        if self.entries < self.source.max_items:
            yield from self.further(found.next)

    def again(self, key: str, address: str) -> Again:
        """The page of an entry that the feed shows no more; where its text is the feed's, the page tells only that it is still there."""
        return Again(address, "seen", {"key": key, "address": address})

    def seen(self, page: Page, key: str, address: str) -> Iterator[Draft | Left]:
        """One linked article again. What its entry said better than the page is taken from the last version."""
        last = self.keeper.latest(address) if self.cursor.followed(address) else None
        if last is None:
            yield Left(reason="still_there", status="duplicate")
        else:
            yield article(page).model_copy(update={"url": address, "title": last.title, "platform_id": key, "published_at": last.published_at})

    def linked(self, page: Page, entry: Entry) -> Iterator[Draft]:
        """One linked article."""
        yield from_page(entry, page)
