"""Where a site says, or shows, that its articles are: sitemaps, indexes of sitemaps, news sitemaps, start pages. Pure."""

from __future__ import annotations

import io
import re
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from lxml import etree

from core.errors import SourceError
from core.urls import host_of
from crawlers.reading.markup import absolute
from crawlers.reading.page import parse_html
from crawlers.reading.times import parse_time
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawlers.reading.page import Page

MAX_PLAIN = 52_428_800  # bytes of a sitemap, as sitemaps.org has it
MAX_ENTRIES = 50_000  # likewise
MAX_ADDRESS = 2048  # characters, likewise
CLOSED = re.compile(rb"</(?:\w+:)?(?:urlset|sitemapindex)\s*>")
OLDEST = datetime.min.replace(tzinfo=UTC)
# parts of a path that lead to lists and services, never to an article
SERVICES = re.compile(
    r"/(?:tags?|categor(?:y|ies|ie)|rubriques?|auteurs?|authors?|page|archives?|recherche|search|login|connexion|inscription|compte|account|panier|cart"
    r"|boutique|contact|a-propos|about|mentions-legales|cgu|cgv|confidentialite|politique-de-[\w-]+|privacy|cookies|newsletter|abonnements?|plan-du-site"
    r"|feed|rss|wp-(?:admin|content|json|login\.php)|share|print|membres?|user|users|profil|aide|faq)(?:/|\?|$|\.)",
    re.IGNORECASE,
)
FILES = re.compile(r"\.(?:jpe?g|png|gif|svg|webp|pdf|zip|mp[34]|m4a|ogg|docx?|xlsx?|pptx?|epub|css|js|xml|json|ics|txt)$", re.IGNORECASE)
# names of articles: words joined by hyphens, a date, a number, SPIP's and others' forms
SLUG = re.compile(r"[^/]*[^/\W]+(?:[-_][^/\W_]+){2,}[^/]*/?$|/20\d\d/\d{1,2}/|\d{4,}|article\d+|[?&](?:p|id|article)=\d+", re.IGNORECASE)
HEADLINE = 4  # words: a link with as many is a headline


class Place(NamedTuple):
    """One address of a sitemap; ``lastmod`` as it is written."""

    url: str
    lastmod: str | None = None

    def newest(self) -> datetime:
        """For sorting: what has no time comes last."""
        return parse_time(self.lastmod) or OLDEST


class Sitemap(NamedTuple):
    """What a sitemap names, the newest first."""

    maps: tuple[Place, ...]
    pages: tuple[Place, ...]


