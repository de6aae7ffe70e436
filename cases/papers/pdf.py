"""Data as an accessible PDF (PDF/UA-1), through Typst, which refuses what is not tagged. The same data give the same bytes.

Fonts are those that Typst and matplotlib bring, never the machine's: a paper looks the same wherever it is printed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases.papers.paper import Paper, is_code
from cases.papers.visible import spelt, visible
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    import typst

FOLDER = Path(__file__).parent
LATIN = range(0x20, 0x180)  # every font draws these


def paper_pdf(paper: Paper) -> bytes:
    """The paper as PDF. Raises Invalid if it cannot be set."""
    return pdf("paper.typ", _coded(paper.data), title=paper.printed.title)


def pdf(template: str, data: Mapping[str, Any], *, title: str) -> bytes:
    """A PDF from a template of this folder; ``data`` (plain values and bytes) enters as JSON, never as markup. Raises Invalid."""
    import typst

    given = {**data, "title": title}
    try:
        return _set(template, _plain(given, _glyphs()))
    except typst.TypstError:
        try:
            return _set(template, _plain(given, LATIN))  # a glyph that a font promised and did not have
        except typst.TypstError as error:
            raise Invalid(f"the paper {title!r} cannot be set ({error.message.splitlines()[0]}); shorten it or take out what is unusual") from error


def _set(template: str, data: Any) -> bytes:
    import typst

    inputs = {"data": json.dumps(data, ensure_ascii=True)}
    standard: list[typst.PDFStandard] = ["ua-1"]
    made = typst.compile(
        FOLDER / template, root=FOLDER, font_paths=_fonts(), ignore_system_fonts=True, format="pdf", sys_inputs=inputs,
        pdf_standards=standard,
    )  # fmt: skip
    if not isinstance(made, bytes):
        raise Invalid(f"{template} gave no PDF")
    return made


def _plain(value: Any, glyphs: Container[int]) -> Any:
    if isinstance(value, str):
        return spelt(visible(value), glyphs)
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, dict):
        return {name: _plain(part, glyphs) for name, part in value.items()}
    return [_plain(part, glyphs) for part in value] if isinstance(value, list | tuple) else value


def _coded(data: dict[str, Any]) -> dict[str, Any]:
    """Cells say whether they are hashes or addresses."""
    for block in data["blocks"]:
        if block["kind"] == "facts":
            block["facts"] = [(label, _cell(said)) for label, said in block["facts"]]
        if block["kind"] == "table":
            block["rows"] = [[_cell(said) for said in row] for row in block["rows"]]
    return data


def _cell(said: str) -> dict[str, Any]:
    return {"text": said, "code": is_code(said)}


@cache
def _fonts() -> typst.Fonts:
    import matplotlib as mpl
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(Path(mpl.get_data_path()) / "fonts" / "ttf")])


@cache
def _glyphs() -> frozenset[int]:
    """Code points that both weights of the fallback font draw; papers have no italics."""
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    styles = ("DejaVuSans", "DejaVuSans-Bold")
    return frozenset.intersection(*(frozenset(FT2Font(str(folder / f"{style}.ttf")).get_charmap()) for style in styles))
