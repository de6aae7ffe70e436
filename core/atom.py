"""Atom feeds (RFC 4287). Plain text only: nothing in a feed is active, and nothing that was crawled can break it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml; charset=utf-8"


class Category(NamedTuple):
    """What an entry is about."""

    term: str
    scheme: str | None = None


class Entry(NamedTuple):
    """One entry. ``id``: an address or a urn that never changes; ``link``: where people read it, if anywhere."""

    id: str
    title: str
    updated: datetime
    content: str
    link: str | None = None
    categories: tuple[Category, ...] = ()


def feed(name: str, *, title: str, updated: datetime, entries: tuple[Entry, ...], address: str | None = None) -> bytes:
    """A feed as XML in UTF-8. ``name``: its urn; ``address``: where it is served; the entries stay in order."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    _add(root, "id", name)
    _add(root, "title", title)
    _add(root, "updated", _time(updated))
    if address:
        etree.SubElement(root, f"{{{ATOM}}}link", rel="self", href=plain(address))
    _add(etree.SubElement(root, f"{{{ATOM}}}author"), "name", "Vigie")
    for entry in entries:
        _add_entry(root, entry)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def _add_entry(root: etree._Element, entry: Entry) -> None:
    element = etree.SubElement(root, f"{{{ATOM}}}entry")
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "updated", _time(entry.updated))
    if entry.link:
        etree.SubElement(element, f"{{{ATOM}}}link", rel="alternate", href=plain(entry.link))
    for category in entry.categories:
        scheme = {"scheme": category.scheme} if category.scheme else {}
        etree.SubElement(element, f"{{{ATOM}}}category", term=plain(category.term), **scheme)
    _add(element, "content", entry.content).set("type", "text")


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = plain(text)
    return element


def plain(text: str) -> str:
    """Without what XML cannot hold, and without what is not seen: control signs, half pairs, signs that turn the direction of writing."""
    return "".join(sign if sign in "\n\t" or (sign.isprintable() and sign not in "\ufffe\uffff") else " " for sign in text)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
