"""Hostile input to the API: always one clear 4xx, never a 500, never a guess."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import Invalid
from tests.web.conftest import House
from tests.web.programs import Program, problem_of, program
from web.api.strict import DEEPEST, parse

JSON = {"content-type": "application/json"}
PAGE = "https://exemple.fr/page/1"


@pytest.fixture
def caller(house: House) -> Program:
    return program(house, "soumet")


BODIES = {
    "nothing": (b"", 422, "invalid", "Field required"),
    "blank": (b"  ", 422, "invalid", "no JSON"),
    "not closed": (b'{"url": ', 422, "invalid", "no JSON"),
    "two values": (b"{}{}", 422, "invalid", "no JSON"),
    "not UTF-8": (b'{"url": "\xff"}', 422, "invalid", "not UTF-8"),
    "UTF-16": (json.dumps({"url": PAGE}).encode("utf-16"), 422, "invalid", "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 422, "invalid", "no JSON"),
    "a key twice": (b'{"url": "https://a.fr/", "url": "https://b.fr/"}', 422, "invalid", "'url' stands twice"),
    "a key twice inside": (b'{"url": {"a": 1, "a": 2}}', 422, "invalid", "stands twice"),
    "NUL": (b'{"url": "https://a.fr/\\u0000"}', 422, "invalid", "NUL"),
    "NUL in a key": (b'{"u\\u0000rl": 1}', 422, "invalid", "NUL"),
    "half a pair": (b'{"note": "\\ud800", "url": "https://a.fr/"}', 422, "invalid", "surrogate"),
    "half a pair in a key": (b'{"\\udfff": 1}', 422, "invalid", "surrogate"),
    "deep": (b'{"url": ' + b"[" * 30 + b"]" * 30 + b"}", 422, "invalid", "nested deeper"),
    "very deep": (b"[" * 500_000, 422, "invalid", "nested deeper"),
    "very deep objects": (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, 422, "invalid", "nested deeper"),
    "NaN": (b'{"url": NaN}', 422, "invalid", "NaN"),
    "infinite": (b'{"url": -Infinity}', 422, "invalid", "-Infinity"),
    "a long number": (b'{"url": ' + b"9" * 100_000 + b"}", 422, "invalid", "too long"),
    "a large number": (b'{"url": 1e999}', 422, "invalid", "valid string"),
    "a list": (b"[]", 422, "invalid", "dictionary"),
    "null": (b"null", 422, "invalid", "#"),
    "a string": (b'"https://a.fr/"', 422, "invalid", "dictionary"),
    "another type": (b'{"url": 5}', 422, "invalid", "valid string"),
    "true for text": (b'{"text": true, "public": true}', 422, "invalid", "valid string"),
    "a word for a boolean": (b'{"text": "Un texte assez long pour cela.", "public": [1]}', 422, "invalid", "boolean"),
    "unknown field": (b'{"url": "https://a.fr/", "nte": 1}', 422, "invalid", "did you mean 'note'"),
    "a field of ours": (b'{"url": "https://a.fr/", "organisation_id": "x"}', 422, "invalid", "unknown field"),
    "prototype": (b'{"__proto__": {"url": 1}}', 422, "invalid", "#"),
    "many unknown fields": (json.dumps({f"k{number}": 1 for number in range(50_000)}).encode(), 422, "invalid", "50000 members"),
    "unknown fields": (json.dumps({f"k{number}": 1 for number in range(900)}).encode(), 422, "invalid", "more, see errors"),
    "a long text": (json.dumps({"url": "https://a.fr/" + "a" * 5000}).encode(), 422, "invalid", "2000"),
    "larger than is read": (b" " * (3 * 2**20), 413, "too_large", ""),
}


def test_bodies_get_one_clear_answer_in_no_time(caller: Program) -> None:
    for name, (body, status, kind, said) in BODIES.items():
        start = time.monotonic()
        found = problem_of(caller.call("POST", "/submissions", content=body, headers=JSON), status, kind)
        assert said in json.dumps(found, ensure_ascii=False), name
        assert len(json.dumps(found)) < 20_000, name
        assert time.monotonic() - start < 5, name


def test_values_that_were_sent_are_not_sent_back(caller: Program) -> None:
    answer = caller.post("/submissions", {"url": 5, "text": {"secret": "tres-secret"}, "note": ["tres-secret"]})
    problem_of(answer, 422, "invalid")
    assert "tres-secret" not in answer.text
    assert {one["pointer"] for one in answer.json()["errors"]} >= {"#/url", "#/text", "#/note"}


def test_what_is_not_declared_as_json(caller: Program) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/json; charset=utf-16"):
        problem_of(
            caller.call("POST", "/submissions", content=b'{"url": "https://a.fr/"}', headers={"content-type": kind}), 415, "unsupported_media_type"
        )


def test_addresses_that_are_none(caller: Program, house: House) -> None:
    reader = program(house, "analyse")
    problem_of(reader.get("/nothing"), 404, "not_found")
    problem_of(reader.get("/documents/%00"), 404, "not_found")
    problem_of(reader.get("/documents/..%2f..%2fetc"), 404, "not_found")
    problem_of(reader.get(f"/documents/{'a' * 5000}"), 404, "not_found")
    problem_of(reader.get("/documents/%F0%9F%92%A9' OR 1=1 --"), 404, "not_found")
    problem_of(caller.get("/submissions/%00"), 404, "not_found")
    for path, methods in (("/documents", "GET"), ("/submissions", "GET, POST"), ("/documents/x/claims", "DELETE, POST")):
        answer = reader.call("PUT", path)
        problem_of(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == methods
    problem_of(reader.call("GET", "/me?x=1"), 422, "invalid")
    problem_of(reader.call("GET", "/me", content=b"x"), 422, "invalid")
    problem_of(reader.call("POST", "/documents/x/claims", content=b"{}", headers=JSON), 422, "invalid")
    problem_of(caller.get("/submissions?state=inconnu"), 422, "invalid")
    problem_of(caller.get("/submissions?size=deux"), 422, "invalid")
    problem_of(caller.get("/submissions?after=" + "A" * 5000), 422, "invalid")


def test_keys_that_are_none(house: House) -> None:
    for key in ("", "vigie_", "vigie_" + "x" * 43, "vigie_" + "x" * 5000, "Basic abc", "\x00", "é"):
        answer = program(house, None).get("/me", headers={"Authorization": f"Bearer {key}".encode()})
        problem_of(answer, 401, "sign_in_needed")


def test_strings_keep_every_character_that_is_one(caller: Program) -> None:
    note = "Émoji 💩, \u202ebidi, <script>, {{7*7}}, =1+1, '; DROP TABLE"
    name = caller.post("/submissions", {"url": PAGE, "note": note}).json()["id"]
    assert caller.get(f"/submissions/{name}").json()["note"] == note


@given(some.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    with contextlib.suppress(Invalid):
        parse(body)


values = some.recursive(some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(max_size=5),
                        lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3), max_leaves=8)  # fmt: skip


@given(values)
def test_what_is_json_is_read_as_it_was_meant(value: object) -> None:
    written = json.dumps(value)
    if "\\u0000" in written:
        with pytest.raises(Invalid):
            parse(written.encode())
    else:
        assert parse(written.encode()) == value


def test_as_deep_as_is_allowed() -> None:
    deep = b"[" * (DEEPEST - 1) + b"1" + b"]" * (DEEPEST - 1)
    assert parse(deep)
    with pytest.raises(Invalid, match="nested"):
        parse(b"[" + deep + b"]")
