"""Score the batches that wait: streamed, one file of assessments a batch, written whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.records import Record, SetAside
from flows.results import Results
from nlp.score import Item, Refusal, Scorer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from core.records import Assessment, Document
    from core.settings import Settings
    from crawlers.evidence.archive import Archive


class ScoreReport(Record):
    """``scored + set_aside`` is the number of documents that waited."""

    batches: int = 0
    scored: int = 0
    set_aside: int = 0


def score_waiting(
    archive: Archive,
    *,
    settings: Settings,
    scorer: Scorer | None = None,
    advance: Callable[[int], None] = lambda _: None,
    batches: Collection[str] | None = None,
) -> ScoreReport:
    """Score all that waits, or of it these batches. ``advance`` is told how many documents were done. Raises ConfigError."""
    scorer = scorer or Scorer(settings)
    results = Results(archive, model=scorer.classifier.name, revision=scorer.classifier.revision)
    waiting = results.waiting() if batches is None else [batch for batch in sorted(batches) if not results.path(batch).exists()]
    scored = aside = 0
    for batch in waiting:
        refused: list[SetAside] = []
        assessed = list(_assess(scorer, archive.documents(batch), refused, advance))
        results.write(batch, assessments=assessed, set_aside=refused)
        scored, aside = scored + len(assessed), aside + len(refused)
    return ScoreReport(batches=len(waiting), scored=scored, set_aside=aside)


def _assess(scorer: Scorer, documents: Iterator[Document], refused: list[SetAside], advance: Callable[[int], None]) -> Iterator[Assessment]:
    known: dict[str, Document] = {}

    def items() -> Iterator[Item]:
        for document in documents:
            known[document.id] = document
            yield Item(document.id, document.text, document.title)

    for answer in scorer.score(items()):
        advance(1)
        if isinstance(answer, Refusal):
            document = known[answer.id]
            refused.append(SetAside(source=document.source, url=document.url, reason=answer.reason, detail=answer.detail, at=datetime.now(UTC),
                                    document_id=document.id, evidence=document.evidence))  # fmt: skip
        else:
            yield answer
