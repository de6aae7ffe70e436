"""Where a source was left: what it had shown when it was last read to the end, and by which marks a site tells that nothing changed.

One JSON file a source, written at the end of a run. Of a listing that could not be read to its end it keeps what the last run had left, so
what was missed is read the next time; without the file everything is read again and found to be known, which is harmless.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.files import write_text
from core.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MARKS = 40  # items remembered of a listing's first page: some may be deleted before the next run
ITEMS = 2000  # items remembered of a source, the last ones
PAGES = 20_000  # addresses whose marks of change are remembered
ENOUGH = 0.25  # share of a page's items
log = get_logger(__name__)


class Cursor:
    """What the last complete run left (``get``, ``reached``, ...), and what this one will leave."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._old = _load(path)
        self._new: dict[str, dict[str, Any]] = {"values": {}, "marks": {}, "pages": {}, "read": {}, "items": {}}
        self._unread: set[str] = set()

    def get(self, name: str) -> str | None:
        """A value that a kind left."""
        value = self._old["values"].get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: str) -> None:
        """Leave a value for the next run."""
        self._new["values"][name] = value

    def reached(self, place: str, keys: Iterable[str]) -> bool:
        """Whether a page shows what the first page of this listing had shown when it was last read to the end: more than a pinned item of it."""
        shown = set(keys)
        return bool(shown) and len(shown.intersection(self._old["marks"].get(place, ()))) >= ENOUGH * len(shown)

    def has_marks(self, place: str) -> bool:
        """Whether this listing was ever read to the end."""
        return bool(self._old["marks"].get(place))

    def mark(self, place: str, keys: Iterable[str]) -> None:
        """Remember the items of a listing's first page."""
        self._new["marks"].setdefault(place, list(dict.fromkeys(keys))[:MARKS])

    def conditions(self, url: str) -> dict[str, str]:
        """The headers that ask for a page only if it changed."""
        known = self._old["pages"].get(url, {})
        names = (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
        return {name: known[key] for key, name in names if isinstance(known.get(key), str)}

    def note_page(self, url: str, headers: Mapping[str, str]) -> None:
        """Remember a page's marks of change. ``headers`` have lower-case names."""
        found = {key: headers[key][:500] for key in ("etag", "last-modified") if headers.get(key)}
        if found and len(self._new["pages"]) < PAGES:
            self._new["pages"][url] = found

    def still(self, url: str) -> None:
        """A page says that it did not change: what was remembered of it, and of the listing that it opens, stays."""
        for kind in ("pages", "marks"):
            if url in self._old[kind]:
                self._new[kind].setdefault(url, self._old[kind][url])
        self._new["values"] = {**self._old["values"], **self._new["values"]}
        self._new["read"] = {**self._old["read"], **self._new["read"]}

    def unread(self, places: Iterable[str]) -> None:
        """Not all that these pages lead to was read: what the last run left of them stays, so that the next one reads the rest."""
        self._unread.update(places)

    def was_read(self, url: str, digest: str) -> bool:
        """Whether the last complete run read this address when its listing said the same of it; then it is left out."""
        if self._old["read"].get(url) != digest:
            return False
        self._new["read"][url] = digest
        return True

    def note_read(self, url: str, digest: str) -> None:
        """An address was read; ``digest``: what its listing says of it."""
        self._new["read"][url] = digest

    def note_items(self, items: Mapping[str, str]) -> None:
        """Remember items: address by platform id."""
        self._new["items"].update(items)

    def known(self) -> dict[str, str]:
        """The items of earlier complete runs: address by platform id, at most ITEMS."""
        return {key: value for key, value in self._old["items"].items() if isinstance(value, str)}

    def unchecked(self) -> dict[str, str]:
        """The known items that this run has not met, the one that was met longest ago first: address by platform id."""
        return {key: address for key, address in self.known().items() if key not in self._new["items"]}

    def followed(self, url: str) -> bool:
        """Whether this address was read because a listing named it, by what is remembered."""
        return url in self._old["read"] or url in self._new["read"]

    def forget(self, key: str) -> None:
        """An item is gone."""
        for items in (self._old["items"], self._new["items"]):
            items.pop(key, None)

    def read_again(self, url: str) -> None:
        """A page is gone: should a listing still show its address, it is asked for whatever that listing says, until it is there again."""
        for state in (self._old, self._new):
            for kind in ("pages", "read"):
                state[kind].pop(url, None)

    def save(self, *, complete: bool = True) -> None:
        """Leave it for the next run, atomically. ``complete``: whether nothing failed that another run may read. Raises ConfigError."""
        if not complete:
            self._new["values"] = dict(self._old["values"])
        for kind in ("pages", "marks", "read"):
            for place in self._unread:
                self._new[kind].pop(place, None)
            self._new[kind].update({place: self._old[kind][place] for place in self._unread if place in self._old[kind]})
        items = {**{key: value for key, value in self._old["items"].items() if key not in self._new["items"]}, **self._new["items"]}
        self._new["items"] = dict(list(items.items())[-ITEMS:])
        for kind in ("pages", "read"):  # what is remembered of an item is needed when it is looked at again
            kept = (url for url in self._new["items"].values() if url in self._old[kind] and url not in self._unread)
            self._new[kind] = {**{url: self._old[kind][url] for url in kept}, **self._new[kind]}
        write_text(self._path, json.dumps(self._new, ensure_ascii=False))


def _load(path: Path) -> dict[str, dict[str, Any]]:
    empty: dict[str, dict[str, Any]] = {"values": {}, "marks": {}, "pages": {}, "read": {}, "items": {}}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty
    except (OSError, ValueError):
        log.warning("cursor_unreadable", path=str(path))  # harmless: all is read again
        return empty
    return {kind: found[kind] if isinstance(found, dict) and isinstance(found.get(kind), dict) else {} for kind in empty}
