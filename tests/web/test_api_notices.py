"""The API of notices: from documents to the end, once each, in the owner's name."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest

from cases import notice_sending, notices
from tests.web import noticing
from tests.web.conftest import House
from tests.web.programs import Program, problem_of, program

Fill = Callable[..., list[str]]


@pytest.fixture
def name(house: House, fill: Fill) -> str:
    found = fill({"number": 1, "text": noticing.TEXT, "p": 0.9})[0]
    noticing.two_readings(house, found, "A6")
    noticing.with_profile(house)
    return found


@pytest.fixture
def valide(house: House) -> Program:
    return program(house, "valide")


def whole(house: House, identifier: str) -> dict[str, Any]:
    """Changes that fill everything in."""
    made = notices.find(house.database, identifier, actor=noticing.actor_of(house, "valide"))
    return {"version": made.version, **noticing.reasons(made)}


def test_from_documents_to_the_end(house: House, valide: Program, name: str) -> None:
    made = valide.post("/notices", {"documents": [name]}, key="un-brouillon").json()
    assert (made["state"], made["version"], made["signatures_missing"]) == ("brouillon", 1, 2)
    assert made["missing"] > 3
    path = f"/notices/{made['id']}"
    seen = valide.get(path).json()
    assert {one["field"] for one in seen["problems"]} >= {"explanation", "measure", "art18", "victims"}
    assert seen["laws"][0]["article"] == "Code pénal, art. 223-1-2, al. 2"
    assert seen["content"]["items"][0]["document_id"] == name
    changed = valide.post(f"{path}/changes", whole(house, made["id"]), key="des-raisons").json()
    assert (changed["missing"], changed["version"], changed["open_gates"]) == (0, 2, ["sante"])
    asked = {"digest": changed["digest"], "statement": seen["statement"], "interests": "aucun"}
    first = valide.post(f"{path}/signatures", asked, key="signature-1")
    assert (first.status_code, first.json()["signatures_missing"]) == (201, 1)
    second = program(house, "sante").post(f"{path}/signatures", {**asked, "gates": ["sante"]}, key="signature-2").json()
    assert (second["state"], second["signatures_missing"], second["open_gates"]) == ("signee", 0, [])
    assert second["informing_missing"] == ["choix_absent"]
    problem_of(valide.post(f"{path}/sent", {"digest": changed["digest"], "channel": "courriel"}, key="envoi-trop-tot"), 409, "conflict")
    assert valide.get(path).json()["information"] is None
    for _ in range(2):
        told = valide.post(f"{path}/information", {"choice": "exception_14_5_b", "reason": "Adresse inconnue."}, key="choix-numero-1")
        assert (told.status_code, told.json()["informing_missing"]) == (201, [])
    read = valide.get(path).json()
    assert (read["information"]["choice"], read["information"]["reason"], read["informing_missing"]) == ("exception_14_5_b", "Adresse inconnue.", [])
    sent = valide.post(f"{path}/sent", {"digest": changed["digest"], "channel": "courriel", "reference": "R-1"}, key="envoi-numero-1").json()
    assert sent["state"] == "envoyee"
    assert valide.post(f"{path}/acknowledgement", {"reference": "R-1"}, key="accuse-numero-1").json()["state"] == "accusee"
    outcome = {"position": 1, "action": "aucune_insuffisante"}
    answered = valide.post(f"{path}/answer", {"outcomes": [outcome], "redress_given": True, "words": "Pas assez."}, key="reponse-numero-1").json()
    assert answered["state"] == "repondue"
    assert [one["kind"] for one in valide.get(path).json()["timers"]] == ["reclamation"]
    assert valide.post(f"{path}/complaints", {"text": "Nous contestons."}, key="plainte-numero-1").json()["state"] == "contestee"
    filed = valide.get(f"{path}/complaints").json()["items"]
    assert [(one["kind"], one["outcome"]) for one in filed] == [("interne", None)]
    decided = {"outcome": "revisee", "outcomes": [{"position": 1, "action": "retire", "ground": "loi", "scope": "EU"}]}
    assert valide.post(f"{path}/complaints/{filed[0]['id']}/outcome", decided, key="issue-numero-1").json()["state"] == "repondue"
    assert valide.get(path).json()["outcomes"][0]["action"] == "retire"
    assert valide.post(f"{path}/events", {"kind": "cloture"}, key="cloture-numero-1").json()["state"] == "close"
    kinds = [one["kind"] for one in valide.get(f"{path}/events").json()["items"]]
    assert kinds == ["creee", "modifiee", "signee", "signee", "envoyee", "accusee", "repondue", "reclamation", "reclamation_decidee", "close"]


def test_the_same_key_acts_once(house: House, valide: Program, name: str) -> None:
    answers = [valide.post("/notices", {"documents": [name]}, key="un-brouillon") for _ in range(3)]
    assert len({one.content for one in answers}) == 1
    path = f"/notices/{answers[0].json()['id']}"
    asked = whole(house, answers[0].json()["id"])
    assert {valide.post(f"{path}/changes", asked, key="des-raisons").json()["version"] for _ in range(2)} == {2}
    said = valide.get(path).json()
    signing = {"digest": said["digest"], "statement": said["statement"], "interests": "aucun"}
    for _ in range(2):
        assert valide.post(f"{path}/signatures", signing, key="signature-1").status_code == 201
    assert len(valide.get(path).json()["signatures"]) == 1
    assert len(valide.get("/notices").json()["items"]) == 1
    assert [one["kind"] for one in valide.get(f"{path}/events").json()["items"]] == ["creee", "modifiee", "signee"]
    acts = "/changes /signatures /information /sending /sendings/x/outcome /sent /acknowledgement /answer /complaints /events"
    for route in ("", *acts.split()):
        bodies = {"": {"documents": [name]}, "/changes": asked, "/signatures": signing}
        answer = valide.post(f"{path}{route}" if route else "/notices", bodies.get(route, {}))
        assert answer.status_code in (400, 422), route  # no act without its key


def test_what_is_uncertain_is_asked_of_a_person(house: House, valide: Program, fill: Fill) -> None:
    found = fill({"number": 1, "text": noticing.TEXT, "p": 0.9, "platform": "mastodon.social", "url": "https://mastodon.social/@p/1"})[0]
    noticing.two_readings(house, found, "A6")
    notice, secret = noticing.signed(house, found), house.app.state.console.secret
    path = f"/notices/{notice.id}"
    assert valide.get(f"{path}/sendings").json() == {"items": [], "total": 0, "next": None}
    valide.post(f"{path}/sending", {"digest": notice.digest, "channel": "api_mastodon"}, key="confirme-1")
    way = f"{path}/sendings/{valide.get(f'{path}/sendings').json()['items'][0]['id']}/outcome"
    problem_of(valide.post(way, {"arrived": False}, key="trop-tot-1"), 409, "conflict")
    now = datetime.now(UTC)
    for at in (now, now + timedelta(minutes=9)):  # taken, and never heard of again
        notice_sending.take(house.database, now=at, lease=timedelta(minutes=5), secret=secret)
    one = valide.get(f"{path}/sendings").json()["items"][0]
    assert (one["state"], one["reason"]) == ("incertaine", "l'envoi s'est interrompu")
    assert program(house, "analyse").get(f"{path}/sendings").json()["total"] == 1
    for who, status in (("analyse", 403), ("sante", 403)):
        assert program(house, who).post(way, {"arrived": True}, key="regle-non").status_code == status
    assert program(house, "valide", ("notices:read",)).post(way, {"arrived": True}, key="regle-non").status_code == 403
    problem_of(valide.post(way.replace(notice.id, "0" * 32), {"arrived": True}, key="ailleurs-1"), 404, "not_found")
    assert valide.post(way, {}, key="rien-dit-1").status_code == 422
    answers = [valide.post(way, {"arrived": True, "reference": "R-9"}, key="regle-1-oui") for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in answers] == [(200, "envoyee")] * 2
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert valide.get(path).json()["reference"] == "R-9"
    problem_of(valide.post(way, {"arrived": False}, key="regle-2-non"), 409, "conflict")


def test_answers_to_acts_hold_nothing_collected(house: House, valide: Program, name: str) -> None:
    """They are kept for a day under their key."""
    made = valide.post("/notices", {"documents": [name]}, key="un-brouillon")
    changed = valide.post(f"/notices/{made.json()['id']}/changes", whole(house, made.json()["id"]), key="des-raisons")
    for answer in (made, changed):
        assert "chlore" not in answer.text
        assert name not in answer.text


def test_a_signature_is_withdrawn_by_its_owner_only(house: House, valide: Program, name: str) -> None:
    notice = noticing.complete(house, name)
    noticing.sign(house, notice, "valide")
    path = f"/notices/{notice.id}/signatures/withdraw"
    problem_of(program(house, "sante").post(path), 404, "not_found")
    back = valide.post(path)
    assert (back.status_code, back.json()["signatures_missing"]) == (200, 2)
    again = {"digest": notice.digest, "statement": valide.get(f"/notices/{notice.id}").json()["statement"], "interests": "aucun"}
    problem_of(valide.post(f"/notices/{notice.id}/signatures", again, key="signature-2"), 409, "conflict")


def test_documents(house: House, valide: Program, name: str) -> None:
    notice = noticing.signed(house, name)
    path = f"/notices/{notice.id}/document"
    with pikepdf.open(io.BytesIO(valide.get(f"{path}.pdf").content)) as read:
        assert read.Root.MarkInfo.Marked
    said = valide.get(f"{path}.json")
    assert said.headers["content-type"] == "application/json"
    assert said.json()["notice_id"] == notice.id
    text = valide.get(f"{path}.txt").text
    assert noticing.WORDS[:60] in text
    mail = valide.get(f"{path}.eml")
    assert mail.headers["content-type"] == "message/rfc822"
    assert b"To: contact@video.example" in mail.content
    assert "nearest" in problem_of(valide.get(f"{path}.pd"), 404, "not_found")["detail"] or valide.get(f"{path}.pd").status_code == 404


def test_lists_come_in_pages(house: House, valide: Program, name: str) -> None:
    made = [noticing.drafted(house, name).id for _ in range(3)]
    page = valide.get("/notices?size=2").json()
    rest = valide.get(page["next"]).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert valide.get("/notices?state=signee").json()["items"] == []
    problem_of(valide.get("/notices?state=perdue"), 422, "invalid")
    problem_of(valide.get("/notices?etat=signee"), 422, "invalid")


def test_what_cannot_be_meant_is_told(house: House, valide: Program, name: str) -> None:
    notice = noticing.complete(house, name)
    path = f"/notices/{notice.id}"
    for route, body in (
        ("/changes", {"version": 2, "measures": "retrait"}), ("/changes", {"version": 2, "bases": ["cp-223-1-2"]}), ("/changes", {"explanation": "x"}),
        ("/sent", {"digest": notice.digest, "channel": "pigeon"}), ("/information", {"choice": "plus_tard", "reason": "Non."}),
        ("/information", {"choice": "differe", "reason": "Non.", "due_at": "2020-01-01T10:00:00Z"}), ("/information", {"choice": "informe"}),
        ("/answer", {"outcomes": []}), ("/events", {"kind": "envoyee"}),
        ("/answer", {"outcomes": [{"position": 1, "action": "retire", "until": "demain"}]}),
    ):  # fmt: skip
        assert valide.post(f"{path}{route}", body, key="quelque-chose").status_code in (404, 422), (route, body)
    problem_of(valide.post(f"{path}/answer", {"outcomes": [{"position": 1, "action": "retire"}]}, key="trop-tot-1"), 409, "conflict")
    problem_of(valide.post(f"{path}/complaints", {"text": "Non."}, key="trop-tot-2"), 409, "conflict")
    problem_of(valide.post(f"{path}/complaints/{'0' * 32}/outcome", {"outcome": "revisee"}, key="trop-tot-3"), 404, "not_found")
