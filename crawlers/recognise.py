"""Which platform an address or a page belongs to, hence who can read it. Pure; one table, so that a platform is added by one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from core.urls import host_of
from crawlers.reading.page import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.reading.page import Page

GENERATOR_DISCOURSE = re.compile(r"<meta[^>]{0,80}name=[\"']generator[\"'][^>]{0,40}content=[\"']discourse", re.IGNORECASE)
BLUESKY_API = "https://public.api.bsky.app/xrpc/"


@dataclass(frozen=True)
class Plan:
    """How a submitted address is read: what is asked for, and ``module:function`` of crawlers.platforms that reads the answer."""

    ask: str
    reader: str

    def read(self, page: Page) -> Found:
        """Raises SourceError."""
        from crawlers.platforms.feed import from_entry
        from crawlers.platforms.feed_entry import Entry

        module, function = self.reader.split(":")
        reader: Callable[[Page], Found] = getattr(import_module(f"crawlers.platforms.{module}"), function)
        found = reader(page)
        return Found(tuple(from_entry(item) if isinstance(item, Entry) else item for item in found.items), found.next)


@dataclass(frozen=True)
class Route:
    """Addresses of one form. ``host`` and ``path`` are whole patterns; ``ask`` is filled with the path's groups, ``{url}`` and ``{site}``."""

    host: str
    path: str
    ask: str
    reader: str


ANY_HOST = r".+"
ROUTES = (
    Route(r"(?:t|telegram)\.me", r"/(?:s/)?(?P<channel>\w{4,32})/(?P<id>\d+)", "https://t.me/{channel}/{id}?embed=1&mode=tme", "telegram:parse_post"),
    Route(r"(?:t|telegram)\.me", r"/(?:s/)?(?P<channel>\w{4,32})/?", "https://t.me/s/{channel}", "telegram:parse_preview"),
    Route(r"bsky\.app", r"/profile/(?P<actor>[^/]+)/post/(?P<key>\w+)",
          BLUESKY_API + "app.bsky.feed.getPostThread?uri=at://{actor}/app.bsky.feed.post/{key}&depth=0&parentHeight=0", "bluesky:parse_thread"),
    Route(r"bsky\.app", r"/profile/(?P<actor>[^/]+)/?", BLUESKY_API + "app.bsky.feed.getAuthorFeed?actor={actor}&limit=50", "bluesky:parse_feed"),
    Route(r"(?:www\.|old\.)?reddit\.com", r"/(?P<thread>r/\w+/comments/\w+)(?:/.*)?", "https://www.reddit.com/{thread}/.rss", "feed:parse_feed"),
    Route(r"(?:www\.)?reddit\.com", r"/r/(?P<name>\w+)/?", "https://www.reddit.com/r/{name}/.rss", "feed:parse_feed"),
    Route(ANY_HOST, r"/(?:@[\w.-]+(?:@[\w.-]+)?|users/[\w.-]+/statuses|notice|p/[\w.-]+)/(?P<id>\d{6,30})",
          "{site}/api/v1/statuses/{id}", "mastodon:parse_statuses"),
)  # fmt: skip


def plan(url: str) -> Plan | None:
    """How a known platform's address is read; None where the page itself must tell, see ``reader_of``."""
    from crawlers.platforms.crowdfunding import address_to_ask
    from crawlers.platforms.crowdfunding_profiles import is_campaign
    from crawlers.platforms.ulule import api_address

    if project := api_address(url):
        return Plan(ask=project, reader="ulule:parse_project")
    if is_campaign(url):
        return Plan(ask=address_to_ask(url), reader="crowdfunding:parse_campaign")
    parts, host = urlsplit(url), host_of(url)
    for route in ROUTES:
        found = re.fullmatch(route.path, parts.path) if re.fullmatch(route.host, host) else None
        if found:
            groups = {name: quote(value, safe="@:/.-_") for name, value in found.groupdict().items()}
            return Plan(ask=route.ask.format(url=url, site=f"{parts.scheme}://{parts.netloc}", **groups), reader=route.reader)
    return None


def hosts_of(url: str) -> frozenset[str]:
    """The hosts that reading a submitted address needs."""
    found = plan(url)
    return frozenset({host_of(url)} | ({host_of(found.ask)} if found else set()))


def reader_of(page: Page) -> str:
    """Who reads a page, by what it is itself: ``module:function`` of crawlers.platforms, or ``article``."""
    from crawlers.platforms.crowdfunding_profiles import is_campaign
    from crawlers.platforms.forum import engine_of

    kind = (page.content_type or "").lower()
    head = page.body[:1000].lstrip().lower()
    if is_campaign(page.url):
        return "crowdfunding:parse_campaign"
    if "json" in kind or head[:1] in (b"{", b"["):
        return "feed:parse_feed"
    if head.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf")) and b"<html" not in head:
        return "feed:parse_feed"
    if GENERATOR_DISCOURSE.search(page.text[:50_000]):
        return "discourse:parse_html"
    return "forum:parse" if engine_of(page) else "article"


def read_any(page: Page) -> Found:
    """The items of a page of whatever kind. Raises SourceError."""
    from crawlers.reading.extract import article

    reader = reader_of(page)
    return Found(items=(article(page),)) if reader == "article" else Plan(ask=page.url, reader=reader).read(page)
