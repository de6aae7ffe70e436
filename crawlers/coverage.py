"""What Vigie sees of each source and what it does not: from the runs that were made. Pure but for reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime, Field

from core.records import Record
from crawlers.expect import PASSING, RUNS, UNANSWERED, is_blind, read, usual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.records import SourceReport
    from crawlers.catalog import Source
    from crawlers.history import History, Run


class Coverage(Record):
    """One source as seen by its runs. ``state``: never, blind (the last run saw nothing of what it should), partial, ok."""

    source: str
    kind: str
    enabled: bool
    state: str
    runs: int = 0
    last_run: AwareDatetime | None = None
    last_read: AwareDatetime | None = None  # the last run that saw a document or an unchanged page
    read: int = 0  # documents that the last run saw
    expected: str = ""
    usual: int | None = None  # documents that a run sees, median of those before the last that saw any
    blind_spots: dict[str, int] = Field(default_factory=dict)  # of the last run: what was there and not seen, and what did not answer
    fields: dict[str, float] = Field(default_factory=dict)  # of the last run that saw documents
    alarms: tuple[str, ...] = ()


def coverage(sources: Sequence[Source], history: History) -> list[Coverage]:
    """Every source, those that need a person first."""
    order = {"blind": 0, "partial": 1, "never": 2, "ok": 3}
    found = [_of(source, history.runs(source.name)) for source in sources]
    return sorted(found, key=lambda one: (not one.enabled, order[one.state], one.source))


def _of(source: Source, runs: Sequence[Run]) -> Coverage:
    known = Coverage(source=source.name, kind=source.kind, enabled=source.enabled, state="never", runs=len(runs), expected=_expected(source))
    if not runs:
        return known
    last, seen = runs[-1], [run for run in runs if _read(run)]
    blind = _blind_spots(last.report)
    alive = bool(_read(last)) and "crawl_broken" not in blind
    return known.model_copy(
        update={
            "state": "blind" if not alive else "partial" if blind or last.report.failed or last.report.alarms else "ok",
            "last_run": last.at,
            "last_read": seen[-1].at if seen else None,
            "read": read(last.report),
            "usual": usual([run.report for run in runs[:-1]][-RUNS:]),
            "blind_spots": blind,
            "fields": next((run.report.fields for run in reversed(runs) if run.report.fields), {}),
            "alarms": last.report.alarms,
        }
    )


def _blind_spots(report: SourceReport) -> dict[str, int]:
    """What was there and not seen; of what did not answer each reason, and what no reason tells."""
    found = {reason: count for reason, count in report.reasons.items() if is_blind(reason) or (report.failed and reason in UNANSWERED)}
    untold = report.failed - sum(count for reason, count in found.items() if reason in UNANSWERED or reason in PASSING or reason.startswith("http_"))
    return found | ({"unreachable": untold} if untold > 0 else {})


def _read(run: Run) -> int:
    return read(run.report) + run.report.unchanged


def _expected(source: Source) -> str:
    most = source.expect.max
    return f"{source.expect.min} à {most}" if most is not None else f"au moins {source.expect.min}" if source.expect.min else ""
