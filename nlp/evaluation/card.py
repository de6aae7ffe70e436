"""The evaluation in Markdown, for the model card: a heading per section, in French or in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlp.evaluation.sheets import sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nlp.evaluation.report import Report
    from nlp.evaluation.sheets import Sheet
    from nlp.evaluation.words import Language


def markdown(report: Report, *, language: Language = "fr") -> str:
    """Goals, then corpus, real texts, stress and baselines where they ran."""
    return "\n".join(_section(title, sheets) for title, sheets in sections(report, language=language))


def _section(title: str, sheets: Sequence[Sheet]) -> str:
    return "\n".join([f"## {title}", "", *(line for sheet in sheets for line in _lines(sheet))])


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"**{sheet.title}**"
    yield ""
    yield _row(sheet.head)
    yield _row(["---"] + ["---:"] * (len(sheet.head) - 1))
    yield from map(_row, sheet.rows)
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), '<br>') for cell in cells)} |"
