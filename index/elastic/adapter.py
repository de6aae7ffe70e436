"""The index behind one alias of Elasticsearch: what the protocol asks, each question handed to the module that knows it."""

from __future__ import annotations

import contextlib
from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING, Any

from elasticsearch import ApiError, TransportError

from core.errors import Invalid, Unavailable
from core.logs import get_logger
from index.batches import MAX_ENTRIES, batches
from index.buckets import filled
from index.documents import problem
from index.elastic.building import Generations
from index.elastic.bulk import Operation, send
from index.elastic.client import Node
from index.elastic.paging import scanned
from index.elastic.runs import Runs
from index.elastic.series import located, write
from index.elastic.tables import aggregation, dates_of, leaders_of, leading, rows, values_of
from index.elastic.vectors import cosine, entry_of, numbers_of, source_text
from index.generations import condition, writing
from index.protocol import Health, Page, WriteResult
from index.queries import MAX_SIZE, check_facets, check_histogram, cursor_of, elastic_match, to_elastic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from core.settings import Settings
    from index.documents import Entry
    from index.protocol import Counts
    from index.queries import Query
    from index.tables import Interval, Row, Table

CANDIDATES = 10_000  # nearest neighbours looked at in each shard, the most that a node allows: so many documents are compared exactly
ATTEMPTS = 5  # at a change that another machine's write overtakes
NO_LIFECYCLE = "this node has no index lifecycle management: no index is ever rolled over or removed by itself; production wants Elasticsearch's own"


