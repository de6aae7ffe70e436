"""The evaluation in a terminal, in French."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from nlp.evaluation.sheets import sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlp.evaluation.report import Report
    from nlp.evaluation.sheets import Sheet


def tables(report: Report) -> Iterator[Table]:
    """The goals first, then one table or more per section that ran."""
    for _, sheets in sections(report):
        yield from map(_table, sheets)


def _table(sheet: Sheet) -> Table:
    table = Table(title=sheet.title, title_justify="left")
    for place, name in enumerate(sheet.head):
        table.add_column(name, justify="left" if place == 0 else "right", overflow="fold")
    for row in sheet.rows:
        table.add_row(*row)
    return table
