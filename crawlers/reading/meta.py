"""What a page says of itself: title, author, times, language, own address; from its meta elements, its JSON-LD and its visible signs. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from core.urls import host_of
from crawlers.reading.bylines import SIGNING, best, creators, credited, name_in, one_line, plain, signature, signed
from crawlers.reading.json_ld import article_of
from crawlers.reading.markup import absolute
from crawlers.reading.times import find_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from lxml.html import HtmlElement

HEAD = etree.XPath("//meta[@content] | //title | //h1 | //h2 | //link[@rel and @href] | //script[@type='application/ld+json'] | //time[@datetime]")
PUBLISHED = (
    "article:published_time", "datepublished", "og:published_time", "article:published", "date", "pubdate", "publishdate", "publish-date",
    "publish_date", "publication_date", "publication-date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.issued", "dcterms.date",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "citation_publication_date", "citation_date", "date.issued",
)  # fmt: skip
MODIFIED = (
    "article:modified_time",
    "datemodified",
    "og:updated_time",
    "article:modified",
    "dcterms.modified",
    "last-modified",
    "revised",
    "modified",
)
AUTHORS = (
    "author",
    "article:author",
    "parsely-author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "sailthru.author",
    "citation_author",
    "article:author_name",
)
MAX_STATE = 400_000  # characters of JSON-LD that are read
MAX_HEADINGS = 20
SEPARATOR = re.compile(r"\s+[|\-–—•·:»~]+\s+|\s*\|\s*|\s::\s")
MARKED = re.compile(r"headline|(?:entry|post|article)[-_]{1,2}title|titre[-_]{1,2}article|article[-_]{1,2}titre", re.IGNORECASE)
WRITTEN = re.compile(r"(?:publi[ée]|post[ée]|mis\sen\sligne|r[ée]dig[ée]|cr[ée]{2}|le|date|du)\b", re.IGNORECASE)
IN_PATH = re.compile(r"/(19[89]\d|20\d\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/_.-]|$)")


class _Signs:
    """What the head says, by name, the first of each; what marks titles and times in the body."""

    def __init__(self, tree: HtmlElement) -> None:
        self.named: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.headings: dict[str, list[str]] = {"h1": [], "h2": []}
        self.state: list[str] = []
        self.times: list[HtmlElement] = []
        self.title = self.marked = ""  # of the head; of the heading that is marked as the article's
        for element in HEAD(tree):
            tag = element.tag
            if tag == "meta":
                name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv") or ""
                self.named.setdefault(name.strip().lower(), element.get("content")[:2000].strip())
            elif tag == "link":
                self.links.setdefault(element.get("rel").strip().lower(), element.get("href"))
            elif tag in self.headings:
                if len(self.headings[tag]) < MAX_HEADINGS:
                    self.headings[tag].append(one_line("".join(element.itertext())))
                    if tag == "h1" and MARKED.search(f"{element.get('itemprop')} {element.get('class')}"[:300]):
                        self.marked = self.marked or self.headings[tag][-1]
            elif tag == "title":
                self.title = self.title or one_line("".join(element.itertext()))
            elif tag == "time":
                self.times.append(element)
            elif tag == "script" and element.text and len(element.text) <= MAX_STATE:
                self.state.append(element.text)

    def first(self, names: Iterable[str]) -> Iterator[str]:
        """What is said under these names, in their order."""
        return (self.named[name] for name in names if self.named.get(name))


class Meta:
    """A page's own account of itself. ``lines`` are the short lines that stand near its title."""

    def __init__(self, tree: HtmlElement, *, html: str, url: str) -> None:
        self._tree, self._html, self._url = tree, html, url
        self._signs = _Signs(tree)
        self._item = article_of(self._signs.state)
        self._site = _site(self._signs, url)
        self.kind = self._signs.named.get("og:type", "")  # of OpenGraph: "article", "video.other", ...

    def title(self) -> str | None:
        """The heading that people see, where it is the title that the head announces; else the announced one without the site's name."""
        return _title(self._signs, self._item, self._site)

    def url(self) -> str:
        """The address that a page gives as its own, if it is one of the same site and not its front page."""
        return _own_address(self._signs, self._url)

    def author(self, lines: Sequence[str], *, text: str = "") -> str | None:
        """The names of those who signed, above the text or at its end; that of the house only where nobody else did."""
        people, houses = creators(self._item.get("author"))
        said = [name for one in self._signs.first(AUTHORS) if not one.startswith(("http", "/")) and (name := name_in(one))]
        if "crit par" in self._signs.named.get("twitter:label1", ""):
            said.append(name_in(self._signs.named.get("twitter:data1", "")))
        names = [name for name in people if plain(name) not in self._site] or credited(text)
        names = names or [name for name in said if name and plain(name) not in self._site][:1]
        names = names or best(self._signed(), lines, self._site) or signature(text) or [*people, *houses, *said][:1]
        return ", ".join(dict.fromkeys(names))[:200] or None

    def _signed(self) -> list[str]:
        return list(signed(self._tree)) if any(word in self._html for word in SIGNING) else []

    def times(self, lines: Sequence[str]) -> tuple[datetime | None, datetime | None]:
        """When it was published, and when edited if that was later."""
        published = (
            _published(self._signs, self._item) or _with_hour(_visible_time([*lines, self._signs.title]), self._signs) or _from_path(self._url)
        )
        edited = _time([self._item.get("dateModified"), *self._signs.first(MODIFIED)])
        return published, edited if edited and published and edited > published else None

    def language(self) -> str | None:
        """The language that it declares."""
        return _language(self._tree, self._signs, self._item)

    def replies(self) -> int | None:
        """How many comments it says that it has."""
        count = self._item.get("commentCount")
        return count if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 10**9 else None


