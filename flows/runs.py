"""What each run of each source saw, as rows that panels count. Publishing them again replaces them."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from crawlers.expect import is_blind
from crawlers.history import History

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from crawlers.history import Run
    from index.documents import Entry
    from index.protocol import Index

# what became of the items of a run, and the pages that had nothing new
MEASURES = ("kept", "duplicate", "dropped", "set_aside", "failed", "unchanged")


def run_rows(runs: Iterable[Run]) -> Iterator[Entry]:
    """Rows of index.fields.RUN_FIELDS. A run that kept nothing has a row that says so: silence must be seen."""
    for run in runs:
        counts: dict[tuple[str, str | None], int] = {(measure, None): getattr(run.report, measure) for measure in MEASURES}
        counts |= {("blind" if is_blind(reason) else "left_out", reason): count for reason, count in run.report.reasons.items()}
        for (measure, reason), count in counts.items():
            if count or measure == "kept":
                yield _row(run, measure, reason, count)


def publish_runs(archive: Path, index: Index, *, since: datetime | None = None) -> int:
    """Put into the index the runs that the archive remembers, or those since a moment; how many rows. Raises Unavailable, ConfigError."""
    history, folder = History(archive), archive / "runs"
    sources = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    runs = [run for source in sources for run in history.runs(source) if since is None or run.at >= since]
    return index.write_runs(run_rows(runs)) if runs else 0


def _row(run: Run, measure: str, reason: str | None, count: int) -> Entry:
    at = run.at.astimezone(UTC).isoformat()
    identity = "\n".join((at, run.report.source, measure, reason or ""))
    return {
        "id": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "at": at,
        "source": run.report.source,
        "measure": measure,
        "reason": reason,
        "count": count,
    }
