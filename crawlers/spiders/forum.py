"""Kind ``forum``: the public threads of a section, of phpBB, vBulletin, XenForo, SMF, MyBB, FluxBB, Flarum or Lemmy. It never logs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, HttpUrl

from core.errors import nearest
from crawlers.catalog import SiteSource
from crawlers.platforms import flarum, lemmy
from crawlers.platforms.forum import engine_of, has_posts, parse_section, parse_thread
from crawlers.recheck import Again
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy

    from crawlers.reading.drafts import Draft, Left
    from crawlers.reading.page import Page


def _engine(value: str | None) -> str | None:
    from crawlers.platforms.forum_profiles import profiles

    known = [profile.name for profile in profiles().engines]
    if value is not None and value not in known:
        raise ValueError(f"no such engine; {nearest(value, known)}")
    return value


class Options(SiteSource):
    """What the YAML of a forum adds; ``url`` is a section, a thread or, for Lemmy, a community."""

    engine: Annotated[str | None, AfterValidator(_engine)] = Field(None, description="of crawlers/platforms/forums.yml; else each page tells")
    threads: tuple[HttpUrl, ...] = Field((), max_length=1000, description="threads that are read too")
    max_threads: int = Field(50, ge=0, le=5000, description="threads of the section read in one run, those with the last posts first")
    max_pages: int = Field(5, ge=1, le=200, description="pages of the section, and of each thread, read in one run")

    def addresses(self) -> tuple[str, ...]:
        """The section and the threads, or the API where the engine has one."""
        named = (str(self.url), *(str(thread) for thread in self.threads))
        if self.engine == "lemmy":
            return tuple(address for url in named for address in lemmy.api_addresses(url) or (url,))
        return tuple(flarum.listing_address(url) for url in named) if self.engine == "flarum" else named


class Spider(SourceSpider):
    """Reads a section's threads, each to its end or to ``max_pages``."""

    source: Options
    asked = 0  # threads of sections

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """A section, a thread, or an answer of an API."""
        engine = self.source.engine or engine_of(page)
        if engine == "lemmy":
            yield from self.lemmy(page)
        elif engine == "flarum":
            yield from self.flarum(page)
        elif engine and has_posts(page, engine=engine):
            yield from self.thread(page)
        else:
            threads, further = parse_section(page, engine=engine)
            yield from self.threads_of(threads, step="thread")
            yield from self.further(further if self.asked < self.source.max_threads else None, newest_first=False)

    def threads_of(self, threads: dict[str, str | None], *, step: str) -> Iterator[scrapy.Request]:
        """The threads of a page of a section; one whose row says the same as when it was last read is left."""
        for address, digest in threads.items():
            if self.asked >= self.source.max_threads:
                self.keeper.note("limit_reached")
                return
            self.asked += 1
            yield from self.ask(address, step=step, digest=digest)

    def thread(self, page: Page, number: int = 1) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of a thread."""
        found = parse_thread(page, engine=self.source.engine)
        yield from found.items
        if found.next and number < self.source.max_pages:
            yield from self.ask(found.next, step="thread", number=number + 1)

    def again(self, key: str, address: str) -> Again | None:
        """The page of a thread that holds an archived post; Flarum and Lemmy show no post without a script."""
        return None if self.source.engine in ("flarum", "lemmy") else Again(address, "seen")

    def seen(self, page: Page) -> Iterator[Draft | Left]:
        """One page of a thread, and no further one."""
        engine = self.source.engine or engine_of(page)
        if engine not in ("flarum", "lemmy"):
            yield from parse_thread(page, engine=engine).items

    def lemmy(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """A page leads to the API; an answer of the API is read."""
        addresses = () if _is_json(page) else lemmy.api_addresses(page.url)
        for address in addresses:
            yield from self.ask(address, step="lemmy")
        if not addresses:
            found = lemmy.parse(page)
            yield from found.items
            yield from self.further(found.next, step="lemmy")

    def flarum(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """A page leads to the API; the API names the discussions, then their posts."""
        if not _is_json(page):
            yield from self.ask(flarum.listing_address(page.url), step="flarum")
        elif "/api/posts" in page.url:
            yield from self.posts(page)
        else:
            threads, further = flarum.parse_discussions(page)
            yield from self.threads_of(threads, step="posts")
            yield from self.further(further if self.asked < self.source.max_threads else None, step="flarum", newest_first=False)

    def posts(self, page: Page, number: int = 1) -> Iterator[Draft | Left | scrapy.Request]:
        """One answer with the posts of a Flarum discussion."""
        found = flarum.parse(page)
        yield from found.items
        if found.next and number < self.source.max_pages:
            yield from self.ask(found.next, step="posts", number=number + 1)


def _is_json(page: Page) -> bool:
    return page.body.lstrip()[:1] in (b"{", b"[")
