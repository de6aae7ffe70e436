"""Kind ``bluesky_search``: public posts with some words. Bluesky searches for signed-in people only, so this kind needs an app password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urljoin

from pydantic import Field, HttpUrl

from core.errors import ConfigError
from crawlers.catalog import SiteSource
from crawlers.platforms.bluesky import parse_search, parse_session, search_address
from crawlers.spiders.base import PLACE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import scrapy

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page


class Options(SiteSource):
    """What the YAML of a search adds."""

    url: HttpUrl = Field(HttpUrl("https://bsky.social/"), description="the service that holds the account of VIGIE_BLUESKY_HANDLE")
    words: str = Field(min_length=2, max_length=300, description='as typed in Bluesky\'s search: words, "an exact phrase", #tag')
    since: int | None = Field(None, ge=1, le=3650, description="days back; unset: as far as the pages go")
    max_pages: int = Field(10, ge=1, le=100, description="pages of 100 posts read in one run")

    def addresses(self) -> tuple[str, ...]:
        """The first page of the search."""
        return (search_address(self.words, api=str(self.url), language=self.language),)

    def asked_at(self, now: datetime) -> str:
        """The first page at a given time: what lies further back is not asked for."""
        since = (now - timedelta(days=self.since)).strftime("%Y-%m-%dT00:00:00Z") if self.since else None
        return search_address(self.words, api=str(self.url), language=self.language, since=since)


class Spider(SourceSpider):
    """Signs in, then reads pages until the answer gives no cursor. Neither login nor token is ever taken down."""

    source: Options
    marks_opt_outs = True
    handle_httpstatus_list: ClassVar[list[int]] = [*SourceSpider.handle_httpstatus_list, 400, 401, 403]  # Bluesky says why in the body

    async def begin(self) -> AsyncIterator[scrapy.Request]:
        """Sign in."""
        handle, password = self.house.bluesky_handle, self.house.bluesky_app_password
        if not handle or password is None:
            needed = "set VIGIE_BLUESKY_HANDLE and VIGIE_BLUESKY_APP_PASSWORD (an app password, made in Bluesky's settings)"
            self.keeper.broken(ConfigError(f"source {self.source.name}: Bluesky's search needs an account; {needed}"))
            return
        login = {"identifier": handle, "password": password.get_secret_value()}
        url = urljoin(str(self.source.url), "/xrpc/com.atproto.server.createSession")
        for request in self.ask(url, step="session", method="POST", body=login, secret=True):
            yield request

    def session(self, page: Page) -> Iterator[scrapy.Request]:
        """The token, with which the search is asked for."""
        token = parse_session(page)
        for request in self.ask(self.source.asked_at(datetime.now(UTC)), step="results", headers=_bearer(token), token=token):
            request.meta[PLACE] = self.source.addresses()[0]  # the same listing tomorrow, when ``since`` is another day
            yield request

    def results(self, page: Page, *, token: str) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of posts."""
        found = parse_search(page)
        yield from found.items
        yield from self.further(found.next, step="results", headers=_bearer(token), token=token)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
