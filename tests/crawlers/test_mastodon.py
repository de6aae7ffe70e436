"""Posts and accounts of Mastodon and its relatives: what is kept, what is left out and why, and what hostile answers cannot do."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import scrapy
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import SourceError
from core.urls import document_id
from crawlers.cursor import Cursor
from crawlers.erasing.redact import without_items
from crawlers.evidence.archive import Archive
from crawlers.fetching.capture import SECRET
from crawlers.platforms.mastodon import missing, parse_statuses
from crawlers.platforms.mastodon_account import parse_account
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from crawlers.spiders import mastodon_account, mastodon_tag
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.records import SourceReport
    from core.settings import Settings

URL = "https://p.test/api/v1/timelines/tag/jardin?limit=40"
GOOD: dict[str, Any] = {
    "id": "1", "url": "https://p.test/@a/1", "content": "<p>Bonjour</p>", "visibility": "public", "account": {"id": "7", "acct": "a", "username": "a"},
}  # fmt: skip
SHY: dict[str, Any] = {"id": "8", "acct": "discret", "username": "discret", "url": "https://p.test/@discret", "noindex": True}
FILE: dict[str, Any] = {
    "name": "essai",
    "title": "Un essai",
    "purpose": "Essayer le lecteur",
    "legal_basis": "Aucune : essai",
    "url": "https://p.test/",
}


def read(value: object, *, url: str = URL, **options: Any) -> Found:
    return parse_statuses(Page(url=url, body=json.dumps(value).encode(), **options))


def one(**fields: object) -> Draft | Left:
    (item,) = read([{**GOOD, **fields}]).items
    return item


def reason_of(value: object, *, reader: Any = parse_statuses, **options: Any) -> str:
    with pytest.raises(SourceError) as raised:
        reader(Page(url=URL, body=value if isinstance(value, bytes) else json.dumps(value).encode(), **options))
    assert "\n" not in str(raised.value)
    return raised.value.reason


@pytest.mark.parametrize(
    ("header", "following"),
    [
        ('<https://p.test/api?max_id=5>; rel="next", <https://p.test/api?min_id=9>; rel="prev"', "https://p.test/api?max_id=5"),
        ('<https://p.test/api?min_id=9>; rel="prev", <https://p.test/api?max_id=5>; rel=next', "https://p.test/api?max_id=5"),
        ("</api?max_id=5>; rel=\"next\"", "https://p.test/api?max_id=5"),
        ('<https://p.test/api?min_id=9>; rel="prev"', None),
        (f'<{URL}>; rel="next"', None),
        ('<javascript:x()>; rel="next"', None),
        ("", None),
    ],
)  # fmt: skip
def test_next_page_is_what_the_link_header_says(header: str, following: str | None) -> None:
    assert read([GOOD], headers={"link": header}).next == following


def test_a_long_link_header_is_read_once() -> None:
    start = time.process_time()  # the clock would measure other tests too
    assert read([GOOD], headers={"link": "<" * 1_000_000 + ">; rel" * 100_000}).next is None
    assert time.process_time() - start < 2


def test_the_last_page_may_be_empty_and_the_first_may_not() -> None:
    assert read([], url=f"{URL}&max_id=5", headers={"link": '<https://p.test/x>; rel="next"'}) == Found(())
    assert reason_of([]) == "empty_answer"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"error": "This method requires an authenticated user"}, 422, "login_required"),
        ({"error": "The access token is invalid"}, 401, "login_required"),
        ({"error": "authorization required for timeline view"}, 403, "login_required"),
        ({"message": "Unauthenticated."}, 200, "login_required"),
        ({"error": ""}, 401, "login_required"),
        ({"error": "This action is not allowed"}, 403, "api_error"),
        ({"error": "Validation failed"}, 422, "api_error"),
        ({"error": {"deep": "Validation\nfailed"}}, 422, "api_error"),
        ({"error": "Not Found"}, 404, "http_404"),
        ([GOOD], 410, "http_410"),
        ({"ancestors": [], "descendants": []}, 200, "empty_answer"),
        ({"statuses": [], "accounts": [GOOD["account"]], "hashtags": []}, 200, "empty_answer"),
        ([{"content": "une version", "account": {}, "created_at": "2026-01-01"}], 200, "not_statuses"),
        ("rien", 200, "not_statuses"),
        (None, 200, "not_statuses"),
        (b"", 200, "unreadable_json"),
        (b"[" * 100_000, 200, "unreadable_json"),
        (b"<html><title>Just a moment...</title>", 403, "bot_wall"),
        (b"<html><title>Connexion - P</title>", 200, "login_required"),
        (b"<html><p>Interdit</p>", 403, "http_403"),
    ],
)
def test_what_is_no_timeline_is_one_named_reason(body: object, status: int, reason: str) -> None:
    assert reason_of(body, status=status) == reason


@pytest.mark.parametrize(
    ("account", "leaves"),
    [
        ({"noindex": True}, True),
        ({"noindex": False, "indexable": None}, False),
        ({"indexable": False}, True),
        ({"note": "<p>Jardin</p><p>#<span>nobot</span></p><p>Fin</p>"}, True),
        ({"note": "#NoBots merci"}, True),
        ({"note": "#noindex"}, True),
        ({"note": "&#35;nobot"}, True),
        ({"note": "#nobotanique"}, False),
        ({"note": "nobot"}, False),
        ({"fields": [{"name": "#nobot", "value": ""}]}, True),
        ({"fields": [{"name": "Robots", "value": "<a href='x'>#<span>noindex</span></a>"}]}, True),
        ({"note": "#no-bot"}, True),
        ({"note": "＃no\u200bArchive"}, True),
        ({"note": "#noai"}, True),
        ({"display_name": "Aline #nobots"}, True),
        ({"indexable": "false", "discoverable": True}, True),
        ({"noindex": 1}, True),
        ({"discoverable": False}, False),
        ({"fields": "#nobot"}, False),
        ({"fields": [None, 3], "note": None}, False),
    ],
)
def test_authors_who_ask_programs_to_stay_away_are_left_out(account: dict[str, object], leaves: bool) -> None:
    found = one(account={"acct": "b", **account})
    assert (found == Left(reason="opted_out", platform_id="1")) is leaves
    assert isinstance(found, Draft) is not leaves


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"visibility": "unlisted"}, Left(reason="not_public", platform_id="1")),
        ({"visibility": 3}, Left(reason="not_public", platform_id="1")),
        ({"visibility": "local"}, Left(reason="not_public", platform_id="1")),
        ({"local_only": True}, Left(reason="not_public", platform_id="1")),
        ({"searchability": "private"}, Left(reason="opted_out", platform_id="1")),
        ({"account": None}, Left(reason="unreadable_post", status="set_aside", platform_id="1")),
        ({"reblog": GOOD, "content": ""}, Left(reason="boost", status="duplicate", platform_id="1")),
        ({"reblog": {**GOOD, "account": SHY}}, Left(reason="opted_out", platform_id="1")),
        ({"reblog": {**GOOD, "visibility": "private"}}, Left(reason="not_public", platform_id="1")),
        ({"url": None}, Left(reason="no_address", status="set_aside", platform_id="1")),
        ({"url": "javascript:x()", "uri": "tag:x"}, Left(reason="no_address", status="set_aside", platform_id="1")),
        ({"content": "", "media_attachments": [{"type": "image"}]}, Left(reason="no_text", platform_id="1")),
    ],
)
def test_what_is_left_says_why(fields: dict[str, object], expected: Left) -> None:
    assert one(**fields) == expected


def test_all_that_a_post_shows_is_kept() -> None:
    found = one(
        spoiler_text="Avis", language="fr-CA", created_at="2026-11-01T08:00:00.000+01:00", favourites_count=3, reblogs_count=2, replies_count=1,
        media_attachments=[{"type": "audio", "description": "Un merle"}, {"type": "unknown"}], card={"url": "https://c.test/"},
        poll={"options": [{"title": "Oui"}, {"title": "Non"}]}, account={"acct": "a@b.test", "followers_count": 9},
    )  # fmt: skip
    assert isinstance(found, Draft)
    assert found.text == "Bonjour\n\n[sondage : Oui]\n[sondage : Non]\n\n[image : Un merle]"
    assert found.content_type == ("TEXT", "AUDIO", "OTHER")
    assert found.images == ("Un merle",)
    assert (found.title, found.language, found.account, found.links) == ("Avis", "fr", "a@b.test", ("https://c.test/",))
    assert (found.likes, found.reposts, found.replies, found.followers) == (3, 2, 1, 9)
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2026-11-01T08:00:00+01:00"


@pytest.mark.parametrize(("declared", "language"), [("fr", "fr"), ("FR_fr", "fr"), ("fra", "fr"), ("kab", None), ("", None), (None, None), (3, None)])
def test_languages(declared: object, language: str | None) -> None:
    assert getattr(one(language=declared), "language", "") == language


def test_hidden_followers_are_not_none_at_all() -> None:
    hidden = one(account={"acct": "a", "followers_count": 0, "pleroma": {"hide_followers_count": True}})
    assert getattr(hidden, "followers", 0) is None


def test_links_to_people_and_tags_lead_nowhere() -> None:
    names = '<a href="https://p.test/@b" class="u-url mention">@b</a> <a href="https://p.test/t/x" rel="tag">#x</a> <a href="https://c.test/">c</a>'
    found = one(content=names, tags=[{"url": "https://p.test/t/x"}])
    assert getattr(found, "links", ()) == ("https://c.test/",)


def test_words_that_are_quoted_are_not_the_author_s() -> None:
    words = '<p class="quote-inline">RE: <a href="https://p.test/@b/2"><span>p.test</span></a></p><p>Non.</p>'
    quoted = {**GOOD, "id": "2", "url": "https://p.test/@b/2", "content": "<p>Oui.</p>"}
    found = one(content=words, quote={"state": "accepted", "quoted_status": quoted})
    assert isinstance(found, Draft)
    assert (found.text, found.thread_parent, found.links) == ("Non.", "https://p.test/@b/2", ())
    answer = one(content=words, in_reply_to_id="5", quote=quoted)  # Akkoma does not wrap it
    assert isinstance(answer, Draft)
    assert (answer.thread_parent, answer.links) == ("5", ("https://p.test/@b/2",))


def test_what_stands_around_a_post_and_what_a_search_finds_is_read() -> None:
    above, below = {**GOOD, "id": "1"}, {**GOOD, "id": "2", "url": "https://p.test/@a/2", "in_reply_to_id": "1"}
    found = read({"ancestors": [above], "descendants": [below, {**GOOD, "id": "3", "account": SHY}]}).items
    assert [item.reason if isinstance(item, Left) else item.thread_parent for item in found] == [None, "https://p.test/@a/1", "opted_out"]
    assert [item.platform_id for item in read({"accounts": [SHY], "statuses": [GOOD], "hashtags": []}).items] == ["1"]


def test_a_thread_on_one_page_has_addresses() -> None:
    posts = [{**GOOD, "id": str(number), "url": f"https://p.test/@a/{number}", "in_reply_to_id": answered} for number, answered in ((3, "2"), (2, "1"), (1, None))]  # fmt: skip
    found = [item for item in read(posts).items if isinstance(item, Draft)]
    assert [item.thread_parent for item in found] == ["https://p.test/@a/2", "https://p.test/@a/1", None]
    assert [item.thread_root for item in found] == ["https://p.test/@a/1", "https://p.test/@a/1", None]


def test_posts_that_answer_each_other_in_a_circle_have_no_first() -> None:
    posts = [{**GOOD, "id": str(number), "url": f"https://p.test/@a/{number}", "in_reply_to_id": str(answered)} for number, answered in ((1, 2), (2, 1), (3, 3))]  # fmt: skip
    assert [getattr(item, "thread_root", "") for item in read(posts).items] == [None, None, None]


def test_opted_out_posts_are_not_in_the_evidence() -> None:
    secret = {**GOOD, "id": "2", "content": "<p>secret</p>", "account": SHY}
    quoting = {**GOOD, "id": "3", "url": "https://p.test/@a/3", "quote": {"state": "accepted", "quoted_status": secret}}
    boosting = {**GOOD, "id": "4", "reblog": secret}
    answer = json.dumps([GOOD, secret, quoting, boosting]).encode()
    found = parse_statuses(Page(url=URL, body=answer))
    out = [item.platform_id for item in found.items if isinstance(item, Left) and item.platform_id]
    kept = without_items(answer, out=out, url=URL)
    assert kept is not None
    assert b"secret" not in kept
    assert b"discret" not in kept
    assert [post["id"] for post in json.loads(kept)] == ["1", "3"]


HOSTILE: list[dict[str, object]] = [
    {"content": '<p>a <a href="http://[x">b</a></p>'},
    {"content": "a \ud800 b"},
    {"content": "a \0 b"},
    {"content": {"a": 1}},
    {"account": "nobody"},
    {"media_attachments": 3},
    {"media_attachments": [3, {"type": [], "description": {}}]},
    {"poll": {"options": {"title": 3}}},
    {"card": {"url": ["x"]}},
    {"created_at": "0001-01-01T00:00:00+01:00"},
    {"created_at": 10**400},
    {"favourites_count": 10**400},
    {"in_reply_to_id": {"a": 1}},
    {"quote": {"id": 1, "account": 2}},
    {"tags": {"a": [None]}},
    {"content": "<span class='x invisible'>" * 20_000},
    {"content": "<div>" * 200_000},
    {"content": "<table><tr><td>" * 50_000},
    {"content": '<a href="x" class="' * 100_000},
    {"content": '<p class="quote-inline">' * 50_000},
    {"content": "a" * 2_000_000},
    {"spoiler_text": "<" * 200_000},
    {"account": {"acct": "a", "note": "#" * 200_000 + "<p>" * 20_000}},
]


@pytest.mark.parametrize("fields", HOSTILE, ids=[f"{number} {next(iter(fields))}" for number, fields in enumerate(HOSTILE)])
def test_one_hostile_post_spoils_no_other(fields: dict[str, object]) -> None:
    last = {**GOOD, "id": "3", "url": "https://p.test/@a/3"}
    start = time.process_time()
    found = read([GOOD, {**GOOD, "id": "2", "url": "https://p.test/@a/2", **fields}, last]).items
    assert len(found) == 3
    assert getattr(found[0], "text", "") == getattr(found[2], "text", "") == "Bonjour"
    for item in found:
        item.model_dump_json().encode()
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("account", "status", "reason"),
    [
        ({"id": "7", "acct": "a", "noindex": True}, 200, "opted_out"),
        ({"id": "7", "acct": "a", "note": "#nobot"}, 200, "opted_out"),
        ({"id": "7", "acct": "a", "locked": True}, 200, "account_locked"),
        ({"id": "7", "acct": "a", "moved": {"id": "8"}}, 200, "account_moved"),
        ({"id": "7", "acct": "a", "suspended": True}, 200, "account_suspended"),
        ({"error": "Record not found"}, 404, "no_such_account"),
        ({"error": "Record not found"}, 200, "no_such_account"),
        ({"error": "Gone"}, 410, "no_such_account"),
        ({"error": "This API requires an authenticated user"}, 401, "login_required"),
        ({"acct": "a"}, 200, "not_an_account"),
        ({"id": "../../x", "acct": "a"}, 200, "not_an_account"),
        ([], 200, "not_an_account"),
        (b"<html>", 200, "unreadable_json"),
    ],
)
def test_accounts_that_are_not_read(account: object, status: int, reason: str) -> None:
    assert reason_of(account, reader=parse_account, status=status) == reason


@pytest.mark.parametrize("known", ["109000", 12, "Al30Y6dIQNzsEKhR5s"])
def test_the_id_of_an_account(known: str | int) -> None:
    assert parse_account(Page(url=URL, body=json.dumps({"id": known, "acct": "a", "locked": False, "moved": None}).encode())) == str(known)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5
)  # fmt: skip
KEYS = ["id", "url", "uri", "content", "visibility", "account", "reblog", "quote", "poll", "card", "media_attachments", "mentions", "tags", "language",
        "created_at", "edited_at", "in_reply_to_id", "spoiler_text", "favourites_count", "pleroma"]  # fmt: skip
INNER = ["acct", "url", "note", "fields", "noindex", "options", "title", "quoted_status", "type", "description", "followers_count"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES | st.dictionaries(st.sampled_from(INNER), VALUES)), st.binary(max_size=100))
def test_no_answer_crashes_the_parsers(fields: dict[str, object], rubbish: bytes) -> None:
    for body in (json.dumps([{**GOOD, **fields}]).encode(), json.dumps({**GOOD, **fields}).encode(), rubbish):
        for reader in (parse_statuses, parse_account):
            try:
                reader(Page(url=URL, body=body))
            except SourceError as error:
                assert error.reason  # noqa: PT017 - either outcome is right, a crash is not


def spider_of(kind: Any, settings: Settings, path: Path, **options: object) -> Any:
    source = kind.Options.model_validate({"kind": kind.__name__.rpartition(".")[2], **FILE, **options})
    return kind.Spider(
        source=source, keeper=SimpleNamespace(sated=False, note=lambda reason: None), cursor=Cursor(path / "cursor.json"), house=settings
    )


def addresses(found: list[Any]) -> list[str]:
    return [request.url for request in found if isinstance(request, scrapy.Request)]


def test_a_tag_is_read_page_after_page(settings: Settings, tmp_path: Path) -> None:
    spider = spider_of(mastodon_tag, settings, tmp_path, tag="santé")
    assert spider.source.addresses() == ("https://p.test/api/v1/timelines/tag/sant%C3%A9?limit=40",)
    page = Page(url=URL, body=json.dumps([GOOD]).encode(), headers={"link": '<https://p.test/api/v1/timelines/tag/x?max_id=1>; rel="next"'})
    found = list(spider.first(page))
    assert [type(item) for item in found] == [Draft, scrapy.Request]
    assert addresses(found) == ["https://p.test/api/v1/timelines/tag/x?max_id=1"]


@pytest.mark.parametrize(("with_replies", "query"), [(False, "&exclude_replies=true"), (True, "")])
def test_an_account_is_looked_up_and_then_read(settings: Settings, tmp_path: Path, with_replies: bool, query: str) -> None:
    spider = spider_of(mastodon_account, settings, tmp_path, account="@a@b.test", with_replies=with_replies)
    assert spider.source.addresses() == ("https://p.test/api/v1/accounts/lookup?acct=a%40b.test",)
    (request,) = spider.first(Page(url=URL, body=json.dumps(GOOD["account"]).encode()))
    assert request.url == f"https://p.test/api/v1/accounts/7/statuses?exclude_reblogs=true{query}&limit=40"
    assert request.cb_kwargs["step"] == "posts"
    assert [type(item) for item in spider.posts(Page(url=request.url, body=json.dumps([GOOD]).encode()))] == [Draft]


def test_a_profile_is_no_evidence(settings: Settings, tmp_path: Path) -> None:
    spider = spider_of(mastodon_account, settings, tmp_path, account="a")

    async def start() -> list[scrapy.Request]:
        return [request async for request in spider.start()]

    (request,) = asyncio.run(start())
    assert request.meta[SECRET] is True


@pytest.mark.parametrize(
    ("known", "shown", "absent"),
    [
        ({"5": "https://p.test/@a/5"}, {"3", "9"}, ["5"]),
        ({"5": "https://p.test/@a/5", "7": "https://p.test/@a/7", "9": "https://p.test/@a/9"}, {"3", "9"}, ["7", "5"]),
        ({"2": "https://p.test/@a/2", "12": "https://p.test/@a/12"}, {"3", "9"}, []),  # older and newer than what is shown
        ({"5": "https://ailleurs.test/@a/5"}, {"3", "9"}, []),
        ({"Al30Y": "https://p.test/@a/5"}, {"3", "9"}, []),
        ({"5": "https://p.test/@a/5"}, {"Al30Y"}, []),
        ({"5": "https://p.test/@a/5"}, set(), []),
    ],
)
def test_posts_that_should_be_shown_and_are_not(known: dict[str, str], shown: set[str], absent: list[str]) -> None:
    assert missing(known, shown, host="p.test") == absent


def test_a_post_that_is_shown_no_more_is_looked_for(settings: Settings, tmp_path: Path) -> None:
    before = Cursor(tmp_path / "cursor.json")
    before.note_items({"5": "https://p.test/@a/5"})
    before.save()
    spider = spider_of(mastodon_tag, settings, tmp_path, tag="jardin")
    gone: list[str] = []
    spider.gone = lambda url, **_: gone.append(url)
    posts = [{**GOOD, "id": number, "url": f"https://p.test/@a/{number}"} for number in ("9", "3")]
    (probe,) = (item for item in spider.first(Page(url=URL, body=json.dumps(posts).encode())) if isinstance(item, scrapy.Request))
    assert (probe.url, probe.cb_kwargs["step"], probe.cb_kwargs["address"]) == ("https://p.test/api/v1/statuses/5", "probe", "https://p.test/@a/5")
    assert list(spider.probe(Page(url=probe.url, body=b'{"error":"Record not found"}', status=404), "https://p.test/@a/5")) == []
    assert gone == ["https://p.test/@a/5"]
    (there,) = spider.probe(Page(url=probe.url, body=json.dumps(GOOD).encode()), "https://p.test/@a/5")
    assert isinstance(there, Draft)
    assert len(gone) == 1


@pytest.mark.parametrize("account", ["", "a b", "a/b", "a@b@c", "https://p.test/@a"])
def test_an_account_has_one_form(account: str) -> None:
    with pytest.raises(ValidationError):
        mastodon_account.Options.model_validate({"kind": "mastodon_account", **FILE, "account": account})


class Instance(BaseHTTPRequestHandler):
    """Plays an instance whose posts the test changes between two runs."""

    answers: ClassVar[dict[str, tuple[int, object]]] = {}

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        status, answer = self.answers.get(self.path.partition("?")[0], (404, {"error": "Record not found"}))
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        if self.path.endswith("limit=40") and "/statuses" in self.path:
            self.send_header("Link", f'<{self.path}&max_id=5>; rel="next"')
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Instance)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(Instance, "answers", {})
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def crawl(settings: Settings, instance: str, kind: str) -> SourceReport:
    settings.sources_dir.mkdir(parents=True, exist_ok=True)
    file = f"title: Un essai\n{kind}\nurl: {instance}/\npurpose: essai du lecteur\nlegal_basis: essai du lecteur\ndelay: 0\n"
    (settings.sources_dir / "essai.yml").write_text(file, encoding="utf-8")
    return crawl_source("essai", settings=settings)


def test_an_account_s_posts_are_kept_and_a_deleted_one_says_so(settings: Settings, archive: Archive, instance: str) -> None:
    def post(number: str, **fields: object) -> dict[str, Any]:
        return {**GOOD, "id": number, "url": f"{instance}/@a/{number}", "content": f"<p>Le billet {number} parle du jardin partagé.</p>", **fields}

    posts = [post("9"), post("8", account=SHY, content="<p>secret</p>"), post("7"), post("6")]
    listing = "/api/v1/accounts/7/statuses"
    Instance.answers = {"/api/v1/accounts/lookup": (200, GOOD["account"]), listing: (200, posts)}
    first = crawl(settings, instance, "kind: mastodon_account\naccount: a\nmax_pages: 1")
    assert (first.kept, first.dropped, first.reasons) == (3, 1, {"opted_out": 1})
    evidence = b"".join(gzip.decompress(path.read_bytes()) for path in archive.root.rglob("*.warc.gz"))
    assert b"Le billet 7" in evidence
    assert b"secret" not in evidence
    assert b"lookup" not in evidence

    Instance.answers[listing] = (200, [posts[0], posts[3]])
    second = crawl(settings, instance, "kind: mastodon_account\naccount: a\nmax_pages: 1")
    assert second.kept == 1
    last = Archive(archive.root).latest(document_id(f"{instance}/@a/7"))
    assert last is not None
    assert last.deleted_at is not None
    assert "Le billet 7" in last.text


@pytest.mark.parametrize(
    ("kind", "path", "answer", "reason"),
    [
        (
            "kind: mastodon_tag\ntag: jardin",
            "/api/v1/timelines/tag/jardin",
            (422, {"error": "This method requires an authenticated user"}),
            "login_required",
        ),
        ("kind: mastodon_tag\ntag: jardin", "/api/v1/timelines/tag/jardin", (200, []), "empty_answer"),
        ("kind: mastodon_account\naccount: a", "/rien", (200, []), "no_such_account"),
        ("kind: mastodon_account\naccount: a", "/api/v1/accounts/lookup", (200, {**GOOD["account"], "note": "#nobot"}), "opted_out"),
    ],
)
def test_blind_spots_have_names(
    settings: Settings, archive: Archive, instance: str, kind: str, path: str, answer: tuple[int, object], reason: str
) -> None:
    Instance.answers = {path: answer}
    report = crawl(settings, instance, kind)
    assert (report.kept, report.set_aside, report.reasons) == (0, 1, {reason: 1})
    assert report.alarms
    assert b"#nobot" not in b"".join(gzip.decompress(found.read_bytes()) for found in archive.root.rglob("*.warc.gz"))
