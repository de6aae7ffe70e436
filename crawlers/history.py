"""What each run of each source saw: one small file a run, kept for as long as a drop must be noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime, ValidationError

from core.files import write_text
from core.logs import get_logger
from core.records import Record, SourceReport

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

RUNS = 100  # of one source, the last ones
log = get_logger(__name__)


class Run(Record):
    """One run of one source."""

    at: AwareDatetime
    report: SourceReport


class History:
    """The runs that an archive remembers."""

    def __init__(self, archive: Path) -> None:
        self._folder = archive / "runs"

    def add(self, report: SourceReport, *, at: datetime) -> None:
        """Remember a run, and forget those before the last RUNS. Raises ConfigError."""
        folder = self._folder / report.source
        write_text(folder / f"{at.strftime('%Y%m%dT%H%M%S%f')}.json", Run(at=at, report=report).model_dump_json())
        for old in sorted(folder.glob("[0-9]*.json"))[:-RUNS]:
            old.unlink(missing_ok=True)

    def runs(self, source: str) -> list[Run]:
        """The runs of a source, oldest first; one that cannot be read is left out."""
        found = []
        for path in sorted((self._folder / source).glob("[0-9]*.json")):
            try:
                found.append(Run.model_validate_json(path.read_text(encoding="utf-8")))
            except (OSError, ValidationError):
                log.warning("run_unreadable", path=str(path))
        return found

    def reports(self, source: str) -> list[SourceReport]:
        """The counts of a source's runs, oldest first."""
        return [run.report for run in self.runs(source)]