def parse_sitemap(page: Page) -> Sitemap:
    """The addresses of a sitemap or an index, in XML, plain text or gzip of these.

    Raises SourceError: not_a_sitemap, empty_answer, too_large, a wall's name.
    """
    body = _plain(page)
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"<"):
        found = _of_text(body)
    elif re.search(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", body[:20_000]):
        found = _of_xml(body)
    else:
        found = None
    if found is None:
        reason = wall(page.text, headers=page.headers, visible="") if len(page.body) < MAX_PLAIN else None
        raise SourceError(reason or "not_a_sitemap", f"{page.url}: no sitemap was found; open it in a browser, robots.txt may name another address")
    if not found.maps and not found.pages:
        raise SourceError("empty_answer", f"{page.url}: the sitemap holds no address where some were expected")
    return Sitemap(*(tuple(sorted(dict.fromkeys(part), key=Place.newest, reverse=True)) for part in found))


def _plain(page: Page) -> bytes:
    if not page.body.startswith(b"\x1f\x8b"):
        return page.body
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(page.body, MAX_PLAIN)
    except zlib.error as error:
        raise SourceError("not_a_sitemap", f"{page.url}: a gzip file that cannot be read ({error}); look whether it loads in a browser") from error
    if inflate.unconsumed_tail:
        raise SourceError(
            "too_large", f"{page.url}: the sitemap holds more than {MAX_PLAIN} bytes, which sitemaps.org forbids; name one of its parts"
        )
    return plain


def _of_text(body: bytes) -> Sitemap | None:
    """A sitemap in plain text: one address a line, nothing else."""
    lines = body[: MAX_ENTRIES * 100].decode("utf-8", errors="replace").split()
    if not lines or not all(line.startswith(("http://", "https://")) for line in lines[:100]):
        return None
    return Sitemap((), tuple(Place(line) for line in lines[:MAX_ENTRIES] if _usable(line)))


def _of_xml(body: bytes) -> Sitemap:
    """Entities stay what they are and nothing is fetched; a file that breaks off gives what stood before."""
    maps: list[Place] = []
    pages: list[Place] = []
    reading = etree.iterparse(
        io.BytesIO(body), events=("end",), tag=("{*}url", "{*}sitemap"), resolve_entities=False, load_dtd=False, no_network=True, recover=True
    )
    try:
        for _, element in reading:
            if place := _place(element):
                (maps if etree.QName(element).localname == "sitemap" else pages).append(place)
            element.clear()
            while element.getprevious() is not None:  # what was read needs no room
                del element.getparent()[0]
            if len(maps) + len(pages) >= MAX_ENTRIES:
                break
    except (etree.XMLSyntaxError, ValueError):
        pass
    if not CLOSED.search(body[-5000:]):  # the last address may be cut in two
        (pages or maps)[-1:] = []
    return Sitemap(tuple(maps), tuple(pages))


def _place(element: etree._Element) -> Place | None:
    said: dict[str, str] = {}
    for child in element.iter():
        if isinstance(child.tag, str):  # an entity has none
            said.setdefault(etree.QName(child).localname, (child.text or "").strip())  # an image has a loc too, behind the page's
    url = said.get("loc", "")
    return Place(url, said.get("lastmod") or said.get("publication_date") or None) if _usable(url) else None


def _usable(url: str) -> bool:
    return url.startswith(("http://", "https://")) and len(url) <= MAX_ADDRESS and bool(host_of(url))


def matching(places: tuple[Place, ...], *, pattern: str | None) -> list[Place]:
    """Those whose path, with its query, the pattern finds."""
    return [place for place in places if pattern is None or re.search(pattern, _path(place.url))]


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def parse_start(page: Page, *, pattern: str | None = None) -> tuple[Place, ...]:
    """The articles that a start page links to, in order: those that the pattern finds, else those that look like articles of the same host.

    Raises SourceError: a wall's name, empty_answer.
    """
    tree = parse_html(page.text, url=page.url, whole=True)
    found = {
        Place(url): None for url, words in _anchors(tree, page.url) if (re.search(pattern, _path(url)) if pattern else _looks_like_one(url, words))
    }
    if found:
        return tuple(found)
    visible = " ".join(tree.xpath("string(//body)").split())[:2000]
    reason = wall(page.text, headers=page.headers, visible=visible)
    looked = f"that match {pattern!r}" if pattern else "that look like an article"
    raise SourceError(reason or "empty_answer", f"{page.url}: no links {looked}; look at the page, or give `pattern` or a `sitemap`")


def _anchors(tree: etree._Element, base: str) -> Iterator[tuple[str, int]]:
    """Addresses on the same host, without fragment, and how many words each link has."""
    host = host_of(base).removeprefix("www.")
    for anchor in tree.iter("a"):
        url = absolute(base, (anchor.get("href") or "")[:MAX_ADDRESS]).partition("#")[0]
        if _usable(url) and host_of(url).removeprefix("www.") == host and url.rstrip("/") != base.partition("#")[0].rstrip("/"):
            yield url, len("".join(anchor.itertext())[:500].split())


def _looks_like_one(url: str, words: int) -> bool:
    path = _path(url)
    if len(path) < 2 or FILES.search(path) or SERVICES.search(path):
        return False
    return words >= HEADLINE or bool(SLUG.search(path))
