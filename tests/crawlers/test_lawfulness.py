"""What may not be read or kept: reservations, rules of the source, opt-outs in evidence, pauses that a site asks for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from core.records import Document
from crawlers.erasing.redact import without_items
from crawlers.fetching.pace import resume_at
from crawlers.fetching.reservations import is_reserved, parse_rules
from crawlers.minimise import Keep, plain
from tests.conftest import make_document

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def document(**fields: object) -> Document:
    return make_document(text="Une tisane contre le cancer, à l’œil", **fields)


@pytest.mark.parametrize(
    ("rules", "fields", "reason"),
    [
        ({}, {}, None),
        ({"languages": ["fr"]}, {"language": "en"}, "other_language"),
        ({"languages": ["fr"]}, {"language": "fr"}, None),
        ({"languages": ["fr"]}, {}, None),
        ({"min_words": 8}, {}, "too_short"),
        ({"min_words": 7}, {}, None),
        ({"words": ["CANCER"]}, {}, None),
        ({"words": ["canc"]}, {}, "no_word"),
        ({"words": ["canc*"]}, {}, None),
        ({"words": ["à l'oeil"]}, {}, None),
        ({"words": ["jardin"]}, {"title": "Au jardin"}, None),
        ({"without": ["tisane"]}, {}, "unwanted_word"),
        ({"since_days": 30}, {"published_at": NOW - timedelta(days=31)}, "too_old"),
        ({"since_days": 30}, {"published_at": NOW - timedelta(days=29)}, None),
        ({"since_days": 30}, {}, None),
        ({"replies": False}, {"thread_parent": "https://exemple.test/b"}, "reply"),
        ({"replies": False}, {}, None),
    ],
)
def test_rules_drop_what_is_not_needed(rules: dict[str, object], fields: dict[str, object], reason: str | None) -> None:
    assert Keep.model_validate(rules).refuses(document(**fields), now=NOW) == reason


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError):
        Keep.model_validate({"langages": ["fr"]})


def test_words_are_compared_without_accents_and_case() -> None:
    assert plain("L’Œuvre\n  ÉTÉ") == "l'oeuvre ete"


TDMREP = json.dumps(
    [
        {"location": "/libre/*", "tdm-reservation": 0},
        {"location": "/archives/*.html$", "tdm-reservation": 1},
        {"location": "/exact$", "tdm-reservation": 1},
        {"location": "/reserve", "tdm-reservation": "1", "tdm-policy": "https://a.test/policy.json"},
        {"tdm-reservation": 1},
        "rien",
    ]
).encode()


@pytest.mark.parametrize(
    ("path", "reserved"),
    [
        ("/", False),
        ("/libre/reserve", False),
        ("/archives/2020/a.html", True),
        ("/archives/a.html?x=1", False),
        ("/reserve/a?b", True),
        ("", False),
        ("/exact", True),
        ("/exact/a", False),
    ],
)
def test_reservations_of_a_site(path: str, reserved: bool) -> None:
    assert is_reserved(parse_rules(TDMREP, url="https://a.test/"), f"https://a.test{path}") is reserved


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"{}", b'{"location": "/", "tdm-reservation": true}', b"[" * 10_000])
def test_a_reservation_file_that_says_nothing(body: bytes) -> None:
    assert not is_reserved(parse_rules(body, url="https://a.test/"), "https://a.test/")


def test_one_location_may_stand_alone_and_hostile_ones_end() -> None:
    assert is_reserved(parse_rules(b'{"location": "/", "tdm-reservation": 1}', url="u"), "https://a.test/x")
    rules = parse_rules(json.dumps([{"location": "/" + "*a" * 100 + "*b", "tdm-reservation": 1}] * 50).encode(), url="u")
    assert not is_reserved(rules, "https://a.test/" + "a" * 2000)


def test_what_is_left_out_of_an_answer_is_not_in_its_evidence() -> None:
    posts = [{"id": "1", "content": "gardé"}, {"id": "2", "content": "secret"}, {"id": 3, "reblog": {"id": "2", "content": "secret"}}]
    kept = without_items(json.dumps({"posts": posts}).encode(), out={"2"}, url="u")
    assert kept is not None
    assert "secret" not in kept.decode()
    assert json.loads(kept)["posts"] == [posts[0], {"id": 3, "reblog": None}]
    assert without_items(b"<html>", out={"2"}, url="u") is None


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (200, {}, 0),
        (429, {"retry-after": "7"}, 7),
        (503, {"retry-after": "Thu, 01 Jan 1970 00:20:00 GMT"}, 200),
        (429, {}, 60),
        (429, {"retry-after": "soon"}, 60),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1970-01-01T00:17:00Z"}, 20),
        (200, {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "1970-01-01T00:17:00Z"}, 0),
        (200, {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "30"}, 30),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "45"}, 45),
        (200, {"ratelimit-remaining": "0", "ratelimit-reset": "x"}, 60),
        (200, {"retry-after": "7"}, 0),
    ],
)
def test_pauses_that_a_site_asks_for(status: int, headers: dict[str, str], wait: float) -> None:
    assert resume_at(status, headers, now=1000.0) == 1000.0 + wait


def test_a_rate_limit_that_resets_at_a_time() -> None:
    now = 1_750_000_000.0
    assert resume_at(200, {"ratelimit-remaining": "0", "ratelimit-reset": "1750000030"}, now=now) == now + 30
