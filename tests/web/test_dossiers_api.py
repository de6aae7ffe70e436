"""Dossiers by programs: the whole way, and that a key goes around nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cases import informing
from cases.signing import DOSSIER_STATEMENT
from tests.cases.dossiering import answers
from tests.web.conftest import House
from tests.web.dossiering import complete, find, sign, signed
from tests.web.noticing import TEXT, act, actor_of, two_readings, with_profile
from tests.web.programs import Program, problem_of, program


@pytest.fixture
def content(house: House, fill: Callable[..., list[str]]) -> str:
    with_profile(house)
    (name,) = fill({"number": 1, "p": 0.9, "text": TEXT, "published_at": datetime(2026, 1, 1, 10, tzinfo=UTC)})
    two_readings(house, name, "A6")
    return name


def key() -> str:
    return uuid.uuid4().hex


def sends(one: Program, path: str, said: dict[str, Any]) -> dict[str, Any]:
    answer = one.post(path, said, key=key())
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def signature(digest: str, *gates: str) -> dict[str, Any]:
    return {"digest": digest, "statement": DOSSIER_STATEMENT, "interests": "aucun", "gates": list(gates)}


def test_the_whole_way_by_programs(house: House, content: str) -> None:
    val, doc, lou = program(house, "valide"), program(house, "sante"), program(house, "droit")
    kinds = val.get("/dossiers/kinds").json()["items"]
    assert [one["kind"]["id"] for one in kinds] == ["parquet", "pharos", "miviludes", "ordre", "dgccrf"]
    assert "d1" in kinds[2]["criteria"]
    once = key()
    made = val.post("/dossiers", {"kind": "parquet", "documents": [content]}, key=once).json()
    assert val.post("/dossiers", {"kind": "parquet", "documents": [content]}, key=once).json() == made
    shown = val.get(f"/dossiers/{made['id']}").json()
    assert {one["code"] for one in shown["problems"]} >= {"question", "champ", "base", "destinataire", "decharge"}
    said = answers(find(house, _ref(made["id"])))
    changed = sends(val, f"/dossiers/{made['id']}/changes", {"version": 1, **said})
    assert (changed["missing"], changed["signatures_missing"], changed["open_gates"]) == (0, 2, ["sante", "droit"])
    sends(doc, f"/dossiers/{made['id']}/signatures", signature(changed["digest"], "sante"))
    done = sends(lou, f"/dossiers/{made['id']}/signatures", signature(changed["digest"], "droit"))
    assert done["state"] == "signe"
    inform(house, made["id"])
    over = {"digest": changed["digest"], "sent_at": datetime.now(UTC).isoformat(), "reference": "2026/9"}
    assert sends(val, f"/dossiers/{made['id']}/handed-over", over)["state"] == "transmis"
    answered = {"outcome": "classe", "answered_at": datetime.now(UTC).isoformat()}
    assert sends(val, f"/dossiers/{made['id']}/answer", answered)["state"] == "repondu"
    assert val.post(f"/dossiers/{made['id']}/close").json()["state"] == "clos"
    assert val.get(f"/dossiers/{made['id']}/document.pdf").content[:5] == b"%PDF-"
    assert [one["outcome"] for one in val.get("/dossiers?state=clos").json()["items"]] == ["classe"]


class _Ref:
    def __init__(self, identifier: str) -> None:
        self.id = identifier


def _ref(identifier: str) -> Any:
    return _Ref(identifier)


def inform(house: House, identifier: str) -> None:
    why = "Informer ferait disparaître les preuves."
    informing.choose(house.database, "dossier", identifier, choice="exception_14_5_b", reason=why, actor=actor_of(house, "valide"), act=act().id)


def test_a_key_goes_around_no_gate(house: House, content: str) -> None:
    made, val = complete(house, "parquet", content), program(house, "valide")
    over = {"digest": made.digest, "sent_at": datetime.now(UTC).isoformat()}
    problem_of(val.post(f"/dossiers/{made.id}/handed-over", over, key=key()), 409, "conflict")
    problem_of(val.post(f"/dossiers/{made.id}/handed-over", {**over, "state": "signe"}, key=key()), 422, "invalid")
    problem_of(val.post(f"/dossiers/{made.id}/signatures", signature(made.digest, "droit"), key=key()), 403, "forbidden")
    problem_of(val.post(f"/dossiers/{made.id}/signatures", {**signature(made.digest), "statement": "Je signe."}, key=key()), 422, "invalid")
    problem_of(val.post(f"/dossiers/{made.id}/changes", {"version": made.version, "items": []}, key=key()), 422, "invalid")
    problem_of(val.post(f"/dossiers/{made.id}/changes", {"version": 1, "exculpatory": "rien"}, key=key()), 409, "conflict")
    problem_of(program(house, "analyse").post(f"/dossiers/{made.id}/signatures", signature(made.digest), key=key()), 403, "forbidden")


def test_two_keys_of_one_person_are_one_person(house: House, content: str) -> None:
    made = complete(house, "parquet", content)
    for _ in range(2):
        sends(program(house, "droit"), f"/dossiers/{made.id}/signatures", signature(made.digest, "droit"))
    shown = program(house, "valide").get(f"/dossiers/{made.id}").json()
    assert (shown["signatures_missing"], shown["state"]) == (1, "brouillon")
    inform(house, made.id)
    over = {"digest": made.digest, "sent_at": datetime.now(UTC).isoformat()}
    problem_of(program(house, "valide").post(f"/dossiers/{made.id}/handed-over", over, key=key()), 409, "conflict")


def test_another_organisations_key_finds_nothing(house: House, content: str) -> None:
    made = signed(house, "parquet", content)
    house.add("loin", "valide", "droit", organisation=house.other)
    far = program(house, "loin")
    problem_of(far.get(f"/dossiers/{made.id}"), 404, "not_found")
    problem_of(far.post(f"/dossiers/{made.id}/close"), 404, "not_found")
    assert far.get("/dossiers").json()["items"] == []


def test_a_signature_is_taken_back_by_who_gave_it(house: House, content: str) -> None:
    made = complete(house, "parquet", content)
    sign(house, made, "droit", "droit")
    problem_of(program(house, "valide").post(f"/dossiers/{made.id}/signatures/withdraw"), 404, "not_found")
    assert program(house, "droit").post(f"/dossiers/{made.id}/signatures/withdraw").json()["signatures_missing"] == 2


def test_lists_come_in_pages(house: House, content: str) -> None:
    for kind in ("parquet", "pharos", "miviludes"):
        complete(house, kind, content)
    val = program(house, "valide")
    first = val.get("/dossiers?size=2").json()
    assert len(first["items"]) == 2
    rest = val.get(first["next"]).json()
    assert len(rest["items"]) == 1
    assert rest["next"] is None
    assert len({one["id"] for one in (*first["items"], *rest["items"])}) == 3
