"""An alias over one index or, after rollovers, several: where an id lies, where a new one goes.

Writes name the index itself and never the alias, so that a rollover in the middle of a write changes nothing. An id is replaced where it
lies, so that no document stands in two indices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elasticsearch import NotFoundError

from index.elastic.bulk import Operation, send_all
from index.protocol import WriteResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from elasticsearch import Elasticsearch

    from index.elastic.bulk import Batch, Item
    from index.elastic.client import Node

ASKED = 1000  # ids times indices of one request


def indices_of(client: Elasticsearch, alias: str) -> list[str]:
    """The indices that an alias names, the one that takes new documents last; empty when there is no alias."""
    try:
        found = client.indices.get_alias(name=alias)
    except NotFoundError:
        return []
    writing = {name for name, index in found.items() if index.get("aliases", {}).get(alias, {}).get("is_write_index")}
    return sorted(found, key=lambda name: (name in writing, name))


def located(client: Elasticsearch, names: Sequence[str], ids: Sequence[str], *, fields: Sequence[str] | bool = False) -> list[dict[str, Any]]:
    """Where ids lie: one hit for each copy, with these ``fields`` of its ``_source`` (True: all), also of what no search sees yet."""
    found: list[dict[str, Any]] = []
    step = max(1, ASKED // max(1, len(names)))
    options: dict[str, Any] = {"source": fields} if isinstance(fields, bool) else {"source_includes": list(fields)}
    for start in range(0, len(ids), step):
        asked = [{"_index": name, "_id": identifier} for identifier in ids[start : start + step] for name in names]
        found += (hit for hit in client.mget(docs=asked, **options)["docs"] if hit.get("found"))
    return found


def placed(client: Elasticsearch, names: Sequence[str], batch: Batch) -> list[Operation]:
    """The operations that write a batch over these indices. An id that lies in several of them, which two machines that write at the moment
    of a rollover can cause, is left in one."""
    places: dict[str, list[str]] = {}
    for hit in located(client, names, [entry["id"] for entry, _ in batch]) if len(names) > 1 else ():
        places.setdefault(hit["_id"], []).append(hit["_index"])
    operations = []
    for entry, text in batch:
        first, *others = places.get(entry["id"], [names[-1]])
        operations.append(Operation("index", first, entry["id"], text.encode()))
        operations += (Operation("delete", name, entry["id"]) for name in others)
    return operations


def write(node: Node, names: Callable[[], Sequence[str]], batches: Iterable[Batch]) -> WriteResult:
    """Write batches over the indices that ``names`` gives at that time, the last of which takes what is new; searchable when it returns.

    Raises what ``bulk.send`` raises.
    """
    indexed, refused = 0, list[tuple[str, str]]()
    for items in send_all(node.bulk, batches, lambda batch: placed(node.client, names(), batch)):
        indexed += sum(item.status < 300 and item.result != "deleted" for item in items)
        refused += ((item.id, item.reason) for item in items if _failed(item))
    node.bulk.indices.refresh(index=",".join(names()))
    return WriteResult(indexed, tuple(refused))


def _failed(item: Item) -> bool:
    return item.status >= 300 and item.result != "not_found"
