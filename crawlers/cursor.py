"""Where a source was left: what it had shown when it was last read to the end, and by which marks a site tells that nothing changed.

One JSON file a source. It is written only after a run that met no failure, so what a cut-short run missed is read the next time; without
it everything is read again and found to be known, which is harmless.
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
log = get_logger(__name__)


class Cursor:
    """What the last complete run left (``get``, ``reached``, ...), and what this one will leave."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._old = _load(path)
        self._new: dict[str, dict[str, Any]] = {"values": {}, "marks": {}, "pages": {}, "read": {}, "items": {}}

    def get(self, name: str) -> str | None:
        """A value that a kind left."""
        value = self._old["values"].get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: str) -> None:
        """Leave a value for the next run."""
        self._new["values"][name] = value

    def reached(self, place: str, keys: Iterable[str]) -> bool:
        """Whether one of a page's items had been on the first page of this listing when it was last read to the end."""
        return bool(set(self._old["marks"].get(place, ())).intersection(keys))

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

    def forget(self, key: str) -> None:
        """An item is gone."""
        self._old["items"].pop(key, None)

    def save(self) -> None:
        """Leave it for the next run, atomically. Raises ConfigError."""
        items = {**{key: value for key, value in self._old["items"].items() if key not in self._new["items"]}, **self._new["items"]}
        self._new["items"] = dict(list(items.items())[-ITEMS:])
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
