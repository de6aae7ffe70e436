"""Kind ``crowdfunding_page``: the pages of named campaigns, each read by the profile of its site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl

from core.errors import SourceError
from crawlers.catalog import Source
from crawlers.fetching.capture import CAPTURE
from crawlers.platforms.crowdfunding import address_to_ask, parse_campaign, public_address
from crawlers.spiders.base import GONE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy
    from twisted.python.failure import Failure

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page


class Options(Source):
    """What the YAML of crowdfunding pages adds."""

    pages: tuple[HttpUrl, ...] = Field(min_length=1, max_length=1000, description="addresses of campaigns")

    def addresses(self) -> tuple[str, ...]:
        """The pages, or what the sites' profiles name in their place."""
        return tuple(dict.fromkeys(address_to_ask(str(page)) for page in self.pages))


class Spider(SourceSpider):
    """Reads each page once."""

    source: Options

    def first(self, page: Page) -> Iterator[Draft | Left]:
        """One campaign; the last version of one that is gone says so."""
        try:
            yield from parse_campaign(page).items
        except SourceError as error:
            if error.reason != "campaign_gone" or not self.keeper.gone(public_address(page.url)):
                raise

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """A campaign that is gone may have been asked for at another address than its own."""
        response = getattr(failure.value, "response", None)
        if response is not None and response.status in GONE and self.keeper.gone(public_address(response.url), capture=response.meta.get(CAPTURE)):
            return []
        return super().missed(failure)
