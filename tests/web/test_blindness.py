"""Blind reading, in every list and page that a second reader may open: two houses that differ in the first reading alone look the same to them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cases import golden, urgencies
from cases.claims import take as claim
from cases.deciding import show, text_of
from cases.golden import GoldenRow
from cases.people import Actor
from cases.tables_work import ClaimRow
from tests.web.conftest import House
from tests.web.programs import program
from tests.web.test_items import Fill, console, gourou, item, rows, send, take  # noqa: F401 - a fixture

LISTS = ("/recherche", "/recherche?status=a_examiner", "/recherche?status=en_cours", "/file", "/contenus/{name}")
API = ("/api/v1/documents", "/api/v1/documents?status=en_cours", "/api/v1/queue", "/api/v1/documents/{name}")


def main_of(page: str) -> str:
    """What a page says, without what every answer makes anew."""
    found = re.search(r"<main.*</main>", page, re.DOTALL)
    assert found
    return re.sub(r'value="[0-9a-f]{32,64}"|\d\d:\d\d(:\d\d)?(\.\d+)?', "", found[0])


def actor(house: House, name: str) -> Actor:
    person = house.people[name]
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


def test_a_first_reading_changes_nothing_that_the_second_reader_can_open(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 7, "text": "Le maître seul sait. Quittez vos proches dès ce soir, ils vous tirent vers le bas.", "p": 0.9})
    show(console(house).index, house.database, [name])  # as a publication does
    house.add("seconde", "analyse")
    bob, key = house.browser("seconde"), program(house, "seconde")
    pages = [address.format(name=name) for address in LISTS]
    asked = [address.format(name=name) for address in API]
    before = [main_of(bob.get(one).text) for one in pages], [key.get(one).json() for one in asked]
    ana = house.browser("analyse")
    take(ana, name)
    assert send(ana, name, **gourou(qualification="illicite_presume", motif="Secret de la première.")).status_code == 303
    assert console(house).index.get(name)["status"] == "en_cours"  # type: ignore[index]
    for address, was in zip(pages, before[0], strict=True):
        assert main_of(bob.get(address).text).splitlines() == was.splitlines(), address
    assert [key.get(one).json() for one in asked] == before[1]


def test_an_urgency_in_a_list_does_not_tell_that_it_was_read(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 7, "p": 0.9})
    ana = house.browser("analyse")
    take(ana, name)
    assert send(ana, name, qualification="urgence", motif="Une vie en danger.").status_code == 303
    assert len(urgencies.open_ones(house.database)) == 1
    house.add("seconde", "analyse")
    bob = house.browser("seconde")
    for address in ("/recherche", "/file", f"/contenus/{name}"):
        assert '<span class="tag">Urgence</span>' not in bob.get(address).text
        assert "Décidé" not in re.sub(r"<(form|details).*?</\1>", "", main_of(bob.get(address).text), flags=re.DOTALL)


def test_a_golden_item_looks_like_any_other_to_who_reads_it(house: House, item: str) -> None:  # noqa: F811
    ana = house.browser("analyse")
    take(ana, item)
    assert send(ana, item, **gourou()).status_code == 303
    golden.set_golden(house.database, item, qualification="licite_preoccupant", note="Voilà pourquoi.", actor=actor(house, "valide"))
    house.add("nouvelle", "analyse")
    eve = house.browser("nouvelle")
    with house.database.writing() as session:
        claim_row = _lease(house, session)
    for _ in range(2):
        for address in ("/recherche", f"/contenus/{item}"):
            page = re.sub(r"<(form|details).*?</\1>", "", main_of(eve.get(address).text), flags=re.DOTALL)
            assert "Licite préoccupant" not in page
            assert "décidé" not in page.lower()
        with house.database.writing() as session:  # the lease ends while the page is open
            row = session.get(ClaimRow, claim_row)
            assert row
            row.until = row.since
    assert f'action="/contenus/{item}/prendre"' in eve.get(f"/contenus/{item}").text
    take(eve, item)
    assert 'id="lecture"' in eve.get(f"/contenus/{item}").text


def _lease(house: House, session: Any) -> tuple[str, str]:
    from datetime import UTC, datetime, timedelta

    name = session.query(GoldenRow).one().document_id
    now = datetime.now(UTC)
    session.add(ClaimRow(document_id=name, person_id=house.people["nouvelle"].id, seat="repere", since=now, until=now + timedelta(minutes=20)))
    return name, house.people["nouvelle"].id


def test_an_export_tells_who_takes_it_no_more_than_the_list(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 7, "p": 0.9})
    ana = house.browser("analyse")
    take(ana, name)
    assert send(ana, name, qualification="urgence", motif="Une vie en danger.").status_code == 303
    told = house.browser("valide").post("/recherche/export", {"format": "jsonl", "recherche": ""}).text
    assert name in told
    assert '"status": "a_examiner"' in told.replace('":"', '": "')
    assert "urgence" not in told


def test_nobody_tries_until_they_say_what_the_first_said(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 7, "text": "Le maître seul sait. Quittez vos proches dès ce soir, ils vous tirent vers le bas.", "p": 0.9})
    ana = house.browser("analyse")
    take(ana, name)
    assert send(ana, name, **gourou(qualification="illicite_presume")).status_code == 303
    house.add("seconde", "analyse")
    bob = house.browser("seconde")
    take(bob, name)
    assert send(bob, name).status_code == 303
    assert bob.post(f"/contenus/{name}/annuler", {"acte": "a" * 32}).status_code == 303
    assert len([row for row in rows(house) if row.withdrawn_at]) == 1
    assert 'id="lecture"' not in bob.get(f"/contenus/{name}").text
    assert bob.post(f"/contenus/{name}/prendre").status_code == 409
    with pytest.raises(Exception, match="read"):
        claim(house.database, name, actor=actor(house, "seconde"), text=text_of(console(house).index.get(name) or {}))


def test_a_reading_that_was_taken_back_is_not_said_to_be_written(house: House, item: str) -> None:  # noqa: F811
    from tests.web.test_items import form

    ana = house.browser("analyse")
    take(ana, item)
    data = form(ana, item, **gourou())
    assert ana.post(f"/contenus/{item}/lecture", data).status_code == 303
    assert ana.post(f"/contenus/{item}/annuler", {"acte": "a" * 32}).status_code == 303
    assert ana.post(f"/contenus/{item}/lecture", data).status_code == 409
    for act in ("", "court", "x" * 65):  # of no form of ours
        assert ana.post(f"/contenus/{item}/lecture", {**data, "acte": act}).status_code == 422


def test_the_feed_of_a_closed_organisation_is_closed(house: House) -> None:
    from cases import changing
    from web.links import feed_token

    token = feed_token(console(house), actor(house, "soumet_ailleurs"))
    assert house.browser().get(f"/soumissions.atom?jeton={token}").status_code == 200
    changing.change_organisation(house.database, house.other.id, by="test", closed=True)
    assert house.browser().get(f"/soumissions.atom?jeton={token}").status_code == 404
