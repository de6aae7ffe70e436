"""What the cursors of the sources remember of items, and how it is forgotten. Forgetting is harmless: what is not remembered is read again."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.files import write_text
from core.urls import document_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    Test = Callable[[str], bool]


def remembered(root: Path) -> set[str]:
    """Ids of the documents that the cursors of an archive name."""
    return {found for _, cursor in _cursors(root) for url in _part(cursor, "items").values() if (found := _id(url))}


def forget(root: Path, is_gone: Test, *, lost: Collection[str]) -> int:
    """Take out what is gone, and the items of lost documents; how many entries. Raises ConfigError."""
    count = 0
    for path, old in _cursors(root):
        new = {kind: _kept(kind, part, is_gone, lost) for kind, part in old.items()}
        before, after = _size(old), _size(new)
        if after < before:
            write_text(path, json.dumps(new, ensure_ascii=False))
            count += before - after
    return count


def remaining(root: Path, is_gone: Test) -> int:
    """How many entries name what must be gone."""
    return sum(_size(old) - _size({kind: _kept(kind, part, is_gone, ()) for kind, part in old.items()}) for _, old in _cursors(root))


def _kept(kind: str, part: Any, is_gone: Test, lost: Collection[str]) -> Any:
    if not isinstance(part, dict):
        return part
    if kind == "items":
        return {key: url for key, url in part.items() if not (is_gone(key) or is_gone(str(url)) or _id(url) in lost)}
    if kind == "marks":
        return {place: _kept_marks(keys, is_gone) for place, keys in part.items() if not is_gone(place)}
    return {key: value for key, value in part.items() if not (is_gone(key) or (kind == "values" and "/" in str(value) and is_gone(str(value))))}


def _kept_marks(keys: Any, is_gone: Test) -> Any:
    return [key for key in keys if not is_gone(str(key))] if isinstance(keys, list) else keys


def _size(cursor: dict[str, Any]) -> int:
    marks = (len(keys) for keys in _part(cursor, "marks").values() if isinstance(keys, list))
    return sum(len(part) for part in cursor.values() if isinstance(part, dict)) + sum(marks)


def _part(cursor: dict[str, Any], kind: str) -> dict[str, Any]:
    found = cursor.get(kind)
    return found if isinstance(found, dict) else {}


def _cursors(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Those that can be read; the crawler reads no others."""
    for path in sorted((root / "cursors").glob("*.json")):
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                yield path, found


def _id(url: Any) -> str:
    with contextlib.suppress(Invalid):
        return document_id(str(url))
    return ""
