"""All results of one moment, page by page: a point in time, which keeps what a search would otherwise miss or see twice."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError, TransportError

from index.queries import to_elastic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.elastic.client import Node
    from index.queries import Query

PAGE = 250  # entries held at once; most are some kilobytes, the longest texts a megabyte
KEEP_ALIVE = "10m"  # between two pages: what the reader may take for one of them


def scanned(node: Node, names: list[str], query: Query) -> Iterator[dict[str, Any]]:
    """Each ``_source`` of these indices. The point in time is closed at the end, also when the reader stops early. Raises what Node.errors raises."""
    body = to_elastic(query.model_copy(update={"after": None}))
    body |= {"size": PAGE, "track_total_hits": False}
    with node.errors():
        point = node.client.open_point_in_time(index=",".join(names), keep_alive=KEEP_ALIVE)["id"]
    try:
        while True:
            with node.errors():
                found = node.client.search(pit={"id": point, "keep_alive": KEEP_ALIVE}, allow_partial_search_results=False, **body)
            point = found.get("pit_id", point)
            hits = found["hits"]["hits"]
            for hit in hits:
                yield hit["_source"]
            if len(hits) < PAGE:
                return
            body["search_after"] = hits[-1]["sort"]
    finally:
        with contextlib.suppress(ApiError, TransportError):  # the node forgets it after KEEP_ALIVE
            node.client.close_point_in_time(id=point)
