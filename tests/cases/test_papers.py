"""Printed documents: what they look like to software that reads them aloud, and what hostile text can't do to them."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import unicodedata
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from docx import Document
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import etree

from cases.papers.docx import docx
from cases.papers.paper import Block, Caution, Chart, Facts, Heading, Listing, PageBreak, Paper, Quote, Table, Text, is_code
from cases.papers.pdf import paper_pdf, pdf
from cases.papers.text import paper_text
from cases.papers.visible import named, spelt, unbroken, visible
from core.errors import Invalid
from core.settings import ROOT

HASH = "a3f5" * 16
LONG = "https://video.example/" + "tres-long-chemin/" * 30 + "?v=abc"
HOSTILE = (
    '#set page(width: 1cm) *gras* _it_ $x$ `brut` #eval("1") #panic() \\ <etiquette> @renvoi // fin /* x */ [x] {y}',
    "photo\u202egpj.exe\u202c fin",
    "\u2067adresse\u2069 \u200fmarque\u061c",
    "nul\x00 et \x1b[31m et \x7f",
    "😀👩‍💻🇫🇷 🧿",
    "مرحبا بالعالم",
    "中文维基",
    "שלום",
    "x" * 10_000,
    "-" * 10_000,
    "seul \ud800 \ue000 \uffff \U000e0041",
    "a\u0301 h" + "\u0301\u0316\u0489" * 30,
    "</w:t><w:fldSimple w:instr='INCLUDETEXT x'/> <script>alert(1)</script> {{ 7*7 }} {% raw %}",
    "=cmd|' /C calc'!A0",
    "\n\n\r\n\u2028\x0b\x85",
    "",
)


def png() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(out, "PNG")
    return out.getvalue()


def sample(*more: Block, **changes: Any) -> Paper:
    blocks = (
        Heading(1, "Les faits"), Text("Un paragraphe.\nUne autre ligne."), Facts((("Adresse exacte", LONG), ("SHA-256", HASH))),
        Heading(3, "Trop profond"), Quote("Ce protocole suffit.", "contenu 1"), Caution("À vérifier par un juriste."), Listing(("un", "deux")),
        Listing(("d'abord", "ensuite"), ordered=True), Table(("N°", "Fichier", "SHA-256"), (("1", "page.warc.gz", HASH), ("2", "capture.png")),
        caption="Inventaire", widths=(1, 3, 6), numbers=(0,)), Chart(png(), "Trois barres qui montent", caption="Par mois"), PageBreak(),
        Heading(1, "La suite"), *more,
    )  # fmt: skip
    said = {
        "title": "Notification d'essai", "subtitle": "Sous-titre", "organisation": "Association Clairière", "sender": ("12 rue des Tilleuls",),
        "addressee": ("Tubes Ltd",), "date": "le 22 novembre 2026", "reference": "Notification 12", "blocks": blocks,
    }  # fmt: skip
    return Paper.model_validate(said | changes)


def hostile() -> Paper:
    blocks: list[Block] = []
    for text in HOSTILE:
        blocks += [Heading(2, text), Text(text), Quote(text, text), Caution(text), Listing((text, text)), Facts(((text, text),))]
        blocks.append(Table((text[:50], "B"), ((text, text), (text[:50],)), caption=text[:80]))
    return sample(
        *blocks, title=HOSTILE[0] + HOSTILE[1], subtitle=HOSTILE[6], sender=HOSTILE[:4], addressee=HOSTILE[4:8], reference=HOSTILE[1], date=HOSTILE[3]
    )


@pytest.fixture(scope="module")
def made() -> bytes:
    return paper_pdf(sample())


@pytest.fixture(scope="module")
def made_of_hostile() -> bytes:
    return paper_pdf(hostile())


def words(pdf_bytes: bytes) -> str:
    """All text of a PDF without spaces: lines break anywhere."""
    document = pypdfium2.PdfDocument(pdf_bytes)
    try:
        return re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
    finally:
        document.close()


def tags(pdf_bytes: bytes) -> list[tuple[str, str, list[str]]]:
    """Each element of the structure tree, in reading order: its name, its alternative text, its scopes."""
    found: list[tuple[str, str, list[str]]] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append((str(node.S), str(node.get("/Alt", "")), [str(one.Scope) for one in _attributes(node) if "/Scope" in one]))
            if "/K" in node:
                walk(node.K)

    document = pikepdf.open(io.BytesIO(pdf_bytes))
    walk(document.Root.StructTreeRoot)
    return found


def test_a_pdf_says_its_title_its_language_and_that_it_is_tagged(made: bytes) -> None:
    with pikepdf.open(io.BytesIO(made)) as document:
        assert set(document.docinfo.keys()) == {"/Title", "/Creator"}, "no author, no date"
        assert document.Root.Lang == "fr"
        assert document.Root.MarkInfo.Marked
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata() as metadata:
            assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
            assert metadata["{http://purl.org/dc/elements/1.1/}title"] == "Notification d'essai"


def test_the_structure_tree_holds_headings_tables_lists_and_figures(made: bytes) -> None:
    found = tags(made)
    names = [name for name, _, _ in found]
    assert names.count("/H1") == 2
    assert names.count("/H2") == 1, "level 3 right under level 1 becomes 2: none is skipped"
    assert names.count("/Title") == 1
    assert names.count("/TH") == 3
    assert names.count("/TD") == 6, "a short row is filled"
    assert names.count("/LI") == 4
    assert "/BlockQuote" in names
    assert [alt for name, alt, _ in found if name == "/Figure"] == ["Trois barres qui montent"]
    assert [scopes for name, _, scopes in found if name == "/TH"] == [["/Column"]] * 3


def _attributes(node: pikepdf.Dictionary) -> list[Any]:
    given = node.get("/A", [])
    return list(given) if isinstance(given, pikepdf.Array) else [given]


def test_levels_of_headings_never_skip() -> None:
    levels = [block["level"] for block in Paper(title="t", blocks=tuple(Heading(level, "x") for level in (3, 1, 3, 3, 9, -1))).data["blocks"]]
    assert levels == [1, 1, 2, 3, 3, 1]


def test_long_addresses_and_hashes_are_whole_and_on_the_page(made: bytes) -> None:
    assert LONG in words(made)
    assert words(made).count(HASH) == 2
    _nothing_beyond_the_margins(made)


def _nothing_beyond_the_margins(pdf_bytes: bytes) -> None:
    document = pypdfium2.PdfDocument(pdf_bytes)
    for page in document:
        assert page.get_size() == pytest.approx((595.28, 841.89), abs=0.1)
        read = page.get_textpage()
        boxes = [read.get_rect(number) for number in range(read.count_rects())]
        assert all(left > 50 and right < 595.28 - 50 for left, _, right, _ in boxes), [box for box in boxes if box[2] >= 545]
    document.close()


def test_the_same_paper_gives_the_same_bytes(made: bytes) -> None:
    assert paper_pdf(sample()) == made
    assert docx(sample()) == docx(sample())


def test_every_page_says_which_of_how_many_it_is(made: bytes) -> None:
    document = pypdfium2.PdfDocument(made)
    read = [page.get_textpage().get_text_range() for page in document]
    assert len(read) == 3
    assert ["Page 1 / 3" in read[0], "Page 3 / 3" in read[2], "Notification 12" in read[2], "Association Clairière" in read[2]] == [True] * 4
    document.close()


def test_hostile_text_is_set_as_it_stands_and_nothing_else(made_of_hostile: bytes) -> None:
    read = words(made_of_hostile)
    for text in (
        HOSTILE[0],
        HOSTILE[12],
        HOSTILE[13],
        "[RIGHT-TO-LEFT OVERRIDE]gpj.exe",
        "nul[U+0000]",
        "[CJK UNIFIED IDEOGRAPH-4E2D]",
        "[U+D800]",
        "[NAZAR AMULET]",
    ):
        assert re.sub(r"\s", "", text) in read, text
    assert read.count("x") > 9 * 10_000, "a long word goes over pages, in text, quotes, lists and tables"
    with pikepdf.open(io.BytesIO(made_of_hostile)) as document:
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(document.Root.keys())
        assert all("/Annots" not in page for page in document.pages), "no link, no form"
    _nothing_beyond_the_margins(made_of_hostile)


@pytest.mark.parametrize("seed", range(3))
def test_any_text_can_be_printed(seed: int) -> None:
    rng = random.Random(seed)
    texts = ["".join(chr(_point(rng)) for _ in range(rng.randint(1, 40))) for _ in range(300)]
    pages = words(paper_pdf(Paper(title="Tout", blocks=tuple(Text(text) for text in texts))))
    assert "Tout" in pages
    assert "\u202e" not in pages


def _point(rng: random.Random) -> int:
    return rng.choice((rng.randint(0, 0x24F), rng.randint(0, 0xFFFF), rng.randint(0x1F000, 0x1FAFF), rng.randint(0, 0x10FFFF), 0x202E, 0x0301))


def test_arabic_and_hebrew_are_drawn_and_chinese_is_named() -> None:
    from cases.papers.pdf import _glyphs

    assert spelt("مرحبا שלום é œ", _glyphs()) == "مرحبا שלום é œ"
    assert spelt("中", _glyphs()) == "[CJK UNIFIED IDEOGRAPH-4E2D]"


def test_a_font_that_promises_too_much_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.papers.pdf._glyphs", lambda: range(0x110000))
    assert "[CJKUNIFIEDIDEOGRAPH-4E2D]é" in words(paper_pdf(Paper(title="Tout", blocks=(Text("中é"),))))


def test_what_nobody_sees_becomes_visible() -> None:
    assert visible("a\u202eb\u2066c") == "a[RIGHT-TO-LEFT OVERRIDE]b[LEFT-TO-RIGHT ISOLATE]c"
    assert visible("a\x00\x1b\tb\r\nc\u2028d") == "a[U+0000][U+001B] b\nc\nd"
    assert visible("vac\u200bcin co\u00adop") == "vaccin coop"
    assert visible("\ud800\ue000") == "[U+D800][U+E000]"
    assert named("☃") == "[SNOWMAN]"
    for code in (*range(0x2066, 0x206A), *range(0x202A, 0x202F), 0x200E, 0x200F, 0x061C):
        assert visible(chr(code)) == f"[{unicodedata.name(chr(code))}]"


def test_french_marks_stay_with_their_word_and_words_of_others_are_left() -> None:
    said = "Motif : « faux » ; vu le 2 : oui ? Non !"
    held = "Motif\u00a0: «\u00a0faux\u00a0»\u00a0; vu le 2\u00a0: oui\u00a0? Non\u00a0!"
    assert unbroken(said) == held
    assert unbroken(held) == held
    assert unbroken("https://a.example/x?y=1;z:2\n: seul") == "https://a.example/x?y=1;z:2\n: seul"
    paper = Paper(title=said, blocks=(Text(said), Quote(said, source=said), Table((said,), ((said,),)), Facts(((said, said),))))
    assert paper.blocks[0] == Text(said), "plain text and programs read ordinary spaces"
    assert paper.printed.blocks == (Text(held), Quote(said, source=held), Table((held,), ((held,),)), Facts(((held, held),)))
    assert (paper.data["title"], paper.data["blocks"][1]["text"]) == (held, said)
    assert Paper(title=said, language="en").data["title"] == said
    assert "\u00a0" not in paper_text(paper)
    assert [one.text for one in Document(io.BytesIO(docx(paper))).paragraphs][:3] == ["", held, held]


def test_every_text_of_a_paper_is_visible_whatever_shows_it() -> None:
    bad = "\u202e\x00"
    made = Paper(title=bad, sender=(bad,), blocks=(Facts(((bad, bad),)), Table((bad,), ((bad,),), caption=bad), Listing((bad,)), Quote(bad, bad)))
    assert "\u202e" not in repr(made.data)
    assert "\\x00" not in repr(made.data)


def test_what_is_a_code() -> None:
    assert [is_code(text) for text in (HASH, "https://a.example/b?c", "mastodon:a.example:12", "bonjour", "", "deux https://a.example")] == [
        True
    ] * 3 + [False] * 3


def test_a_chart_without_words_is_refused() -> None:
    with pytest.raises(Invalid, match="alternative|alt"):
        paper_pdf(Paper(title="t", blocks=(Heading(1, "h"), Chart(png(), ""))))


def test_a_template_gets_data_and_never_markup(tmp_path: Path) -> None:
    made = pdf("paper.typ", Paper(title="#panic()", blocks=(Text("#panic()"),)).data, title="#panic()")
    assert words(made).count("#panic()") == 2


def test_plain_text_keeps_lines_short_and_codes_whole() -> None:
    read = paper_text(sample())
    assert LONG in read
    assert HASH in read
    assert all(len(line) <= 80 or LONG in line for line in read.splitlines())
    assert "NOTIFICATION D'ESSAI" in read
    assert "ATTENTION. À vérifier par un juriste." in read
    assert "> Ce protocole suffit.\n> (contenu 1)" in read
    assert "1. d'abord\n2. ensuite" in read
    assert "[Graphique. Trois barres qui montent]" in read


def test_a_word_file_has_real_styles_headers_language_and_no_name() -> None:
    document = Document(io.BytesIO(docx(sample())))
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    assert [styles.count(name) for name in ("Title", "Heading 1", "Heading 2", "Quote", "List Bullet", "List Number")] == [1, 2, 1, 1, 2, 2]
    assert len(document.tables) == 2
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in document.tables)
    known = document.core_properties
    assert (known.title, known.language, known.author, known.last_modified_by, known.comments) == ("Notification d'essai", "fr-FR", "", "", "")
    parts = zipfile.ZipFile(io.BytesIO(docx(sample())))
    assert 'w:val="fr-FR"' in parts.read("word/styles.xml").decode()
    assert 'descr="Trois barres qui montent"' in parts.read("word/document.xml").decode()
    core = parts.read("docProps/core.xml").decode()
    assert "python-docx" not in core
    assert "created" not in core
    assert {entry.date_time[0] for entry in parts.infolist()} == {1980}


def test_each_numbered_list_begins_at_one() -> None:
    paper = Paper(title="t", blocks=(Listing(("a", "b"), ordered=True), Text("puis"), Listing(("c",), ordered=True)))
    numbers = re.findall(r'<w:numId w:val="(\d+)"/>', zipfile.ZipFile(io.BytesIO(docx(paper))).read("word/document.xml").decode())
    assert len(numbers) == 3
    assert numbers[0] == numbers[1] != numbers[2]


def test_hostile_text_stays_text_in_a_word_file() -> None:
    parts = zipfile.ZipFile(io.BytesIO(docx(hostile())))
    body = etree.fromstring(parts.read("word/document.xml"), etree.XMLParser(resolve_entities=False))
    names = {etree.QName(node).localname for node in body.iter() if isinstance(node.tag, str)}
    assert not names & {"hyperlink", "fldSimple", "fldChar", "instrText", "object", "script"}
    assert "INCLUDETEXT" in "".join(body.itertext())
    assert "\u202e" not in "".join(body.itertext())
    assert not [name for name in parts.namelist() if "vba" in name.lower() or "embeddings" in name]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_word_file_opens_in_libreoffice(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(docx(sample()))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    subprocess.run(
        [shutil.which("soffice") or "", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "a.docx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    read = words((tmp_path / "a.pdf").read_bytes())
    for text in ("Notificationd'essai", HASH, "page.warc.gz", "Ceprotocolesuffit.", "Page1/"):
        assert text in read, text


@pytest.fixture(scope="module")
def template() -> Any:
    environment = Environment(loader=FileSystemLoader(ROOT / "web" / "templates"), autoescape=True, undefined=StrictUndefined)
    return environment.from_string('{% from "papier.html" import paper %}{{ paper(p, charts="/g/") }}')


def test_a_page_shows_the_same(template: Any) -> None:
    shown = template.render(p=sample())
    assert re.findall(r"<h(\d)", shown) == ["2", "3", "2"]
    assert shown.count('<th scope="col"') == 3
    assert '<img src="/g/9.png" alt="Trois barres qui montent">' in shown
    assert "<caption>Inventaire</caption>" in shown
    assert "style=" not in shown


def test_a_page_escapes_hostile_text(template: Any) -> None:
    shown = template.render(p=hostile())
    assert "<script" not in shown
    assert "{{ 7*7 }}" in shown
    assert "\u202e" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_all_forms_say_the_same_words() -> None:
    """Whatever is in a paper is in each form of it."""
    paper, seen = sample(Text("le dernier mot")), []
    for text in (words(paper_pdf(paper)), re.sub(r"\s", "", paper_text(paper)), _docx_words(paper)):
        seen.append([part in text for part in ("Lesfaits", "Ceprotocolesuffit.", "page.warc.gz", HASH, "Inventaire", "ledernier", "ensuite")])
    assert all(one == other for one, other in pairwise(seen))
    assert all(seen[0])


def _docx_words(paper: Paper) -> str:
    body = etree.fromstring(zipfile.ZipFile(io.BytesIO(docx(paper))).read("word/document.xml"))
    return re.sub(r"\s", "", "".join(body.itertext()))
