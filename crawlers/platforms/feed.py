"""Feeds: RSS 0.9 to 2.0, Atom, JSON Feed, among them those of YouTube channels, subreddits and podcasts. Pure."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from core.urls import canonical, host_of
from crawlers.platforms.feed_entry import Entry, content_types, count, language_of, later, media_kind, time_of, web_addresses, words
from crawlers.platforms.feed_json import parse_json_feed
from crawlers.platforms.feed_sites import of_reddit, reddit, youtube
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.extract import article
from crawlers.reading.markup import absolute, html_to_text
from crawlers.reading.page import Found
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawlers.reading.page import Page

ROOT = re.compile(r"<((?:[\w.-]{1,30}:)?(?:rss|feed|rdf|channel))\b", re.IGNORECASE)
HTML = re.compile(r"<html[\s>]|<!doctype\s{1,9}html", re.IGNORECASE)
ITEM = re.compile(r"<(?:[\w.-]{1,30}:)?(?:item|entry)\b")
CHARACTER = re.compile(r"&#([xX][0-9a-fA-F]+|[0-9]+);?")
NAMESPACE = re.compile(r"\bxmlns:[\w.-]{1,60}")
MAX_ENTRIES = 2000  # of one answer; a source reads 1,000 at most
MAX_NAMESPACES = 200  # feedparser's time grows with their square
MAX_CHARS = 10_000_000
MAX_MARKS = 600_000  # of < and &: a feed of nothing else takes some ten seconds
FULL_TEXT = 50  # words in a feed that may stand for a page without readable text
OLDER = ("next", "prev-archive")  # RFC 5005: the next page of a paged feed, the archive before this one
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def parse_feed(page: Page) -> Found:
    """The entries of a feed, in order, each an ``Entry`` or a ``Left``; next where the feed is paged.

    Raises SourceError: not_a_feed, a wall's name, empty_answer, too_large, unreadable_json, unreadable_feed.
    """
    if page.text.lstrip()[:1] in ("{", "["):
        return parse_json_feed(page, most=MAX_ENTRIES)
    feed = _read(page)
    entries = feed.entries[:MAX_ENTRIES]
    shared = _shared(entries)
    items = tuple(_safely(item, feed, page=page, shared=shared) for item in entries)
    if not items:
        raise SourceError("empty_answer", f"{page.url}: the feed holds no entry where some were expected")
    links = (link for rel in OLDER for link in feed.feed.get("links", []) if link.get("rel") == rel)
    further = next((absolute(page.url, str(link.get("href") or "")) for link in links), "")
    return Found(items, further if host_of(further) and further != page.url else None)


def read_saved(page: Page) -> Found:
    """A saved feed."""
    return parse_feed(page)


def _read(page: Page) -> Any:
    """What feedparser makes of the page."""
    import feedparser

    stream = io.BytesIO(_without_prolog(page).encode(errors="replace"))  # feedparser takes bytes for the name of a file
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        feed = feedparser.parse(stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except UNREADABLE as error:
        raise SourceError("unreadable_feed", f"{page.url}: {type(error).__name__} while reading; look at the feed, its markup is broken") from error
    if not feed.get("version") and not feed.entries:
        raise _no_feed(page)
    return feed


def _without_prolog(page: Page) -> str:
    """The feed from its root on: XXE and billion laughs need the entities that are declared before it."""
    root = ROOT.search(page.text)
    if root is None or HTML.search(page.text, 0, root.start()):
        raise _no_feed(page)
    text = _cut(page.text[root.start() :], root=root[1])
    if len(text) > MAX_CHARS or text.count("<") + text.count("&") > MAX_MARKS or len(set(NAMESPACE.findall(text))) > MAX_NAMESPACES:
        raise SourceError("too_large", f"{page.url}: {len(text)} characters, too many or too much markup; expected a feed for readers, look at it")
    return CHARACTER.sub(_character, text.replace("\x00", ""))


def _no_feed(page: Page) -> SourceError:
    reason = wall(page.text, headers=page.headers, visible="") or "not_a_feed"
    return SourceError(reason, f"{page.url}: neither RSS, Atom nor JSON Feed was found; open it in a browser, the feed may have moved")


def _cut(text: str, *, root: str) -> str:
    """The feed with its first entries alone, if it has a great many; the rest would be read in vain."""
    beyond = next(islice(ITEM.finditer(text), MAX_ENTRIES, None), None)
    if beyond is None:
        return text
    return text[: beyond.start()] + ("</channel></rss>" if root.lower() == "rss" else f"</{root}>")


def _character(reference: re.Match[str]) -> str:
    """Half a surrogate pair, or a number beyond Unicode, is no character."""
    digits = reference[1]
    number = (int(digits[1:], 16) if digits[0] in "xX" else int(digits)) if len(digits) < 9 else 0
    return reference[0] if 0 < number < 0xD800 or 0xE000 <= number < 0x110000 else "\ufffd"


def _shared(items: list[Any]) -> set[str]:
    """Links of several entries: episodes that all lead to the page of their programme are told apart by what each one offers."""
    named: dict[str, set[str]] = defaultdict(set)
    for item in items:
        named[str(item.get("link") or "")].add(str(item.get("id") or "".join(_files(item)[:1])))
    return {link for link, names in named.items() if len(names) > 1}


def _safely(item: Any, feed: Any, *, page: Page, shared: set[str]) -> Entry | Left:
    """One entry; one that cannot be read spoils no other."""
    platform_id = str(item.get("id") or "") or None
    try:
        url = _address(item, base=page.url, shared=shared)
        if url is None:
            return Left(reason="no_address", status="set_aside", platform_id=platform_id)
        return _entry(item, feed, page=page, url=url)
    except (SourceError, *UNREADABLE):
        return Left(reason="unreadable_post", status="set_aside", platform_id=platform_id)


def _address(item: Any, *, base: str, shared: set[str]) -> str | None:
    """Where a person can read the entry: its link, else the id that is an address, else the file that it offers."""
    link, named = str(item.get("link") or ""), str(item.get("id") or "")
    others = [other.get("href") for other in item.get("links", []) if other.get("rel") in (None, "alternate")]
    given = [link if link != named else "", *others]  # an id alone is no address unless it looks like one
    linked, offered = [absolute(base, one) for one in given if one], [named, *_files(item)]
    return next(iter(web_addresses([*offered, *linked] if link in shared else [*linked, *offered])), None)


def _files(item: Any) -> list[str]:
    return [str(link["href"]) for link in item.get("links", []) if link.get("rel") == "enclosure" and link.get("href")]


def _entry(item: Any, feed: Any, *, page: Page, url: str) -> Entry:
    parts = [part for part in (*item.get("content", []), item.get("summary_detail")) if part and part.get("value")]
    part = max(parts, key=lambda one: len(one["value"]), default={"value": ""})
    said = words(part["value"], base=absolute(page.url, part.get("base") or ""), plain=part.get("type") == "text/plain")
    stated = (time_of(dict.get(item, name)) for name in ("published", "created", "updated"))  # item.get() would mix them
    published = next((time for time in stated if time), None)
    files = [link for link in item.get("links", []) if link.get("rel") == "enclosure"] + item.get("media_content", [])
    related = [link.get("href") for link in item.get("links", []) if link.get("rel") in ("related", "via")]
    entry = Entry(
        url=url,
        kind="article",
        title=" ".join(html_to_text(str(item.get("title") or "")).split()) or None,
        text=said.text,
        account=_account(item, feed),
        platform_id=str(item.get("id") or "") or None,
        content_type=content_types(said.text, (media_kind(file.get("type"), file.get("href") or file.get("url")) for file in files)),
        thread_parent=next(iter(web_addresses([(item.get("thr_in-reply-to") or {}).get("href")])), None),
        images=said.images,
        language=language_of(part.get("language")) or language_of(item.get("language")) or language_of(feed.feed.get("language")),
        published_at=published,
        edited_at=later(time_of(dict.get(item, "updated")), published),
        links=web_addresses([*said.links, *related]),
        replies=next((number for name in ("slash_comments", "thr_total") if (number := count(item.get(name))) is not None), None),
        whole=url in _files(item) or media_kind(None, url) is not None,  # a file has no text to read
    )
    if item.get("yt_videoid"):
        return youtube(entry, item)
    own = (page.url, feed.feed.get("link"), *(link.get("href") for link in feed.feed.get("links", [])))
    return reddit(entry, part["value"]) if of_reddit(own) else entry


def _account(item: Any, feed: Any) -> str | None:
    """The first author of an entry; in Atom, one without an author has the feed's."""
    inherited = feed.feed.get("author") if str(feed.get("version")).startswith("atom") else None
    several = [author for author in item.get("authors", []) if author.get("name")]
    first = several[0]["name"] if len(several) > 1 else None  # feedparser's author is the last
    return str(first or item.get("author") or inherited or "").strip() or None


