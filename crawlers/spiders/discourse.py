"""Kind ``discourse``: a forum's latest posts, a category of it, or some of its topics, by the JSON that Discourse gives to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, HttpUrl, model_validator

from core.urls import host_of
from crawlers.catalog import SiteSource
from crawlers.platforms.discourse import parse_latest, parse_topic, parse_topics, topic_json
from crawlers.reading.drafts import Draft, Left
from crawlers.spiders.base import SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy

    from crawlers.reading.page import Found, Page


class Options(SiteSource):
    """What the YAML of a forum adds; ``url`` is the forum. Without category and topics its latest posts are read."""

    category: str | None = Field(None, pattern=r"^[^/?#\s]+(/[^/?#\s]+){0,2}/\d+$", description='read the topics of a category: "entraide/12"')
    topics: tuple[HttpUrl, ...] = Field((), description="read these topics only")
    max_pages: int = Field(10, ge=1, le=200, description="pages of a list, and of each topic, read in one run")

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.category and self.topics:
            raise ValueError("category and topics exclude each other; make two source files")
        for topic in self.topics:
            if host_of(str(topic)) != host_of(str(self.url)) or topic_json(str(topic)) is None:
                raise ValueError(f"topics: {topic} is no topic of {self.url}; expected {self.url}t/<name>/<number>")
        return self

    def addresses(self) -> tuple[str, ...]:
        """The latest posts, the list of a category, or the topics."""
        site = str(self.url).rstrip("/")
        if self.category:
            return (f"{site}/c/{self.category}.json",)
        return tuple(address for topic in self.topics if (address := topic_json(str(topic)))) or (f"{site}/posts.json",)


class Spider(SourceSpider):
    """Reads posts from the newest to older ones, and topics from where the last complete run left them."""

    source: Options
    # a forum that shows nothing to guests, or a topic no more, says so in the body
    handle_httpstatus_list: ClassVar[list[int]] = [*SourceSpider.handle_httpstatus_list, 401, 403, 404, 410, 422]

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """What the YAML chose."""
        if self.source.category:
            yield from self._category(page)
        elif self.source.topics:
            yield from self.topic(page)
        else:
            found = parse_latest(page)
            yield from self._items(found)
            yield from self.further(found.next)

    def _category(self, page: Page) -> Iterator[scrapy.Request]:
        """One page of the list of topics; those that did not change and were read to the end are left out."""
        found = parse_topics(page)
        for address, state in found.topics:
            left = self.cursor.get(address) or ""
            requests = list(self.ask(address, step="topic", digest=f"{state} {left}"))
            if left and not requests:
                self.cursor.set(address, left)
            yield from requests
        yield from self.further(found.next)

    def topic(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """One page of a topic. After the first one, reading goes on where it was left: at the next page, or at the last one, which may grow."""
        found = parse_topic(page)
        yield from self._items(found)
        name, _, later = page.url.partition("?")
        if later:
            self.cursor.set(name, found.next or page.url)
        left = None if later else self.cursor.get(name)
        yield from self.further(left if left and found.next else found.next, step="topic", newest_first=False)

    def _items(self, found: Found) -> Iterator[Draft | Left]:
        """The posts; of a known one that its author deleted, the forum shows the place only."""
        known = self.known()
        for item in found.items:
            if isinstance(item, Left) and item.reason == "deleted_post" and item.platform_id in known:
                self.gone(known[item.platform_id])
            else:
                yield item
