"""What associations reported and the model did not flag: it reaches a reader, in a list of its own and at its turn."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cases import reported
from cases.deciding import show
from tests.web.conftest import Browser, House
from tests.web.programs import program
from tests.web.submitting import submitted, words
from tests.web.test_blindness import main_of
from tests.web.test_items import TEXT, Fill, console, gourou, rows, send, take
from tests.web.test_queue import listed

NOTE = "Ma voisine <b>y croit</b> & arrête tout."


def reports(house: House, fill: Fill, *numbers: int, **fields: Any) -> list[str]:
    """Documents that the model does not flag and that associations reported, in the order of their numbers."""
    names = fill(*({"number": number, "p": 0.1, "text": f"Un texte calme, le {number}.", **fields} for number in numbers))  # pages of exemple.fr
    for place, number in enumerate(numbers):
        submitted(house, f"https://exemple.fr/page/{number}", "visible", ago=1000 - place, note=NOTE)
    index = console(house).index
    index.change(names, lambda entry: {**entry, "lane": None, "reasons": []})
    show(index, house.database, names)  # as a publication does
    return names


def next_of(browser: Browser, **data: object) -> str:
    return browser.post("/file/suivant", data).headers["location"].removeprefix("/contenus/")


def test_what_the_model_does_not_flag_is_read_all_the_same(house: House, fill: Fill) -> None:
    (name,) = reports(house, fill, 5)
    ana = house.browser("analyse")
    page = ana.get("/file").text
    assert listed(page) == [name]
    assert "Signalés par des associations (1)" in page
    assert "Signalé par une association, non relevé par le modèle" in page
    assert "Rien d'autre à lire" in words(page).replace("&#39;", "'")
    assert next_of(ana) == name
    shown = ana.get(f"/contenus/{name}").text
    assert "Signalé par une association, non relevé par le modèle" in shown
    assert "Pas dans la file" not in shown
    assert send(ana, name).status_code == 303
    assert [row.lane for row in rows(house)] == [None]
    assert listed(ana.get("/file").text) == []


def test_flagged_items_keep_their_place_and_every_third_is_a_reported_one(house: House, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    (flagged,) = fill({"number": 1, "p": 0.95})
    first, second = reports(house, fill, 5, 6)
    ana = house.browser("analyse")
    assert next_of(ana) == flagged
    monkeypatch.setattr(reported, "is_turn", lambda *_args, **_options: True)
    assert next_of(ana, sauf=flagged) == first
    assert next_of(ana, file="platform=exemple.fr").startswith(flagged)  # who filters gets what they filter
    assert next_of(ana, file="lane=soumis", sauf=first, reserve="1").startswith(f"{second}?file=lane%3Dsoumis")


def test_reported_items_come_when_others_read_all_that_is_flagged(house: House, fill: Fill) -> None:
    (flagged,) = fill({"number": 1, "p": 0.95})
    (name,) = reports(house, fill, 5)
    take(house.browser("valide"), flagged)
    ana = house.browser("analyse")
    assert ana.post("/file/suivant", {"file": "platform=exemple.fr"}).headers["location"].endswith("dit=vide")
    assert next_of(ana) == name


def test_reported_items_go_before_what_was_drawn_by_lot(house: House, fill: Fill) -> None:
    (drawn,) = fill({"number": 1, "p": 0.1})
    console(house).index.change([drawn], lambda entry: {**entry, "lane": "sondage"})
    (name,) = reports(house, fill, 5)
    ana = house.browser("analyse")
    assert next_of(ana) == name
    assert next_of(ana, sauf=name, reserve="1") == drawn


def test_flagged_and_not_reported_ones_are_not_in_that_list(house: House, fill: Fill) -> None:
    flagged, quiet = fill({"number": 1, "p": 0.95}, {"number": 2, "p": 0.1})
    submitted(house, "https://exemple.fr/page/1", "visible")
    console(house).index.change([quiet], lambda entry: {**entry, "lane": None})
    ana = house.browser("analyse")
    assert listed(ana.get("/file").text) == [flagged]
    page = ana.get("/file?lane=soumis")
    assert (page.status_code, listed(page.text)) == (200, [])
    assert "Rien à lire ici" in page.text


def test_all_of_them_on_pages_of_their_own(house: House, fill: Fill) -> None:
    names = reports(house, fill, *range(23))
    ana = house.browser("analyse")
    top = ana.get("/file").text
    assert listed(top) == names[:3]
    assert "(23)" in top
    page = ana.get("/file?lane=soumis").text
    assert listed(page) == names[:20]
    assert f'/contenus/{names[0]}?file=lane%3Dsoumis"' in page
    found = re.search(r'href="(/file\?lane=soumis[^"]*apres=[^"]+)"', page)
    assert found
    rest = ana.get(found[1].replace("&amp;", "&")).text
    assert listed(rest) == names[20:]
    assert "apres=" not in rest
    for broken in ("x", "[1]", '["a","b"]', "[" * 5000, "null", '["0001-01-01T00:00:00+23:00","a"]', "{}", '["2026-11-20T10:00:00","a"]'):
        assert ana.get("/file", params={"lane": "soumis", "apres": broken}).status_code in (422, 200)


def test_the_first_page_counts_them(house: House, fill: Fill) -> None:
    fill({"number": 1, "p": 0.95})
    reports(house, fill, 5, 6)
    for name in ("analyse", "sante"):
        page = words(house.browser(name).get("/").text)
        assert "Dont 2 signalés par des associations" in page
        assert "3 File de lecture" in page


def test_what_one_person_declines_leaves_their_lists_alone(house: House, fill: Fill) -> None:
    (flagged,) = fill({"number": 1, "p": 0.95})
    (name,) = reports(house, fill, 5)
    ana = house.browser("analyse")
    for one in (flagged, name):
        take(ana, one)
        ana.post(f"/contenus/{one}/passer")
    assert listed(ana.get("/file").text) == listed(ana.get("/file?lane=soumis").text) == []
    assert sorted(listed(house.browser("valide").get("/file").text)) == sorted([flagged, name])
    assert ana.post("/file/suivant").headers["location"] == "/file?dit=vide"


def test_a_reading_changes_nothing_that_the_second_reader_sees(house: House, fill: Fill) -> None:
    (name,) = reports(house, fill, 5, text=TEXT)
    house.add("seconde", "analyse")
    ana, bob = house.browser("analyse"), house.browser("seconde")
    addresses = ("/file", "/file?lane=soumis", "/", f"/contenus/{name}")
    key = program(house, "seconde")
    told = key.get(f"/api/v1/documents/{name}").json()
    before = [main_of(bob.get(one).text) for one in addresses]
    take(ana, name)
    assert "En cours de lecture" in bob.get("/file?lane=soumis").text
    assert send(ana, name, **gourou(qualification="illicite_presume", motif="Secret de la première.")).status_code == 303
    assert console(house).index.get(name)["status"] == "en_cours"  # type: ignore[index]
    for address, was in zip(addresses, before, strict=True):
        assert main_of(bob.get(address).text).splitlines() == was.splitlines(), address
    assert key.get(f"/api/v1/documents/{name}").json() == told
    assert listed(ana.get("/file?lane=soumis").text) == []  # who has read it once does not read it twice


def test_an_urgency_stays_in_the_list_of_who_reads_it_a_second_time(house: House, fill: Fill) -> None:
    (name,) = reports(house, fill, 5)
    house.add("seconde", "analyse")
    ana, bob = house.browser("analyse"), house.browser("seconde")
    take(ana, name)
    assert send(ana, name, qualification="urgence", motif="Une vie en danger.").status_code == 303
    for address in ("/file", "/file?lane=soumis"):
        page = bob.get(address).text
        assert listed(page) == [name]
        assert '<span class="tag">Urgence' not in page
    assert next_of(bob) == name


def test_notes_are_folded_and_shown_as_text(house: House, fill: Fill) -> None:
    (name,) = reports(house, fill, 5)
    page = house.browser("analyse").get(f"/contenus/{name}").text
    fold = re.search(r"<details><summary>Ce qu'en dit qui l'a signalé</summary>(.*?)</details>", page, re.DOTALL)
    assert fold
    assert "peut influencer votre lecture" in fold[1]
    assert "Ma voisine &lt;b&gt;y croit&lt;/b&gt; &amp; arrête tout." in fold[1]
    assert page.count("Ma voisine") == 1
    assert house.own.name not in page.split("<main", 1)[1]
    assert "soumet" not in fold[1]
    (quiet,) = fill({"number": 9, "p": 0.9})
    assert "qui l'a signalé" not in house.browser("analyse").get(f"/contenus/{quiet}").text


def test_what_may_be_asked_of_a_decided_item_is_a_click_away(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 5, "p": 0.95})
    said = {"status": "decide", "qualification": "illicite_presume"}
    val = house.browser("valide")
    assert "/qualite/reperes?" not in val.get(f"/contenus/{name}").text
    console(house).index.change([name], lambda entry: {**entry, **said})
    links = [f"/identifications?document={name}", f"/qualite/reperes?document={name}"]
    page = val.get(f"/contenus/{name}").text
    for link in links:
        assert f'href="{link}#' in page
        assert f'value="{name}"' in val.get(link).text
    assert links[0] in house.browser("droit").get(f"/contenus/{name}").text
    for who in ("droit", "analyse", "sante"):
        assert links[1] not in house.browser(who).get(f"/contenus/{name}").text
    assert links[0] not in house.browser("analyse").get(f"/contenus/{name}").text
    console(house).index.change([name], lambda entry: {**entry, "qualification": "hors_champ"})
    page = val.get(f"/contenus/{name}").text
    assert (links[0] in page, links[1] in page) == (False, True)
