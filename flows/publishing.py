"""Put what was scored into the index, and rebuild the index from the archive. Repeating either is harmless.

What is scored and bears no mark of this index waits in the archive: that is the spool that outlives a node which is down for hours. A batch is
marked last, after its entries, the campaigns that they changed and the alerts that they raised; who is killed before does it again.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.files import write_lines
from core.records import Record, ScoredDocument, SetAside
from flows.projection import plain, text_of
from index.documents import to_entry
from index.queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from flows.projection import Projection
    from flows.results import Results
    from index.campaigns.store import Campaigns
    from index.documents import Entry
    from index.protocol import Index

CHUNK = 500  # documents whose standings are asked together


class PublishReport(Record):
    """What became of the documents of the batches published now; ``duplicate``: a newer version already stands in the index.

    ``expired``: the retention period is over, nothing of it is shown any more.
    """

    batches: int = 0
    indexed: int = 0
    duplicate: int = 0
    expired: int = 0
    failed: int = 0


def publish_waiting(
    results: Results,
    index: Index,
    *,
    projection: Projection | None = None,
    advance: Callable[[int], None] = lambda _: None,
    only: Collection[str] | None = None,
) -> PublishReport:
    """Index every scored batch that this index lacks, or of them ``only`` these, oldest first. Raises Unavailable, ConfigError."""
    projection = projection or plain()
    identity = index.health().identity
    before = projection.decided()
    totals = dict.fromkeys(("indexed", "duplicate", "expired", "failed"), 0)
    batches = results.publishable(identity=identity, only=only)
    if projection.campaigns and not projection.campaigns.is_complete():  # new, lost, or of a version that compared otherwise
        remember(results, projection.campaigns)
        if identity:
            _part(index, projection.campaigns)
        projection.campaigns.complete()  # last: who is killed before does it again
    for batch in batches:
        counts = _publish(results, index, batch, projection)
        identity = identity or index.health().identity  # the first write makes the index
        if identity:
            tell_campaigns(index, projection, identity=identity)
            projection.searchable(index, batch)
            results.mark_published(batch, identity=identity, counts=counts)
        totals = {status: totals[status] + count for status, count in counts.items()}
        advance(1)
    if identity:
        tell_campaigns(index, projection, identity=identity)  # also what an erasure changed
        projection.show(index, before)
    return PublishReport(batches=len(batches), **totals)


def _publish(results: Results, index: Index, batch: str, projection: Projection) -> dict[str, int]:
    scored = list(scored_of(results, batch))
    known = index.known([one.document.id for one in scored])
    newest = [one for one in scored if known.get(one.document.id, ("", ""))[1] <= batch]
    if projection.campaigns:
        projection.campaigns.add(map(text_of, newest))
    entries = list(entries_of(newest, projection))
    written = index.write(entries)
    by_id = {entry["id"]: entry for entry in entries}
    for identifier, reason in written.failed:
        _set_aside(results, batch, by_id[identifier], reason)
    counts = {"indexed": written.indexed, "duplicate": len(scored) - len(newest), "expired": len(newest) - len(entries)}
    return {**counts, "failed": len(written.failed)}


def _set_aside(results: Results, batch: str, entry: Entry, reason: str) -> None:
    line = SetAside(
        source=entry["source"], url=entry["url"], reason="index_refused", detail=reason[:1000], at=datetime.now(UTC), document_id=entry["id"]
    )
    write_lines(results.archive.root / "set_aside" / f"{batch}.index-{entry['id']}.jsonl.gz", [line.model_dump_json(exclude_none=True)])


def scored_of(results: Results, batch: str) -> Iterator[ScoredDocument]:
    """The documents of a scored batch, each with its assessment; one that scoring set aside has none."""
    assessments = {assessment.document_id: assessment for assessment in results.assessments(batch)}
    for document in results.archive.documents(batch):
        if document.id in assessments:
            yield ScoredDocument(document=document, assessment=assessments[document.id], batch=batch)


def entries_of(scored: Iterable[ScoredDocument], projection: Projection) -> Iterator[Entry]:
    """The entries of scored documents, without those whose retention period is over."""
    stream = iter(scored)
    while some := list(islice(stream, CHUNK)):
        now = datetime.now(UTC)
        ranks = {one.document.id: projection.rank(one) for one in some}
        campaigns: Mapping[str, str] = projection.campaigns.of([one.document.id for one in some]) if projection.campaigns else {}
        standings = projection.standings([one.document for one in some], {name: found.lane for name, found in ranks.items()})
        for one in some:
            name, standing = one.document.id, standings[one.document.id]
            if standing.retain_until is None or standing.retain_until > now:
                yield to_entry(one, indexed_at=now, rank=ranks[name], campaign=campaigns.get(name), standing=standing)


def tell_campaigns(index: Index, projection: Projection, *, identity: str) -> int:
    """Let the index show every campaign that changed: a copy that came later makes the first one a member too. How many entries changed."""
    changed = 0
    while projection.campaigns and (pending := projection.campaigns.pending(identity=identity)):
        changed += index.change(pending, partial(_joining, pending))
        projection.campaigns.confirm(pending, identity=identity)
    return changed


def _joining(campaigns: Mapping[str, str | None], entry: Entry) -> Entry:
    return {**entry, "campaign": campaigns[entry["id"]]}


def _part(index: Index, campaigns: Campaigns) -> None:
    """Let no entry show a campaign that the campaigns, told anew, know nothing of."""
    shown = [entry["id"] for entry in index.scan(Query(present=("campaign",)))]
    known = campaigns.of(shown)
    alone: dict[str, str | None] = dict.fromkeys(one for one in shown if one not in known)
    if alone:
        index.change(alone, partial(_joining, alone))


def remember(results: Results, campaigns: Campaigns) -> None:
    """Tell the campaigns every scored document of the archive; what they know costs little."""
    for batch in results.scored():
        campaigns.add(map(text_of, scored_of(results, batch)))


def rebuild(results: Results, index: Index, *, projection: Projection | None = None) -> int:
    """Build the index anew from every scored batch and swap it in; the number of documents. Raises Unavailable, ConfigError.

    A batch that the index before did not hold raises its alerts now, as if it had been published.
    """
    projection = projection or plain()
    before = projection.decided()
    batches = results.scored()
    new = set(results.publishable(identity=_identity(index)))
    if projection.campaigns:
        remember(results, projection.campaigns)  # first all of them: a campaign is known when its last member was read
    documents = index.rebuild(entry for batch in batches for entry in entries_of(scored_of(results, batch), projection))
    if projection.campaigns:
        projection.campaigns.complete()
    identity = index.health().identity
    if identity:
        tell_campaigns(index, projection, identity=identity)
        projection.show(index, before)
    for batch in batches if identity else ():
        if batch in new:
            projection.searchable(index, batch)
        results.mark_published(batch, identity=str(identity), counts={})
    return documents


def _identity(index: Index) -> str | None:
    """The identity of the index that is about to be replaced; None also for one that is damaged."""
    try:
        return index.health().identity
    except (ConfigError, sqlite3.DatabaseError):  # the latter for a file without tables
        return None
