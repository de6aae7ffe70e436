"""Documents of the archive, scored and published at once, whatever else waits there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.files import read_lines
from core.records import SetAside
from flows.indexing import publish_batches
from flows.results import Results
from flows.scoring import score_waiting

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.settings import Settings
    from crawlers.evidence.archive import Archive
    from index.protocol import Index
    from nlp.score import Scorer

WRITTEN = "being_written"  # by a crawl that lives: its batch is not sealed yet
ERASED = "erased"  # by a wish not to be read, or because its period ended


def show(wanted: Collection[str], *, settings: Settings, archive: Archive, scorer: Scorer, index: Index) -> dict[str, str | None]:
    """Why the index does not show each of these documents; None for those that it shows in their newest version. Raises Unavailable, ConfigError."""
    found: dict[str, str | None] = {}
    held: dict[str, str] = {}
    for name in wanted:
        batch = archive.ledger.newest(name)
        if batch and (archive.root / "documents" / f"{batch}.jsonl.gz").exists():
            held[name] = batch
        else:
            found[name] = WRITTEN if batch and not archive.is_dead(batch) else ERASED
    batches = set(held.values())
    results = Results(archive, model=scorer.classifier.name, revision=scorer.classifier.revision)
    score_waiting(archive, settings=settings, scorer=scorer, batches=batches)
    known = _published(index, held, results) or publish_batches(settings, batches, held)
    return found | {name: None if name in known else _refused(results, batch, name) for name, batch in held.items()}


def _published(index: Index, held: dict[str, str], results: Results) -> set[str]:
    """All of these documents, where the index holds all of their batches already: then there is nothing to publish."""
    identity = index.health().identity
    waiting = results.publishable(identity=identity, only=set(held.values()))
    known = set() if waiting else set(index.known(held))
    return known if len(known) == len(held) else set()


def _refused(results: Results, batch: str, name: str) -> str:
    """Why scoring or the index refused a document; ERASED where it did not."""
    for path in sorted((results.archive.root / "set_aside").glob(f"{batch}.*.jsonl.gz")):
        for line in read_lines(path):
            entry = SetAside.model_validate(line)
            if entry.document_id == name:
                return entry.reason
    return ERASED
