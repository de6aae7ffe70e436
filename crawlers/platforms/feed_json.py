"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.feed_entry import Entry, Words, content_types, language_of, later, media_kind, time_of, web_addresses, words
from crawlers.reading.drafts import Left
from crawlers.reading.markup import absolute
from crawlers.reading.page import Found

if TYPE_CHECKING:
    from crawlers.reading.page import Page

UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def parse_json_feed(page: Page, *, most: int) -> Found:
    """The first ``most`` entries of a JSON Feed. Raises SourceError: not_a_feed, empty_answer, unreadable_json."""
    feed = page.json
    if not isinstance(feed, dict) or "jsonfeed.org/version" not in str(feed.get("version")) or not isinstance(feed.get("items"), list):
        raise SourceError("not_a_feed", f"{page.url}: JSON was found, but no JSON Feed; open it in a browser, the feed may have moved")
    if not feed["items"]:
        raise SourceError("empty_answer", f"{page.url}: the feed holds no entry where some were expected")
    items = tuple(_safely(item, feed, page=page) for item in feed["items"][:most])
    further = absolute(page.url, feed["next_url"]) if isinstance(feed.get("next_url"), str) else ""
    return Found(items, further if host_of(further) and further != page.url else None)


def _safely(item: Any, feed: dict[str, Any], *, page: Page) -> Entry | Left:
    """One entry; one that cannot be read spoils no other."""
    if not isinstance(item, dict):
        return Left(reason="unreadable_post", status="set_aside")
    platform_id = str(item["id"]) if isinstance(item.get("id"), str | int) and item["id"] != "" else None
    try:
        url = _address(item, base=page.url)
        if url is None:
            return Left(reason="no_address", status="set_aside", platform_id=platform_id)
        return _entry(item, feed, url=url, platform_id=platform_id)
    except (SourceError, *UNREADABLE):
        return Left(reason="unreadable_post", status="set_aside", platform_id=platform_id)


def _address(item: dict[str, Any], *, base: str) -> str | None:
    candidates = (absolute(base, _str(item.get("url"))) if _str(item.get("url")) else "", _str(item.get("id")), _str(item.get("external_url")))
    return next(iter(web_addresses(candidates)), None)


def _entry(item: dict[str, Any], feed: dict[str, Any], *, url: str, platform_id: str | None) -> Entry:
    said = _words(item, base=url)
    published = time_of(item.get("date_published")) or time_of(item.get("date_modified"))
    files = [file for file in item.get("attachments") or [] if isinstance(file, dict)] if isinstance(item.get("attachments"), list) else []
    return Entry(
        url=url,
        kind="article",
        title=" ".join(_str(item.get("title")).split()) or None,
        text=said.text,
        account=_author(item) or _author(feed),
        platform_id=platform_id,
        content_type=content_types(said.text, (media_kind(file.get("mime_type"), file.get("url")) for file in files)),
        images=said.images,
        language=language_of(item.get("language")) or language_of(feed.get("language")),
        published_at=published,
        edited_at=later(time_of(item.get("date_modified")), published),
        links=web_addresses([*said.links, item.get("external_url") if item.get("external_url") != url else None]),
        whole=bool(_str(item.get("content_html")).strip() or _str(item.get("content_text")).strip()),
    )


def _words(item: dict[str, Any], *, base: str) -> Words:
    if html := _str(item.get("content_html")).strip():
        return words(html, base=base)
    return words(_str(item.get("content_text")).strip() or _str(item.get("summary")).strip(), base=base, plain=True)


def _author(holder: dict[str, Any]) -> str | None:
    """The name of the first author: version 1.1 has a list, 1.0 one author."""
    authors = holder.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else holder.get("author")
    return (_str(author.get("name")) or _str(author.get("url"))).strip() or None if isinstance(author, dict) else None


def _str(value: object) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""
