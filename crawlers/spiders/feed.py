"""Kind ``feed``: RSS 0.9 to 2.0 or Atom, then each linked article."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, Field

from core.errors import SourceError
from core.records import Record
from core.urls import canonical, host_of
from crawlers.catalog import SiteSource
from crawlers.drafts import Draft
from crawlers.extract import absolute, article, decode, html_to_text, links_of, wall
from crawlers.headers import content_type, lower_headers
from crawlers.spiders.base import UNREADABLE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy
    from scrapy.http import Response


class Options(SiteSource):
    """What the YAML of a feed adds."""

    follow: bool = Field(default=True, description="read each linked page; false: the feed's own text is the content (videos, forums)")
    max_items: int = Field(100, ge=1, le=1000, description="entries read in one run, the newest first as the feed gives them")


class Entry(Record):
    """One entry of a feed."""

    url: str
    title: str | None = None
    account: str | None = None
    text: str = ""
    links: tuple[str, ...] = ()
    published_at: AwareDatetime | None = None
    edited_at: AwareDatetime | None = None
    platform_id: str | None = None
    language: str | None = None


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> list[Entry]:
    """The entries of a feed, in order. Raises SourceError: not_a_feed, a wall's name, or empty_feed."""
    import feedparser

    headers = {"content-type": content_type} if content_type else {}
    feed = feedparser.parse(body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version") and not feed.entries:
        reason = wall(decode(body, content_type), headers={}, visible="") or "not_a_feed"
        raise SourceError(reason, f"{url}: neither RSS nor Atom was found; open it in a browser, the feed may have moved")
    language = str(feed.feed.get("language") or "")[:2].lower()
    entries = [_safely(item, base=url, language=language if language.isalpha() else None) for item in feed.entries]
    if not entries:
        raise SourceError("empty_feed", f"{url}: the feed holds no entry where some were expected")
    return entries


def _safely(item: Any, *, base: str, language: str | None) -> Entry:
    """One entry; one that cannot be read has no address, and spoils no other."""
    try:
        return _entry(item, base=base, language=language)
    except UNREADABLE:
        return Entry(url="")


def _entry(item: Any, *, base: str, language: str | None) -> Entry:
    markup = max((part.get("value") or "" for part in item.get("content", [])), key=len, default="") or item.get("summary") or ""
    links = [link.get("href") for link in item.get("links", []) if link.get("rel") in (None, "alternate")]
    link = item.get("link") or next(iter(links), None) or (item.get("id") if str(item.get("id", "")).startswith("http") else None)
    title = html_to_text(str(item.get("title") or ""))
    return Entry(
        url=absolute(base, str(link)) if link else "",
        title=title or None,
        account=str(item.get("author") or "").strip() or None,
        text=html_to_text(str(markup)),
        links=links_of(str(markup), base=base),
        published_at=_time(item.get("published_parsed") or item.get("updated_parsed")),
        edited_at=_edited(item),
        platform_id=str(item.get("id")) if item.get("id") else None,
        language=language,
    )


def _edited(item: Any) -> datetime | None:
    published, updated = _time(dict.get(item, "published_parsed")), _time(dict.get(item, "updated_parsed"))  # item.get() would mix them
    return updated if published and updated and updated > published else None


def _time(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def from_entry(entry: Entry) -> Draft:
    """The draft of an entry whose own text is the content."""
    fields = entry.model_dump(exclude={"text", "url"})
    return Draft(kind="article", url=entry.url, text=entry.text, **fields)


def from_page(entry: Entry, *, html: str, url: str, headers: dict[str, str]) -> Draft:
    """The draft of a linked page, completed by its entry; an unreadable page gives way to the feed's full text. Raises SourceError."""
    try:
        found = article(html, url=url, headers=headers)
    except SourceError as error:
        if error.reason == "empty_text" and len(entry.text.split()) >= 50:
            return from_entry(entry).model_copy(update={"url": url})
        raise
    return found.model_copy(
        update={
            "url": _declared(found.url, url),
            "title": entry.title or found.title,
            "account": entry.account or found.account,
            "published_at": entry.published_at or found.published_at,
            "edited_at": entry.edited_at,
            "language": found.language or entry.language,
            "platform_id": entry.platform_id,
            "links": entry.links,
        }
    )


def _declared(declared: str, url: str) -> str:
    """The page's own canonical address, if it is one of the same site and not its front page."""
    same = host_of(declared) == host_of(url) and canonical(declared).rstrip("/").count("/") > 2
    return declared if same else url


class Spider(SourceSpider):
    """Reads the feed, then its articles."""

    source: Options

    def first(self, response: Response) -> Iterator[Draft | scrapy.Request]:
        """The feed itself."""
        for entry in parse_feed(response.body, url=response.url, content_type=content_type(response))[: self.source.max_items]:
            if not entry.url:
                self.keeper.set_aside(response.url, "no_link", f"{response.url}: an entry without a readable link; its address is needed")
            elif self.source.follow:
                yield from self.ask(entry.url, step="linked", entry=entry)
            else:
                yield from_entry(entry)

    def linked(self, response: Response, entry: Entry) -> Iterator[Draft]:
        """One linked article."""
        kind = content_type(response) or "text/html"
        if not any(word in kind for word in ("html", "xml", "text/plain")):
            raise SourceError("not_html", f"{response.url}: {kind.split(';')[0]} where an article was expected")
        yield from_page(entry, html=decode(response.body, kind), url=response.url, headers=lower_headers(response))
