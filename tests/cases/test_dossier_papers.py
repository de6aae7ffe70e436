"""What a dossier prints: facts apart from opinion, law with its copy, what speaks for the author, and no wording that nobody read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from cases import dossier_kinds, dossiers
from cases.database import Database
from cases.dossier import KINDS
from cases.dossier_kinds import load_grids, load_kinds
from cases.dossier_reasons import load_setting
from cases.dossier_rules import criteria_said
from cases.leaving import forget
from cases.notice_sending import mark_sent
from cases.papers.docx import docx
from cases.papers.dossier import Setup, annex_paper, dossier_paper
from cases.papers.paper import Paper
from cases.papers.text import paper_text
from cases.profiles import notifier, set_profile
from core.errors import ConfigError, Conflict
from tests.cases.conftest import NOW
from tests.cases.dossiering import drafted, handed, signed, team
from tests.cases.noticing import SECRET, SIGNS, decided, entry, read_by
from tests.cases.noticing import signed as signed_notice
from tests.cases.reading_room import deed

TEN = (
    "déstabilisation mentale", "caractère exorbitant des exigences financières", "rupture avec l'environnement d'origine",
    "atteintes à l'intégrité physique", "embrigadement des enfants", "discours antisocial", "troubles à l'ordre public",
    "importance des démêlés judiciaires", "éventuel détournement des circuits économiques", "tentatives d'infiltration des pouvoirs publics",
)  # fmt: skip
MARKUP = '#set page("a0") <script>alert(1)</script> *gras* $x$'


def paper_of(database: Database, made: dossiers.Dossier) -> Paper:
    assert made.content
    return dossier_paper(Setup(made, made.content, notifier(database, "maison"), load_setting()))


def said(database: Database, made: dossiers.Dossier) -> str:
    """As plain text on one line."""
    return " ".join(paper_text(paper_of(database, made)).split())


def test_the_prosecutors_has_its_parts_in_order_and_the_opinion_apart(embedded: Database) -> None:
    people = team(embedded)
    fields = {"appreciation": "OPINION-ICI", "consentement": "sans_objet", "mineurs": "oui", "diffusion": "restreinte"}
    text = said(embedded, drafted(embedded, people, "parquet", fields=fields, exculpatory="DECHARGE-ICI"))
    parts = ["Objet", "Faits", SIGNS["A6"], "Personnes", "Textes susceptibles de s'appliquer", "À décharge", "DECHARGE-ICI", "Persistance",
             "Avis de l'association", "Ce qui suit est une opinion", "OPINION-ICI", "Inventaire des preuves", "Cadre", "Signatures"]  # fmt: skip
    places = [text.index(part, text.index("Objet")) for part in parts]
    assert places == sorted(places)
    assert text.count("OPINION-ICI") == 1
    assert "Code pénal, art. 223-1-2, al. 2 (copie du 2 avril 2026 ; à vérifier par un juriste)" in text
    assert "n'est pas signé par deux personnes" in text
    assert "Tribunal judiciaire de Montfleury" in text


def test_what_no_fact_shows_and_what_nobody_read_is_printed_as_such(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry("d1", "A6", "B8"), signs=("A6", "B8"))
    made = drafted(embedded, people, "parquet", one)
    unread = [basis.id for basis in load_setting().legal.bases if basis.status == "non_verifie"][:1]
    made = dossiers.change(embedded, made.id, {"bases": [*made.bases, *unread], "elements": []}, version=made.version, actor=people.val, act=deed())
    text = said(embedded, made)
    assert "Non établi par ces contenus." in text
    assert "non vérifié : ce texte n'a pas été lu" in text


def test_what_readers_set_aside_is_printed_with_how_many_said_so(embedded: Database) -> None:
    people = team(embedded)
    one = entry("d1", "A6", "A1")
    answers = {"A6": "present", "A5": "absent", "A7": "incertain"}
    read_by(embedded, [people.ana, people.ben], one, "A6", submarkers=answers)
    made = drafted(embedded, people, "parquet", one)
    assert made.content
    assert [(one.kind, one.what, one.readers) for one in made.content.against] == [("absent", "A5", 2), ("incertain", "A7", 2)]
    text = said(embedded, made)
    assert "signe cherché et non trouvé" in text
    assert "signe incertain" in text


def test_pharos_is_short_and_has_what_its_form_asks(embedded: Database) -> None:
    text = said(embedded, drafted(embedded, team(embedded), "pharos"))
    for part in (
        "mise en danger des personnes",
        "https://video.example/page/d1",
        "(Paris)",
        "UTC",
        "Un message public conseille",
        "Service : video.example",
    ):
        assert part in text, part
    assert "Avis de l'association" not in text


def test_the_grids_have_the_wording_that_was_read_and_no_more() -> None:
    ten, seventeen = load_grids()
    assert tuple(one.name.lower() for one in ten.criteria) == TEN
    assert (ten.status, ten.unread) == ("lu", 0)
    assert (seventeen.status, seventeen.unread, len(seventeen.criteria)) == ("non_verifie", 4, 13)
    assert [one.id for grid in (ten, seventeen) for one in grid.criteria if one.always] == ["d1", "s1"]


@pytest.mark.parametrize(("present", "told"), [((), 1), (("d2", "d3"), 2), (("d1",), 2), (("d1", "d2"), 1), (("s1", "s2"), 1)])
def test_criteria_are_never_added_up(embedded: Database, present: tuple[str, ...], told: int) -> None:
    criteria: dict[str, Any] = {"d1": {"answer": "absent"}, **{name: {"answer": "present", "evidence": "Le fait 1."} for name in present}}
    made = drafted(embedded, team(embedded), "miviludes", criteria=criteria)
    assert made.content
    assert len(criteria_said(made.content)) == told
    text = said(embedded, made)
    assert "Vigie ne conclut rien" in text
    assert "4 critères de cette grille n'ont pas été lus" in text
    assert "est une dérive" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_crawled_words_are_printed_as_words(embedded: Database, kind: str) -> None:
    people = team(embedded)
    signs = ("A5",) if kind == "dgccrf" else ("A6",)
    (one,) = decided(embedded, people, entry("d1", *signs, title=MARKUP), signs=signs)
    paper = paper_of(embedded, drafted(embedded, people, kind, one))
    words = "\n".join(part.text for part in _paragraphs(docx(paper)))
    assert MARKUP in words


def _paragraphs(made: bytes) -> list[Any]:
    document = Document(io.BytesIO(made))
    return [*document.paragraphs, *(one for table in document.tables for row in table.rows for cell in row.cells for one in cell.paragraphs)]


def test_the_annex_is_a_paper_of_its_own(embedded: Database) -> None:
    from cases.dossier_annex import Annex, Identity

    people = team(embedded)
    made = drafted(embedded, people)
    annex = Annex(identities=(Identity(role="victime", name="Jeanne Exemplaire", agrees="oui", known="Elle nous a écrit."),))
    assert "Jeanne Exemplaire" in paper_text(annex_paper(made, annex, notifier(embedded, "maison")))
    assert "Jeanne" not in said(embedded, made)


def test_an_erasing_empties_it_and_keeps_that_it_left(embedded: Database) -> None:
    people = team(embedded)
    made = handed(embedded, signed(embedded, people), people.val)
    forget(embedded, ["d1"])
    gone = dossiers.find(embedded, made.id, actor=people.val)
    assert (gone.content, gone.annex, gone.reference) == (None, False, None)
    assert (gone.sent_at, gone.addressee, gone.state) == (made.sent_at, made.addressee, "transmis")
    with pytest.raises(Conflict, match="is erased"):
        dossiers.change(embedded, made.id, {"exculpatory": "x"}, version=made.version, actor=people.val, act=deed())


def test_addresses_that_nobody_checked_say_so() -> None:
    shown = {one.id: one.printable for spec in load_kinds().values() for one in spec.addressees if one.where}
    assert shown["pharos"] == "PHAROS : internet-signalement.gouv.fr"
    assert shown["formulaire"].endswith("(non vérifié)")
    assert shown["signalconso"].endswith("(non vérifié)")


def test_a_mistake_in_a_kind_names_file_and_key(tmp_path: Path) -> None:
    for path in dossier_kinds.FOLDER.glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    wrong = tmp_path / "pharos.yml"
    text = wrong.read_text(encoding="utf-8")
    for found, told in (
        ("gates_first: true", "gates_frist: true"),
        ("passes: oui", "passes: peut-être"),
        ("  - id: neutre", "  - id: contenu_public"),
    ):
        wrong.write_text(text.replace(found, told, 1), encoding="utf-8")
        with pytest.raises(ConfigError, match=r"pharos\.yml"):
            load_kinds.__wrapped__(tmp_path)
    wrong.unlink()
    with pytest.raises(ConfigError, match="is missing"):
        load_kinds.__wrapped__(tmp_path)


def test_who_writes_and_whether_a_victim_gave_a_mandate_are_two_things(embedded: Database) -> None:
    people = team(embedded, capacity="mandatee")
    set_profile(embedded, "maison", {"mandate": "MANDAT-ICI"}, actor=people.lou)
    (one,) = decided(embedded, people, entry("d1"))
    text = said(embedded, drafted(embedded, people, "parquet", one))
    assert "aucune victime connue" in text
    assert "Capacité déclarée : agit sur mandat" in text
    assert "mandatée par une victime" not in text
    assert "MANDAT-ICI" not in text
    fields = {"appreciation": "Grave.", "consentement": "oui", "mineurs": "non", "diffusion": "restreinte"}
    assert "MANDAT-ICI" in said(embedded, drafted(embedded, people, "parquet", one, fields=fields))


def test_the_service_of_an_earlier_notice_is_named_and_pseudonyms_are_explained(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry("d1"))
    notice = signed_notice(embedded, people, one)
    mark_sent(
        embedded, notice.id, channel="formulaire", reference="R-1", sent_at=NOW, digest=notice.digest, actor=people.val, act=deed(), secret=SECRET
    )
    text = said(embedded, drafted(embedded, people, "parquet", one))
    table = text.partition("Persistance")[2].partition("Avis de l'association")[0]
    assert "video.example" in table
    assert "autre " not in table
    assert "Vigie ne connaît pas le nom" in text
