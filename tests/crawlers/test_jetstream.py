"""The stream's messages, and whole runs against a real server on this machine."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from core.errors import SourceError, Unavailable
from crawlers.evidence.archive import Archive
from crawlers.evidence.proof import Verifier
from crawlers.fetching.sockets import Message, Peer
from crawlers.platforms import jetstream
from crawlers.platforms.jetstream import Window, address, item_of, read_event
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page
from tests.crawlers.test_bluesky import Api, crawl, documents, everything
from tests.crawlers.test_sockets import Stream, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings

NOW = int(time.time() * 1_000_000)
AUTHOR, OTHER = "did:plc:auteurinvente00000aa", "did:plc:autreinvente000000bb"


def message(
    key: str = "3aaa", *, did: str = AUTHOR, operation: str = "create", at: int = NOW, collection: str = "app.bsky.feed.post", **record: Any
) -> str:
    known = {"$type": collection, "text": f"Message {key}", "createdAt": "2026-11-01T08:00:00.000Z", "langs": ["fr"], **record}
    commit = {
        "rev": "3r",
        "operation": operation,
        "collection": collection,
        "rkey": key,
        **({} if operation == "delete" else {"record": known, "cid": "b"}),
    }
    return json.dumps({"did": did, "time_us": at, "kind": "commit", "commit": commit}, ensure_ascii=False)


def window(**options: Any) -> Window:
    return Window(**{"now_us": NOW, "detect": lambda text: "fr" if "bonjour" in text else "de", **options})


def add(found: Window, data: str | bytes) -> str | None:
    return found.add(Message(data, datetime.now(UTC), Peer()))


def kept(found: Window) -> list[str]:
    return [uri.rpartition("/")[2] for uri in found.kept]


def test_the_address_asks_for_posts_and_goes_back_a_little() -> None:
    assert address("wss://a.test", cursor=None) == "wss://a.test/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=100000"
    query = parse_qs(urlsplit(address("wss://a.test/s?x=1&cursor=7", cursor=NOW)).query)
    assert (query["cursor"], query["x"]) == ([str(NOW - 1_000_000)], ["1"])


def test_only_what_is_chosen_stays() -> None:
    found = window(words=("jeûne", "cur*"))
    for key, record in {
        "3fr": {"text": "Un JEUNE chat"}, "3cure": {"text": "des cures"}, "3no": {"text": "un jardin"}, "3en": {"text": "cure", "langs": ["en"]},
        "3two": {"text": "cure", "langs": ["en", "fr-CA"]}, "3none": {"text": "cure, bonjour", "langs": []}, "3de": {"text": "cure", "langs": None},
        "3alt": {"text": "", "embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "Une affiche : cure"}]}},
    }.items():  # fmt: skip
        assert add(found, message(key, **record)) is None
    assert kept(found) == ["3fr", "3cure", "3two", "3none", "3alt"]
    assert (found.seen, found.posts) == (8, 8)


def test_without_a_detector_a_post_of_unknown_language_is_left() -> None:
    found = window(detect=None)
    add(found, message(langs=[]))
    assert kept(found) == []
    anything = window(detect=None, language=None)
    add(anything, message(langs=[]))
    add(anything, message("3b", langs=["en"]))
    assert kept(anything) == ["3aaa", "3b"]


def test_what_is_deleted_before_it_is_stored_is_never_stored() -> None:
    found = window()
    add(found, message("3a"))
    add(found, message("3b"))
    assert add(found, message("3a", operation="delete")) == f"https://bsky.app/profile/{AUTHOR}/post/3a", "an earlier run may have archived it"
    assert kept(found) == ["3b"]
    assert add(found, message("3z", operation="delete")) == f"https://bsky.app/profile/{AUTHOR}/post/3z"
    assert add(found, message("3l", operation="delete", collection="app.bsky.feed.like")) is None


def test_whoever_leaves_is_not_kept() -> None:
    def told(did: str, kind: str, **account: Any) -> str:
        return json.dumps({"did": did, "time_us": NOW, "kind": kind, "account": {"did": did, **account}})

    found = window()
    for did in (AUTHOR, OTHER):
        add(found, message(f"3{did[8:10]}", did=did))
    assert add(found, told(OTHER, "account", active=True)) is None
    assert add(found, told(OTHER, "identity", active=False)) is None
    assert len(kept(found)) == 2
    assert add(found, told(OTHER, "account", active=False, status="deactivated")) is None
    assert kept(found) == ["3au"]


def test_an_edited_post_stays_in_its_last_version() -> None:
    found = window(words=("cure",))
    add(found, message("3a", text="Une cure"))
    add(found, message("3b", text="Une cure"))
    add(found, message("3a", text="Une cure, corrigée", operation="update", at=NOW + 5))
    add(found, message("3b", text="Rien", operation="update"))
    ((kept_message, item),) = found.kept.values()
    assert "corrigée" in str(kept_message.data)
    assert isinstance(item, Draft)
    assert item.edited_at is not None
    assert item.edited_at.microsecond == (NOW + 5) % 1_000_000


def test_the_cursor_is_the_latest_believable_time() -> None:
    found = window(cursor=NOW - 10_000_000)
    for at in (NOW, NOW - 3, NOW + 10**9, -5, 0, True, 2**80):
        add(found, message(at=at))
    add(found, json.dumps({"did": AUTHOR, "time_us": NOW + 7, "kind": "identity"}))
    assert (found.cursor, found.gap) == (NOW + 7, False)
    late = window(cursor=NOW - 3_600_000_000)
    add(late, message())
    assert late.gap, "an hour is missing"
    assert window(cursor=NOW + 1).cursor is None, "a cursor from tomorrow"


def test_too_much_that_cannot_be_read_is_another_stream() -> None:
    found = window()
    hostile = [
        "",
        "[" * 100_000,
        "null",
        "{}",
        b"\x00\x01",
        "a" * 200_000,
        '{"did": 3, "kind": "commit"}',
        '{"did": "d", "time_us": ' + "9" * 5000 + ', "kind": "commit"}',
        message("3ok"),
    ]
    for one in hostile:
        add(found, one)
    assert (kept(found), found.unreadable) == (["3ok"], 8)
    with pytest.raises(SourceError) as raised:
        for _ in range(200):
            add(found, "{")
    assert raised.value.reason == "not_jetstream"


def test_a_post_that_its_author_marks_or_that_cannot_be_read() -> None:
    hidden = message(labels={"values": [{"val": "!no-unauthenticated"}]})
    assert item_of(read_event(hidden)) == Left(reason="opted_out", platform_id=f"at://{AUTHOR}/app.bsky.feed.post/3aaa")
    assert item_of(read_event(message(text=3))).reason == "unreadable_post"
    assert item_of(read_event(message(".."))).reason == "no_address"


VALUES = strategies.one_of(
    strategies.none(),
    strategies.integers(),
    strategies.text(max_size=5),
    strategies.lists(strategies.integers(), max_size=2),
    strategies.sampled_from([{}, {"values": [{"val": 1}]}, 2**70, "\ud800", float("inf")]),
)


@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.dictionaries(strategies.sampled_from(["text", "langs", "createdAt", "labels", "embed", "facets", "reply"]), VALUES),
    strategies.sampled_from(["did", "time_us", "kind", "commit", "x"]),
    VALUES,
)
def test_any_message_is_kept_or_left(record: dict[str, Any], key: str, value: Any) -> None:
    event = json.loads(message(**record))
    event[key] = value
    found = window()
    add(found, json.dumps(event))
    assert found.seen == 1
    with contextlib.suppress(SourceError):
        assert jetstream.parse(Page("wss://a.test/", json.dumps(event).encode())).items


class Labels(Api):
    """Plays public.api.bsky.app for accounts."""

    hidden: ClassVar[set[str]] = set()
    absent: ClassVar[set[str]] = set()
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.endswith("getProfiles"):
            super().do_GET()
            return
        dids = parse_qs(parts.query)["actors"]
        self.calls.append(("GET getProfiles", " ".join(dids), ""))
        profiles = [
            {
                "did": did,
                "handle": "h.test",
                "description": "Une personne privée",
                "labels": [{"src": did, "val": "!no-unauthenticated"}] if did in self.hidden else [],
            }
            for did in dids
        ]
        self.answer(
            self.status, {"profiles": [one for one in profiles if one["did"] not in self.absent]} if self.status == 200 else b"<html>non</html>"
        )


@pytest.fixture
def labels() -> Iterator[str]:
    from http.server import ThreadingHTTPServer

    Labels.hidden, Labels.absent, Labels.status, Api.calls = set(), set(), 200, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Labels)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_run_keeps_what_may_be_kept_and_goes_on_where_it_ended(settings: Settings, labels: str) -> None:
    now = int(time.time() * 1_000_000)
    many = [message(f"3m{number}", did=f"did:plc:invente{number}", at=now + number) for number in range(30)]
    hidden, gone = "did:plc:cache", "did:plc:parti"
    Labels.hidden, Labels.absent = {hidden}, {gone}
    first = [
        *many,
        message("3h", did=hidden, text="Un secret entre gens connectés"),
        message("3g", did=gone),
        message("3en", langs=["en"], text="Never stored"),
        message("3last", at=now + 500),
    ]
    with Stream(
        say(*first, "{"),
        say(message("3last", operation="delete"), message("3m1", did="did:plc:invente1", text="Corrigé", operation="update", at=now + 600)),
    ) as stream:
        report = crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=2)
        assert (report.kept, report.dropped, report.set_aside, report.failed) == (31, 2, 0, 0), report
        assert report.reasons == {"opted_out": 1, "not_public": 1, "unreadable_message": 1}
        asked = [query.split() for call, query, _ in Api.calls if "getProfiles" in call]
        assert sorted(len(dids) for dids in asked) == [8, 25], "both are asked at once"
        assert "cursor" not in stream.paths[0]
        again = crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=1)
        assert parse_qs(urlsplit(stream.paths[1]).query)["cursor"] == [str(now + 500 - 1_000_000)]
        assert again.kept == 2, "an edited post is a new version; a deleted one says so"
    left = everything(settings)
    for never in (b"Un secret entre gens", b"Never stored", b"Une personne priv"):
        assert never not in left
    found = documents(settings)
    assert next(one for one in found if one.deleted_at).text == "Message 3last"
    assert next(one for one in found if one.edited_at).text == "Corrigé"
    assert all(one.evidence for one in found if not one.deleted_at)
    assert many[0].encode() in left, "the message is the evidence, as it came"
    assert all(Verifier(Archive(settings.archive_dir)).verify(one).proved for one in found if not one.deleted_at)


def test_what_cannot_be_checked_is_left_out(settings: Settings, labels: str) -> None:
    Labels.status = 403
    with Stream(say(message())) as stream:
        report = crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=1)
    assert (report.kept, report.dropped) == (0, 1)
    assert report.reasons["unchecked_label"] == 1
    assert b"Message 3aaa" not in everything(settings)


def test_without_the_check_a_post_is_kept_at_once(settings: Settings, labels: str) -> None:
    with Stream(say(message("3a"), message("3b", did=OTHER), message("3c"))) as stream:
        report = crawl(settings, "bluesky_jetstream", url=stream.url, check_labels=False, seconds=30, max_posts=2)
    assert (report.kept, report.seen) == (2, 2)
    assert not [call for call, _, _ in Api.calls if "getProfiles" in call]


def test_at_the_limit_of_bytes_what_was_chosen_is_still_checked_and_kept(settings: Settings, labels: str) -> None:
    with Stream(say(*[message(f"3m{number}", did=f"did:plc:invente{number}", text="x " * 400) for number in range(100)])) as stream:
        report = crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=30, max_bytes=30_000)
    assert 20 < report.kept < 40
    assert report.reasons == {"limit_reached": 1}


def test_who_asked_not_to_be_read_is_not_connected_to(settings: Settings, labels: str) -> None:
    wish = {"kind": "host", "value": "127.0.0.1", "at": "2026-11-01T12:00:00Z", "note": "essai"}
    settings.archive_dir.mkdir(parents=True)
    (settings.archive_dir / "opt_outs.jsonl").write_text(json.dumps(wish) + "\n", encoding="utf-8")
    with Stream(say(message())) as stream:
        report = crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=1)
        assert stream.paths == []
    assert report.reasons == {"opted_out": 1}


def test_a_run_says_what_it_could_not_see(settings: Settings, labels: str) -> None:
    with Stream(say(json.dumps({"did": AUTHOR, "time_us": NOW, "kind": "identity"}))) as stream:
        report = crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=1)
    assert report.reasons == {"empty_answer": 1}
    assert report.alarms
    with pytest.raises(Unavailable, match="refused"):
        crawl(settings, "bluesky_jetstream", url=stream.url, labels_url=labels, seconds=1)
