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

    from crawlers.drafts import Draft, Left
    from crawlers.page import Page

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
            found = plan(address)
            for request in self.ask(found.ask, step="planned", submitted=address) if found else self.ask(address):
                yield request

    def planned(self, page: Page, submitted: str) -> Iterator[Draft | Left | scrapy.Request]:
        """The answer of a platform's interface."""
        found = plan(submitted)
        try:
            items = found.read(page).items if found else ()
        except SourceError as error:
            if error.reason.startswith(("not_", "unreadable_")) and not _is_itself(submitted):  # another kind of site has addresses of this form
                yield from self.ask(submitted)
                return
            raise
        yield from items

    def first(self, page: Page) -> Iterator[Draft | Left]:
        """The page itself."""
        yield from read_any(page).items

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """Where an interface refuses, the page itself may tell."""
        request: Any = getattr(failure, "request", None)
        submitted = request.cb_kwargs.get("submitted") if request is not None else None
        response = getattr(failure.value, "response", None)
        if submitted and not _is_itself(submitted) and response is not None and 400 <= response.status < 500 and response.status != TOO_MANY:
            return list(self.ask(submitted))
        return super().missed(failure)


def _is_itself(submitted: str) -> bool:
    """Whether the plan for an address is the page itself: then there is nothing else to ask."""
    found = plan(submitted)
    return found is not None and canonical(found.ask) == canonical(submitted)
