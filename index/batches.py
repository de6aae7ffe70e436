"""Entries in groups that a backend takes at once. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from index.documents import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from index.documents import Entry

MAX_ENTRIES = 500
MAX_BYTES = 5_000_000  # Elasticsearch advises 5 to 15 MB a request

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # json.dumps makes one at each call


def json_of(value: Entry | list[str]) -> str:
    """The shortest JSON of an entry or a list, on one line."""
    return _ENCODER.encode(value)


def batches(
    entries: Iterable[Entry], refused: list[tuple[str, str]], *, text_of: Callable[[Entry], str] = json_of
) -> Iterator[list[tuple[Entry, str]]]:
    """Lists of (entry, its text) of bounded number and size; an id comes once a list, its last entry wins.

    Entries that no index can hold are added to ``refused`` as (id, reason).
    """
    batch: dict[str, tuple[Entry, str]] = {}
    size = 0
    for entry in entries:
        reason = problem(entry)
        if reason:
            refused.append((str(entry.get("id")), reason))
            continue
        text = text_of(entry)
        added = len(text) if text.isascii() else len(text.encode())
        if batch and (len(batch) >= MAX_ENTRIES or size + added > MAX_BYTES):
            yield list(batch.values())
            batch, size = {}, 0
        batch[entry["id"]] = (entry, text)
        size += added
    if batch:
        yield list(batch.values())
