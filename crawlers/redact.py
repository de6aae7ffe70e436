"""Evidence without what must not be kept: the items of an answer that their authors or the source's rules leave out. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from crawlers.page import parse_json

if TYPE_CHECKING:
    from collections.abc import Collection

IDENTITIES = ("id", "uri", "url", "ap_id")


def without_items(body: bytes, *, out: Collection[str], url: str) -> bytes | None:
    """A JSON answer without the objects whose identity is in ``out``, wherever they stand; None for an answer that is no JSON."""
    try:
        value = parse_json(body, url=url)
    except SourceError:
        return None
    return json.dumps(_without(value, frozenset(out)), ensure_ascii=False).encode()


def _without(value: Any, out: frozenset[str]) -> Any:
    """``parse_json`` bounds the depth: Python's own parser refuses what nests deeper than recursion may go."""
    if isinstance(value, dict):
        return None if _is_out(value, out) else {key: _without(inner, out) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, out) for inner in value if not (isinstance(inner, dict) and _is_out(inner, out))]
    return value


def _is_out(value: dict[str, Any], out: frozenset[str]) -> bool:
    return any(str(value[key]) in out for key in IDENTITIES if isinstance(value.get(key), str | int))
