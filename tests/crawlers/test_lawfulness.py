"""What may not be read or kept: reservations, rules of the source, opt-outs in evidence, pauses that a site asks for."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from scrapy import Request
from scrapy.robotstxt import ProtegoRobotParser

from core.records import Document
from crawlers.erasing.redact import without_items
from crawlers.fetching.capture import TLS
from crawlers.fetching.connections import bounded
from crawlers.fetching.guard import PERMISSION, GuardMiddleware, Refused
from crawlers.fetching.limits import redirect_at, resume_at
from crawlers.fetching.reservations import is_reserved, parse_rules
from crawlers.fetching.robots import TOKEN, rules
from crawlers.minimise import Keep, plain
from tests.conftest import make_document

if TYPE_CHECKING:
    from collections.abc import Callable

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
    assert is_reserved(parse_rules(b'[{"location": "/b", "tdm-reservation": 1,}]', url="u"), "https://a.test/x"), "mistyped, but a wish"
    assert not is_reserved(parse_rules(b"<html>tdm-reservation</html>", url="u"), "https://a.test/x")
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
        (500, {"retry-after": "7"}, 7),
        (403, {"retry-after": "7"}, 7),
        (302, {"retry-after": "7"}, 0),  # asks the redirected request to wait, not the host
        (429, {"retry-after": "7", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "90"}, 7),
        (429, {"x-ratelimit-reset": "90"}, 90),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1970-01-01T00:17:00.000Z"}, 20),
        (200, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "30"}, 30),
        (200, {"ratelimit": '"default";r=0;t=30'}, 30),
        (200, {"ratelimit": '"default";r=5;t=30'}, 0),
        (200, {"ratelimit": '"hour";r=500;t=30, "minute";r=0;t=12'}, 12),
        (200, {"ratelimit": '"burst";r=0', "ratelimit-policy": '"day";q=9;w=86400, "burst";q=100;w=40'}, 40),
        (200, {"ratelimit": '"burst";r=0'}, 60),
        (200, {"ratelimit": "limit=100, remaining=0, reset=50"}, 50),
        (200, {"ratelimit": "limit=100, remaining=1, reset=50", "ratelimit-policy": "100;w=60"}, 0),
        (200, {"ratelimit-limit": "3000", "ratelimit-remaining": "0", "ratelimit-reset": "45", "ratelimit-policy": "3000;w=300"}, 45),
    ],
)
def test_pauses_that_a_site_asks_for(status: int, headers: dict[str, str], wait: float) -> None:
    assert resume_at(status, headers, now=1000.0) == 1000.0 + wait


@pytest.mark.parametrize("reset", ["1750000030", "1750000030000", "Sun, 15 Jun 2025 15:07:10 GMT", "2025-06-15T15:07:10Z"])
def test_a_rate_limit_that_resets_at_a_time(reset: str) -> None:
    now = 1_750_000_000.0
    assert resume_at(200, {"ratelimit-remaining": "0", "ratelimit-reset": reset}, now=now) == now + 30


@pytest.mark.parametrize(("status", "wait"), [(301, 7), (303, 7), (200, 0), (503, 0)])
def test_a_redirect_may_be_followed_when_it_says(status: int, wait: float) -> None:
    assert redirect_at(status, {"retry-after": "7"}, now=1000.0) == 1000.0 + wait


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("Disallow: /", "/a", True),  # of no group
        ("User-agent: VIGIE\nDisallow: /a", "/a", False),
        ("User-agent: Vigie/0.1\nDisallow: /a", "/a", False),
        ("User-agent: vigiebot\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: vigie\nAllow: /", "/a", True),
        ("User-agent: vigie\nAllow: /b\n\nUser-agent: x\nDisallow: /\n\nUser-agent: vigie\nDisallow: /a", "/a", False),  # groups are merged
        ("User-agent: x\nUser-agent: vigie\nDisallow: /a", "/a", False),
        ("User-agent: x\nSitemap: https://a.example/s.xml\nUser-agent: vigie\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b", True),  # the longest match
        ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),  # of two as long
        ("User-agent: *\nDisallow: /*.html$", "/a.html", False),
        ("User-agent: *\nDisallow: /*.html$", "/a.html?b", True),
        ("User-agent: *\nDisallow: /*/b", "/a/c/b", False),
        ("User-agent: *\nDisallow: /caf%c3%a9", "/café", False),
        ("User-agent: *\nDisallow: /café", "/caf%C3%A9", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("User-agent: *\nDisallow: /A", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("user-agent:*\ndisallow:/a # pas ici", "/a", False),
        ("\ufeffUser-agent: *\r\n\r\nDisallow: /a\r\n", "/a", False),
        ("User-agent: *\rDisallow: /a\r", "/a", False),
        ("<html><p>User-agent: *\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n", "/robots.txt", True),
    ],
)
def test_robots_txt_is_read_as_its_rfc_says(text: str, path: str, allowed: bool) -> None:
    for body in (text.encode(), text.removeprefix("\ufeff").encode("utf-16")):
        said = rules(200, {"content-type": "text/html; charset=iso-8859-1"}, body)
        assert said is not None
        assert ProtegoRobotParser(said, None).allowed(f"https://a.example{path}", TOKEN) is allowed


CLOSED = b"User-agent: *\nDisallow: /"
CHALLENGE = b"<html><title>Just a moment...</title>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (200, {}, CLOSED, CLOSED),
        (404, {}, CLOSED, b""),
        (403, {}, b"<title>Interdit", b""),
        (403, {"cf-mitigated": "challenge"}, b"", None),
        (200, {}, CHALLENGE, None),
        (503, {}, b"", None),
        (429, {}, b"", None),
        (304, {}, b"", None),
        (200, {}, CLOSED + b"\n" * 600_000 + b"Allow: /", CLOSED + b"\n" * (512 * 1024 - len(CLOSED))),
        (200, {}, "é".encode() * 300_000, "é".encode() * (256 * 1024)),
    ],
)
def test_what_an_answer_to_the_question_for_robots_txt_says(status: int, headers: dict[str, str], body: bytes, said: bytes | None) -> None:
    assert rules(status, headers, body) == said


@pytest.mark.parametrize(
    ("url", "meta", "refused"),
    [
        ("https://ailleurs.example/robots.txt", {"dont_obey_robotstxt": True, "redirect_times": 1}, None),
        ("https://ailleurs.example/tdmrep.json", {PERMISSION: True, "redirect_times": 5}, None),
        ("https://ailleurs.example/robots.txt", {"dont_obey_robotstxt": True}, "other_host"),
        ("https://ailleurs.example/robots.txt", {"redirect_times": 1}, "other_host"),
        ("https://ailleurs.example:8443/robots.txt", {"dont_obey_robotstxt": True, "redirect_times": 1}, "other_port"),
        ("http://192.168.0.1/robots.txt", {"dont_obey_robotstxt": True, "redirect_times": 1}, "private_address"),
        ("http://localhost/robots.txt", {"dont_obey_robotstxt": True, "redirect_times": 1}, "private_address"),
        ("https://ferme.example/robots.txt", {"dont_obey_robotstxt": True, "redirect_times": 1}, "opted_out"),
    ],
)
def test_only_a_moved_permission_is_read_at_a_host_that_the_source_does_not_name(url: str, meta: dict[str, object], refused: str | None) -> None:
    source = SimpleNamespace(own_places=lambda: frozenset({"a.example"}), may_read=lambda host: host == "a.example")
    opt_outs = SimpleNamespace(covers_address=lambda address: "ferme" in address)
    crawler: Any = SimpleNamespace(spider=SimpleNamespace(source=source, keeper=SimpleNamespace(opt_outs=opt_outs)))
    with pytest.raises(Refused, match=refused) if refused else nullcontext():
        GuardMiddleware(crawler).process_request(Request(url, meta=meta))


def connection(pauses: Callable[[str], bool], **transport: Any) -> tuple[Any, list[str]]:
    """A connection of the crawler's, and what is done with it."""
    done: list[str] = []

    class Connection:
        dataReceived = request = makeConnection = staticmethod(lambda _: done.append("sent"))  # noqa: N815 - Twisted's names
        transport = SimpleNamespace(loseConnection=lambda: done.append("closed"))

    factory: Any = type("Factory", (), {"buildProtocol": lambda self, _: Connection()})
    return bounded(factory, pauses=pauses)().buildProtocol(None), done


def test_a_request_that_was_connecting_when_a_pause_began_is_not_sent() -> None:
    asked = SimpleNamespace(absoluteURI=b"https://www.a.example/x")
    held, done = connection(lambda host: host == "www.a.example")
    failure = held.request(asked)
    failure.addErrback(lambda reason: done.append(reason.type.__name__))
    assert done == ["closed", "Held"]
    free, done = connection(lambda host: host == "b.example")
    free.request(asked)
    assert done == ["sent"]


def test_a_certificate_tells_what_was_agreed_for_its_connection() -> None:
    agreed = SimpleNamespace(get_protocol_version_name=lambda: "TLSv1.3", get_cipher_name=lambda: "TLS_AES_256_GCM_SHA384")
    transport = SimpleNamespace(getPeerCertificate=SimpleNamespace, getHandle=lambda: agreed)
    made, _ = connection(lambda _: False)
    made.makeConnection(transport)
    assert getattr(transport.getPeerCertificate(), TLS) == "TLSv1.3 TLS_AES_256_GCM_SHA384"
