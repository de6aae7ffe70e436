"""Arbitrages, contestations and the quality pages: both readings without names, decisions that stick, registers that stay inert."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest

from cases import adjudications, care, fairness, following, golden, submissions
from cases.accounts import Person
from cases.claims import take
from cases.deciding import text_of
from cases.decisions import decide, standing
from cases.people import Actor
from cases.readings import read, reviews
from cases.tables_work import SubmissionRow
from core.pseudonyms import load_key
from core.taxonomy import load_taxonomy
from index.open import open_index
from index.queries import Query
from tests.cases.conftest import act, choice
from tests.cases.reading_room import ALONE, TEXT, TWICE, deed, quote, reads, saying, thing
from tests.web.conftest import Browser, House

Fill = Callable[..., list[str]]
HOSTILE = "=cmd|'/C calc'!A0 <script>alert(1)</script>\u202e {{ 7*7 }}"


def actor(person: Person) -> Actor:
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


@pytest.fixture
def differ(house: House, fill: Fill) -> str:
    """An item that two people read, and do not agree on."""
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9, "title": HOSTILE})
    house.add("lecteur", "analyse")
    item = thing(name, text_sha256=_digest(house, name))
    _read(house, "analyse", item, saying("licite_preoccupant", "B2", "A1", markers=("gourou", "abandon_soins"), reason="Premier motif."))
    _read(house, "lecteur", item, saying("hors_champ", submarkers={"A1": "absent"}, exclusions=("temoignage",), reason="Second motif."))
    return name


def _digest(house: House, name: str) -> str:
    entry = house.app.state.console.index.get(name)
    return text_of(entry)


def _read(house: House, name: str, item: object, reading: object) -> None:
    if "exclusions" in reading.model_fields_set:  # type: ignore[attr-defined]
        known = next(iter(load_taxonomy().exclusions()))
        reading = reading.model_copy(update={"exclusions": (known,)})  # type: ignore[attr-defined]
    reads(house.database, actor(house.people[name]), item, reading, policy=TWICE)  # type: ignore[arg-type]


def form_of(browser: Browser, path: str) -> dict[str, object]:
    """The hidden fields of the form that decides."""
    page = browser.get(path).text
    found = dict(re.findall(r'<input type="hidden" name="(acte|texte)" value="([^"]+)">', page))
    assert found.keys() == {"acte", "texte"}, page[-3000:]
    return found


def decided_by_form(house: House, name: str, **fields: object) -> tuple[Browser, dict[str, object]]:
    valide = house.browser("valide")
    assert valide.post(f"/arbitrages/{name}/prendre").status_code == 303
    return valide, {**form_of(valide, f"/arbitrages/{name}"), **fields}


def test_both_readings_are_shown_without_names(house: House, differ: str) -> None:
    valide = house.browser("valide")
    listed = valide.get("/arbitrages").text
    assert "Arbitrer" in listed
    assert "<script>alert" not in listed
    valide.post(f"/arbitrages/{differ}/prendre")
    page = valide.get(f"/arbitrages/{differ}").text
    assert all(word in page for word in ("Lecture 1", "Lecture 2", "Premier motif.", "Second motif.", "Licite préoccupant", "Hors champ"))
    assert "lecteur" not in page, "who read what is not told before it is decided"
    assert '<tr class="differs"><th scope="row">Qualification<br><strong class="mark">différent</strong></th>' in page, "not by colour alone"
    assert "lecture 1" in page or "lecture 2" in page, "what is quoted is marked in the text"
    assert "<script>alert" not in page
    assert " style=" not in page


def test_the_third_person_decides_and_all_readings_stay(house: House, differ: str) -> None:
    cited = quote("B2")
    valide, form = decided_by_form(
        house, differ, qualification="licite_preoccupant", marqueur="gourou", motif="Relu à tête reposée.", citation=f"{cited.start}-{cited.end}-B2",
        **{"s.B2": "present", "s.A1": "absent"},
    )  # fmt: skip
    answer = valide.post(f"/arbitrages/{differ}", form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/arbitrages/{differ}"), answer.text
    decided = standing(house.database, [differ])[differ]
    assert (decided.qualification, decided.markers, decided.decided_by) == ("licite_preoccupant", ("gourou",), "valide")
    assert [one.seat for one in reviews(house.database, differ)] == ["premiere", "seconde", "arbitrage"]
    entry = house.app.state.console.index.get(differ)
    assert (entry["status"], entry["qualification"]) == ("decide", "licite_preoccupant")
    page = valide.get(f"/arbitrages/{differ}").text
    assert "Décidé : Licite préoccupant" in page
    assert "lecteur" in page, "once it is decided the names are told"
    assert valide.post(f"/arbitrages/{differ}", form).status_code == 303, "sent twice, it is decided once"
    assert len(reviews(house.database, differ)) == 3
    assert adjudications.waiting(house.database) == ()


def test_what_is_missing_is_told_and_nothing_is_lost(house: House, differ: str) -> None:
    valide, form = decided_by_form(house, differ, motif="Un motif déjà écrit.", citations="B2 : des mots qui n'y sont pas")
    answer = valide.post(f"/arbitrages/{differ}", form)
    assert answer.status_code == 422
    assert "Choisissez une qualification" in answer.text
    assert "mot pour mot" in answer.text
    assert "Un motif déjà écrit." in answer.text
    assert standing(house.database, [differ]) == {}


def test_what_neither_reading_says_is_not_decided_alone(house: House, differ: str) -> None:
    valide, form = decided_by_form(house, differ, qualification="urgence", motif="Un motif déjà écrit.")
    answer = valide.post(f"/arbitrages/{differ}", form)
    assert answer.status_code == 422
    assert "Aucune des deux lectures ne dit « Urgence »" in answer.text
    assert "appelez d&#39;abord : 15" in answer.text.replace("'", "&#39;")
    assert "Un motif déjà écrit." in answer.text
    assert standing(house.database, [differ]) == {}
    assert valide.post(f"/contenus/{differ}/annuler", {"acte": form["acte"]}).status_code == 303
    assert adjudications.waiting(house.database) == ()
    assert valide.get(f"/contenus/{differ}").status_code == 200
    assert take(house.database, differ, actor=actor(house.people["valide"]), text=_digest(house, differ)).seat == "premiere"


def test_a_passage_may_be_pasted_without_any_script(house: House, differ: str) -> None:
    valide, form = decided_by_form(
        house, differ, qualification="licite_preoccupant", marqueur="gourou", motif="Relu.", citations="B2 : Ne suivez que moi", **{"s.B2": "present"}
    )
    assert valide.post(f"/arbitrages/{differ}", form).status_code == 303
    kept = reviews(house.database, differ)[-1].quotes
    assert [(one.text, one.submarker) for one in kept] == [("Ne suivez que moi", "B2")]


def test_who_has_read_it_decides_nothing_and_sees_no_other_reading(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    house.add("double", "analyse", "valide")
    item = thing(name, text_sha256=_digest(house, name))
    _read(house, "double", item, saying("licite_preoccupant", "B2", reason="Mon motif."))
    _read(house, "analyse", item, saying("hors_champ", reason="Motif des autres."))
    double = house.browser("double")
    assert "Vous avez lu ce contenu" in double.get("/arbitrages").text
    page = double.get(f"/arbitrages/{name}").text
    assert "Motif des autres." not in page
    assert "Votre décision" not in page
    assert double.post(f"/arbitrages/{name}/prendre").status_code == 409
    assert (
        double.post(f"/arbitrages/{name}", {"acte": "a" * 32, "texte": item.text_sha256, "qualification": "hors_champ", "motif": "x"}).status_code
        == 409
    )


def test_two_people_do_not_arbitrate_the_same_item(house: House, differ: str) -> None:
    house.add("valide2", "valide")
    take(house.database, differ, actor=actor(house.people["valide2"]))
    valide = house.browser("valide")
    assert "En cours par une autre personne" in valide.get("/arbitrages").text
    assert valide.post(f"/arbitrages/{differ}/prendre").status_code == 409


def test_one_decision_for_all_copies_that_differ_alike(house: House, fill: Fill) -> None:
    names = fill({"number": 1, "text": TEXT, "p": 0.9}, {"number": 2, "text": TEXT, "p": 0.8})
    index = house.app.state.console.index
    index.change(names, lambda entry: {**entry, "campaign": "c-1"})
    items = [thing(name, text_sha256=_digest(house, name)) for name in names]
    house.add("lecteur", "analyse")
    for who, said in (("analyse", saying("licite_preoccupant", "B2")), ("lecteur", saying("hors_champ"))):
        read(house.database, items, said, actor=actor(house.people[who]), act=deed(), texts=dict.fromkeys(names, TEXT), campaign="c-1", policy=TWICE)
    valide, form = decided_by_form(house, names[0], qualification="hors_champ", motif="Une plaisanterie.", campagne="1")
    assert "1 autre contenu" in valide.get(f"/arbitrages/{names[0]}").text
    assert valide.post(f"/arbitrages/{names[0]}", form).status_code == 303
    assert {row.qualification for row in standing(house.database, names).values()} == {"hors_champ"}
    assert len(standing(house.database, names)) == 2


def submitted(house: House, name: str) -> str:
    """A submission of the association that led to this item."""
    made = submissions.submit_text(
        house.database, "Un texte soumis, assez long pour être lu par une personne.", public=True, actor=actor(house.people["soumet"])
    )
    with house.database.writing() as session:
        row = session.get(SubmissionRow, made.id)
        assert row
        row.document_id = name
    return made.id


def contested(house: House, name: str) -> str:
    """A decision that the association contests."""
    made = submitted(house, name)
    decide(house.database, [thing(name, text_sha256=_digest(house, name))], choice("hors_champ"), act=act())
    return following.contest(house.database, made, reason="Ce texte appelle à arrêter un soin.", actor=actor(house.people["soumet"])).id


def test_a_contest_is_answered_and_the_association_is_told(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    contest = contested(house, name)
    valide = house.browser("valide")
    assert "Ce texte appelle à arrêter un soin." in valide.get("/contestations").text
    page = valide.get(f"/contestations/{contest}").text
    assert "Association A" in page
    assert "Hors champ" in page
    said: dict[str, object] = {"act": "b" * 32, "outcome": "maintenue", "text": "Nous avons relu : c'est un témoignage."}
    assert valide.post(f"/contestations/{contest}", said).status_code == 303
    assert "décision maintenue" in valide.get(f"/contestations/{contest}").text
    assert following.open_contests(house.database) == ()
    assert standing(house.database, [name])[name].qualification == "hors_champ"
    assert valide.post(f"/contestations/{contest}", {**said, "text": "Une autre réponse, plus tard."}).status_code == 409


def test_revue_undoes_the_decision_in_the_same_act(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    contest = contested(house, name)
    valide = house.browser("valide")
    said: dict[str, object] = {"act": "b" * 32, "outcome": "revue", "text": "Vous avez raison, nous le relisons."}
    assert valide.post(f"/contestations/{contest}", said).status_code == 303
    assert standing(house.database, [name]) == {}
    assert house.app.state.console.index.get(name)["status"] == "a_examiner"
    assert following.find_contest(house.database, contest).outcome == "revue"
    assert valide.post(f"/contestations/{contest}", said).status_code == 303, "sent twice, it is answered once"
    told = following.events(
        house.database, submissions.find(house.database, following.find_contest(house.database, contest).submission_id, organisation_id=None)
    )
    assert any("Vous avez raison" in event.text for event in told)


def test_revue_keeps_the_reading_for_another_person_to_follow(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    item = thing(name, text_sha256=_digest(house, name))
    reads(house.database, actor(house.people["analyse"]), item, saying("hors_champ"), policy=ALONE)
    soumet = actor(house.people["soumet"])
    contest = following.contest(house.database, submitted(house, name), reason="Ce texte appelle à arrêter un soin.", actor=soumet).id
    house.browser("valide").post(f"/contestations/{contest}", {"act": "b" * 32, "outcome": "revue", "text": "Vous avez raison, relisons."})
    kept = reviews(house.database, name)
    assert [one.withdrawn_at for one in kept] == [None]
    house.add("autre", "analyse")
    assert take(house.database, name, actor=actor(house.people["autre"]), text=item.text_sha256).seat == "seconde"


def test_agreement_is_told_with_n_and_interval_and_no_name(house: House, fill: Fill) -> None:
    names = fill(*({"number": number, "text": TEXT, "p": 0.9} for number in range(1, 7)))
    house.add("lecteur", "analyse")
    for place, name in enumerate(names):
        item = thing(name, text_sha256=_digest(house, name))
        first = saying("licite_preoccupant", "B2") if place % 2 else saying("hors_champ", submarkers={"B2": "absent"})
        second = first if place else saying("licite_preoccupant", "B2")
        for who, said in (("analyse", first), ("lecteur", second)):
            reads(house.database, actor(house.people[who]), item, said, policy=TWICE)
    one = next(found for found in fairness.agreement(house.database) if found.code == "gourou")
    assert (one.items, one.alike) == (6, 5)
    page = house.browser("analyse").get("/qualite").text
    assert f"{one.alpha:.2f}".replace(".", ",") in page
    assert "trop peu" in page
    assert "B2" in page
    assert "<svg" in page
    assert " style=" not in page
    assert "lecteur" not in page
    assert "1 un arbitrage" in page
    assert "5 secondes" not in page
    assert "6 secondes" in page


def test_who_administers_sees_figures_and_no_text(house: House, differ: str) -> None:
    administre = house.browser("administre")
    for path in ("/qualite", "/qualite/faux-positifs", "/qualite/faux-positifs.csv"):
        answer = administre.get(path)
        assert answer.status_code == 200, path
        assert not any(word in answer.text for word in ("chimio", "cmd|", "Premier motif", "exemple.fr/page")), path
    for path in ("/qualite/exemples.jsonl", "/qualite/reperes", "/arbitrages", f"/arbitrages/{differ}", "/contestations", "/identifications"):
        assert administre.get(path).status_code == 403, path
    assert "exemples.jsonl" not in administre.get("/qualite").text


def test_the_register_of_false_positives_is_inert(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9, "platform": "=evil.example"})
    exclusion = next(iter(load_taxonomy().exclusions()))
    item = thing(name, text_sha256=_digest(house, name))
    decide(house.database, [item], choice("hors_champ", exclusions=(exclusion,), reason="Un mot du texte : chimio."), act=act())
    answer = house.browser("valide").get("/qualite/faux-positifs.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in answer.content
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 2
    assert rows[0][0] == "Contenu"
    assert rows[1][0] == name
    assert "'=evil.example" in rows[1]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "chimio" not in answer.text
    assert exclusion in rows[1]


def test_training_candidates_bring_masked_texts_and_their_guideline(house: House, fill: Fill) -> None:
    text = f"Écrivez à camille.verveine@courriel.example. {TEXT}"
    kept, changed, victim = fill({"number": 1, "text": text, "p": 0.9}, {"number": 2, "text": text, "p": 0.9}, {"number": 3, "text": text, "p": 0.9})
    house.add("lecteur", "analyse")
    for name in (kept, changed, victim):
        item = thing(name, text_sha256=_digest(house, name))
        said = saying("licite_preoccupant", "B2", quotes=[quote("B2", text=text), quote("A1", text=text).model_copy(update={"submarker": None})])
        for who in ("analyse", "lecteur"):
            reads(house.database, actor(house.people[who]), item, said, policy=TWICE, texts={name: text})
    index = house.app.state.console.index
    index.change([changed], lambda entry: {**entry, "text": "Un autre texte."})
    index.change([victim], lambda entry: {**entry, "flags": ["T12"]})
    answer = house.browser("valide").get("/qualite/exemples.jsonl")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    rows = {row["document_id"]: row for row in map(json.loads, answer.text.splitlines())}
    one = rows[kept]
    assert (one["qualification"], one["markers"], one["agreement"], one["taxonomy"]) == ("licite_preoccupant", ["gourou"], "accord", "essai")
    assert "camille.verveine" not in answer.text
    assert "[courriel p-" in one["text"]
    quoted = [(said["text"], said["submarker"]) for said in one["quotes"]]
    assert ("Ne suivez que moi", "B2") in quoted
    assert all(one["text"][said["start"] : said["end"]] == said["text"] for said in one["quotes"]), "places count in the masked text"
    assert (rows[changed]["text"], rows[changed]["left_out"]) == (None, "texte changé depuis la lecture")
    assert (rows[victim]["text"], rows[victim]["quotes"], rows[victim]["left_out"]) == (None, [], "victime reconnaissable")
    assert "by" not in one
    assert load_key(house.settings).decode() not in answer.text


def test_golden_items_are_set_and_retired(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9, "title": HOSTILE})
    decide(house.database, [thing(name, text_sha256=_digest(house, name))], choice("hors_champ"), act=act())
    valide = house.browser("valide")
    said: dict[str, object] = {"document": name, "qualification": "hors_champ", "note": "Une recette n'est pas un marqueur.", "present": ["A1", "B2"]}
    assert valide.post("/qualite/reperes", said).status_code == 303
    (one,) = golden.listed(house.database)
    assert (one.qualification, one.submarkers) == ("hors_champ", {"A1": "present", "B2": "present"})
    page = valide.get("/qualite/reperes").text
    assert "Une recette n&#39;est pas un marqueur." in page
    assert "<script>alert" not in page
    assert valide.post(f"/qualite/reperes/{name}/retirer").status_code == 303
    assert golden.listed(house.database)[0].retired_at is not None
    assert valide.post("/qualite/reperes", {**said, "document": "f" * 32}).status_code == 422
    assert valide.post("/qualite/reperes", {**said, "present": ["Z9"]}).status_code == 422


def test_pages_stand_on_an_empty_house(house: House) -> None:
    valide = house.browser("valide")
    for path in (
        "/arbitrages",
        "/contestations",
        "/qualite",
        "/qualite/faux-positifs",
        "/qualite/faux-positifs.csv",
        "/qualite/exemples.jsonl",
        "/qualite/reperes",
    ):
        assert valide.get(path).status_code == 200, path
    assert valide.get(f"/arbitrages/{'f' * 32}").status_code == 404
    assert valide.get(f"/contestations/{'f' * 32}").status_code == 404
    assert open_index(house.settings).search(Query()).total == 0


def test_what_an_adjudicator_reads_counts_among_what_weighs(house: House, differ: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "FLAGS", ("T5",))  # a flag that this content has
    cited = quote("B2")
    valide, form = decided_by_form(
        house,
        differ,
        qualification="licite_preoccupant",
        marqueur="gourou",
        motif="Relu.",
        citation=f"{cited.start}-{cited.end}-B2",
        **{"s.B2": "present"},
    )
    assert valide.post(f"/arbitrages/{differ}", form).status_code == 303
    assert valide.person
    actor = Actor(id=valide.person.id, organisation_id=valide.person.organisation_id, name="valide", roles=("valide",))
    assert care.today(house.database, actor=actor).distressing == 1
