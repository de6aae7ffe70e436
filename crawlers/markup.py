"""Pieces of HTML as people see them. Pure."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from core.urls import host_of
from crawlers.page import parse_html

INVISIBLE = re.compile(r'<span class="[^"]{0,40}\binvisible\b[^"]{0,40}">[^<]{0,500}</span>')  # Mastodon hides parts of links so


def html_to_text(fragment: str) -> str:
    """The text that a browser shows for a piece of HTML; paragraphs and line breaks become newlines."""
    from inscriptis import get_text
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    if "<" not in fragment and "&" not in fragment:
        return fragment.strip()
    cleaned = INVISIBLE.sub("", fragment)
    text = get_text(f"<div>{cleaned}</div>", ParserConfig(css=CSS_PROFILES["strict"]))  # "relaxed" would write "# nobot" for "#<span>nobot</span>"
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def links_of(fragment: str, *, base: str) -> tuple[str, ...]:
    """The http(s) targets of a piece of HTML, in order, once each."""
    if "<a" not in fragment.lower():
        return ()
    tree = parse_html(f"<div>{fragment}</div>", url=base)
    found = (absolute(base, href) for href in tree.xpath("//a/@href"))
    return tuple(dict.fromkeys(link for link in found if link.startswith(("http://", "https://")) and host_of(link)))


def absolute(base: str, link: str) -> str:
    """A link as an absolute address; "" for one that cannot be read."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""
