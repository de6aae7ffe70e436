"""Alerts as an Atom feed (RFC 4287): one file a search, which any reader or the web can serve. Plain text only: nothing in it is active."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lxml import etree

from core.files import atomic
from flows.delivery_payload import CAMPAIGN, CONSOLE, details, headline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flows.delivery_payload import Item

ATOM = "http://www.w3.org/2005/Atom"


def feed(search: str, title: str, items: Sequence[tuple[int, Item]], *, created_at: datetime) -> bytes:
    """The feed of (when found, in seconds since 1970; item), the newest first."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    _add(root, "id", f"urn:vigie:alerte:{search}")
    _add(root, "title", f"Vigie : {title}")
    _add(root, "updated", _time(items[0][0]) if items else created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(etree.SubElement(root, f"{{{ATOM}}}author"), "name", "Vigie")
    for found_at, item in items:
        _add_item(root, item, found_at)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def _add_item(root: etree._Element, item: Item, found_at: int) -> None:
    entry = etree.SubElement(root, f"{{{ATOM}}}entry")
    _add(entry, "id", f"urn:vigie:{item['delivery_id']}")
    _add(entry, "title", headline(item))
    _add(entry, "updated", _time(found_at))
    if item[CONSOLE]:
        etree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=item[CONSOLE])
    for marker in item["markers"]:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=marker)
    if item[CAMPAIGN]:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=_plain(item[CAMPAIGN]), scheme="urn:vigie:campagne")
    content = _add(entry, "content", "\n".join([f"Document {item['document']}", *details(item)]))
    content.set("type", "text")


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    element.text = _plain(text)
    return element


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign if sign in "\n\t" or (sign.isprintable() and sign not in "\ufffe\uffff") else " " for sign in text)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_feed(path: Path, content: bytes) -> None:
    """Replace a feed, atomically. Raises ConfigError."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)
        temporary.chmod(0o644)  # what serves it may be another user
