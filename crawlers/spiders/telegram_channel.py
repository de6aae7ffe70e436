"""Kind ``telegram_channel``: a public channel by its preview t.me/s/<channel>, without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pydantic import Field, HttpUrl

from core.errors import SourceError
from crawlers.catalog import SiteSource
from crawlers.platforms.telegram import missing, parse_post, parse_preview
from crawlers.recheck import Again
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page

MAX_PROBES = 20  # messages looked for one by one in a run, because the channel shows them no more


class Options(SiteSource):
    """What the YAML of a channel adds."""

    url: HttpUrl = Field(HttpUrl("https://t.me/"), description="where Telegram shows its channels")
    channel: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{3,31}$", description="the channel's name, without @")
    max_pages: int = Field(10, ge=1, le=200, description="pages of 20 messages read in one run")

    def addresses(self) -> tuple[str, ...]:
        """The newest messages."""
        return (urljoin(str(self.url), f"/s/{self.channel}"),)


class Spider(SourceSpider):
    """Reads from the newest message to older ones; a known message that is shown no more is looked for by itself."""

    source: Options

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._shown: set[str] = set()
        self._probed: set[str] = set()

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of the preview."""
        found = parse_preview(page)
        yield from found.items
        self._shown.update(item.platform_id for item in found.items if item.platform_id)
        yield from self._probes()
        yield from self.further(found.next)

    def _probes(self) -> Iterator[scrapy.Request]:
        """Ask for what should be there and is not: the newest first."""
        known = self.known()
        for post in reversed(missing(known, self._shown)):
            if post not in self._probed and len(self._probed) < MAX_PROBES:
                self._probed.add(post)
                yield from self.ask(self.again(post, known[post]).url, step="probe", address=known[post])

    def again(self, key: str, address: str) -> Again:
        """The widget of a message that is archived."""
        return Again(urljoin(str(self.source.url), f"/{key}?embed=1&mode=tme"), "probe", {"address": address})

    def probe(self, page: Page, address: str) -> Iterator[Draft | Left]:
        """One message by its widget: there after all, or gone."""
        try:
            yield from parse_post(page).items
        except SourceError as error:
            if error.reason != "post_gone":
                raise
            self.gone(address, capture=self.capture)
