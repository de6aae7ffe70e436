"""Kind ``urls``: a list of submitted addresses, each read as what it is: a post, a thread, a campaign or an article."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, HttpUrl

from core.errors import SourceError
from core.urls import canonical
from crawlers.catalog import Source
from crawlers.recognise import hosts_of, plan, read_any
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import scrapy
    from twisted.python.failure import Failure

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page

TOO_MANY = 429


class Options(Source):
    """What the YAML of submitted addresses adds."""

    pages: tuple[HttpUrl, ...] = Field(min_length=1, max_length=10_000, description="addresses, of any platform")

    def addresses(self) -> tuple[str, ...]:
        """The pages."""
        return tuple(str(page) for page in self.pages)

    def own_hosts(self) -> frozenset[str]:
        """Those of the pages, and of the platforms' interfaces that tell more than the pages."""
        return super().own_hosts().union(*(hosts_of(address) for address in self.addresses()))


class Spider(SourceSpider):
    """Asks a known platform's interface; where that gives nothing, and for all other addresses, reads the page itself."""

    source: Options

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Each address by its plan."""
        for address in self.source.addresses():
            for request in self.asked(address):
                yield request

    def asked(self, address: str) -> Iterator[scrapy.Request]:
        """The first request for an address, by its plan."""
        found = plan(address)
        return self.ask(found.ask, step="planned", submitted=address) if found else self.ask(address, step="itself", submitted=address)

    def planned(self, page: Page, submitted: str) -> Iterator[Draft | Left | scrapy.Request]:
        """The answer of a platform's interface."""
        found = plan(submitted)
        try:
            items = found.read(page).items if found else ()
        except SourceError as error:
            if error.reason.startswith(("not_", "unreadable_")) and _has_page(submitted):  # another kind of site has addresses of this form
                yield from self.ask(submitted, step="itself", submitted=submitted)
                return
            raise
        yield from items

    def itself(self, page: Page, submitted: str) -> Iterator[Draft | Left]:
        """The page that was submitted."""
        yield from read_any(page).items

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """Where an interface refuses, the page itself may tell."""
        known: dict[str, Any] = getattr(getattr(failure, "request", None), "cb_kwargs", {})
        response = getattr(failure.value, "response", None)
        refused = response is not None and 400 <= response.status < 500 and response.status != TOO_MANY
        if refused and known.get("step") == "planned" and _has_page(known["submitted"]):
            return list(self.ask(known["submitted"], step="itself", submitted=known["submitted"]))
        return super().missed(failure)


def _has_page(submitted: str) -> bool:
    """Whether an address is asked of an interface first, so that the page itself is left to ask."""
    found = plan(submitted)
    return found is not None and canonical(found.ask) != canonical(submitted)
