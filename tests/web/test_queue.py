"""The queue, its filters, the next item; campaigns, the search and its export, urgencies."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases import audit, claims, urgencies
from cases.people import Actor
from core.times import PARIS
from index.open import open_index
from tests.index.making import entry_of
from tests.web.conftest import House

Fill = Callable[..., list[str]]


def actor(house: House, name: str) -> Actor:
    person = house.people[name]
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


def listed(page: str) -> list[str]:
    return re.findall(r'<li class="ligne" id="l-([0-9a-f]+)"', page)


def text_only(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1]).replace("&#39;", "'").split())


def test_the_worst_comes_first_with_its_reason(house: House, fill: Fill) -> None:
    low, high, _ = fill({"number": 1, "p": 0.6, "text": "Doux."}, {"number": 2, "p": 0.95, "text": "Fort."}, {"number": 3, "p": 0.1, "text": "Rien."})
    page = house.browser("analyse").get("/file").text
    assert listed(page) == [high, low]
    assert "Pourquoi à cette place" in page
    assert "2 contenus relevés par le modèle à examiner" in page


def test_filters_narrow_the_queue_and_next_follows_them(house: House, fill: Fill) -> None:
    first, second = fill({"number": 1, "p": 0.95, "platform": "a.example"}, {"number": 2, "p": 0.6, "platform": "b.example", "text": "Du lait cru."})
    ana = house.browser("analyse")
    assert listed(ana.get("/file?platform=b.example").text) == [second]
    assert listed(ana.get("/file?q=lait&marker=gourou&since=&until=&lane=").text) == [second]
    assert listed(ana.get("/file?lane=sondage").text) == []
    assert listed(ana.get("/file?lane=signale").text) == [first, second]
    assert ana.post("/file/suivant", {"file": "platform=b.example"}).headers["location"].startswith(f"/contenus/{second}?file=platform")
    assert ana.get("/file?inconnu=1").status_code == 422


def test_next_gives_everybody_another_item_and_skips_what_was_left(house: House, fill: Fill) -> None:
    names = fill(*({"number": number, "p": 0.9 - number / 100} for number in range(3)))
    house.add("autre", "analyse")
    ana, bob = house.browser("analyse"), house.browser("autre")
    assert ana.post("/file/suivant").headers["location"] == f"/contenus/{names[0]}"
    assert bob.post("/file/suivant").headers["location"] == f"/contenus/{names[1]}"
    assert ana.post("/file/suivant", {"sauf": names[0], "reserve": "1"}).headers["location"] == f"/contenus/{names[2]}"
    assert set(claims.claims_on(house.database, names)) == set(names)
    assert ana.post("/file/suivant", {"sauf": names[2]}).headers["location"] == f"/contenus/{names[0]}"
    assert set(claims.claims_on(house.database, names)) == set(names[:2])
    assert house.browser("sante").post("/file/suivant").status_code == 403


def test_an_empty_queue_says_so(house: House) -> None:
    ana = house.browser("analyse")
    assert ana.post("/file/suivant").headers["location"] == "/file?dit=vide"
    assert "Rien à lire" in ana.get("/file").text


def test_that_somebody_reads_is_told_without_a_name(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "p": 0.9})
    claims.take(house.database, name, actor=actor(house, "analyse"))
    page = house.browser("valide").get("/file").text
    assert "En cours de lecture" in page
    assert "analyse" not in page.split("<main", 1)[1]
    assert "Réservé pour vous" in house.browser("analyse").get("/file").text


def test_pages_follow_each_other_without_gap_or_repeat(house: House, fill: Fill) -> None:
    names = fill(*({"number": number, "p": 0.55 + number / 100} for number in range(30)))
    ana, seen, address = house.browser("analyse"), [], "/file"
    while address:
        page = ana.get(address).text
        seen += listed(page)
        found = re.search(r'href="(/file\?[^"]*apres=[^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert sorted(seen) == sorted(names)
    for broken in ("x", "[1]", '[[1,"a"],null]', '[["a","b"],null,3]', "[" * 5000, '[[1e400,"a"],null,1]'):
        assert ana.get("/file", params={"apres": broken}).status_code == 422


def test_a_distressing_title_is_hidden_until_asked_for(house: House, make_scored: Any, settings: Any) -> None:
    scored = make_scored(1, p=0.9, title="Un titre qui heurte", text="Un texte qui heurte.")
    hard = scored.assessment.model_copy(update={"flags": (scored.assessment.flags[0].model_copy(update={"id": "T7"}),)})
    index = open_index(settings)
    index.write([entry_of(scored.model_copy(update={"assessment": hard}))])
    index.close()
    page = house.browser("analyse").get("/file").text
    before = page.split("Un titre qui heurte")[0]
    assert before.rstrip().endswith('dir="auto">')
    assert before.rfind("<details") > before.rfind("</details>")
    assert "<details open" not in before
    with house.database.writing() as session:
        from cases.tables_people import PersonRow

        row = session.get(PersonRow, house.people["analyse"].id)
        assert row
        row.preferences = {"blur": False}
    assert "Titre masqué" not in house.browser("analyse").get("/file").text


def test_filters_are_kept_for_oneself(house: House, fill: Fill) -> None:
    fill({"number": 1, "p": 0.9})
    ana = house.browser("analyse")
    assert ana.post("/file/filtres", {"nom": "Les <b>miens</b>", "file": "marker=gourou&q="}).headers["location"] == "/file?marker=gourou&dit=garde"
    page = ana.get("/file").text
    assert "Les &lt;b&gt;miens" in page
    house.add("autre", "analyse")
    bob = house.browser("autre")
    assert "miens" not in bob.get("/file").text
    found = re.search(r'action="(/file/filtres/[0-9a-f]+/retirer)"', page)
    assert found
    bob.post(found[1])
    assert "miens" in ana.get("/file").text
    ana.post(found[1])
    assert "miens" not in ana.get("/file").text
    assert ana.post("/file/filtres", {"nom": "vide", "file": ""}).status_code == 422
    assert ana.post("/file/filtres", {"nom": "faux", "file": "x=1"}).status_code == 422


def test_a_pause_is_proposed_after_hard_items(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from cases import care

    monkeypatch.setattr(care, "today", lambda *_args, **_options: care.Care(9, 8, 8, True))
    assert "Vous avez lu 8 contenus éprouvants" in house.browser("analyse").get("/file").text


def test_a_campaign_shows_its_items_and_leads_to_one_decision(house: House, make_scored: Any, settings: Any) -> None:
    index = open_index(settings)
    scored = [make_scored(number, p=0.8 + number / 100, platform=f"p{number}.example", author="p-" + str(number) * 24,
                          published_at=datetime(2026, 11, number, tzinfo=UTC)) for number in (1, 2, 3)]  # fmt: skip
    index.write([entry_of(one, campaign="c-1") for one in scored])
    index.close()
    ana = house.browser("analyse")
    page = ana.get("/campagnes/c-1")
    assert "3 contenus du même texte" in page.text
    assert "01/11/2026 – 03/11/2026" in page.text
    assert len(listed(page.text)) == 3
    worst = scored[-1].document.id
    answer = ana.post(f"/contenus/{worst}/prendre", {"campagne": "1"})
    shown = ana.get(answer.headers["location"]).text
    assert re.search(r'name="campagne" value="1" checked', shown)
    assert ana.get("/campagnes/inconnue").status_code == 404


def test_a_search_shows_what_was_found_and_what_it_counts_by(house: House, fill: Fill) -> None:
    fill({"number": 1, "text": "Le <i>soleil</i> guérit les soleils.", "p": 0.9}, {"number": 2, "text": "La pluie.", "p": 0.2})
    ana = house.browser("analyse")
    page = ana.get("/recherche?q=soleil").text
    assert "1 résultat" in page
    assert '<mark class="cherche">soleil</mark>' in page
    assert "<i>soleil" not in page
    assert "Affiner par" in page
    assert listed(ana.get("/recherche?marker=gourou").text)
    for wrong in ("marker=x", "since=hier", "flag=T99", "after=x", "similar=x"):
        answer = ana.get(f"/recherche?{wrong}")
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_what_only_one_person_has_read_is_told_nowhere(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "p": 0.9})
    index = house.app.state.console.index
    index.change([name], lambda entry: {**entry, "status": "en_cours"})
    for address in ("/file", "/recherche", f"/contenus/{name}"):
        assert "En cours" not in house.browser("valide").get(address).text
    assert listed(house.browser("analyse").get("/file").text) == [name]


def test_an_export_has_pseudonyms_and_is_written_down(house: House, fill: Fill) -> None:
    fill({"number": 1, "text": "=1+1 écrivez à anna@secte.example", "p": 0.9}, {"number": 2, "text": "Autre.", "p": 0.3})
    val = house.browser("valide")
    answer = val.post("/recherche/export", {"format": "csv", "recherche": "marker=gourou"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["text"].startswith("'=1+1")
    assert "anna@" not in answer.text
    lines = val.post("/recherche/export", {"format": "jsonl", "recherche": ""}).text.splitlines()
    assert len([json.loads(line) for line in lines]) == 2
    assert [one.actor for one in audit.entries(house.database) if one.action == "results_exported"] == [house.people["valide"].id] * 2
    assert house.browser("analyse").post("/recherche/export", {"format": "csv"}).status_code == 403
    assert "/recherche/export" not in house.browser("analyse").get("/recherche").text


def test_an_urgency_is_closed_with_who_what_and_when(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "p": 0.9})
    ana = house.browser("analyse")
    ana.post(f"/contenus/{name}/prendre")
    page = ana.get(f"/contenus/{name}").text
    hidden = {field: re.search(rf'name="{field}" value="([^"]+)"', page)[1] for field in ("acte", "texte")}  # type: ignore[index]
    ana.post(f"/contenus/{name}/lecture", {**hidden, "qualification": "urgence", "motif": "Une vie.", "suite": "rester"})
    (one,) = urgencies.open_ones(house.database)
    assert "Ouvertes (1)" in ana.get("/urgences").text
    assert "encore 29 min" in ana.get("/urgences").text
    bad = ana.post(f"/urgences/{one.id}/clore", {"appele": "15", "fait": "J'ai appelé.", "quand": ""})
    assert bad.status_code == 422
    assert "J&#39;ai appelé." in bad.text
    assert re.search(r'value="15" checked', bad.text)
    tomorrow = (datetime.now(PARIS) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert ana.post(f"/urgences/{one.id}/clore", {"appele": "15", "fait": "Appelé.", "quand": tomorrow}).status_code == 422
    both: dict[str, object] = {"appele": ["15", "aucun"], "fait": "Appelé.", "quand": datetime.now(PARIS).strftime("%Y-%m-%dT%H:%M")}
    assert ana.post(f"/urgences/{one.id}/clore", both).status_code == 422
    assert ana.post(f"/urgences/{one.id}/clore", {**both, "appele": "15"}).headers["location"] == "/urgences?dit=close"
    assert "Aucune urgence ouverte" in ana.get("/urgences").text
    assert "15, SAMU" in text_only(ana.get("/urgences").text)
    assert "urgence ouverte" not in ana.get("/file").text
    assert house.browser("sante").post(f"/urgences/{one.id}/clore").status_code == 403
