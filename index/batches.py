"""Entries in groups that a backend takes at once. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from index.documents import problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from index.documents import Entry

MAX_ENTRIES = 500
MAX_BYTES = 5_000_000  # Elasticsearch advises 5 to 15 MB a request


def batches(entries: Iterable[Entry], refused: list[tuple[str, str]]) -> Iterator[list[tuple[Entry, str]]]:
    """Lists of (entry, its JSON) of bounded number and size; an id comes once a list, its last entry wins.

    Entries that no index can hold are added to ``refused`` as (id, reason).
    """
    batch: dict[str, tuple[Entry, str]] = {}
    size = 0
    for entry in entries:
        reason = problem(entry)
        if reason:
            refused.append((str(entry.get("id")), reason))
            continue
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        # 4 bytes a character at most: what counts is the bound, not the exact size
        if batch and (len(batch) >= MAX_ENTRIES or size + len(text) * 4 > MAX_BYTES):
            yield list(batch.values())
            batch, size = {}, 0
        batch[entry["id"]] = (entry, text)
        size += len(text) * 4
    if batch:
        yield list(batch.values())
