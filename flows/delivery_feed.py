"""Alerts as an Atom feed (RFC 4287): one file a search, which any reader or the web can serve. Plain text only: nothing in it is active."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core import atom
from core.atom import Category
from core.files import atomic
from flows.delivery_payload import CAMPAIGN, CONSOLE, details, headline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flows.delivery_payload import Item


def feed(search: str, title: str, items: Sequence[tuple[int, Item]], *, created_at: datetime) -> bytes:
    """The feed of (when found, in seconds since 1970; item), the newest first."""
    entries = tuple(_entry(item, datetime.fromtimestamp(found_at, UTC)) for found_at, item in items)
    updated = entries[0].updated if entries else created_at
    return atom.feed(f"urn:vigie:alerte:{search}", title=f"Vigie : {title}", updated=updated, entries=entries)


def _entry(item: Item, found_at: datetime) -> atom.Entry:
    campaign = (Category(item[CAMPAIGN], "urn:vigie:campagne"),) if item[CAMPAIGN] else ()
    return atom.Entry(
        id=f"urn:vigie:{item['delivery_id']}",
        title=headline(item),
        updated=found_at,
        content="\n".join([f"Document {item['document']}", *details(item)]),
        link=item[CONSOLE] or None,
        categories=(*(Category(marker) for marker in item["markers"]), *campaign),
    )


def write_feed(path: Path, content: bytes) -> None:
    """Replace a feed, atomically. Raises ConfigError."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)
        temporary.chmod(0o644)  # what serves it may be another user
