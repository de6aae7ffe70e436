"""The page of one item: what it shows and hides, and what becomes of a reading that is sent from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from cases import comments, decisions, golden, reviews
from cases.deciding import text_of
from cases.decisions import Act
from cases.policy import load_policy
from cases.seats import lot
from cases.tables_work import ClaimRow, DeclinedRow, ReviewRow
from core.records import Evidence
from core.urls import document_id
from tests.web.conftest import Browser, House
from web.console import Console

TEXT = "Le maître seul sait. Quittez vos proches dès ce soir, ils vous tirent vers le bas.\n\nC'est tout."
QUOTE = "Quittez vos proches dès ce soir"
Fill = Callable[..., list[str]]


@pytest.fixture
def item(fill: Fill) -> str:
    """An item that is read once: it is not among those drawn for a second reading."""
    policy = load_policy()
    once = (number for number in range(100) if lot(policy.second_reading_salt, _id(number)) >= policy.second_reading_share)
    return fill({"number": next(once), "text": TEXT, "p": 0.9})[0]


def _id(number: int) -> str:
    return document_id(f"https://exemple.fr/page/{number}")


def console(house: House) -> Console:
    found: Console = house.app.state.console
    return found


def take(browser: Browser, name: str) -> None:
    assert browser.post(f"/contenus/{name}/prendre").status_code == 303


def form(browser: Browser, name: str, **given: Any) -> dict[str, Any]:
    """What the form on the page holds, with what a person chooses."""
    page = browser.get(f"/contenus/{name}").text
    hidden = {field: found[1] for field in ("acte", "texte") if (found := re.search(rf'name="{field}" value="([^"]+)"', page))}
    return {**hidden, "qualification": "hors_champ", "motif": "Un témoignage.", "suite": "rester", **given}


def gourou(**more: Any) -> dict[str, Any]:
    return {"qualification": "licite_preoccupant", "marqueur": "gourou", "s.B3": "present", "citations": f"B3 : « {QUOTE} »", **more}


def send(browser: Browser, name: str, **given: Any) -> Any:
    return browser.post(f"/contenus/{name}/lecture", form(browser, name, **given))


def rows(house: House) -> list[ReviewRow]:
    with house.database.reading() as session:
        return list(session.scalars(select(ReviewRow).order_by(ReviewRow.number)))


def test_what_is_crawled_is_shown_as_text(house: House, fill: Fill) -> None:
    bad = '<script>alert(1)</script> {{ 123457*3 }} " onclick=x\x00\u202e'
    (name,) = fill(
        {"number": 1, "text": f"{bad} fin", "p": 0.9, "title": bad, "images": (bad,), "links": ("javascript:alert(1)", "https://mal.example/<b>")}
    )
    page = house.browser("analyse").get(f"/contenus/{name}").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "370371" not in page
    assert 'href="javascript:' not in page
    assert "mal.example" not in "".join(re.findall(r'(?:href|src|action)="([^"]*)"', page))
    assert "changent l&#39;ordre des lettres" in page or "changent l'ordre des lettres" in page


def test_the_form_is_there_for_who_holds_the_item_alone(house: House, item: str) -> None:
    ana = house.browser("analyse")
    assert 'id="lecture"' not in ana.get(f"/contenus/{item}").text
    take(ana, item)
    assert 'id="lecture"' in ana.get(f"/contenus/{item}").text
    house.add("autre", "analyse")
    other = house.browser("autre")
    page = other.get(f"/contenus/{item}").text
    assert 'id="lecture"' not in page
    assert other.post(f"/contenus/{item}/prendre").status_code == 409
    reader = house.browser("sante").get(f"/contenus/{item}").text
    assert "Lu en ce moment par analyse" in reader
    assert "/prendre" not in reader


def test_nothing_is_chosen_beforehand(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    page = ana.get(f"/contenus/{item}").text
    checked = re.findall(r"<input[^>]*\bchecked", page)
    assert checked
    assert all('value=""' in one for one in checked)
    assert page.count("Le modèle avait relevé ce signe") == 1  # B2, and hidden by the style sheet until it is answered
    assert "Une croyance, même étrange, n&#39;est pas un marqueur" in page or "Une croyance, même étrange, n'est pas un marqueur." in page


def test_a_reading_is_written_once_however_often_it_is_sent(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    data = form(ana, item, **gourou())
    first, second = ana.post(f"/contenus/{item}/lecture", data), ana.post(f"/contenus/{item}/lecture", data)
    assert (first.status_code, second.status_code) == (303, 303)
    (row,) = rows(house)
    assert (row.qualification, row.markers, row.submarkers) == ("licite_preoccupant", ["gourou"], {"B3": "present"})
    assert [(quote["text"], quote["submarker"]) for quote in row.quotes] == [(QUOTE, "B3")]
    assert len(decisions.history(house.database, item)) == 1
    entry = console(house).index.get(item)
    assert entry is not None
    assert (entry["status"], entry["qualification"]) == ("decide", "licite_preoccupant")


def test_a_quote_by_its_place_is_taken_from_the_text(house: House, item: str) -> None:
    ana, start = house.browser("analyse"), TEXT.index(QUOTE)
    take(ana, item)
    assert send(ana, item, **gourou(citations="", citation=f"{start}-{start + len(QUOTE)}-B3")).status_code == 303
    assert [quote["text"] for quote in rows(house)[0].quotes] == [QUOTE]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"qualification": ""}, "Choisissez une qualification", "q-hors_champ"),
    ({"motif": " ", "qualification": "urgence"}, "Écrivez en quelques mots pourquoi", "f-motif"),
    ({"motif": "x" * 2001}, "2001 caractères", "f-motif"),
    ({"marqueur": "gourou", "s.B3": "present", "citations": f"B3: {QUOTE}"}, "aucun marqueur", "c-gourou"),
    ({"qualification": "illicite_presume"}, "demande au moins un marqueur", "grille"),
    (
        gourou(qualification="illicite_presume", marqueur="complotisme", **{"s.B3": "", "s.C1": "present"}, citations=f"C1 : {QUOTE}"),
        "Le complotisme seul est une opinion",
        "q-illicite_presume",
    ),
    (gourou(citations="B3 : Quittez vos amis"), "pas mot pour mot", "f-citations"),
    (gourou(citations=""), "B3 est présent : citez", "s-B3"),
    (gourou(**{"s.B3": "absent"}), "Vous citez un passage pour B3", "s-B3"),
    ({"qualification": "licite_preoccupant", "marqueur": "gourou"}, "sans sous-marqueur présent", "g-gourou"),
    (gourou(**{"x.gourou": "press"}), "dit le contraire", "g-gourou"),
    ({"qualification": "licite_preoccupant", "x.gourou": "press"}, "sans marqueur confirmé", "q-hors_champ"),
    ({"texte": "0" * 64}, "Le texte a changé", "texte"),
]


def test_what_cannot_be_written_comes_back_with_all_that_was_entered(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    for given, told, anchor in WRONG:
        answer = send(ana, item, **{"s.B5": "incertain", "x.complotisme": "satire", "motif": "Mon motif.", **given})
        assert answer.status_code == 422, given
        assert told in answer.text.replace("&#39;", "'")
        assert f'href="#{anchor}"' in answer.text
        assert f'id="{anchor}"' in answer.text
        assert re.search(r'name="s.B5" value="incertain" checked', answer.text)
        assert re.search(r'name="x.complotisme" value="satire" checked', answer.text)
        assert str(given.get("motif", "Mon motif.")).strip() in answer.text
    assert not rows(house)


def test_an_exclusion_is_reason_enough_to_leave_something_out(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    assert send(ana, item, motif="", **{"x.gourou": "testimony_victim"}).status_code == 303
    assert rows(house)[0].reason == "Exclusion : Témoignage d'ancien membre."


def test_an_urgency_needs_no_more_than_a_reason_and_shows_everywhere(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    assert "3114" in ana.get(f"/contenus/{item}").text
    assert send(ana, item, qualification="urgence", motif="Une vie en danger.").status_code == 303
    for address in ("/file", "/recherche", f"/contenus/{item}"):
        assert "1 urgence ouverte" in " ".join(house.browser("valide").get(address).text.split())


def test_who_reads_second_sees_nothing_of_the_first_reading(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 7, "text": TEXT, "p": 0.9})
    ana = house.browser("analyse")
    take(ana, name)
    assert send(ana, name, **gourou(qualification="illicite_presume", motif="Secret de la première.")).status_code == 303
    house.add("seconde", "analyse")
    bob = house.browser("seconde")
    for _ in range(2):  # before and while they hold it
        page = bob.get(f"/contenus/{name}").text
        for word in ("Secret de la première", "Illicite présumé</b> —", "analyse,", "Seconde", "seconde lecture", "En cours"):
            assert word not in page
        assert "Secret" not in bob.get("/file").text
        take(bob, name)
    with pytest.raises(Exception, match="blind"):
        comments.add(house.database, name, "Vu.", actor=_actor(house, "seconde"), digest=text_of(_entry(house, name)))


def _entry(house: House, name: str) -> dict[str, Any]:
    found = console(house).index.get(name)
    assert found is not None
    return found


def _actor(house: House, name: str) -> Any:
    from cases.people import Actor

    person = house.people[name]
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


def test_undoing_opens_the_item_again(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    sent = send(ana, item)
    banner = ana.get(sent.headers["location"]).text
    assert "Lecture écrite, et décision prise" in banner
    act = re.search(rf'action="/contenus/{item}/annuler".*?name="acte" value="([0-9a-f]+)"', banner)
    assert act
    assert ana.post(f"/contenus/{item}/annuler", {"acte": act[1]}).status_code == 303
    assert _entry(house, item)["status"] == "a_examiner"
    assert rows(house)[0].withdrawn_at is not None
    assert 'id="lecture"' in ana.get(f"/contenus/{item}").text


def test_the_banner_tells_nothing_that_was_not_done(house: House, item: str) -> None:
    page = house.browser("analyse").get(f"/contenus/{item}?fait={item}&etat=decide").text
    assert "décision prise" not in page


def test_a_golden_item_is_explained_after_the_reading_only(house: House, item: str) -> None:
    val = house.browser("valide")
    take(val, item)
    send(val, item, **gourou())
    golden.set_golden(house.database, item, qualification="licite_preoccupant", note="Parce que B3.", actor=_actor(house, "valide"))
    with house.database.writing() as session:
        now = datetime.now(UTC)
        session.add(ClaimRow(document_id=item, person_id=house.people["analyse"].id, seat="repere", since=now, until=now + timedelta(minutes=20)))
    ana = house.browser("analyse")
    page = ana.get(f"/contenus/{item}").text
    assert "Parce que B3" not in page
    assert "Décidé" not in page
    assert "Licite préoccupant</b> :" not in page
    sent = send(ana, item, **gourou())
    assert "Parce que B3." in ana.get(sent.headers["location"]).text


def test_one_decision_for_a_campaign_spares_what_is_decided(house: House, fill: Fill, settings: Any, make_scored: Any) -> None:
    from index.open import open_index
    from tests.index.making import entry_of

    index = open_index(settings)
    scored = [make_scored(number, text=TEXT, p=0.9) for number in (41, 42, 43)]
    index.write([entry_of(one, campaign="c-1") for one in scored])
    index.close()
    first, second, third = (one.document.id for one in scored)
    ana = house.browser("analyse")
    take(ana, third)
    assert send(ana, third, motif="Décidé seul.").status_code == 303
    take(ana, first)
    page = ana.get(f"/contenus/{first}").text
    waiting = len([name for name in (first, second, third) if _entry(house, name)["status"] != "decide"])
    assert f"Pour toute la campagne : {waiting} contenus" in page
    assert send(ana, first, campagne="1", motif="Pour toutes.").status_code == 303
    said = {row.document_id: row.reason for row in rows(house)}
    assert said == {third: "Décidé seul.", first: "Pour toutes.", second: "Pour toutes."}


def test_rather_not_reading_leaves_no_trace_for_others(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    assert ana.post(f"/contenus/{item}/passer").headers["location"] == "/file?dit=passe"
    from cases import audit

    assert not [one for one in audit.entries(house.database) if "declin" in one.action or one.document_id == item]
    with house.database.reading() as session:
        assert session.scalars(select(DeclinedRow.person_id)).all() == [house.people["analyse"].id]
    other = house.browser("valide").get(f"/contenus/{item}").text
    assert "analyse" not in re.sub(r"<[^>]+>", "", other.split("<main", 1)[1]).replace("analysent", "")


def test_the_lease_is_extended_and_its_loss_is_told(house: House, item: str) -> None:
    ana = house.browser("analyse")
    assert ana.post(f"/contenus/{item}/prolonger").status_code == 409
    take(ana, item)
    until = datetime.fromisoformat(ana.post(f"/contenus/{item}/prolonger").json()["jusqua"])
    assert until > datetime.now(UTC) + timedelta(minutes=15)
    with house.database.writing() as session:
        session.execute(update(ClaimRow).values(until=datetime.now(UTC) - timedelta(seconds=1)))
    take(house.browser("valide"), item)
    assert ana.post(f"/contenus/{item}/prolonger").status_code == 409
    answer = send(ana, item, acte=uuid4().hex, texte=decisions.text_digest(None, TEXT))
    assert answer.status_code == 409
    assert "Votre lecture n&#39;est pas écrite" in answer.text
    assert "Un témoignage." in answer.text


def test_releasing_lets_others_read(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    assert ana.post(f"/contenus/{item}/relacher").headers["location"] == "/file?dit=rendu"
    take(house.browser("valide"), item)


def test_a_script_is_told_where_to_go_on(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    answer = ana.post(f"/contenus/{item}/lecture", form(ana, item), headers={"X-Vigie": "1"})
    assert answer.headers["x-vigie-suite"].startswith(f"/contenus/{item}?fait=")
    assert "Annuler ma lecture" in answer.text
    assert "<html" not in answer.text


def test_comments_are_for_those_who_have_read(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    send(ana, item)
    assert ana.post(f"/contenus/{item}/commentaires", {"acte": uuid4().hex, "commentaire": "<b>À revoir</b>"}).status_code == 303
    assert "&lt;b&gt;À revoir&lt;/b&gt;" in ana.get(f"/contenus/{item}").text


def test_the_evidence_is_what_was_archived(house: House, fill: Fill) -> None:
    import hashlib

    data = b"membre de l'archive"
    (house.settings.archive_dir / "evidence").mkdir(parents=True)
    (house.settings.archive_dir / "evidence" / "a.warc.gz").write_bytes(b"xxx" + data + b"yyy")
    (house.settings.data_dir / "secret").write_bytes(data * 10)
    ref = {"file": "evidence/a.warc.gz", "offset": 3, "length": len(data), "record_id": "<urn:uuid:1>", "payload_sha256": "0" * 64,
           "record_sha256": hashlib.sha256(data).hexdigest()}  # fmt: skip
    good, outside, changed, none = fill(
        {"number": 1, "evidence": ref},
        {"number": 2, "evidence": {**ref, "file": "../secret", "record_sha256": None}},
        {"number": 3, "evidence": {**ref, "offset": 4}},
        {"number": 4},
    )
    ana = house.browser("analyse")
    answer = ana.get(f"/contenus/{good}/preuve")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "vigie evidence verify" in ana.get(f"/contenus/{good}").text
    assert [ana.get(f"/contenus/{name}/preuve").status_code for name in (outside, changed, none)] == [404, 500, 404]


def test_a_thread_leads_to_what_is_indexed(house: House, fill: Fill) -> None:
    root, answer, _ = fill(
        {"number": 1, "platform_id": "77"},
        {"number": 2, "thread_root": "https://exemple.fr/page/1", "thread_parent": "77"},
        {"number": 3, "thread_root": "https://exemple.fr/page/99"},
    )
    page = house.browser("analyse").get(f"/contenus/{answer}").text
    assert page.count(f'href="/contenus/{root}"') == 2


def test_reading_is_for_readers(house: House, item: str) -> None:
    for name, status in (("soumet", 403), ("administre", 403), ("sante", 200), ("droit", 200), ("analyse", 200)):
        assert house.browser(name).get(f"/contenus/{item}").status_code == status
    for action in ("prendre", "lecture", "relacher", "passer", "prolonger"):
        assert house.browser("sante").post(f"/contenus/{item}/{action}").status_code == 403
    assert house.browser("analyse").get("/contenus/inconnu").status_code == 404


def test_an_overlapping_passage_is_marked_for_both(house: House, fill: Fill, make_scored: Any, settings: Any) -> None:
    from index.open import open_index
    from tests.index.making import entry_of

    scored = make_scored(9, text=TEXT, p=0.9)
    both = tuple(Evidence(marker=marker, start=0, end=end, text=TEXT[:end], score=0.9) for marker, end in (("gourou", 20), ("complotisme", 9)))
    index = open_index(settings)
    index.write([entry_of(scored.model_copy(update={"assessment": scored.assessment.model_copy(update={"evidence": both, "flags": ()})}))])
    index.close()
    page = house.browser("analyse").get(f"/contenus/{scored.document.id}").text
    assert '<mark class="m m-complotisme"><mark class="m m-gourou">Le maître</mark></mark>' in page


def test_own_reading_is_seen_after_it(house: House, item: str) -> None:
    ana = house.browser("analyse")
    take(ana, item)
    send(ana, item, motif="Ce que j'en pense.")
    assert [one.reason for one in reviews.seen_by(house.database, item, actor=_actor(house, "analyse"))] == ["Ce que j'en pense."]
    assert "Ce que j&#39;en pense." in ana.get(f"/contenus/{item}").text
    assert Act(id="12345678").id
