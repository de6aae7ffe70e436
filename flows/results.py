"""Where assessments and publication marks lie in the archive. A file's presence means that its step is complete."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from core.files import read_lines, write_lines, write_text
from core.records import Assessment, SetAside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from crawlers.evidence.archive import Archive


# what an assessment holds: bump it when one gets a new part, so that old archives are scored anew. 1: no embedding (labels without a version)
HOLDS = 2


def _slug(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9._-]+", "_", name)


class Results:
    """What one revision of one model said of the archive's batches, in assessments that hold what this version of Vigie puts there."""

    def __init__(self, archive: Archive, *, model: str, revision: str) -> None:
        self.archive = archive
        self.label = _slug(f"{model}-{revision}-a{HOLDS}")

    def path(self, batch: str) -> Path:
        """The assessments of a batch."""
        return self.archive.root / "assessments" / self.label / f"{batch}.jsonl.gz"

    def waiting(self) -> list[str]:
        """Batches not yet scored, oldest first."""
        return [batch for batch in self.archive.batches() if not self.path(batch).exists()]

    def scored(self) -> list[str]:
        """Batches that were scored, oldest first."""
        return [batch for batch in self.archive.batches() if self.path(batch).exists()]

    def write(self, batch: str, *, assessments: Iterable[Assessment], set_aside: Iterable[SetAside]) -> None:
        """Keep a batch's assessments; the set-aside first, for the assessments' presence means that all is done. Raises ConfigError."""
        assessed = [assessment.model_dump_json() for assessment in assessments]
        aside = [entry.model_dump_json(exclude_none=True) for entry in set_aside]
        if aside:
            write_lines(self.archive.root / "set_aside" / f"{batch}.{self.label}.jsonl.gz", aside)
        write_lines(self.path(batch), assessed)

    def assessments(self, batch: str) -> Iterator[Assessment]:
        """What the model said of a batch, in the order of its documents."""
        return (Assessment.model_validate(line) for line in read_lines(self.path(batch)))

    def _mark(self, batch: str, identity: str) -> Path:
        return self.archive.root / "published" / _slug(identity) / f"{batch}.json"

    def publishable(self, *, identity: str | None, only: Collection[str] | None = None) -> list[str]:
        """Batches that are scored and that this index does not hold as this model scored them, oldest first; or ``only`` of these."""
        scored = self.scored() if only is None else [batch for batch in sorted(only) if self.path(batch).exists()]
        return [batch for batch in scored if not (identity and self._holds(batch, identity))]

    def _holds(self, batch: str, identity: str) -> bool:
        mark = self._mark(batch, identity)
        return mark.exists() and bool(json.loads(mark.read_text(encoding="utf-8"))["assessments"] == self.label)

    def mark_published(self, batch: str, *, identity: str, counts: dict[str, int]) -> None:
        """Note that the index of this identity holds a batch as this model scored it. Raises ConfigError."""
        write_text(self._mark(batch, identity), json.dumps({"assessments": self.label, **counts}))
