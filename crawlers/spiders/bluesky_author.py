"""Kind ``bluesky_author``: the public posts of one account, by Bluesky's public API, which asks for no login."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, HttpUrl

from crawlers.catalog import SiteSource
from crawlers.platforms.bluesky import PUBLIC_API, feed_address, parse_feed
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page

ACTOR = r"^(did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,250}|[A-Za-z0-9][A-Za-z0-9.-]{0,250}\.[A-Za-z0-9-]{2,63})$"


class Options(SiteSource):
    """What the YAML of an account adds."""

    url: HttpUrl = Field(HttpUrl(PUBLIC_API), description="the service that is asked")
    actor: str = Field(pattern=ACTOR, description="handle without @, such as nom.bsky.social, or did:...")
    replies: bool = Field(default=False, description="read what the account answers to others too")
    max_pages: int = Field(10, ge=1, le=200, description="pages of 100 posts read in one run")

    def addresses(self) -> tuple[str, ...]:
        """The first page of the account's posts."""
        return (feed_address(self.actor, replies=self.replies, api=str(self.url)),)


class Spider(SourceSpider):
    """Reads pages until the answer gives no cursor."""

    source: Options
    marks_opt_outs = True
    handle_httpstatus_list: ClassVar[list[int]] = [*SourceSpider.handle_httpstatus_list, 400, 401, 403]  # Bluesky says why in the body

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of posts."""
        found = parse_feed(page)
        yield from found.items
        yield from self.further(found.next)
