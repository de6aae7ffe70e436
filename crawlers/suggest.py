"""A source file for an address: which kind reads it, with which keys. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import yaml

from core.errors import SourceError
from core.urls import host_of
from crawlers.recognise import reader_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.page import Page

PURPOSE = "À écrire : pourquoi cette source est lue"
LEGAL_BASIS = (
    "Intérêt légitime (RGPD, règlement (UE) 2016/679, art. 6(1)(f), texte adopté le 27/04/2016) ; contenu public. À faire vérifier par un juriste."
)
FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
Rule = tuple[str, str, "Callable[[re.Match[str], str], dict[str, Any]]"]
RULES: tuple[Rule, ...] = (  # host, path, keys: whole patterns, the first that fits wins
    (r"(?:t|telegram)\.me", r"/(?:s/)?(\w{4,32})/?", lambda found, _: {"kind": "telegram_channel", "channel": found[1], "max_pages": 5}),
    (r"bsky\.app", r"/profile/([^/]+)/?", lambda found, _: {"kind": "bluesky_author", "actor": found[1], "max_pages": 5}),
    (r"(?:\w+\.)?ulule\.com", r"/([\w-]+)/?", lambda found, _: {"kind": "ulule", "projects": [found[1]]}),
    (r"(?:www\.)?helloasso\.com", r"/associations/([\w-]+)/?", lambda found, _: {"kind": "helloasso", "organisations": [found[1]]}),
    (r"(?:www\.)?youtube\.com", r"/channel/(UC[\w-]{22})/?.*",
     lambda found, _: {"kind": "feed", "url": f"https://www.youtube.com/feeds/videos.xml?channel_id={found[1]}"}),
    (r"(?:www\.|old\.)?reddit\.com", r"/r/(\w+)/?", lambda found, _: {"kind": "feed", "url": f"https://www.reddit.com/r/{found[1]}/.rss"}),
    (r".+", r"/tags/(\w+)/?", lambda found, site: {"kind": "mastodon_tag", "url": f"{site}/", "tag": found[1], "max_pages": 5}),
    (r".+", r"/@([\w.-]+(?:@[\w.-]+)?)/?", lambda found, site: {"kind": "mastodon_account", "url": f"{site}/", "account": found[1], "max_pages": 5}),
)  # fmt: skip


def from_address(url: str) -> dict[str, Any] | None:
    """The keys of a source whose platform the address alone tells."""
    parts, host = urlsplit(url), host_of(url)
    for pattern, path, keys in RULES:
        found = re.fullmatch(path, parts.path) if re.fullmatch(pattern, host) else None
        if found:
            return keys(found, f"{parts.scheme}://{parts.netloc}")
    return None


def from_page(url: str, page: Page) -> dict[str, Any]:
    """The keys of a source whose page tells what it is: a feed, a forum, a campaign, a site with a feed, else a site or a single page."""
    reader = reader_of(page)
    site = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
    by_reader: dict[str, dict[str, Any]] = {
        "feed:parse_feed": {"kind": "feed", "url": url},
        "discourse:parse_html": {"kind": "discourse", "url": site},
        "forum:parse": {"kind": "forum", "url": url},
        "crowdfunding:parse_campaign": {"kind": "crowdfunding_page", "pages": [url]},
    }
    if reader in by_reader:
        return by_reader[reader]
    feed = _feed(page)
    if feed:
        return {"kind": "feed", "url": feed}
    if len([part for part in urlsplit(url).path.split("/") if part]) > 1:
        return {"kind": "urls", "pages": [url]}
    return {"kind": "site", "url": site, "pages": [url]}


def _feed(page: Page) -> str | None:
    """The first feed that a page names, comments' feeds last."""
    try:
        links = page.tree.xpath("//link[contains(concat(' ', @rel, ' '), ' alternate ')][@href]")
    except SourceError:
        return None
    found = [link for link in links if (link.get("type") or "").split(";")[0].strip().lower() in FEEDS[:3]]
    found.sort(key=lambda link: "comment" in f"{link.get('title')} {link.get('href')}".lower())
    return urljoin(page.url, found[0].get("href")) if found else None


def name_of(keys: dict[str, Any], url: str) -> str:
    """A name for the source: its host and what tells it from others there."""
    own = next((str(keys[key]) for key in ("channel", "actor", "account", "tag") if key in keys), "")
    words = f"{host_of(url).removeprefix('www.')} {own or ('' if keys['kind'] in ('site', 'discourse') else urlsplit(url).path)}".lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:60]


def title_of(url: str, page: Page | None) -> str:
    """What people call the source: the page's own title, on one line, else its address."""
    try:
        found = " ".join(page.tree.xpath("string(//title[1])").split())[:100] if page else ""
    except SourceError:
        found = ""
    return "".join(char for char in found if char.isprintable()) or f"{host_of(url)}{urlsplit(url).path}".rstrip("/")


def as_yaml(keys: dict[str, Any], *, title: str, purpose: str, least: int) -> str:
    """The text of a source file, disabled until a person has read it."""
    data = {
        "title": title,
        "kind": keys["kind"],
        "enabled": False,
        **{key: value for key, value in keys.items() if key != "kind"},
        "language": "fr",
        "access_mode": "open",
        "purpose": purpose,
        "legal_basis": LEGAL_BASIS,
        "delay": 5,
        "expect": {"min": least},
    }
    text: str = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=150)
    return "# Proposé d'après la page : relire, compléter « purpose », puis mettre « enabled: true ».\n" + text
