"""The API of submissions: submit, follow, contest; one's own organisation's alone; the same key gives the same answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from cases import answers, collecting, submissions
from cases.deciding import decide_on
from cases.decisions import Act, Choice
from cases.tables_people import AnswerRow, OrganisationRow
from cases.tables_work import SubmissionRow
from tests.web.conftest import House
from tests.web.programs import Program, problem_of, program

Fill = Callable[..., list[str]]
PAGE = "https://exemple.fr/page/1"  # what ``fill`` makes of the number 1
TEXT = "Un texte qui était public, assez long pour être lu."


@pytest.fixture
def caller(house: House) -> Program:
    return program(house, "soumet", ("submissions:read", "submissions:write"))


def test_a_page_is_submitted_and_followed_until_it_is_decided(house: House, caller: Program, fill: Fill) -> None:
    made = caller.post("/submissions", {"url": f"{PAGE}#haut", "note": "Vu par une adhérente."})
    assert made.status_code == 201
    receipt = made.json()
    assert (receipt["state"], receipt["url"], receipt["is_text"]) == ("recue", PAGE, False)
    assert made.headers["ratelimit"].startswith('"submissions";r=')
    whole = caller.get(f"/submissions/{receipt['id']}").json()
    assert (whole["note"], whole["seen"], whole["decision"]) == ("Vu par une adhérente.", None, None)
    assert [one["kind"] for one in whole["events"]] == ["recue"]
    (document,) = fill({"number": 1, "text": "Je suis le seul guide.", "p": 0.9})
    assert document == receipt["document_id"]
    collecting.finish(house.database, receipt["id"], "visible")
    whole = caller.get(f"/submissions/{receipt['id']}").json()
    marker = whole["seen"]["markers"][0]
    assert (marker["id"], marker["decision"], marker["level"], marker["score"]) == ("gourou", "alerte", "forte ressemblance", 0.9)
    assert marker["evidence"][0]["text"] == "Je"
    assert whole["seen"]["flags"]
    assert whole["decision"] == {"status": "a_examiner", "qualification": None, "decided_at": None}
    console = house.app.state.console
    choice = Choice(qualification="licite_preoccupant", markers=("gourou",), reason="Emprise décrite.", by="AB", taxonomy="essai")
    decide_on(console.index, console.database, [console.index.get(document)], choice, act=Act(id="12345678"), drawn=lambda _: ("", 1.0))
    whole = caller.get(f"/submissions/{receipt['id']}").json()
    assert whole["decision"]["qualification"] == "licite_preoccupant"
    assert "Emprise décrite." in whole["events"][-1]["text"]
    contest = caller.post(f"/submissions/{receipt['id']}/contests", {"reason": "C'était un témoignage."}).json()
    assert (contest["submission_id"], contest["outcome"]) == (receipt["id"], None)
    assert caller.get(f"/submissions/{receipt['id']}").json()["events"][-1]["kind"] == "contestation"


def test_what_was_set_aside_says_why_in_french(house: House, caller: Program) -> None:
    name = caller.post("/submissions", {"url": PAGE}).json()["id"]
    collecting.finish(house.database, name, "ecartee", "robots_txt")
    whole = caller.get(f"/submissions/{name}").json()
    assert (whole["state"], whole["reason"]) == ("ecartee", "robots_txt")
    assert whole["explanation"].endswith(".")


def test_a_text_is_submitted_where_it_was_public(caller: Program) -> None:
    made = caller.post("/submissions", {"text": TEXT, "title": "Un titre", "seen_at": "https://salon.fr/42", "public": True})
    assert made.status_code == 201
    assert made.json()["is_text"] is True
    for asked, where in (({"text": TEXT}, "#"), ({"text": TEXT, "public": True, "url": PAGE}, "#"), ({}, "#"), ({"url": PAGE, "public": True}, "#")):
        body = problem_of(caller.post("/submissions", asked), 422, "invalid")
        assert body["errors"][0]["pointer"] == where
    body = problem_of(caller.post("/submissions", {"text": TEXT, "public": True, "seen_at": "ftp://salon.fr/"}), 422, "invalid")
    assert "ftp" in body["detail"] or "http" in body["detail"]


def test_addresses_that_lead_inside_are_refused_at_their_place(caller: Program) -> None:
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/", "file:///etc/passwd", "http://a:b@exemple.fr/", "http://exemple.fr:22/"):
        body = problem_of(caller.post("/submissions", {"url": url}), 422, "invalid")
        assert [one["pointer"] for one in body["errors"]] == ["#/url"], url


def test_lists_are_of_the_own_organisation_and_in_pages(house: House, caller: Program) -> None:
    other = program(house, "soumet_ailleurs")
    strange = other.post("/submissions", {"url": "https://exemple.fr/ailleurs"}).json()["id"]
    made = [caller.post("/submissions", {"url": f"https://exemple.fr/{number}"}).json()["id"] for number in range(5)]
    found, page = [], caller.get("/submissions?size=2").json()
    while True:
        found += [one["id"] for one in page["items"]]
        if not page["next"]:
            break
        page = caller.get(page["next"]).json()
    assert found == made[::-1]
    assert caller.get("/submissions?state=visible").json()["items"] == []
    for method, path, asked in (
        ("GET", f"/submissions/{strange}", None),
        ("POST", f"/submissions/{strange}/contests", {"reason": "Je conteste cela."}),
    ):
        problem_of(caller.call(method, path, **({"json": asked} if asked else {})), 404, "not_found")
    cursor = other.get("/submissions?size=1").json()
    assert [one["id"] for one in cursor["items"]] == [strange]


def test_a_quota_that_is_used_up(house: House, caller: Program) -> None:
    with house.database.writing() as session:
        session.execute(update(OrganisationRow).where(OrganisationRow.id == house.own.id).values(quota=1))
    assert '"submissions";r=0;' in caller.post("/submissions", {"url": PAGE}).headers["ratelimit"]
    answer = caller.post("/submissions", {"url": "https://exemple.fr/2"})
    problem_of(answer, 429, "too_many")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert '"submissions";r=0;' in answer.headers["ratelimit"]
    assert caller.post("/submissions", {"url": PAGE}).status_code == 201  # known already: costs nothing


def test_the_same_key_gives_the_same_answer(house: House, caller: Program) -> None:
    first = caller.post("/submissions", {"url": PAGE, "note": "Une fois."}, key="une-clef-au-hasard")
    collecting.finish(house.database, first.json()["id"], "visible")
    again = caller.post("/submissions", {"note": "Une fois.", "url": PAGE}, key='"une-clef-au-hasard"')  # as the draft writes it
    assert again.content == first.content
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert "idempotency-replayed" not in first.headers
    problem_of(caller.post("/submissions", {"url": "https://exemple.fr/2"}, key="une-clef-au-hasard"), 422, "invalid")
    other = program(house, "soumet_ailleurs").post("/submissions", {"url": "https://exemple.fr/3"}, key="une-clef-au-hasard")
    assert other.json()["url"] == "https://exemple.fr/3"  # keys are each person's own
    with house.database.reading() as session:
        assert not [row for row in session.scalars(select(AnswerRow)) if "Une fois" in row.body or "une-clef" in row.id]


def test_a_request_that_failed_may_be_tried_again_with_its_key(house: House, caller: Program) -> None:
    problem_of(caller.post("/submissions/unknown/contests", {"reason": "Je conteste cela."}, key="encore-une-fois"), 404, "not_found")
    problem_of(caller.post("/submissions/unknown/contests", {"reason": "Je conteste cela."}, key="encore-une-fois"), 404, "not_found")


def test_a_key_that_is_none(caller: Program) -> None:
    for key in ("court", "x" * 201, "avec espace", "é" * 9, '""'):
        answer = caller.post("/submissions", {"url": PAGE}, headers={"Idempotency-Key": key.encode()})
        assert "Idempotency-Key" in problem_of(answer, 422, "invalid")["detail"]


def test_twenty_at_once_with_one_key_act_once(house: House, caller: Program) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers_given = list(pool.map(lambda _: caller.post("/submissions", {"url": PAGE}, key="toutes-ensemble"), range(20)))
    good = [answer for answer in answers_given if answer.status_code == 201]
    assert good
    assert len({answer.content for answer in good}) == 1
    for answer in answers_given:
        if answer.status_code != 201:
            problem_of(answer, 409, "in_progress")
    with house.database.reading() as session:
        assert len(session.scalars(select(SubmissionRow)).all()) == 1
    assert caller.post("/submissions", {"url": PAGE}, key="toutes-ensemble").headers["idempotency-replayed"] == "true"


def test_who_died_between_is_waited_for_and_then_answered(house: House, caller: Program) -> None:
    from web.api.submissions import NewSubmission

    asked = NewSubmission(url=PAGE)
    import hashlib

    name = answers.answer_id(house.people["soumet"].id, "POST /api/v1/submissions", "coupure-ici")
    request = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    start = datetime.now(UTC)
    assert answers.reserve(house.database, name, request=request, now=start) is None
    problem_of(caller.post("/submissions", {"url": PAGE}, key="coupure-ici"), 409, "in_progress")
    with house.database.writing() as session:
        session.execute(update(AnswerRow).where(AnswerRow.id == name).values(at=start - timedelta(minutes=2)))
    assert caller.post("/submissions", {"url": PAGE}, key="coupure-ici").status_code == 201


def test_who_may_not(house: House) -> None:
    nobody = program(house, None)
    answer = nobody.post("/submissions", {"url": PAGE})
    problem_of(answer, 401, "sign_in_needed")
    assert answer.headers["www-authenticate"] == "Bearer"
    problem_of(nobody.call("POST", "/submissions", content=b"{", headers={"content-type": "application/json"}), 401, "sign_in_needed")
    problem_of(nobody.get("/submissions?unknown=1"), 401, "sign_in_needed")
    problem_of(program(house, "soumet", ("submissions:read",)).post("/submissions", {"url": PAGE}), 403, "forbidden")
    problem_of(program(house, "sante").post("/submissions", {"url": PAGE}), 403, "forbidden")
    problem_of(house.browser("soumet").get("/api/v1/submissions"), 401, "sign_in_needed")  # a cookie opens nothing here


def test_submitting_is_the_same_thing_as_on_the_page(house: House, caller: Program) -> None:
    name = caller.post("/submissions", {"url": PAGE}).json()["id"]
    assert submissions.find(house.database, name, organisation_id=house.own.id).person_id == house.people["soumet"].id