def _visible_time(lines: Iterable[str]) -> datetime | None:
    """The date that stands near an article's title, in a line such as "Publié le 3 octobre 2026 à 14h30"."""
    found = [(bool(WRITTEN.match(line)), time) for line in lines if len(line) < 120 and (time := find_time(line)) and 1990 <= time.year < 2100]
    return next((time for written, time in found if written), found[0][1] if found else None)


def _with_hour(shown: datetime | None, signs: _Signs) -> datetime | None:
    """A day that stands near the title, with hour and zone where the element that shows it has them for machines."""
    if shown is None or shown.hour or shown.minute:
        return shown
    exact = (_time([element.get("datetime")]) for element in signs.times)
    return next((time for time in exact if time and time.date() == shown.date()), shown)


def _site(signs: _Signs, url: str) -> frozenset[str]:
    """How the site is called, as letters alone."""
    labels = host_of(url).removeprefix("www.").split(".")
    names = {
        plain(signs.named.get("og:site_name", "")),
        plain(signs.named.get("application-name", "")),
        plain("".join(labels)),
        *map(plain, labels[:-1]),
    }
    return frozenset(name for name in names if len(name) > 2)


def _title(signs: _Signs, item: dict[str, Any], site: frozenset[str]) -> str | None:
    """The heading that people see, where it is the title that the head announces; else the announced one without the site's name."""
    headline = item.get("headline")
    said = [*signs.first(("og:title", "twitter:title")), headline if isinstance(headline, str) else "", signs.title, signs.named.get("dc.title", "")]
    announced = next((line for one in said if (line := one_line(one))), "")
    whole = plain(announced)
    ranked = [(_likeness(plain(heading), whole), heading) for heading in signs.headings["h1"] + signs.headings["h2"]]
    best, heading = max(ranked, key=lambda pair: pair[0], default=(0, ""))
    if best:
        return heading[:500]
    own = signs.marked if plain(signs.marked) not in site else ""  # what people see, where the head announces it in other words
    own = own or _without_site(announced, site)
    return (own or next((heading for heading in signs.headings["h1"] if plain(heading) not in site), ""))[:500] or None


def _likeness(heading: str, whole: str) -> int:
    """How well a heading is the announced title: the same, its beginning, or at least half of it; 0 for another."""
    if not heading or not whole:
        return 0
    if heading == whole:
        return 4
    if whole.startswith(heading) and len(heading) >= len(whole) / 4:
        return 3
    return 2 if heading.startswith(whole) else 1 if heading in whole and len(heading) >= len(whole) / 2 else 0


def _without_site(title: str, site: frozenset[str]) -> str:
    cuts = [match.span() for match in SEPARATOR.finditer(title)]
    for start, end in cuts:  # the longest name that is the site's
        behind = plain(title[end:])
        if start and behind and any(behind == name or (len(behind) > 3 and (behind in name or name in behind)) for name in site):
            return title[:start]
    return title


def _published(signs: _Signs, item: dict[str, Any]) -> datetime | None:
    said = _time([item.get("datePublished"), *signs.first(PUBLISHED)])
    marked = next((element for element in signs.times if _marks_publication(element)), None)
    shown = _time([marked.get("datetime")]) if marked is not None else None
    if said and shown and said.date() == shown.date() and not (said.hour or said.minute):
        return shown  # the same day, with its hour
    return said or shown


def _marks_publication(element: HtmlElement) -> bool:
    if element.get("pubdate") is not None or (element.get("itemprop") or "").lower() == "datepublished":
        return True
    return "publi" in (element.get("class") or "") or "entry-date" in (element.get("class") or "")


def _time(values: Iterable[object]) -> datetime | None:
    """The first that is a time, or the same day with its hour where another gives it."""
    found = [time for value in values if isinstance(value, str) and (time := parse_time(value)) and 1990 <= time.year < 2100]
    return next((time for time in found if time.date() == found[0].date() and (time.hour or time.minute)), found[0] if found else None)


def _from_path(url: str) -> datetime | None:
    match = IN_PATH.search(url)
    return parse_time(f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}") if match else None


def _language(tree: HtmlElement, signs: _Signs, item: dict[str, Any]) -> str | None:
    said = [
        tree.get("lang"),
        tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
        tree.get("xml:lang"),
        *signs.first(("content-language", "og:locale", "language", "dc.language")),
    ]
    for one in [*said, item.get("inLanguage")]:
        if isinstance(one, str) and (match := re.match(r"\s*([a-zA-Z]{2})(?![a-zA-Z])", one)):
            return match[1].lower()
    return None


def _own_address(signs: _Signs, url: str) -> str:
    """The address that a page gives as its own, if it is one of the same site and not its front page."""
    for one in (signs.links.get("canonical"), signs.named.get("og:url")):
        own = absolute(url, one) if one else ""
        same = host_of(own).removeprefix("www.") == host_of(url).removeprefix("www.")
        if same and own.startswith(("http://", "https://")) and own.partition("#")[0].rstrip("/").count("/") > 2:
            return own
    return url
