"""Kind ``mastodon_tag``: the public timeline of a hashtag, by the REST API that Mastodon, Pleroma, Akkoma and Pixelfed share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urljoin

from pydantic import Field

from core.urls import host_of
from crawlers.catalog import SiteSource
from crawlers.platforms.mastodon import missing, parse_statuses
from crawlers.recheck import Again
from crawlers.spiders.base import GONE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page

MAX_PROBES = 20  # posts looked for one by one in a run, because the listing shows them no more


class Options(SiteSource):
    """What the YAML of a hashtag adds; ``url`` is the instance."""

    tag: str = Field(pattern=r"^\w{1,100}$", description="without #")
    max_pages: int = Field(10, ge=1, le=200, description="pages of 40 posts read in one run")

    def addresses(self) -> tuple[str, ...]:
        """The first page of the timeline."""
        return (urljoin(str(self.url), f"/api/v1/timelines/tag/{quote(self.tag)}?limit=40"),)


class Spider(SourceSpider):
    """Reads pages until the Link header names no further one; a known post that is shown no more is looked for by itself."""

    source: Options | SiteSource
    # an instance says in the body why it refuses: one that shows its timelines to members alone answers 401, 403 or 422
    handle_httpstatus_list: ClassVar[list[int]] = [*SourceSpider.handle_httpstatus_list, *GONE, 401, 403, 422]

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._shown: set[str] = set()
        self._probed: set[str] = set()

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of posts."""
        yield from self.listing(page, step="first")

    def listing(self, page: Page, *, step: str) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of posts, and what follows it."""
        found = parse_statuses(page)
        yield from found.items
        self._shown.update(item.platform_id for item in found.items if item.platform_id)
        yield from self._probes()
        yield from self.further(found.next, step=step)

    def _probes(self) -> Iterator[scrapy.Request]:
        """Ask for what should be there and is not."""
        known, site = self.known(), str(self.source.url)
        for post in missing(known, self._shown, host=host_of(site)):
            if post not in self._probed and len(self._probed) < MAX_PROBES:
                self._probed.add(post)
                yield from self.ask(urljoin(site, f"/api/v1/statuses/{post}"), step="probe", address=known[post])

    def again(self, key: str, address: str) -> Again | None:
        """A post that is archived, by the id that its own instance gives it; another one lets go of its copy without the post being deleted."""
        site = str(self.source.url)
        return Again(urljoin(site, f"/api/v1/statuses/{quote(key)}"), "probe", {"address": address}) if host_of(address) == host_of(site) else None

    def probe(self, page: Page, address: str) -> Iterator[Draft | Left]:
        """One post by its id: there after all, or gone."""
        if page.status in GONE:
            self.gone(address, capture=self.capture)
        else:
            yield from parse_statuses(page).items
