"""The API about itself: the key, the taxonomy, the numbers, its own description, which docs/openapi.json repeats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.settings import ROOT
from scripts import openapi_doc
from tests.web.conftest import House
from tests.web.programs import problem_of, program
from web.api.openapi import PREFIX, document
from web.api.problems import KINDS


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_docs_hold_what_is_served(house: House, described: dict[str, Any]) -> None:
    assert openapi_doc.PAGE.read_text(encoding="utf-8") == openapi_doc.page(), "run: python scripts/openapi_doc.py"
    assert program(house, None).get("/openapi.json").json() == described


def test_every_route_of_the_api_is_described_and_no_page(house: House, described: dict[str, Any]) -> None:
    from tests.web.access_routes import declared

    known = {(route.path, route.method.lower()) for route in declared() if route.is_api}
    assert {(path, method) for path, method, _ in operations(described)} == known
    assert all(path.startswith(f"{PREFIX}/") for path in described["paths"])
    assert described["openapi"].startswith("3.1")


def test_every_operation_says_what_it_needs_and_what_may_go_wrong(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"], where
        assert re.fullmatch("[a-z_]+", operation["operationId"]), where
        assert len(operation["tags"]) == 1, where
        assert "500" in operation["responses"], where
        if operation["security"]:
            assert {"401", "429"} <= operation["responses"].keys(), where
            assert "Needs " in operation["description"], where
        if method == "post":
            keys = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
            assert [one["required"] for one in keys] == ["Needs `Idempotency-Key`" in operation["description"]], where
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                found = described["components"]["responses"][response["$ref"].rpartition("/")[2]]
                assert list(found["content"]) == ["application/problem+json"], where
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description") or parameter["in"] == "path", f"{where} {parameter['name']}"
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(set(names)) == len(names)
    assert "HTTPValidationError" not in json.dumps(described)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)):
        assert name in described["components"]["schemas"], name


def test_the_reference_names_every_operation_and_every_problem(described: dict[str, Any]) -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    for path, method, _ in operations(described):
        assert f"`{method.upper()} {path.removeprefix(PREFIX)}`" in page, path
    for kind, (status, _) in KINDS.items():
        assert f"| `urn:vigie:{kind}` | {status} |" in page, kind


def test_a_key_knows_itself(house: House) -> None:
    body = program(house, "analyse", ("documents:read",)).get("/me").json()
    person = house.people["analyse"]
    assert (body["person_id"], body["organisation_id"]) == (person.id, person.organisation_id)
    assert (body["roles"], body["scopes"]) == (["analyse"], ["documents:read"])
    problem_of(program(house, None).get("/me"), 401, "sign_in_needed")


def test_the_taxonomy_is_public_and_whole(house: House) -> None:
    body = program(house, None).get("/taxonomy").json()
    taxonomy = house.app.state.console.taxonomy
    assert body["version"] == taxonomy.version
    assert [one["id"] for marker in body["markers"] for one in marker["submarkers"]] == [one.id for one in taxonomy.submarkers()]
    assert [flag["id"] for flag in body["flags"]] == [flag.id for flag in taxonomy.flags]
    assert all(marker["exclusions"] for marker in body["markers"])


def test_health_tells_strangers_nothing_more(house: House) -> None:
    assert program(house, None).get("/health").json() == {"status": "ok"}


def test_statistics_count(house: House, fill: Callable[..., list[str]]) -> None:
    fill(*({"number": number, "p": 0.9} for number in range(3)))
    caller = program(house, "analyse")
    caller.post("/submissions", {"url": "https://exemple.fr/1"})
    body = caller.get("/statistics").json()
    assert (body["documents"], body["by"]["status"], body["by"]["decision"]) == (3, {"a_examiner": 3}, {"alerte": 3})
    assert body["submissions"] == {"recue": 1}
    assert {one["code"] for one in body["agreement"]} >= {"qualification", "gourou", "A1"}
    assert program(house, "administre").get("/statistics").json()["submissions"] == {"recue": 1}
    problem_of(program(house, "soumet").get("/statistics"), 403, "forbidden")
    problem_of(caller.get("/statistics?since=hier"), 422, "invalid")
    for moment in ("2026-11-01T00:00:00", "0.5", "1700000000", "2026-13-01T00:00:00Z"):
        problem_of(caller.get(f"/statistics?since={moment}"), 422, "invalid")
    assert caller.get("/statistics?since=2026-11-01T00:00:00Z").status_code == 200
