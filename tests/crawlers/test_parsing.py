"""Bytes to text: lying charsets, walls, dates, hostile markup."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from crawlers.extract import article, decode, html_to_text, links_of, parse_json, parse_time, wall
from crawlers.funding import campaign
from crawlers.pace import resume_at
from crawlers.spiders.feed import Entry, from_page, parse_feed
from crawlers.spiders.mastodon_tag import evidence_to_keep, next_page, parse_statuses, without_opted_out

STORY = "Le jardin partagé ouvre samedi et les bénévoles attendent les habitants du quartier pour planter des bulbes. " * 3


@pytest.mark.parametrize(
    ("body", "declared", "expected"),
    [
        ("été".encode(), "text/html; charset=iso-8859-1", "été"),  # declares Latin-1, is UTF-8
        ("été".encode("cp1252"), "text/html; charset=utf-8", "été"),  # declares UTF-8, is not
        ("été à œuf".encode("cp1252"), None, "été à œuf"),
        (b"\xef\xbb\xbfx", None, "x"),
        ("Ж".encode("cp1251"), "text/html; charset=windows-1251", "Ж"),
        ("é".encode() * 20 + b"\xff", "text/html; charset=utf-8", "é" * 20 + "\ufffd"),  # one broken byte spoils no page
    ],
)
def test_charsets_that_lie(body: bytes, declared: str | None, expected: str) -> None:
    assert decode(body, declared) == expected


def test_article_is_the_text_without_the_furniture() -> None:
    html = f"<html lang='fr'><head><title>Jardin</title></head><body><nav>Menu accueil contact</nav><article><h1>Jardin</h1><p>{STORY}</p></article></body></html>"
    found = article(html, url="https://a.test/x", headers={})
    assert found.text.endswith(STORY.strip())
    assert "Menu" not in found.text


def test_columns_made_of_tables_are_no_data() -> None:
    html = (
        f"<body><table><tr><td class='sidebar'><b>Sommaire</b><a href='/'>Accueil</a></td><td><h1>Titre</h1><p>{STORY}</p></td></tr></table></body>"
    )
    text = article(html, url="https://a.test/x", headers={}).text
    assert "Sommaire" not in text
    assert "|" not in text


@pytest.mark.parametrize(
    ("html", "headers", "reason"),
    [
        ("<title>Just a moment...</title>", {}, "bot_wall"),
        ("<p>court</p>", {"cf-mitigated": "challenge"}, "bot_wall"),
        ("<p>Vérifiez que vous n'êtes pas un robot</p>", {}, "bot_wall"),
        ("<form action='https://consent.google.com/save'></form>", {}, "cookie_wall"),
        ("<title>Connexion - Le site</title><form></form>", {}, "login_required"),
        ("<body ng-app='x'>{{ titre }}</body>", {}, "script_shell"),
        ("<p>Bonjour</p>", {}, None),
    ],
)
def test_walls_have_names(html: str, headers: dict[str, str], reason: str | None) -> None:
    assert wall(html, headers=headers, visible="x") == reason
    with pytest.raises(SourceError) as raised:
        article(html, url="https://a.test/", headers=headers)
    assert raised.value.reason == (reason or "empty_text")


def test_an_article_about_robots_is_no_wall() -> None:
    text = "Comment prouver que vous n'êtes pas un robot ? " + STORY * 10
    assert wall(f"<p>{text}</p>", headers={}, visible=text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-01T10:00:00+01:00", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Fri, 20 Dec 2013 18:30:00 -0000", datetime(2013, 12, 20, 18, 30, tzinfo=UTC)),
        ("3 octobre 2026", datetime(2026, 10, 3, tzinfo=UTC)),
        (1404913719, datetime(2014, 7, 9, 13, 48, 39, tzinfo=UTC)),
        ("1404913719000", datetime(2014, 7, 9, 13, 48, 39, tzinfo=UTC)),
        (None, None), ("", None), (True, None), ("n'importe quoi", None), (1e300, None),
    ],
)  # fmt: skip
def test_times(value: object, expected: datetime | None) -> None:
    assert parse_time(value) == expected


def test_html_as_people_see_it() -> None:
    assert html_to_text("<p>a<br>b</p><p>#<span>c</span> &amp; <b>d</b></p><script>e()</script>") == "a\nb\n\n#c & d"
    assert links_of('<a href="/x">1</a> <a href="javascript:x()">2</a> <a href="/x">3</a>', base="https://a.test/") == ("https://a.test/x",)


@pytest.mark.parametrize("body", [b"", b"<html", b"{", b"[1,", b"null", b"\x00\xff\xfe", b"<rss><channel></channel></rss>", b"[" * 100_000])
def test_rubbish_is_one_named_reason(body: bytes) -> None:
    for read in (lambda: parse_feed(body, url="https://a.test/"), lambda: parse_statuses(body, url="https://a.test/"),
                 lambda: campaign(body, url="https://a.test/", content_type=None, headers={}), lambda: article(decode(body), url="https://a.test/", headers={})):  # fmt: skip
        with pytest.raises(SourceError) as raised:
            read()
        assert raised.value.reason
        assert "\n" not in str(raised.value)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="<>\"=/ adivsptext{}[]:,'&;#0123é", max_size=200).map(str.encode))
def test_no_bytes_crash_a_parser(body: bytes) -> None:
    for read in (lambda: parse_feed(body, url="https://a.test/"), lambda: parse_statuses(body, url="https://a.test/"),
                 lambda: campaign(body, url="https://a.test/", content_type=None, headers={}), lambda: article(decode(body), url="https://a.test/", headers={})):  # fmt: skip
        try:
            read()
        except SourceError as error:
            assert error.reason  # noqa: PT017 - either outcome is right, a crash is not


@pytest.mark.parametrize(
    "html",
    ["<div>" * 200_000, "<b>" * 100_000 + "x", "<p>" + "a " * 500_000 + "</p>", "<table>" * 20_000, '<script>window.state = {"a":' + "[" * 50_000 + "</script>"],
    ids=["nested div", "nested b", "long", "nested table", "nested state"],
)  # fmt: skip
def test_hostile_markup_ends_in_bounded_time(html: str) -> None:
    start = time.monotonic()
    for read in (
        lambda: article(html, url="https://a.test/", headers={}),
        lambda: campaign(html.encode(), url="https://a.test/", content_type=None, headers={}),
    ):
        try:
            read()
        except SourceError as error:
            assert error.reason  # noqa: PT017
    assert time.monotonic() - start < 30


def test_feed_with_entities_is_not_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    body = bomb + b"<rss version='2.0'><channel><item><title>&b; &f;</title><link>https://a.test/x</link></item></channel></rss>"
    try:
        (entry,) = parse_feed(body, url="https://a.test/")
    except SourceError:
        return
    assert "root:" not in str(entry)
    assert len(entry.title or "") < 500


def test_json_with_raw_control_characters_is_read() -> None:
    assert parse_json(b'{"a": "x\ty"}', url="u") == {"a": "x\ty"}


def test_next_page_of_a_link_header() -> None:
    header = '<https://p.test/api?max_id=5>; rel="next", <https://p.test/api?min_id=9>; rel="prev"'
    assert next_page(header) == "https://p.test/api?max_id=5"
    assert next_page('<https://p.test/api?min_id=9>; rel="prev"') is None


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
        (200, {"retry-after": "7"}, 0),
    ],
)
def test_pauses_that_a_site_asks_for(status: int, headers: dict[str, str], wait: float) -> None:
    assert resume_at(status, headers, now=1000.0) == 1000.0 + wait


HOSTILE = [
    {"content": '<p>a <a href="http://[x">b</a></p>'},
    {"content": "a \ud800 b"},
    {"account": "nobody"},
    {"media_attachments": 3},
    {"created_at": "0001-01-01T00:00:00+01:00"},
    {"created_at": 10**400},
    {"tags": {"a": [None]}},
    {"content": "<span class='x invisible'>" * 20_000},
]


@pytest.mark.parametrize("fields", HOSTILE, ids=lambda fields: next(iter(fields)))
def test_one_hostile_post_spoils_no_other(fields: dict[str, object]) -> None:
    good = {"id": "1", "url": "https://p.test/@a/1", "content": "<p>Bonjour</p>", "visibility": "public", "account": {"acct": "a"}}
    body = json.dumps([good, {**good, "id": "2", "url": "https://p.test/@a/2", **fields}, good]).encode()
    start = time.monotonic()
    found = parse_statuses(body, url="https://p.test/")
    assert len(found) == 3
    assert found[0] == found[2]
    assert getattr(found[0], "text", "") == "Bonjour"
    for one in found:
        if not isinstance(one, str):
            one.model_dump_json().encode()
    assert time.monotonic() - start < 10


def test_one_hostile_entry_spoils_no_other() -> None:
    items = "<item><title>a</title><link>http://[x</link></item><item><title>b</title><link>https://a.test/b</link></item>"
    found = parse_feed(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), url="https://a.test/")
    assert [entry.url for entry in found] == ["", "https://a.test/b"]


def test_opted_out_posts_are_not_in_the_evidence() -> None:
    good = {"id": "1", "url": "https://p.test/@a/1", "content": "<p>Bonjour</p>", "visibility": "public", "account": {"acct": "a"}}
    shy = {**good, "content": "<p>secret</p>", "account": {"acct": "shy", "noindex": True}}
    kept = without_opted_out(json.dumps([good, shy]).encode(), url="https://p.test/")
    assert b"secret" not in kept
    assert b"shy" not in kept
    assert json.loads(kept) == [good]
    same = json.dumps([good]).encode()
    assert without_opted_out(same, url="https://p.test/") is same


@pytest.mark.parametrize(
    ("html", "headers", "reserves"),
    [
        ("<meta name='tdm-reservation' content='1'>", {}, True),
        ('<meta content="1" name="tdm-reservation">', {}, True),
        ("<meta name='tdm-reservation' content='0'>", {}, False),
        ("<meta name='robots' content='index, noai'>", {}, True),
        ("<meta name='robots' content='noindex'>", {}, False),
        ("", {"tdm-reservation": "1"}, True),
        ("", {"x-robots-tag": "noai"}, True),
        ("<p>noai</p>", {}, False),
    ],
)
def test_a_site_that_reserves_mining_is_left_out(html: str, headers: dict[str, str], reserves: bool) -> None:
    page = f"<html><head>{html}</head><body><article><h1>Jardin</h1><p>{STORY}</p></article></body></html>"
    if reserves:
        with pytest.raises(SourceError, match="reserves"):
            article(page, url="https://a.test/x", headers=headers)
    else:
        assert article(page, url="https://a.test/x", headers=headers).text


def test_the_page_s_own_address_is_read() -> None:
    page = f"<html><head><link rel='canonical' href='https://a.test/vrai'></head><body><article><p>{STORY}</p></article></body></html>"
    found = from_page(Entry(url="https://a.test/x"), html=page, url="https://a.test/x?p=1", headers={})
    assert found.url == "https://a.test/vrai"
    elsewhere = page.replace("https://a.test/vrai", "https://b.test/vrai")
    assert from_page(Entry(url="https://a.test/x"), html=elsewhere, url="https://a.test/x", headers={}).url == "https://a.test/x"


@pytest.mark.parametrize(
    "html",
    ["<script>" + "a" * 400_000 + "</script>", "<script>" + "state = " * 50_000 + "</script>", "<p>" + "1" * 400_000 + "</p>", "<p>" + "1 " * 200_000 + "</p>"],
    ids=["letters", "assignments", "digits", "counts"],
)  # fmt: skip
def test_patterns_read_no_long_run_twice(html: str) -> None:
    start = time.monotonic()
    with pytest.raises(SourceError):
        campaign(html.encode(), url="https://a.test/", content_type=None, headers={})
    assert time.monotonic() - start < 10


def test_opted_out_posts_are_not_in_compressed_evidence_either() -> None:
    good = {"id": "1", "url": "https://p.test/@a/1", "content": "<p>Bonjour</p>", "visibility": "public", "account": {"acct": "a"}}
    shy = {**good, "content": "<p>secret</p>", "account": {"acct": "shy", "noindex": True}}
    both = gzip.compress(json.dumps([good, shy]).encode())
    assert json.loads(evidence_to_keep(both, encoding="gzip", url="https://p.test/")) == [good]
    clean = gzip.compress(json.dumps([good]).encode())
    assert evidence_to_keep(clean, encoding="gzip", url="https://p.test/") is clean
    for body, encoding in ((both, "br"), (both[:-12], "gzip"), (gzip.compress(b"[" + b" " * 50_000_000), "gzip")):
        assert evidence_to_keep(body, encoding=encoding, url="https://p.test/") == b""  # what cannot be looked into is not kept
