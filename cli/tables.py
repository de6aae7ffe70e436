"""Tables that people read in a terminal, in French. Crawled text is hostile: markup and control characters are taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from flows.report import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.records import SourceReport

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def safe(text: str) -> str:
    """Crawled text on one line, without escape sequences or direction marks that could redraw the terminal."""
    return " ".join(CONTROL.sub(" ", text).split())


def sources_table(reports: Sequence[SourceReport]) -> Table:
    """Counts per source, and what a person should look at."""
    table = Table(title="Sources lues", title_justify="left")
    table.add_column("source")
    for _, label in COLUMNS:
        table.add_column(label, justify="right")
    table.add_column("à regarder")
    for report in reports:
        counts = [str(getattr(report, name)) for name, _ in COLUMNS]
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
        table.add_row(report.source, *counts, Text("; ".join(report.alarms) or reasons))
    return table