class ElasticIndex:
    """An Index behind one alias. Any thread may use it."""

    def __init__(self, settings: Settings) -> None:
        """Connects at the first question only. Raises ConfigError for a certificate that is not there."""
        self._alias = settings.index_name
        self._folder = settings.index_dir
        self.node = Node(settings)
        self.documents = Generations(self.node, self._alias)
        self.runs = Runs(self.node, self._alias)

    def write(self, entries: Iterable[Entry]) -> WriteResult:
        """See Index.write: searchable when it returns."""
        with self._writing():
            return self._write(self.documents.writable(), entries)

    def change(self, ids: Iterable[str], how: Callable[[Entry], Entry]) -> int:
        """See Index.change. Another machine's write between is seen by the document's sequence number, and the change made again."""
        asked = list(dict.fromkeys(ids))
        changed = 0
        with self._writing():
            names = self.documents.current()
            for start in range(0, len(asked) if names else 0, MAX_ENTRIES):
                changed += self._change(names, asked[start : start + MAX_ENTRIES], how)
            if changed:
                self.node.bulk.indices.refresh(index=",".join(names))
        return changed

    def get(self, identifier: str) -> Entry | None:
        """See Index.get."""
        with self.node.errors():
            names = self.documents.current() if identifier else []
            found = located(self.node.client, names, [identifier], fields=True) if names else []
            return entry_of(found[0]["_source"]) if found else None

    def known(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """See Index.known."""
        asked = list(ids)
        with self.node.errors():
            names = self.documents.current() if asked else []
            found = located(self.node.client, names, asked, fields=("content_sha256", "batch")) if names else []
            return {hit["_id"]: (hit["_source"]["content_sha256"], hit["_source"]["batch"]) for hit in found}

    def search(self, query: Query) -> Page:
        """See Index.search."""
        found = self._search(to_elastic(query))
        if not found:
            return Page((), 0, None)
        hits = found["hits"]["hits"][: query.size]
        following = cursor_of(hits[-1]["sort"]) if len(found["hits"]["hits"]) > query.size else None
        return Page(tuple(entry_of(hit["_source"]) for hit in hits), found["hits"]["total"]["value"], following)

    def scan(self, query: Query) -> Iterator[Entry]:
        """See Index.scan."""
        with self.node.errors():
            names = self.documents.current()
        if names:
            yield from map(entry_of, scanned(self.node, names, query))

    def similar(self, query: Query, embedding: str, *, size: int) -> tuple[tuple[Entry, float], ...]:
        """See Index.similar. Exact below CANDIDATES documents, the node's graph of neighbours above."""
        if not 1 <= size <= MAX_SIZE:
            raise Invalid(f"{size} similar documents asked; expected 1 to {MAX_SIZE}")
        numbers = numbers_of(embedding)
        nearest = {"field": "embedding", "query_vector": numbers, "k": size, "num_candidates": CANDIDATES, "filter": [elastic_match(query)]}
        found = self._search({"knn": nearest, "size": size})
        sources = [hit["_source"] for hit in found["hits"]["hits"]] if found else []
        # the node rounds its scores to 24 bits: counted again, both adapters give the same numbers and the same order
        near = [(entry_of(source), cosine(numbers, source["embedding"])) for source in sources]
        return tuple(sorted(near, key=lambda pair: (-pair[1], pair[0]["id"])))

    def leaders(self, query: Query, campaigns: Iterable[str]) -> dict[str, tuple[str, int]]:
        """See Index.leaders."""
        asked = sorted(set(campaigns))
        leaders: dict[str, tuple[str, int]] = {}
        for start in range(0, len(asked), MAX_SIZE):
            found = self._search(leading(query, asked[start : start + MAX_SIZE]))
            leaders |= leaders_of(found["aggregations"]["campaigns"]["buckets"]) if found else {}
        return leaders

    def facets(self, query: Query, fields: Iterable[str], *, size: int = 20) -> dict[str, Counts]:
        """See Index.facets."""
        names = tuple(fields)
        check_facets(names, size=size)
        found = self._aggregate(query, {name: values_of(name, size=size) for name in names})
        return {name: tuple((bucket["key"], bucket["doc_count"]) for bucket in found.get(name, ())) for name in names}

    def histogram(self, query: Query, field: str, *, interval: Interval) -> Counts:
        """See Index.histogram."""
        check_histogram(field)
        found = self._aggregate(query, {"dates": dates_of(field, interval)}).get("dates", ())
        return filled({date.fromisoformat(bucket["key_as_string"]): bucket["doc_count"] for bucket in found}, interval)

    def table(self, query: Query, table: Table) -> tuple[Row, ...]:
        """See Index.table."""
        if table.over == "documents":
            return rows(table, self._aggregate(query, aggregation(table)).get("by", []))
        if elastic_match(query) != elastic_match(type(query)()):
            raise Invalid("a query over runs chooses among documents; expected an empty one")
        with self.node.errors():
            if not self.runs.indices():
                return ()
            found = self.node.client.search(index=self.runs.alias, size=0, aggs=aggregation(table), allow_partial_search_results=False)
        return rows(table, found["aggregations"]["by"]["buckets"])

    def write_runs(self, entries: Iterable[Entry]) -> int:
        """See Index.write_runs."""
        with self._writing():
            return self.runs.write(entries)

    def delete(self, ids: Iterable[str]) -> int:
        """See Index.delete."""
        asked = list(ids)
        with self._writing():
            names = self.documents.current() or self.documents.put_back()
            self.documents.remove_all_but(names)  # they hold these entries too
            if not names:
                return 0
            removed = 0
            for start in range(0, len(asked), MAX_ENTRIES):
                wanted = [Operation("delete", name, identifier) for identifier in asked[start : start + MAX_ENTRIES] for name in names]
                removed += sum(item.result == "deleted" for item in send(self.node.bulk, wanted))
            self.node.bulk.indices.refresh(index=",".join(names))
            # a deleted entry stays in its segment until that is merged
            self.node.merge.indices.forcemerge(index=",".join(names), max_num_segments=1)
            return removed

    def rebuild(self, entries: Iterable[Entry]) -> int:
        """See Index.rebuild. Refused entries are logged."""
        with self._writing():
            self.documents.prepare(anew=True)
            old = self.documents.answering()
            self.documents.remove_all_but(old)
            name = self.documents.start()
            made = {name: self.documents.create(name)}
            try:
                failed = self._fill(made, entries)
                self.documents.swap(old, made)
            except BaseException:
                with contextlib.suppress(ApiError, TransportError):  # else the next rebuild removes it
                    self.documents.remove(made)
                raise
            self.documents.remove_all_but(made)
            for identifier, reason in failed:
                get_logger(__name__).warning("entry_refused", document=identifier, reason=reason)
            return int(self.node.client.count(index=",".join(made))["count"])

    def health(self) -> Health:
        """See Index.health."""
        with self.node.errors():
            self.node.check()
            names = sorted(self.documents.answering())
            name = names[0] if names else None  # the first index of the generation: a rollover makes no other index of it
            count = self.node.client.count(index=",".join(names))["count"] if names else 0
            status = self.node.client.cluster.health()["status"]
            identity = self.documents.identity(name) if name else None
            warnings = () if self.node.has_lifecycle() else (NO_LIFECYCLE,)
        detail = f"cluster {status}, {condition(name, alias=self._alias)}"
        return Health("elasticsearch", self.node.version, name, identity, count, detail, warnings)

    def close(self) -> None:
        """See Index.close."""
        self.node.client.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with writing(self._folder, self._alias), self.node.errors():
            yield

    def _write(self, names: list[str], entries: Iterable[Entry]) -> WriteResult:
        refused: list[tuple[str, str]] = []
        result = write(self.node, lambda: names, batches(entries, refused, text_of=source_text))
        return WriteResult(result.indexed, (*refused, *result.failed))

    def _fill(self, made: dict[str, str], entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
        refused: list[tuple[str, str]] = []
        groups = self.documents.growing(batches(entries, refused, text_of=source_text), made)
        result = write(self.node, lambda: list(made), groups)
        return (*refused, *result.failed)

    def _change(self, names: list[str], ids: list[str], how: Callable[[Entry], Entry]) -> int:
        """Change some entries; those that were overtaken are read again. Raises Invalid, Unavailable."""
        changed = 0
        for _ in range(ATTEMPTS):
            operations = [found for hit in located(self.node.client, names, ids, fields=True) if (found := _changed(hit, how))]
            items = send(self.node.bulk, operations) if operations else []
            refused = [item for item in items if item.status >= 300 and item.status != 409]
            if refused:
                raise Invalid(f"entry {refused[0].id} was refused after its change: {refused[0].reason}")
            changed += sum(item.status < 300 for item in items)
            ids = [item.id for item in items if item.status == 409]
            if not ids:
                return changed
        raise Unavailable(f"{len(ids)} entries are being written by another program, among them {ids[0]}; try again later")

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        """The node's answer; empty before the first write."""
        with self.node.errors():
            if not self.documents.current():
                return {}
            # part of an answer would be taken for all of it
            return dict(self.node.client.search(index=self._alias, allow_partial_search_results=False, **body))

    def _aggregate(self, query: Query, aggregations: dict[str, Any]) -> dict[str, Any]:
        found = self._search({"query": elastic_match(query), "size": 0, "aggs": aggregations}) if aggregations else {}
        return {name: answer["buckets"] for name, answer in found.get("aggregations", {}).items()}


def _changed(hit: dict[str, Any], how: Callable[[Entry], Entry]) -> Operation | None:
    """The operation that writes a changed entry where it was; None when nothing changed. Raises Invalid."""
    before = entry_of(hit["_source"])
    after = how(deepcopy(before))
    if after == before:
        return None
    reason = "another id" if after.get("id") != hit["_id"] else problem(after)
    if reason:
        raise Invalid(f"change of entry {hit['_id']} gives one that no index can hold: {reason}")
    return Operation("index", hit["_index"], hit["_id"], source_text(after).encode(), seen=(hit["_seq_no"], hit["_primary_term"]))
