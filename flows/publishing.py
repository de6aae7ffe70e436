"""Put what was scored into the index, and rebuild the index from the archive. Repeating either is harmless."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.files import write_lines
from core.records import Record, ScoredDocument, SetAside
from index.documents import to_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flows.results import Results
    from index.documents import Entry
    from index.protocol import Index


class PublishReport(Record):
    """What became of the documents of the batches published now; ``duplicate``: a newer version already stands in the index."""

    batches: int = 0
    indexed: int = 0
    duplicate: int = 0
    failed: int = 0


def publish_waiting(results: Results, index: Index, *, advance: Callable[[int], None] = lambda _: None) -> PublishReport:
    """Index every scored batch that this index lacks, oldest first. Raises Unavailable, ConfigError."""
    identity = index.health().identity
    totals = dict.fromkeys(("indexed", "duplicate", "failed"), 0)
    batches = results.publishable(identity=identity)
    for batch in batches:
        counts = _publish(results, index, batch)
        identity = identity or index.health().identity  # the first write makes the index
        if identity:
            results.mark_published(batch, identity=identity, counts=counts)
        totals = {status: totals[status] + count for status, count in counts.items()}
        advance(1)
    return PublishReport(batches=len(batches), **totals)


def _publish(results: Results, index: Index, batch: str) -> dict[str, int]:
    entries = list(entries_of(results, batch))
    known = index.known([entry["id"] for entry in entries])
    newest = [entry for entry in entries if known.get(entry["id"], ("", ""))[1] <= batch]
    written = index.write(newest)
    for identifier, reason in written.failed:
        entry = next(entry for entry in newest if entry["id"] == identifier)
        _set_aside(results, batch, entry, reason)
    return {"indexed": written.indexed, "duplicate": len(entries) - len(newest), "failed": len(written.failed)}


def _set_aside(results: Results, batch: str, entry: Entry, reason: str) -> None:
    line = SetAside(
        source=entry["source"], url=entry["url"], reason="index_refused", detail=reason[:1000], at=datetime.now(UTC), document_id=entry["id"]
    )
    write_lines(results.archive.root / "set_aside" / f"{batch}.index-{entry['id']}.jsonl.gz", [line.model_dump_json(exclude_none=True)])


def entries_of(results: Results, batch: str) -> Iterator[Entry]:
    """The entries of a scored batch: each document with its assessment; one that scoring set aside has none."""
    assessments = {assessment.document_id: assessment for assessment in results.assessments(batch)}
    now = datetime.now(UTC)
    for document in results.archive.documents(batch):
        if document.id in assessments:
            yield to_entry(ScoredDocument(document=document, assessment=assessments[document.id], batch=batch), indexed_at=now)


def rebuild(results: Results, index: Index) -> int:
    """Build the index anew from every scored batch and swap it in; the number of documents. Raises Unavailable, ConfigError."""
    batches = [batch for batch in results.archive.batches() if results.path(batch).exists()]
    documents = index.rebuild(entry for batch in batches for entry in entries_of(results, batch))
    identity = index.health().identity
    for batch in batches if identity else ():
        results.mark_published(batch, identity=str(identity), counts={})
    return documents