def follows(entry: Entry, follow: object) -> bool:
    """Whether an entry's page is to be read: as the source's file says, else if the feed does not give the whole text."""
    return follow if isinstance(follow, bool) else not entry.whole


def from_entry(entry: Entry) -> Draft:
    """The draft of an entry whose own text is the content."""
    return Draft.model_validate(entry.model_dump(exclude={"whole"}))


def from_page(entry: Entry, page: Page) -> Draft:
    """The draft of a linked page, completed by its entry; an unreadable page gives way to the feed's full text.

    Raises SourceError: not_html, and those of ``article``.
    """
    kind = page.content_type or "text/html"
    if not any(word in kind for word in ("html", "xml", "text/plain")):
        raise SourceError("not_html", f"{page.url}: {kind.split(';')[0][:100]} where an article was expected")
    try:
        found = article(page)
    except SourceError as error:
        if error.reason == "empty_text" and len(entry.text.split()) >= FULL_TEXT:
            return from_entry(entry).model_copy(update={"url": page.url})
        raise
    return found.model_copy(update=_completed(found, entry, url=_declared(found.url, page.url)))


def _completed(found: Draft, entry: Entry, *, url: str) -> dict[str, object]:
    """What the feed says of a page, which is often surer than what the page does."""
    counted = ("views", "likes", "replies", "thread_parent", "thread_root")
    return {
        **{name: value for name in counted if (value := getattr(entry, name)) is not None},
        "url": url,
        "title": entry.title or found.title,
        "account": entry.account or found.account,
        "published_at": entry.published_at or found.published_at,
        "edited_at": entry.edited_at or found.edited_at,
        "language": found.language or entry.language,
        "platform_id": entry.platform_id,
        "content_type": tuple(dict.fromkeys((*found.content_type, *_media(entry.content_type)))),
        "links": tuple(dict.fromkeys((*found.links, *entry.links))),
    }


def _media(kinds: Iterable[str]) -> list[str]:
    return [kind for kind in kinds if kind != "TEXT"]


def _declared(declared: str, url: str) -> str:
    """The page's own canonical address, if it is one of the same site and not its front page."""
    same = host_of(declared) == host_of(url) and canonical(declared).rstrip("/").count("/") > 2
    return declared if same else url
