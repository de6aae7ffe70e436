"""Kind ``mastodon_account``: the public posts of one account, by the REST API that Mastodon, Pleroma, Akkoma and Pixelfed share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from crawlers.catalog import SiteSource
from crawlers.platforms.mastodon_account import lookup_address, parse_account, posts_address
from crawlers.spiders import mastodon_tag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import scrapy

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page


class Options(SiteSource):
    """What the YAML of an account adds; ``url`` is the instance that is asked, which need not be the account's own."""

    account: str = Field(pattern=r"^@?[\w.-]{1,100}(@[a-zA-Z0-9.-]{1,253})?$", description="user, or user@host")
    max_pages: int = Field(10, ge=1, le=200, description="pages of 40 posts read in one run")
    with_replies: bool = Field(default=False, description="read what the account answers to others too")

    def addresses(self) -> tuple[str, ...]:
        """Where the account is looked up: its posts are asked for by the id that the instance gives it."""
        return (lookup_address(self.account, base=str(self.url)),)


class Spider(mastodon_tag.Spider):
    """Looks the account up, then reads its posts as those of a hashtag."""

    source: Options
    marks_opt_outs = True

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Scrapy's entry. A profile is no content: it is not taken down, and it is needed even where it did not change."""
        for address in self.source.addresses():
            for request in self.ask(address, secret=True):
                yield request

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """The account."""
        yield from self.ask(posts_address(parse_account(page), base=str(self.source.url), with_replies=self.source.with_replies), step="posts")

    def posts(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of its posts."""
        yield from self.listing(page, step="posts")
