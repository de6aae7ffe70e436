"""Where assessments and publication marks lie in the archive. A file's presence means that its step is complete."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from core.files import read_lines, write_lines, write_text
from core.records import Assessment, SetAside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crawlers.archive import Archive


def _slug(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9._-]+", "_", name)


class Results:
    """What one revision of one model said of the archive's batches."""

    def __init__(self, archive: Archive, *, model: str, revision: str) -> None:
        self.archive = archive
        self.label = _slug(f"{model}-{revision}")

    def path(self, batch: str) -> Path:
        """The assessments of a batch."""
        return self.archive.root / "assessments" / self.label / f"{batch}.jsonl.gz"

    def waiting(self) -> list[str]:
        """Batches not yet scored, oldest first."""
        return [batch for batch in self.archive.batches() if not self.path(batch).exists()]

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

    def mark(self, batch: str, *, generation: str) -> Path:
        """The file that says that a batch stands in this generation of the index."""
        return self.archive.root / "published" / _slug(generation) / f"{batch}.{self.label}.json"

    def publishable(self, *, generation: str) -> list[str]:
        """Batches that are scored and not yet in this generation of the index, oldest first."""
        return [batch for batch in self.archive.batches() if self.path(batch).exists() and not self.mark(batch, generation=generation).exists()]

    def mark_published(self, batch: str, *, generation: str, counts: dict[str, int]) -> None:
        """Note that a batch stands in the index. Raises ConfigError."""
        write_text(self.mark(batch, generation=generation), json.dumps(counts))
