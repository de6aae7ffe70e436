"""A paper as a Word file that a lawyer edits: real styles, table headers, French as its language, and nobody's name in its properties."""

# ruff: noqa: SLF001 - python-docx has no call for table headers, alt texts, fields and languages: its elements have
from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from cases.papers.paper import Block, Caution, Chart, Facts, Heading, Listing, PageBreak, Quote, Table, Text, is_code

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.shared import Length
    from docx.table import _Row
    from docx.text.paragraph import Paragraph

    from cases.papers.paper import Paper

LOCALES = {"fr": "fr-FR", "en": "en-GB"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same data give the same bytes
MONO = "DejaVu Sans Mono"


def docx(paper: Paper) -> bytes:
    """The paper as DOCX; all texts enter as runs, never as fields or XML."""
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document, paper = Document(), paper.printed
    _properties(document, paper)
    _styles(document, language=LOCALES.get(paper.language, paper.language))
    _feet(document, paper)
    for line in (paper.organisation, *paper.sender):
        _add(document, line).paragraph_format.space_after = 0
    for line in filter(None, (*paper.addressee, paper.date)):
        right = _add(document, line)
        right.alignment, right.paragraph_format.space_after = WD_ALIGN_PARAGRAPH.RIGHT, 0
    _add(document, paper.title, style="Title")
    if paper.subtitle:
        _add(document, paper.subtitle, style="Subtitle")
    for block in paper.shown:
        _show(document, block)
    out = io.BytesIO()
    document.save(out)
    return _dateless(out.getvalue())


def _show(document: Document, block: Block) -> None:
    match block:
        case Heading():
            _add(document, block.text, style=f"Heading {block.level}")
        case Text():
            _add(document, block.text)
        case Caution():
            paragraph = document.add_paragraph(style="Intense Quote")
            paragraph.add_run("Attention. ").bold = True
            _runs(paragraph, block.text)
        case Quote():
            _add(document, block.text, style="Quote")
            if block.source:
                _add(document, block.source, style="Caption")
        case Listing():
            number = _numbering(document) if block.ordered else None
            for item in block.items:
                paragraph = _add(document, item, style="List Number" if block.ordered else "List Bullet")
                if number is not None:
                    paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
        case Facts():
            _table(document, Table(("Rubrique", "Contenu"), block.facts, widths=(1, 2.6)))
        case Table():
            _table(document, block)
        case Chart():
            _picture(document, block)
        case PageBreak():
            document.add_page_break()  # type: ignore[no-untyped-call]


def _add(document: Document, text: str, *, style: str | None = None) -> Paragraph:
    return _runs(document.add_paragraph(style=style), text)


def _runs(paragraph: Paragraph, text: str) -> Paragraph:
    run = paragraph.add_run(text)  # python-docx makes of a line end a break
    if is_code(text):
        run.font.name, run.font.size = MONO, _points(8)
    return paragraph


def _table(document: Document, table: Table) -> None:
    if table.caption:
        _add(document, table.caption, style="Caption")
    drawn = document.add_table(rows=0, cols=len(table.head), style="Table Grid")
    drawn.autofit = False
    for texts in (table.head, *table.rows):
        _row(drawn.add_row(), texts, table)
    for row in drawn.rows[:1]:
        _mark(row._tr.get_or_add_trPr(), "w:tblHeader")
        for cell in row.cells:
            _mark(cell._tc.get_or_add_tcPr(), "w:shd", val="clear", color="auto", fill="EAF0F6")
            for run in cell.paragraphs[0].runs:
                run.bold = True
    for column, width in zip(drawn.columns, _widths(document, table), strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    document.add_paragraph()


def _row(row: _Row, texts: tuple[str, ...], table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    _mark(row._tr.get_or_add_trPr(), "w:cantSplit")
    for column, (cell, text) in enumerate(zip(row.cells, texts, strict=False)):
        paragraph = _runs(cell.paragraphs[0], text)
        paragraph.paragraph_format.space_after = 0
        if column in table.numbers:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _widths(document: Document, table: Table) -> list[Length]:
    from docx.shared import Emu

    section = document.sections[0]
    line = int(section.page_width or 0) - int(section.left_margin or 0) - int(section.right_margin or 0)
    shares = table.widths if len(table.widths) == len(table.head) else (1.0,) * len(table.head)
    return [Emu(int(line * share / sum(shares))) for share in shares]


def _mark(element: BaseOxmlElement, name: str, **values: str) -> None:
    """Add what python-docx has no call for."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement(name)
    for key, value in values.items():
        mark.set(qn(f"w:{key}"), value)
    element.append(mark)


def _picture(document: Document, chart: Chart) -> None:
    from docx.shared import Cm

    if chart.caption:
        _add(document, chart.caption, style="Caption")
    shape = document.add_picture(io.BytesIO(chart.png), width=Cm(15.5))
    shape._inline.docPr.set("descr", chart.alt)


def _numbering(document: Document) -> int:
    """A numbering of its own for one list, which begins at 1; the style alone would go on counting from the list before."""
    numbering = document.part.numbering_part.element
    style = document.styles["List Number"].element.pPr.numPr.numId.val
    again = numbering.add_num(numbering.num_having_numId(style).abstractNumId.val)
    again.add_lvlOverride(0).add_startOverride(1)
    return int(again.numId)


def _points(size: float) -> Any:
    from docx.shared import Pt

    return Pt(size)


def _properties(document: Document, paper: Paper) -> None:
    known = document.core_properties
    known.title, known.language = paper.title[:255], LOCALES.get(paper.language, paper.language)
    known.author = known.last_modified_by = known.comments = known.keywords = known.subject = known.category = ""
    for name in ("created", "modified"):
        for found in known._element.findall(f"{{http://purl.org/dc/terms/}}{name}"):
            known._element.remove(found)


def _styles(document: Document, *, language: str) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm, RGBColor

    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Caption", "Intense Quote"):
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        style.font.name = "Liberation Serif"
        style.font.color.rgb = None if name == "Normal" else RGBColor(0x1D, 0x44, 0x70)
    document.styles["Normal"].font.size = _points(11)
    for defaults in document.styles.element.iter(qn("w:rPrDefault")):
        properties = defaults.find(qn("w:rPr"))
        for found in properties.findall(qn("w:lang")):
            properties.remove(found)
        _mark(properties, "w:lang", val=language, eastAsia=language, bidi=language)
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.4)


def _feet(document: Document, paper: Paper) -> None:
    foot = document.sections[0].footer.paragraphs[0]
    _runs(foot, f"{paper.reference}\nPage " if paper.reference else "Page ")
    _field(foot, "PAGE")
    foot.add_run(" / ")
    _field(foot, "NUMPAGES")


def _field(paragraph: Paragraph, name: str) -> None:
    _mark(paragraph._p, "w:fldSimple", instr=name)


def _dateless(made: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            again = zipfile.ZipInfo(entry.filename, date_time=EPOCH)
            again.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(again, old.read(entry.filename))
    return out.getvalue()
