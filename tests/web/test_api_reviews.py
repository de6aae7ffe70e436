"""The API of reading: the same rules as on the pages, blind, once, and never more than a person without ``valide`` may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases.policy import load_policy
from cases.seats import lot
from cases.tables import DecisionRow
from cases.tables_work import ReviewRow
from core.taxonomy import load_taxonomy
from tests.index.making import entry_of
from tests.web.conftest import House
from tests.web.programs import Program, problem_of, program

Fill = Callable[..., list[str]]
TEXT = "Ne suivez que moi, coupez avec votre famille."


@pytest.fixture
def first(house: House) -> Program:
    return program(house, "analyse")


@pytest.fixture
def second(house: House) -> Program:
    return program(house, "valide")


def single(fill: Fill, *, twice: bool = False) -> str:
    """A document of which one reading is enough, or ``twice``: that is drawn to be read a second time."""
    policy = load_policy()
    names = fill(*({"number": number, "text": TEXT, "p": 0.9} for number in range(30)))
    return next(name for name in names if (lot(policy.second_reading_salt, name) < policy.second_reading_share) == twice)


def reading(program: Program, name: str, **fields: Any) -> dict[str, Any]:
    text = program.get(f"/documents/{name}?view=collected").json()
    return {
        "qualification": "hors_champ",
        "text_sha256": text["text_sha256"],
        "reason": "Un témoignage.",
        "taxonomy": load_taxonomy().version,
        **fields,
    }


def marked(program: Program, name: str, **fields: Any) -> dict[str, Any]:
    quotes = [{"start": 0, "end": 17, "text": TEXT[:17], "submarker": "B2"}]
    return reading(program, name, qualification="licite_preoccupant", markers=["gourou"], submarkers={"B2": "present"}, quotes=quotes, **fields)


def test_claim_read_and_take_back(house: House, first: Program, second: Program, fill: Fill) -> None:
    name = single(fill)
    lease = first.post(f"/documents/{name}/claims")
    assert lease.status_code == 201
    assert set(lease.json()) == {"document_id", "since", "until"}  # no seat: a reading is blind
    problem_of(second.post(f"/documents/{name}/claims"), 409, "conflict")
    queue = {item["id"]: item["claimed"] for item in first.get("/queue?size=50").json()["items"]}
    assert [one for one, claimed in queue.items() if claimed] == [name]
    done = first.post(f"/documents/{name}/readings", marked(first, name), key="lecture-1")
    assert (done.status_code, done.json()["state"], done.json()["documents"]) == (201, "decide", [name])
    assert first.get(f"/documents/{name}").json()["qualification"] == "licite_preoccupant"  # shown at once
    assert name not in {item["id"] for item in first.get("/queue?size=50").json()["items"]}
    back = first.post(f"/documents/{name}/undo", {"reason": "Une erreur."}, key="retrait-1")
    assert back.json() == {"documents": [name], "undone": [name]}
    assert first.get(f"/documents/{name}").json()["status"] == "a_examiner"
    rows = first.get(f"/documents/{name}/decisions").json()["items"]
    assert [row["undoes"] for row in rows] == [None, rows[0]["id"]]


def test_the_same_key_reads_once(house: House, first: Program, fill: Fill) -> None:
    name = single(fill)
    asked = reading(first, name)
    answers = [first.post(f"/documents/{name}/readings", asked, key="une-seule-fois") for _ in range(3)]
    assert len({answer.content for answer in answers}) == 1
    with house.database.reading() as session:
        assert len(session.scalars(select(ReviewRow)).all()) == len(session.scalars(select(DecisionRow)).all()) == 1
    assert "Idempotency-Key" in problem_of(first.post(f"/documents/{name}/readings", asked), 400, "bad_request")["detail"]
    problem_of(first.post(f"/documents/{name}/undo", {"reason": "Une erreur."}), 400, "bad_request")
    problem_of(first.post(f"/documents/{name}/readings", asked, key="une-autre-fois"), 409, "conflict")


def test_two_people_read_blind(house: House, first: Program, second: Program, fill: Fill) -> None:
    name = single(fill, twice=True)
    assert first.post(f"/documents/{name}/readings", marked(first, name), key="lecture-1").json()["state"] == "seconde_lecture"
    second.post(f"/documents/{name}/claims")
    seen = second.get(f"/documents/{name}").json()
    assert (seen["status"], seen["qualification"], seen["decided_at"]) == ("a_examiner", None, None)
    assert "blind" in problem_of(second.get(f"/documents/{name}/decisions"), 403, "forbidden")["detail"]
    done = second.post(f"/documents/{name}/readings", reading(second, name), key="lecture-2").json()
    assert (done["state"], done["documents"]) == ("arbitrage", [])
    third = house.add("tierce", "valide")
    adjudicator = program(house, third.name)
    problem_of(adjudicator.post(f"/documents/{name}/claims"), 409, "conflict")  # adjudicating is not for programs


def test_what_was_decided_is_hidden_from_who_reads_it_a_second_time(house: House, first: Program, second: Program, fill: Fill) -> None:
    name = single(fill)
    first.post(f"/documents/{name}/readings", marked(first, name), key="lecture-1")
    assert second.get(f"/documents/{name}").json()["qualification"] == "licite_preoccupant"
    second.post(f"/documents/{name}/claims?also=true")
    assert second.get(f"/documents/{name}").json()["qualification"] is None
    for path in ("/documents?size=50", f"/documents/{name}?view=collected"):
        found = second.get(path).json()
        item = next(one for one in found.get("items", [found]) if one["id"] == name)
        assert (item["status"], item["qualification"]) == ("a_examiner", None)
    assert second.delete(f"/documents/{name}/claims").status_code == 204
    assert second.get(f"/documents/{name}").json()["qualification"] == "licite_preoccupant"


def test_what_others_decided_is_not_undone_by_programs(first: Program, second: Program, fill: Fill) -> None:
    name = single(fill)
    first.post(f"/documents/{name}/readings", reading(first, name), key="lecture-1")
    problem_of(second.post(f"/documents/{name}/undo", {"reason": "Pas d'accord."}, key="retrait-1"), 404, "not_found")


def test_a_text_or_a_guideline_that_has_changed(first: Program, fill: Fill) -> None:
    name = single(fill)
    problem_of(first.post(f"/documents/{name}/readings", reading(first, name, text_sha256="0" * 64), key="lecture-1"), 409, "conflict")
    problem_of(first.post(f"/documents/{name}/readings", reading(first, name, taxonomy="ancienne"), key="lecture-2"), 409, "conflict")


FORBIDDEN: list[tuple[dict[str, Any], str]] = [
    ({"qualification": "illicite_presume"}, "without a marker"),
    ({"qualification": "hors_champ", "markers": ["gourou"]}, "hors_champ"),
    ({"markers": ["gouru"]}, "markers"),
    ({"qualification": "licite_preoccupant", "markers": ["gourou"], "submarkers": {"B99": "present"}}, "B99"),
    ({"qualification": "licite_preoccupant", "markers": ["gourou"], "submarkers": {"B2": "oui"}}, "present"),
    ({"quotes": [{"start": 0, "end": 4, "text": "Mens"}]}, "quote"),
    ({"quotes": [{"start": 0, "end": 0, "text": ""}]}, "greater than 0"),
    ({"quotes": [{"start": 10**30, "end": 10**31, "text": "x"}]}, "less than or equal"),
    ({"reason": " "}, "at least 1"),
    ({"reason": "x" * 2001}, "2000"),
    ({"author": "quelqu'un"}, "unknown field"),
    ({"exclusions": ["inconnue"]}, "exclusion"),
    ({"campaign": True}, "no campaign"),
    ({"campaign": "yes please"}, "boolean"),
]


def test_readings_that_the_rules_forbid(house: House, first: Program, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    for number, (fields, said) in enumerate(FORBIDDEN):
        body = problem_of(first.post(f"/documents/{name}/readings", reading(first, name, **fields), key=f"lecture-{number}"), 422, "invalid")
        assert said in body["detail"], fields
    with house.database.reading() as session:
        assert not session.scalars(select(ReviewRow)).all()


def test_complotisme_alone_never_becomes_illicite(first: Program, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    quotes = [{"start": 0, "end": 17, "text": TEXT[:17], "submarker": "C1"}]
    asked = reading(first, name, qualification="illicite_presume", markers=["complotisme"], submarkers={"C1": "present"}, quotes=quotes)
    assert "opinion is lawful" in problem_of(first.post(f"/documents/{name}/readings", asked, key="lecture-1"), 422, "invalid")["detail"]


def test_one_reading_for_a_campaign(house: House, first: Program, fill: Fill, make_scored: Callable[..., object]) -> None:
    index = house.app.state.console.index
    scored = [make_scored(number, text=TEXT, p=0.9) for number in range(3)]
    index.write([entry_of(one, campaign="c-1") for one in scored])  # type: ignore[arg-type]
    names = [one.document.id for one in scored]  # type: ignore[attr-defined]
    done = first.post(f"/documents/{names[0]}/readings", marked(first, names[0], campaign=True), key="lecture-1").json()
    policy = load_policy()
    if lot(policy.second_reading_salt, names[0]) >= policy.second_reading_share:
        assert sorted(done["documents"]) == sorted(names)
        assert first.get("/campaigns/c-1").json()["statuses"] == {"decide": 3}


def test_an_urgency_is_open_until_a_person_says_what_was_done(first: Program, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    done = first.post(f"/documents/{name}/readings", reading(first, name, qualification="urgence"), key="lecture-1").json()
    (urgency,) = first.get("/urgencies").json()["items"]
    assert (urgency["id"], urgency["document_id"], urgency["closed_at"]) == (done["urgency"], name, None)
    address, now = f"/urgencies/{urgency['id']}/close", datetime.now(UTC)
    asked = {"called": ["17"], "action": "Appelé, prise en charge.", "acted_at": now.isoformat()}
    for wrong in ({"called": []}, {"called": ["18"]}, {"called": ["17", "aucun"]}, {"acted_at": (now + timedelta(days=1)).isoformat()},
                  {"acted_at": "2026-11-22T10:00:00"}, {"acted_at": now.timestamp()}, {"action": ""}):  # fmt: skip
        problem_of(first.post(address, {**asked, **wrong}), 422, "invalid")
    closed = first.post(address, asked, key="appel-au-17")
    assert closed.status_code == 200
    assert closed.json()["called"] == ["17"]
    assert first.post(address, asked, key="appel-au-17").content == closed.content
    problem_of(first.post(address, asked), 409, "conflict")
    assert first.get("/urgencies").json()["items"] == []
    problem_of(first.post("/urgencies/none/close", asked), 404, "not_found")


def test_the_queue_in_pages(first: Program, fill: Fill) -> None:
    names = fill(*({"number": number, "p": 0.9 - number / 100} for number in range(5)))
    found, page = [], first.get("/queue?size=2&marker=gourou").json()
    assert page["total"] == 5
    while True:
        found += [item["id"] for item in page["items"]]
        if not page["next"]:
            break
        page = first.get(page["next"]).json()
    assert found == names
    for query in ("sort=collected_at", "lane=signale", "status=decide", "similar=x"):
        problem_of(first.get(f"/queue?{query}"), 422, "invalid")


def test_who_may_not_read(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "p": 0.9})
    problem_of(program(house, "soumet").get("/queue"), 403, "forbidden")
    problem_of(program(house, "sante").post(f"/documents/{name}/claims"), 403, "forbidden")
    problem_of(program(house, "analyse", ("documents:read",)).post(f"/documents/{name}/claims"), 403, "forbidden")
    problem_of(program(house, "analyse", ("documents:read",)).get("/urgencies"), 403, "forbidden")
