"""Kind ``ulule``: projects of Ulule by its open API, found by words or named one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, StringConstraints, model_validator

from crawlers.catalog import Source
from crawlers.fetching.capture import CAPTURE
from crawlers.platforms.ulule import API, VERSION, parse_project, parse_search, project_address, search_address
from crawlers.reading.drafts import Draft, Left, content_digest
from crawlers.spiders.base import GONE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy
    from twisted.python.failure import Failure

    from crawlers.reading.page import Page

Words = Annotated[str, StringConstraints(min_length=2, max_length=200)]
Name = Annotated[str, StringConstraints(pattern=r"^[\w-]+$", max_length=250)]


class Options(Source):
    """What the YAML of Ulule adds."""

    url: HttpUrl = Field(HttpUrl(API), description="the API")
    words: tuple[Words, ...] = Field((), max_length=50, description="searches, each one or more words")
    projects: tuple[Name, ...] = Field((), max_length=1000, description="ids or slugs")
    max_pages: int = Field(5, ge=1, le=200, description="pages of 16 projects read of each search in one run")

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if not self.words and not self.projects:
            raise ValueError("neither words nor projects are named; expected one of them at least")
        return self

    def addresses(self) -> tuple[str, ...]:
        """The first page of each search, then the named projects."""
        base = str(self.url)
        searches = (search_address(words, language=self.language, base=base) for words in self.words)
        return (*searches, *(project_address(project, base=base) for project in self.projects))


class Spider(SourceSpider):
    """Reads searches, the newest first, and each project that they show."""

    source: Options
    headers: ClassVar[dict[str, str]] = {"Ulule-Version": VERSION, "Accept": "application/json"}

    def first(self, page: Page) -> Iterator[Draft | Left | scrapy.Request]:
        """A page of search results, or a project."""
        if "/search/" in urlsplit(page.url).path:
            yield from self.search(page)
        else:
            yield from self.project(page)

    def search(self, page: Page) -> Iterator[Left | scrapy.Request]:
        """Ask for the projects whose title or amounts changed since they were read."""
        found = parse_search(page, language=self.source.language or "fr")
        for item in found.items:
            if isinstance(item, Left):
                yield item
            elif item.platform_id:
                address = project_address(item.platform_id, base=str(self.source.url))
                yield from self.ask(address, step="project", digest=content_digest(item))
        yield from self.further(found.next)

    def project(self, page: Page) -> Iterator[Draft | Left]:
        """One project with its story."""
        yield from parse_project(page, language=self.source.language or "fr").items

    def missed(self, failure: Failure) -> list[scrapy.Request]:
        """A project that is gone is known by its public address."""
        response = getattr(failure.value, "response", None)
        name = urlsplit(response.url).path.rpartition("/")[2] if response is not None and response.status in GONE else ""
        address = next((url for key, url in self.known().items() if name and (key == name or url.rstrip("/").endswith(f"/{name}"))), None)
        if address is not None and response is not None and self.keeper.gone(address, capture=response.meta.get(CAPTURE)):
            return []
        return super().missed(failure)
