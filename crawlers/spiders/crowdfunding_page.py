"""Kind ``crowdfunding_page``: the pages of named campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, HttpUrl

from crawlers.catalog import Source
from crawlers.funding import campaign
from crawlers.headers import content_type, lower_headers
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import Response

    from crawlers.drafts import Draft


class Options(Source):
    """What the YAML of crowdfunding pages adds."""

    pages: tuple[HttpUrl, ...] = Field(min_length=1, max_length=1000, description="addresses of campaigns")

    def addresses(self) -> tuple[str, ...]:
        """The pages."""
        return tuple(str(page) for page in self.pages)


class Spider(SourceSpider):
    """Reads each page once."""

    source: Options

    def first(self, response: Response) -> Iterator[Draft]:
        """One campaign."""
        yield campaign(response.body, url=response.url, content_type=content_type(response), headers=lower_headers(response))
