"""Bluesky's answers, and whole crawls of a server that plays its API."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr

from core.errors import ConfigError, SourceError
from core.settings import Settings
from crawlers.evidence.archive import Archive
from crawlers.platforms import bluesky
from crawlers.platforms.bluesky_posts import draft_of, languages_of, left_out, public_url
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.records import Document, SourceReport

PAGES = Path(__file__).parent / "pages"
AUTHOR, OTHER = "did:plc:auteurinvente00000aa", "did:plc:autreinvente000000bb"
POST = f"at://{AUTHOR}/app.bsky.feed.post/3aaa"
PASSWORD = "abcd-efgh-ijkl-mnop"


def record(text: str = "Bonjour", **fields: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-01T08:00:00.000Z", "langs": ["fr"], **fields}


def view(key: str = "3aaa", did: str = AUTHOR, *, labels: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    marks = [{"src": did, "uri": f"at://{did}/app.bsky.actor.profile/self", "val": value} for value in labels]
    return {
        "uri": f"at://{did}/app.bsky.feed.post/{key}", "author": {"did": did, "handle": "nom.exemple.test", "labels": marks},
        "record": record(f"Message {key}"), "indexedAt": "2026-11-01T08:00:01.000Z", "labels": [], **fields,
    }  # fmt: skip


def page(value: Any, url: str = "https://api.test/xrpc/app.bsky.feed.getAuthorFeed?actor=a", **fields: Any) -> Page:
    return Page(url, value if isinstance(value, bytes) else json.dumps(value).encode(), **fields)


def test_the_address_carries_the_did() -> None:
    assert public_url(POST) == f"https://bsky.app/profile/{AUTHOR}/post/3aaa"
    assert public_url(f"at://{AUTHOR}/app.bsky.graph.list/3l") == f"https://bsky.app/profile/{AUTHOR}/lists/3l"
    for bad in (
        None,
        3,
        "",
        "at://",
        f"at://{AUTHOR}/app.bsky.feed.post/..",
        f"at://{AUTHOR}/app.bsky.feed.like/3a",
        "at://nom.test/app.bsky.feed.post/3a",
        POST + "x" * 2000,
        POST + "/\n",
    ):
        assert public_url(bad) is None


def test_facets_count_bytes() -> None:
    text = "🌻é a.test/lo... b.test"
    start = len("🌻é ".encode())
    facets = [
        {"index": {"byteStart": start + 13, "byteEnd": start + 19}, "features": [{"uri": "https://b.test/"}]},
        {"index": {"byteStart": start, "byteEnd": start + 12}, "features": [{"uri": "https://a.test/long"}]},
        {"index": {"byteStart": 0, "byteEnd": len(text.encode()) + 1}, "features": [{"uri": "https://dehors.test/"}]},
        {"index": {"byteStart": 5, "byteEnd": 5}, "features": [{"uri": "https://vide.test/"}]},
        {"index": {"byteStart": 0, "byteEnd": 2}, "features": [{"uri": "ftp://c.test/"}, {"uri": 4}, None]},
        {"index": None, "features": {}}, None,
    ]  # fmt: skip
    assert draft_of(POST, record(text, facets=facets)).links == ("https://a.test/long", "https://b.test/")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"labels": [{"val": "spoiler", "src": OTHER}]}, None),
        ({"author": {"did": AUTHOR, "labels": [{"val": "!no-unauthenticated", "src": AUTHOR}]}}, "opted_out"),
        ({"labels": [{"val": "!no-unauthenticated", "src": AUTHOR}]}, "opted_out"),
        ({"labels": [{"val": "!no-unauthenticated", "src": AUTHOR}, {"val": "!no-unauthenticated", "src": AUTHOR, "neg": True}]}, None),
        ({"record": {"labels": {"values": [{"val": "!no-unauthenticated"}]}}}, "opted_out"),
        ({"record": {"labels": {"values": [{"val": "!hide"}]}}}, "opted_out"),
        ({"author": {"did": AUTHOR}, "labels": [{"val": "!takedown", "src": AUTHOR}]}, "opted_out"),
        ({"author": {"did": AUTHOR}, "labels": [{"val": "!hide", "src": OTHER}]}, "not_public"),
        ({"labels": "!no-unauthenticated", "author": 3, "record": []}, None),
        ({"labels": [{"val": ["!hide"], "src": {}}, {"val": "!hide", "src": {}}, None]}, None),
    ],
)
def test_labels_say_what_must_not_be_kept(fields: dict[str, Any], reason: str | None) -> None:
    assert left_out(fields) == reason


def test_languages_are_two_letters() -> None:
    assert languages_of({"langs": ["fr-CA", "FR", "fil", 3, "", "x" * 10**6, "en"]}) == ("fr", "en")
    assert languages_of({"langs": "fr"}) == ()


def test_a_repost_of_ones_own_post_does_not_cut_its_evidence() -> None:
    repost = {"post": view(), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}
    items = bluesky.parse_feed(page({"feed": [repost, {"post": view()}]})).items
    assert isinstance(items[0], Left)
    assert (items[0].status, items[0].platform_id) == ("duplicate", None)
    assert isinstance(items[1], Draft)


def test_a_thread_gives_the_posts_above_and_below_once_each() -> None:
    below = [{"post": view("3c", OTHER)}, {"uri": "at://x", "notFound": True}, {"post": view("3d", OTHER, labels=("!no-unauthenticated",))}, 4]
    thread = {"post": view("3b"), "parent": {"post": view("3a", OTHER), "parent": {"uri": "at://y", "blocked": True}}, "replies": below}
    items = bluesky.parse_thread(page({"thread": thread})).items
    assert [item.url.rpartition("/")[2] if isinstance(item, Draft) else item.reason for item in items] == [
        "not_public", "3a", "3b", "3c", "deleted", "opted_out", "unreadable_post",
    ]  # fmt: skip


def test_a_thread_told_as_a_list() -> None:
    def listed(kind: str, **fields: Any) -> dict[str, Any]:
        return {"uri": POST + kind[-3:], "depth": 0, "value": {"$type": f"app.bsky.unspecced.defs#threadItem{kind}", **fields}}

    thread = [listed("NotFound"), listed("Post", post=view("3a")), listed("Blocked"), listed("NoUnauthenticated"), 4,
              listed("Post", post=view("3d", OTHER, labels=("!no-unauthenticated",)))]  # fmt: skip
    items = bluesky.parse(page({"thread": thread, "hasOtherReplies": False})).items
    assert [item.url.rpartition("/")[2] if isinstance(item, Draft) else item.reason for item in items] == [
        "deleted", "3a", "not_public", "opted_out", "unreadable_post", "opted_out",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("thread", "reason"), [({"notFound": True}, "no_such_post"), ({"blocked": True}, "not_public"), (None, "not_bluesky"), ([], "not_bluesky")]
)
def test_a_thread_without_its_post(thread: Any, reason: str) -> None:
    with pytest.raises(SourceError) as raised:
        bluesky.parse_thread(page({"thread": thread}))
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("error", "message", "status", "reason"),
    [
        ("AuthMissing", "Authentication Required", 401, "login_required"),
        ("AuthenticationRequired", "Invalid identifier or password", 401, "login_required"),
        ("ExpiredToken", "", 400, "login_required"),
        ("InvalidToken", "", 400, "login_required"),
        ("RateLimitExceeded", "", 429, "rate_limited"),
        ("Whatever", "", 429, "rate_limited"),
        ("InvalidRequest", "Profile not found", 400, "no_such_account"),
        ("InvalidRequest", "Error: actor must be a valid did or a handle", 400, "no_such_account"),
        ("AccountDeactivated", "Account is deactivated", 400, "account_closed"),
        ("NotFound", "Post not found: at://x", 400, "no_such_post"),
        ("UpstreamFailure", "Upstream Failure", 502, "api_error"),
        (3, ["?"], 500, "api_error"),
    ],
)
def test_a_refusal_has_its_name(error: Any, message: Any, status: int, reason: str) -> None:
    with pytest.raises(SourceError) as raised:
        bluesky.parse_feed(page({"error": error, "message": message}, status=status))
    assert raised.value.reason == reason
    assert "\n" not in str(raised.value)


def test_the_search_that_is_closed_to_visitors_says_what_is_needed() -> None:
    body = b"<html><body><h1>403 Forbidden</h1>Request forbidden by administrative rules.</body></html>"
    with pytest.raises(SourceError, match="app password") as raised:
        bluesky.parse_search(page(body, "https://api.test/xrpc/app.bsky.feed.searchPosts?q=a", status=403))
    assert raised.value.reason == "search_closed"
    with pytest.raises(SourceError) as raised:
        bluesky.parse_feed(page(body, status=403))
    assert raised.value.reason == "http_403"


def test_the_end_of_a_listing_is_no_empty_answer() -> None:
    url = "https://api.test/xrpc/app.bsky.feed.getAuthorFeed?actor=a&cursor=x"
    assert bluesky.parse_feed(page({"feed": [], "cursor": "y"}, url)) == Found(())
    assert bluesky.parse_feed(page({"feed": [{"post": view()}], "cursor": "x"}, url)).next is None, "a cursor that stands still"
    further = bluesky.parse_feed(page({"feed": [{"post": view()}], "cursor": "2026-11-01T08:00:00.000Z&x=1"}, url)).next
    assert further is not None
    assert parse_qs(urlsplit(further).query) == {"actor": ["a"], "cursor": ["2026-11-01T08:00:00.000Z&x=1"]}


def test_an_account_for_signed_in_people_is_not_read_further() -> None:
    answer = {"feed": [{"post": view(labels=("!no-unauthenticated",))}], "cursor": "x"}
    found = bluesky.parse_feed(page(answer))
    assert found == Found((Left(reason="opted_out", platform_id=POST),), None)


WEB = """<!DOCTYPE html><html><head><title>Post by @nom.exemple.test — Bluesky</title>{head}
<link rel="alternate" href="at://{did}/app.bsky.feed.post/3aaa">
<meta name="twitter:label1" content="Posted At"><meta name="twitter:value1" content="2026-11-01T08:00:00Z">
<meta name="twitter:label2" content="Likes"><meta name="twitter:value2" content="12">
<meta name="twitter:label3" content="Replies"><meta name="twitter:value3" content="beaucoup">
<meta property="article:published_time" content="2026-11-01T08:00:00Z"></head>
<body><div id="root"></div><noscript><p id="bsky_post_text">{text}</p></noscript></body></html>"""


def test_a_page_of_the_web_application_shows_its_post() -> None:
    html = WEB.format(
        head="", did=AUTHOR, text="Le marché d&#39;hiver https://marche.exemple.test/a?b=1.\n[contains quote post or other embedded content]"
    )
    (draft,) = bluesky.parse(page(html.encode())).items
    assert isinstance(draft, Draft)
    assert (draft.text, draft.platform_id, draft.account) == ("Le marché d'hiver https://marche.exemple.test/a?b=1.", POST, AUTHOR)
    assert (draft.links, draft.likes, draft.replies) == (("https://marche.exemple.test/a?b=1",), 12, None)


def test_a_page_of_the_web_application_without_its_post() -> None:
    hidden = "This author has chosen to make their posts visible only to people who are signed in."
    head = f'<meta property="og:description" content="{hidden}">'
    assert bluesky.parse(page(WEB.format(head=head, did=AUTHOR, text="").encode())).items == (Left(reason="opted_out", platform_id=POST),)
    for html, reason in (
        (WEB.format(head="", did="x", text=""), "script_shell"),
        ("<p>rien</p>", "script_shell"),
        (WEB.format(head="", did=AUTHOR, text='</p><p id="bsky_post_text">'), "selector_several"),
    ):
        with pytest.raises(SourceError) as raised:
            bluesky.parse(page(html.encode()))
        assert raised.value.reason == reason


def test_profiles_and_sessions() -> None:
    profiles = [{"did": AUTHOR, "labels": []}, {"did": OTHER, "labels": [{"val": "!no-unauthenticated", "src": OTHER}]}, None, {"did": 3}]
    assert bluesky.parse_profiles(page({"profiles": profiles})) == {AUTHOR: None, OTHER: "opted_out"}
    assert bluesky.parse_session(page({"accessJwt": "a.b-c_d"})) == "a.b-c_d"
    for answer in ({}, {"accessJwt": "a\nX: y"}, {"accessJwt": 3}):
        with pytest.raises(SourceError, match="VIGIE_BLUESKY_APP_PASSWORD"):
            bluesky.parse_session(page(answer))


READERS = (
    bluesky.parse,
    bluesky.parse_feed,
    bluesky.parse_search,
    bluesky.parse_posts,
    bluesky.parse_thread,
    bluesky.parse_profiles,
    bluesky.parse_session,
)
SAVED = [json.loads((PAGES / name).read_text(encoding="utf-8")) for name in ("bluesky_author/feed.json", "bluesky_search/results.json")]
LEAVES = strategies.one_of(
    strategies.none(), strategies.booleans(), strategies.integers(), strategies.floats(), strategies.text(max_size=8),
    strategies.sampled_from(["\ud800", "\x00", POST, "a" * 100_000, 10**400, "!hide", "#reasonRepost", "9999-99-99T99:99:99Z"]),
)  # fmt: skip
VALUES = strategies.recursive(
    LEAVES,
    lambda inner: strategies.one_of(
        strategies.lists(inner, max_size=3),
        strategies.dictionaries(
            strategies.sampled_from(["post", "uri", "author", "labels", "record", "embed", "text", "val", "$type"]), inner, max_size=4
        ),
    ),
    max_leaves=8,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def outcome(read: Any, answer: Page) -> Any:
    """What is read, or the reason why not; any other exception is a fault."""
    try:
        return read(answer)
    except SourceError as error:
        return error.reason if error.reason.replace("_", "").isalnum() and len(str(error)) < 2000 else None


def mutated(value: Any, changes: list[tuple[int, Any]]) -> Any:
    copy = json.loads(json.dumps(value))
    for number, new in changes:
        found = list(places(copy))
        if found:
            where, key = found[number % len(found)]
            where[key] = new
    return copy


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.sampled_from(SAVED),
    strategies.lists(strategies.tuples(strategies.integers(0, 10_000), VALUES), max_size=5),
    strategies.sampled_from([200, 400, 403]),
)
def test_any_answer_gives_items_or_a_reason(saved: Any, changes: list[tuple[int, Any]], status: int) -> None:
    body = json.dumps(mutated(saved, changes)).encode()
    for answer in (body, body.replace(b'"feed"', b'"thread"').replace(b'"posts"', b'"profiles"'), body[: len(body) // 2]):
        for read in READERS:
            assert isinstance(outcome(read, Page("https://api.test/xrpc/x?cursor=1", answer, status=status)), Found | dict | str)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000, b'{"feed":' * 200_000, b'{"feed":[' + b'{"post":' * 300 + b"{}" + b"}" * 300 + b"]}", b"<p>" * 200_000, b"", b"\xff" * 1000, b"\x00" * 1000,
        b'{"feed": [' + b"9" * 100_000 + b"]}", b'{"error": "' + b"a" * 5_000_000 + b'", "message": "' + b"not " * 1_000_000 + b'"}',
        json.dumps({"thread": {"post": view(), "replies": [{"post": view(f"3{number}")} for number in range(20_000)]}}).encode(),
        json.dumps({"feed": [{"post": view(record=record("a" * 2_000_000, facets=[{"index": {"byteStart": 0, "byteEnd": 1}, "features": [{}] * 1000}] * 1000))}]}).encode(),
        json.dumps({"posts": [view(record=record(embed={"$type": "app.bsky.embed.images", "images": [{"alt": "x " * 1000}] * 5000}))]}).encode(),
    ],
    ids=range(12),
)  # fmt: skip
@pytest.mark.timeout(20)
def test_hostile_answers_end(body: bytes) -> None:
    for read in READERS:
        assert outcome(read, Page("https://api.test/xrpc/x", body)) is not None


class Api(BaseHTTPRequestHandler):
    """Plays public.api.bsky.app and bsky.social."""

    calls: ClassVar[list[tuple[str, str, str]]] = []
    feeds: ClassVar[dict[str, tuple[int, Any]]] = {}  # by cursor, "" for the first page

    def log_message(self, *arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.calls.append((f"{self.command} {parts.path.rpartition('/')[2]}", parts.query, body))
        query = parse_qs(parts.query)
        if parts.path.endswith("getAuthorFeed"):
            self.answer(*self.feeds.get(query.get("cursor", [""])[0], (400, {"error": "InvalidRequest", "message": "Profile not found"})))
        elif parts.path.endswith("createSession"):
            good = json.loads(body) == {"identifier": "veille.exemple.test", "password": PASSWORD}
            self.answer(
                *(
                    (200, {"accessJwt": "jeton.secret", "did": AUTHOR})
                    if good
                    else (401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
                )
            )
        elif parts.path.endswith("searchPosts") and self.headers.get("Authorization") != "Bearer jeton.secret":
            self.answer(403, b"<html><body>Request forbidden by administrative rules.</body></html>")
        elif parts.path.endswith("searchPosts"):
            further = query.get("cursor") == ["100"]
            self.answer(200, {"posts": [view("3c" if further else "3b", OTHER)], **({} if further else {"cursor": "100"})})
        else:
            self.answer(404, b"")

    def answer(self, status: int, value: Any) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(value, bytes) else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def api() -> Iterator[str]:
    Api.calls, Api.feeds = [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def crawl(settings: Settings, kind: str, **options: Any) -> SourceReport:
    settings.sources_dir.mkdir(parents=True, exist_ok=True)
    known = {"title": "Essai", "kind": kind, "purpose": "essai de lecture", "legal_basis": "essai de lecture", "delay": 0, **options}
    (settings.sources_dir / "essai.yml").write_text(json.dumps(known), encoding="utf-8")
    return crawl_source("essai", settings=settings)


def documents(settings: Settings) -> list[Document]:
    archive = Archive(settings.archive_dir)
    return [document for batch in archive.batches() for document in archive.documents(batch)]


def everything(settings: Settings) -> bytes:
    """All that the run left on the disk, evidence unpacked."""
    import gzip

    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    return b"".join(gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes() for path in files)


def test_an_account_is_read_page_by_page_and_then_only_what_is_new(settings: Settings, api: str) -> None:
    hidden = view("3h", OTHER, labels=("!no-unauthenticated",), record=record("Un secret entre gens connectés"))
    answer = view("3b", record=record("Une réponse", reply={"parent": {"uri": hidden["uri"]}, "root": {"uri": hidden["uri"]}}))
    Api.feeds = {
        "": (200, {"feed": [{"post": view("3d")}, {"post": answer, "reply": {"root": hidden, "parent": hidden}}], "cursor": "p2"}),
        "p2": (200, {"feed": [{"post": view("3a")}, {"post": view("3c", OTHER), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}]}),
    }
    report = crawl(settings, "bluesky_author", url=api, actor="nom.exemple.test")
    assert (report.kept, report.dropped, report.duplicate, report.seen) == (3, 1, 1, 5)
    kept = documents(settings)
    assert {document.url.rpartition("/")[2] for document in kept} == {"3a", "3b", "3d"}
    assert all(document.platform == "bsky.app" and document.author and document.author.startswith("p-") and document.evidence for document in kept)
    assert b"Un secret entre gens" not in everything(settings), "what an author does not want read is in the evidence"

    Api.feeds[""][1]["feed"].insert(0, {"post": view("3e")})
    Api.calls.clear()
    again = crawl(settings, "bluesky_author", url=api, actor="nom.exemple.test")
    assert again.kept == 1
    assert [query for call, query, _ in Api.calls if "getAuthorFeed" in call and "cursor" in query] == [], "read further than where it was left"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, {"error": "InvalidRequest", "message": "Profile not found"}), "no_such_account"),
        ((200, {"feed": []}), "empty_answer"),
        ((403, b"<html>Request forbidden by administrative rules.</html>"), "http_403"),
        ((200, {"feed": {"a": 1}}), "not_bluesky"),
        ((400, {"error": "AccountTakedown", "message": "Account has been suspended"}), "account_closed"),
    ],
)
def test_a_blind_spot_has_its_name(settings: Settings, api: str, answer: tuple[int, Any], reason: str) -> None:
    Api.feeds = {"": answer}
    report = crawl(settings, "bluesky_author", url=api, actor="nom.exemple.test")
    assert (report.kept, report.reasons) == (0, {reason: 1})
    assert report.alarms


def signed_in(settings: Settings, password: str = PASSWORD) -> Settings:
    known = {name: getattr(settings, name) for name in settings.model_fields_set}
    return Settings(**known, bluesky_handle="veille.exemple.test", bluesky_app_password=SecretStr(password))


def test_a_search_signs_in_and_leaves_no_trace_of_it(settings: Settings, api: str) -> None:
    report = crawl(signed_in(settings), "bluesky_search", url=api, words="jeûne potager", since=7)
    assert (report.kept, report.seen) == (2, 2)
    calls = [(call, parse_qs(query)) for call, query, _ in Api.calls if "search" in call or "Session" in call]
    assert [call for call, _ in calls] == ["POST com.atproto.server.createSession", *["GET app.bsky.feed.searchPosts"] * 2]
    assert calls[1][1]["q"] == ["jeûne potager"]
    assert calls[1][1]["lang"] == ["fr"]
    assert calls[1][1]["since"][0].endswith("T00:00:00Z")
    left = everything(settings)
    assert b"Message 3b" in left
    for secret in (b"jeton.secret", PASSWORD.encode(), b"veille.exemple.test", b"createSession"):
        assert secret not in left


def test_a_search_without_an_account_stops_at_the_start(settings: Settings, api: str) -> None:
    with pytest.raises(ConfigError, match="VIGIE_BLUESKY_APP_PASSWORD") as raised:
        crawl(settings, "bluesky_search", url=api, words="jeûne")
    assert "\n" not in str(raised.value)
    assert not [call for call, _, _ in Api.calls if "search" in call]


def test_a_wrong_password_is_named_and_never_shown(settings: Settings, api: str) -> None:
    report = crawl(signed_in(settings, "zzzz-zzzz-zzzz-zzzz"), "bluesky_search", url=api, words="jeûne")
    assert report.reasons == {"login_required": 1}
    assert b"zzzz-zzzz" not in everything(settings)
