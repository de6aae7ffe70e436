"""Dossiers through the console: the whole way of one, and everything that is tried around its gates."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pypdfium2
import pytest

from cases import audit, dossier_annex, dossiers
from cases.dossier import KINDS
from core.times import PARIS
from tests.web.conftest import Browser, House
from tests.web.dossiering import complete, drafted, find, form_of, sign, signed
from tests.web.noticing import SIGNS, TEXT, actor_of, two_readings, with_profile

Fill = Callable[..., list[str]]
HOSTILE = '<script>alert(1)</script> #set page("a0") =cmd|1'


@pytest.fixture
def content(house: House, fill: Fill) -> str:
    """One content that two people found unlawful."""
    with_profile(house)
    (name,) = fill({"number": 1, "p": 0.9, "text": TEXT, "title": HOSTILE, "published_at": datetime(2026, 1, 1, 10, tzinfo=PARIS)})
    two_readings(house, name, "A6")
    return name


def now() -> str:
    return datetime.now(PARIS).strftime("%Y-%m-%dT%H:%M")


def statement(browser: Browser, dossier: str) -> dict[str, Any]:
    """What the form of /signer sends."""
    page = browser.get(f"/dossiers/{dossier}/signer").text
    digest, said = re.search(r'name="digest" value="(\w+)"', page), re.search(r'name="statement" value="([^"]+)"', page)
    assert digest
    assert said
    return {"digest": digest[1], "statement": said[1].replace("&#39;", "'"), "interests": "aucun"}


def test_the_whole_way_of_one(house: House, content: str) -> None:
    val, doc, lou = house.browser("valide"), house.browser("sante"), house.browser("droit")
    page = val.get(f"/dossiers/nouveau?contenu={content}&nature=parquet").text
    assert "Pour qui" in page
    found = re.search(r'name="acte" value="(\w+)"', page)
    assert found
    made = val.post("/dossiers/nouveau", {"contenu": [content], "nature": "parquet", "acte": found[1]})
    address = made.headers["location"].removesuffix("/modifier")
    assert (
        val.post("/dossiers/nouveau", {"contenu": [content], "nature": "parquet", "acte": found[1]}).headers["location"] == made.headers["location"]
    )
    dossier = dossiers.find(house.database, address.rpartition("/")[2], actor=actor_of(house, "valide"))
    page = val.get(f"{address}/modifier").text
    assert "Il manque encore" in page
    assert "<script>alert" not in page
    assert val.post(f"{address}/modifier", form_of(dossier)).headers["location"] == f"{address}/modifier?fait=enregistre"
    assert "Il manque encore" not in val.get(f"{address}/modifier").text
    assert doc.post(f"{address}/signer", {**statement(doc, dossier.id), "gates": ["sante"]}).headers["location"] == f"{address}/signer?fait=signe"
    assert lou.post(f"{address}/signer", {**statement(lou, dossier.id), "gates": ["droit"]}).headers["location"] == f"{address}?fait=complet"
    assert "remis par" not in val.get(address).text
    assert val.post(f"{address}/information", {"choix": "exception_14_5_b", "raison": "Les preuves disparaîtraient."}).status_code == 303
    left = val.post(f"{address}/transmis", {"digest": find(house, dossier).digest, "quand": now(), "reference": "2026/7"})
    assert left.headers["location"] == f"{address}?fait=transmis"
    assert val.post(f"{address}/reponse", {"suite": "enquete", "quand": now()}).status_code == 303
    assert val.post(f"{address}/clore").status_code == 303
    page = val.get(address).text
    assert "enquête ou instruction" in page
    assert "2026/7" in page
    assert val.get("/dossiers").text.count(f'href="{address}"') == 1


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_a_pdf_and_a_docx_without_markup_of_its_contents(house: House, content: str, kind: str, fill: Fill) -> None:
    if kind == "dgccrf":
        two_readings(house, *fill({"number": 2, "p": 0.9, "text": TEXT, "title": HOSTILE}), "A6")
        content = house.app.state.console.index.get(content)["id"]
    over = {"bases": [], "elements": []} if kind == "dgccrf" else {}
    made = complete(house, kind, content, **over)
    val = house.browser("valide")
    files = {ending: val.get(f"/dossiers/{made.id}/document.{ending}") for ending in ("pdf", "docx", "txt")}
    assert {ending: one.status_code for ending, one in files.items()} == {"pdf": 200, "docx": 200, "txt": 200}
    shown = "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(files["pdf"].content))
    assert "n'est pas signé par deux personnes" in shown.replace("\r\n", " ").replace("’", "'")
    assert "https://exemple.fr/page/1" in shown.replace("\r\n", "")
    words = zipfile.ZipFile(io.BytesIO(files["docx"].content)).read("word/document.xml").decode()
    assert "<script>" not in words
    assert "https://exemple.fr/page/1" in words
    assert val.get(f"/dossiers/{made.id}/document.exe").status_code == 404


def test_nothing_is_handed_over_before_it_is_signed_whatever_the_form_says(house: House, content: str) -> None:
    made, val = complete(house, "parquet", content), house.browser("valide")
    send = {"digest": made.digest, "quand": now(), "reference": "x", "state": "signe", "sent_by": "droit", "force": "oui"}
    answer = val.post(f"/dossiers/{made.id}/transmis", send)
    assert answer.status_code == 409
    assert "Il manque des signatures" in answer.text
    sign(house, made, "droit", "droit")
    assert val.post(f"/dossiers/{made.id}/transmis", send).status_code == 409
    assert find(house, made).sent_at is None


def test_who_has_not_the_role_cannot_by_any_form(house: House, content: str) -> None:
    made = signed(house, "parquet", content)
    send = {"digest": made.digest, "quand": now()}
    for name in ("soumet", "analyse", "sante", "administre"):
        browser = house.browser(name)
        for path in ("", "/modifier", "/document.pdf", "/annexe"):
            assert browser.get(f"/dossiers/{made.id}{path}").status_code == 403, (name, path)
        for path in ("/transmis", "/modifier", "/reponse", "/clore", "/information", "/annexe", "/annexe/ouvrir", "/annexe/papier"):
            assert browser.post(f"/dossiers/{made.id}{path}", send).status_code == 403, (name, path)
    assert house.browser("analyse").get(f"/dossiers/{made.id}/signer").status_code == 403
    assert house.browser("sante").get(f"/dossiers/{made.id}/signer").status_code == 200
    assert find(house, made).state == "signe"


def test_another_organisation_does_not_see_that_it_exists(house: House, content: str) -> None:
    made = signed(house, "parquet", content)
    house.add("loin", "valide", "droit", "sante", organisation=house.other)
    far = house.browser("loin")
    for path in ("", "/modifier", "/signer", "/document.pdf", "/annexe"):
        assert far.get(f"/dossiers/{made.id}{path}").status_code == 404, path
    for path in ("/transmis", "/modifier", "/signer", "/signer/retirer", "/reponse", "/clore", "/information", "/annexe", "/annexe/ouvrir"):
        assert far.post(f"/dossiers/{made.id}{path}", {"digest": made.digest, "quand": now()}).status_code == 404, path
    assert made.id[:8] not in far.get("/dossiers").text
    assert far.get(f"/dossiers?apres={made.id}").status_code == 404


def test_pharos_shows_its_first_questions_alone_and_takes_nothing_else(house: House, content: str) -> None:
    made, val = drafted(house, "pharos", content), house.browser("valide")
    page = val.get(f"/dossiers/{made.id}/modifier").text
    assert "Tout le monde peut-il voir ce contenu" in page
    assert "Description neutre" not in page.partition('class="asked"')[2]
    forced = form_of(made)
    forced["porte:pas_urgence"] = "oui"
    answer = val.post(f"/dossiers/{made.id}/modifier", forced)
    assert answer.status_code == 422
    assert "premières questions" in answer.text
    assert find(house, made).version == 1
    val.post(f"/dossiers/{made.id}/modifier", {"version": "1", "porte:contenu_public": "oui", "porte:pas_urgence": "oui", "porte:pas_injure": "non"})
    assert "Appelez d&#39;abord le 17" in val.get(f"/dossiers/{made.id}/modifier").text
    val.post(f"/dossiers/{made.id}/modifier", {"version": "2", "porte:contenu_public": "oui", "porte:pas_urgence": "non", "porte:pas_injure": "non"})
    assert "Description neutre" in val.get(f"/dossiers/{made.id}/modifier").text


def test_what_was_typed_comes_back_where_somebody_was_faster(house: House, content: str) -> None:
    made, val = complete(house, "parquet", content), house.browser("valide")
    stale = form_of(made, version="1", decharge="Il dit aussi de voir un médecin.")
    answer = val.post(f"/dossiers/{made.id}/modifier", stale)
    assert answer.status_code == 409
    assert "Il dit aussi de voir un médecin." in answer.text
    assert find(house, made).version == made.version


def test_facts_keep_their_dates_and_words_of_others_whatever_is_sent(house: House, content: str) -> None:
    made, val = drafted(house, "parquet", content), house.browser("valide")
    form = form_of(
        made,
        **{"quand:0": "2020-01-01T10:00", "cite:0": ["0", "7"], "recit:0": "Un proche raconte une rupture.", "recit_quand:0": "2026-01-05T10:00"},
    )
    assert val.post(f"/dossiers/{made.id}/modifier", form).status_code == 303
    found = find(house, made).content
    assert found
    assert [fact.at for fact in found.facts[:2]] == [fact.at for fact in made.content.facts[:2]]  # type: ignore[union-attr]
    assert [quote.text for quote in found.facts[0].quotes] == [SIGNS["A6"]]
    assert found.facts[-1].dated == "rapporte"
    wrong = form_of(find(house, made), **{"recit:0": "Sans date.", "recit_quand:0": ""})
    assert val.post(f"/dossiers/{made.id}/modifier", wrong).status_code == 422


def test_the_annex_is_shown_to_the_role_droit_after_a_click_that_is_written_down(house: House, content: str) -> None:
    made, lou = complete(house, "parquet", content), house.browser("droit")
    who = {"version": str(made.version), "role:0": "victime", "name:0": "Jeanne Exemplaire", "agrees:0": "oui", "known:0": "Elle nous a écrit."}
    assert lou.post(f"/dossiers/{made.id}/annexe", who).status_code == 303
    closed = lou.get(f"/dossiers/{made.id}/annexe")
    assert "Jeanne" not in closed.text
    assert closed.headers["cache-control"] == "no-store"
    opened = lou.post(f"/dossiers/{made.id}/annexe/ouvrir")
    assert "Jeanne Exemplaire" in opened.text
    assert opened.headers["cache-control"] == "no-store"
    paper = lou.post(f"/dossiers/{made.id}/annexe/papier")
    assert paper.content[:5] == b"%PDF-"
    told = [one.action for one in dossier_annex.openings(house.database, made.id, actor=actor_of(house, "droit"))]
    assert told == ["annex_opened", "annex_opened", "annex_sealed"]
    val = house.browser("valide")
    for ending in ("pdf", "docx", "txt"):
        assert b"Jeanne" not in val.get(f"/dossiers/{made.id}/document.{ending}").content
    assert "Jeanne" not in val.get(f"/dossiers/{made.id}").text
    assert lou.post(f"/dossiers/{made.id}/annexe", {**who, "version": "1"}).status_code == 409
    assert all("Jeanne" not in one.details for one in audit.entries(house.database))


def test_a_duty_waits_on_its_page_and_keeps_the_dossier_back(house: House, fill: Fill) -> None:
    with_profile(house)
    (name,) = fill({"number": 3, "p": 0.9, "text": TEXT})
    two_readings(house, name, "A6", qualification="urgence")
    made, val = signed(house, "parquet", name), house.browser("valide")
    page = val.get("/devoirs").text
    found = re.search(r'action="(/devoirs/\w+)"', page)
    assert found
    assert "Attendent une réponse (1)" in page
    assert "copie du 2 avril 2026" in page
    send = {"digest": made.digest, "quand": now()}
    answer = val.post(f"/dossiers/{made.id}/transmis", send)
    assert answer.status_code == 409
    assert "434-3" in answer.text
    for wrong in ({"reponse": "informe", "raison": "Dit."}, {"reponse": "pas_de_devoir"}, {"reponse": "autre", "raison": "x"}, {}):
        assert val.post(found[1], wrong).status_code == 422, wrong
    dated = val.post(found[1], {"reponse": "pas_de_devoir", "raison": "Aucun enfant.", "quand": now()})
    assert dated.status_code == 422
    assert "effacez la date" in dated.text
    assert house.browser("analyse").post(found[1], {"reponse": "pas_de_devoir", "raison": "x"}).status_code == 403
    assert val.post(found[1], {"reponse": "informe", "raison": "Dit au 119.", "quand": now()}).headers["location"] == "/devoirs?dit=repondu"
    assert val.post(found[1], {"reponse": "pas_de_devoir", "raison": "x"}).status_code == 409
    assert "Dit au 119." in val.get("/devoirs").text
    assert "autorités informées le" in val.get(f"/dossiers/{made.id}").text
    assert val.post(f"/dossiers/{made.id}/transmis", send).status_code == 303


def test_what_leaves_the_form_empty_is_told_in_french(house: House, content: str) -> None:
    val = house.browser("valide")
    assert val.post("/dossiers/nouveau", {"contenu": [content], "nature": "pape"}).status_code == 404
    made = signed(house, "parquet", content)
    answer = val.post(f"/dossiers/{made.id}/transmis", {"digest": made.digest, "quand": "hier"})
    assert answer.status_code == 422
    assert "Donnez un jour et une heure." in answer.text


def test_without_a_content_the_page_shows_how_to_choose(house: House, content: str) -> None:
    val = house.browser("valide")
    page = val.get("/dossiers/nouveau").text
    assert "Un dossier peut porter plusieurs contenus" in page
    assert f'value="{content}"' in page, "what is decided is offered"
    assert '/dossiers/nouveau"' in val.get("/dossiers").text
    empty = val.post("/dossiers/nouveau", {"nature": "parquet"})
    assert empty.status_code == 422
    assert "Choisissez au moins un contenu" in empty.text


def test_several_contents_by_address_and_by_tick(house: House, content: str, fill: Fill) -> None:
    val = house.browser("valide")
    (second,) = fill({"number": 2, "p": 0.9, "text": TEXT})
    two_readings(house, second, "A6")
    address = house.app.state.console.index.get(second)["url"]
    lines = f"{address}\r\nhttps://inconnu.example/rien\r\n"
    wrong = val.post("/dossiers/nouveau", {"contenu": [content], "adresses": lines, "nature": "parquet"})
    assert wrong.status_code == 422
    assert "https://inconnu.example/rien" in wrong.text
    assert dossiers.listed(house.database, actor=actor_of(house, "valide")) == ()
    found = val.post("/dossiers/nouveau", {"contenu": [content], "adresses": address, "etape": "trouver"})
    assert found.status_code == 200
    assert found.text.count('" checked>') >= 2
    assert val.post("/dossiers/nouveau", {"contenu": [content], "adresses": address, "nature": "parquet"}).status_code == 303
    (made,) = dossiers.listed(house.database, actor=actor_of(house, "valide"))
    assert made.items == 2


def test_a_draft_takes_another_content_and_gives_it_back(house: House, content: str, fill: Fill) -> None:
    val = house.browser("valide")
    (second,) = fill({"number": 2, "p": 0.9, "text": TEXT})
    two_readings(house, second, "A6")
    made = complete(house, "parquet", content, bases=["cp-223-1-2-al1"])
    for path in ("", "/modifier", "/signer"):
        assert "ne montre qu&#39;un contenu" in val.get(f"/dossiers/{made.id}{path}").text, path
    page = val.get(f"/dossiers/nouveau?contenu={second}").text
    assert f"Ajouter au dossier n° {made.id[:8]}" in page
    added = val.post("/dossiers/nouveau", {"contenu": [second], "nature": f"dossier:{made.id}"})
    assert added.headers["location"] == f"/dossiers/{made.id}/modifier"
    page = val.get(f"/dossiers/{made.id}/modifier").text
    assert "Retirer le contenu 2" in page
    assert "ne montre qu&#39;un contenu" not in page
    assert val.post(f"/dossiers/{made.id}/contenus/retirer", {"contenu": second}).status_code == 303
    last = val.post(f"/dossiers/{made.id}/contenus/retirer", {"contenu": content})
    assert last.status_code == 422
    assert "au moins un contenu" in last.text
    house.add("loin", "valide", "droit", organisation=house.other)
    far = house.browser("loin")
    assert made.id[:8] not in far.get("/dossiers/nouveau").text
    assert far.post("/dossiers/nouveau", {"contenu": [second], "nature": f"dossier:{made.id}"}).status_code == 404
    assert far.post(f"/dossiers/{made.id}/contenus/retirer", {"contenu": content}).status_code == 404
