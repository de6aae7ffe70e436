"""Pieces of HTML as people see them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import urljoin

from core.errors import SourceError
from core.urls import host_of
from crawlers.reading.page import parse_html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BREAKS = re.compile(r"[\t\n\r]+")
INVISIBLE = re.compile(r'<span class="[^"]{0,40}\binvisible\b[^"]{0,40}">[^<]{0,500}</span>')  # Mastodon hides parts of links so


UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")  # where a word may be broken, and what shows nothing; joiners of emoji stay


def as_seen(text: str) -> str:
    """A text in composed letters, without the signs inside words that nobody sees: both hide a word from whoever looks for it."""
    return normalize("NFC", text if text.isascii() else UNSEEN.sub("", text))


def html_to_text(fragment: str) -> str:
    """The text that a browser shows for a piece of HTML; paragraphs and line breaks become newlines. "" for one that is made to take minutes."""
    from inscriptis import Inscriptis
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    if "<" not in fragment and "&" not in fragment:
        return as_seen(fragment).strip()
    tree = _tree(INVISIBLE.sub("", fragment), base="")
    if tree is None:
        return ""
    text = Inscriptis(tree, ParserConfig(css=CSS_PROFILES["strict"])).get_text()  # "relaxed" would write "# nobot" for "#<span>nobot</span>"
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in as_seen(text).split("\n"))).strip()


def links_of(fragment: str, *, base: str) -> tuple[str, ...]:
    """The http(s) targets of a piece of HTML, in order, once each; none of one that is made to take minutes."""
    tree = _tree(fragment, base=base) if "<a" in fragment.lower() else None
    if tree is None:
        return ()
    found = (absolute(base, href) for href in tree.xpath("//a/@href"))
    return tuple(dict.fromkeys(link for link in found if link.startswith(("http://", "https://")) and host_of(link)))


def _tree(fragment: str, *, base: str) -> HtmlElement | None:
    """One hostile post must not spoil the page that it stands on: it has no text, and is set aside for that."""
    try:
        return parse_html(f"<div>{fragment}</div>", url=base)
    except SourceError:
        return None


def absolute(base: str, link: str) -> str:
    """A link as an absolute address, without the line breaks that browsers leave out too; "" for one that cannot be read."""
    try:
        return urljoin(base, BREAKS.sub("", link.strip()))
    except ValueError:
        return ""
