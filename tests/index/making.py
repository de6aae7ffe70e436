"""Entries for tests, with a rank that no weights change: the strongest decision, then the probability."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.records import DECISIONS, ScoredDocument
from index.documents import Entry, to_entry
from index.harm import Rank, Reason

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def rank_of(scored: ScoredDocument) -> Rank:
    """Of a fixed order."""
    likely = max(scored.assessment.scores.values(), default=0.0)
    strongest = max(map(DECISIONS.index, scored.assessment.decision.values()), default=0)
    reasons = (Reason(factor="probability", text=f"probabilité {likely:.2f}", times=likely),)
    return Rank(strongest + likely, likely, reasons, "signale" if strongest else None)


def entry_of(scored: ScoredDocument, **options: Any) -> Entry:
    """The entry of a scored document; ``options`` are those of ``to_entry``."""
    return to_entry(scored, **{"indexed_at": START, "rank": rank_of(scored), **options})
