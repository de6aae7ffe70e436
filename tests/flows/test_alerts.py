"""Saved searches over new batches, and their delivery: at least once, under one id, to real servers that fail, hang, lead elsewhere and come back."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from lxml import etree

from core.errors import ConfigError, Invalid, NotFound, Unavailable
from core.records import Channel
from core.settings import ROOT, Settings
from flows import delivery_webhook
from flows.alerting import GIVE_UP, KEEP, Delivered, alerts_state, delay, deliver, forget, match_batch, remove
from flows.crawling import child_environment
from flows.delivery import feed_path, outbox_of, refresh_feed, searches_dir, send_test
from flows.delivery_payload import delivery_id
from flows.delivery_webhook import signature, verify
from index.documents import Entry
from index.open import open_index
from index.protocol import Index
from index.saved import Deliver, Saved, find_saved, load_saved, write_saved
from index.search_form import moment, search_of
from tests.flows.receivers import SECRET, Mailbox, Receiver, mail_receiver, web_receiver
from tests.index.conftest import _scored
from tests.index.making import START, entry_of

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
SAYS = "Jetez vos médicaments, dit Anne Aube"


@pytest.fixture
def web() -> Iterator[Receiver]:
    with web_receiver() as found:
        yield found


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_receiver() as found:
        yield found


@pytest.fixture
def ready(settings: Settings) -> Settings:
    values: dict[str, Any] = {"alert_secret": SECRET, "console_url": "https://console.example"}
    return Settings.model_validate({**settings.model_dump(), **values})


@pytest.fixture
def index(settings: Settings) -> Iterator[Index]:
    """The embedded index; ``scan`` of the protocol by ``search`` where it is all that a batch needs."""
    found = open_index(settings)
    yield found
    found.close()


def entry(number: int, *, batch: str = "lot-1", text: str = SAYS, p: float = 0.9, **fields: Any) -> Entry:
    return entry_of(_scored(number, text=text, title="Le stage d'Anne Aube", p=p, batch=batch, author="p-" + "a" * 24, **fields))


def save(settings: Settings, name: str = "veille", *, search: dict[str, Any] | None = None, at_least: Any = "a_lire", **where: Any) -> Saved:
    made = Saved(name=name, title="Veille : soins", search=search_of(search or {}), created_at=START, at_least=at_least, deliver=Deliver(**where))
    write_saved(made, searches_dir(settings))
    return made


def filled(index: Index, settings: Settings, *entries: Entry, batch: str = "lot-1") -> int:
    assert index.write(entries).failed == ()
    return match_batch(settings, index, batch)


# --- what is found


def test_each_search_finds_its_own_in_the_batch(index: Index, ready: Settings) -> None:
    save(ready, "tout", feed=True)
    save(ready, "alertes", feed=True, at_least="alerte")
    save(ready, "chevaux", feed=True, search={"words": "cheval"}, at_least="rien")
    write_saved(save(ready, "arretee", feed=True).model_copy(update={"enabled": False}), searches_dir(ready))
    others = [entry(9, batch="lot-0")]
    found = filled(index, ready, entry(1), entry(2, p=0.6), entry(3, text="Les chevaux courent.", p=0.1), *others)
    assert found == 4
    names = ("tout", "alertes", "chevaux", "arretee")
    by_search = {name: {item["document"] for _, item in outbox_of(ready).newest(name, "feed")} for name in names}
    first, second, third = (entry(number)["id"] for number in (1, 2, 3))
    assert by_search == {"tout": {first, second}, "alertes": {first}, "chevaux": {third}, "arretee": set()}


def test_publishing_again_adds_nothing_and_a_new_version_is_told(index: Index, ready: Settings) -> None:
    save(ready, feed=True)
    assert filled(index, ready, entry(1), entry(2)) == 2
    assert filled(index, ready, entry(1), entry(2)) == 0
    deliver(ready, NOW)
    assert match_batch(ready, index, "lot-1") == 0
    assert filled(index, ready, entry(1, batch="lot-2", text="Autre version."), batch="lot-2") == 1


def test_what_was_collected_long_before_the_search_is_not_told(index: Index, ready: Settings) -> None:
    save(ready, feed=True)
    assert filled(index, ready, entry(1, collected_at=START - timedelta(days=2)), entry(2, collected_at=START - timedelta(hours=20))) == 1


def test_no_search_leaves_no_file(index: Index, ready: Settings) -> None:
    assert filled(index, ready, entry(1)) == 0
    assert deliver(ready, NOW) == Delivered(0, 0, 0)
    assert not outbox_of(ready).path.exists()
    assert "no saved search" in alerts_state(ready)


def test_a_broken_search_stops_only_itself_and_is_told(index: Index, ready: Settings) -> None:
    save(ready, feed=True)
    (searches_dir(ready) / "cassee.yml").write_text("name: cassee\nsearch: {marker: [gourou]}\n", encoding="utf-8")
    assert filled(index, ready, entry(1)) == 1
    with pytest.raises(ConfigError, match=r"cassee.yml: search: 'marker' is unknown; did you mean 'markers'"):
        alerts_state(ready)


# --- saved searches


def test_a_saved_search_is_read_as_it_was_written(ready: Settings) -> None:
    asked = {"words": "« l'eau » jeûne: #vive", "markers": ("gourou",), "published_since": moment("2026-11-01"), "price_min": 100}
    made = save(ready, search=asked, mail=("veille@maison.example",), webhooks=("https://receveur.example/a?b=c",))
    assert find_saved(searches_dir(ready), "veille") == made
    assert load_saved(searches_dir(ready)) == ({"veille": made}, {})
    with pytest.raises(NotFound, match="did you mean 'veille'"):
        find_saved(searches_dir(ready), "vieille")


GOOD = {"name": "x", "title": "t", "search": {"published_since": "2026-11-01"}, "created_at": "2026-11-01T00:00:00Z", "deliver": {"feed": True}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "y"}, "expected that of the file"),
        ({"name": "../x"}, "small letters"),
        ({"title": "a\nBcc: b"}, "line break"),
        ({"deliver": {}}, "nothing says where"),
        ({"deliver": {"feed": True, "mails": []}}, "deliver.mails"),
        ({"deliver": {"webhooks": ["http://receveur.example/"]}}, "expected https"),
        ({"deliver": {"webhooks": ["https://a:b@receveur.example/"]}}, "password in its address"),
        ({"deliver": {"webhooks": ["https://receveur.example/\nX: y"]}}, "cannot be used"),
        ({"deliver": {"webhooks": ["file:///etc/passwd"]}}, "cannot be used"),
        ({"deliver": {"mail": ["a@b.example\nBcc: c@d.example"]}}, "cannot be read"),
        ({"deliver": {"mail": ["a@b.example, c@d.example"]}}, "cannot be read"),
        ({"at_least": "alerte", "search": {"decisions": ["a_lire"]}}, "never tell"),
        ({"search": {"similar_to": "a"}}, "similar_to cannot be part"),
        ({"search": {"markers": ["gouru"]}}, "did you mean 'gourou'"),
        ({"search": "gourou"}, "x.yml"),
        ({"created_at": "hier"}, "created_at"),
        ({"at_most": 1}, "at_most"),
    ],
)
def test_a_mistake_in_a_file_names_it(ready: Settings, change: dict[str, Any], message: str) -> None:
    path = searches_dir(ready) / "x.yml"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    assert find_saved(searches_dir(ready), "x").search.published_since == datetime(2026, 11, 1, tzinfo=UTC)
    path.write_text(json.dumps({**GOOD, **change}), encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        find_saved(searches_dir(ready), "x")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_yaml_is_told(ready: Settings) -> None:
    folder = searches_dir(ready)
    folder.mkdir(parents=True)
    for name, content in {"a": b"\xff\xfe", "b": b"[", "c": b"- 1", "d": b"", "e": b"a: &a [*a]", "f": b"x: " + b"[" * 5000}.items():
        (folder / f"{name}.yml").write_bytes(content)
    assert load_saved(folder)[1].keys() == set("abcdef")


# --- webhook


def test_a_webhook_gets_signed_parcels_that_name_nobody(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(
        index,
        ready,
        *(entry(number, platform="anne-aube.forum.example", contacts=(Channel(kind="telegram", value="t.me/aube"),)) for number in range(120)),
    )
    assert deliver(ready, NOW) == Delivered(2, 0, 0)
    assert web.forged == 0
    assert sorted(map(len, web.ids())) == [20, 100]
    _, body = web.got[0]
    item = body["items"][0]
    assert (body["format"], body["search"], body["title"], body["test"]) == (1, "veille", "Veille : soins", False)
    assert item["delivery_id"] == delivery_id("veille", item["document"], item["version"])
    assert item["console"] == f"https://console.example/contenus/{item['document']}"
    assert (item["markers"], item["decision"], item["platform"]) == (["gourou"], "alerte", "forum.example")
    written = json.dumps(web.got, ensure_ascii=False).lower()
    assert [said for said in ("jetez", "anne", "aube", "p-aaaa") if said in written] == []
    assert deliver(ready, NOW + timedelta(days=1)) == Delivered(0, 0, 0)
    assert len(web.got) == 2


def test_what_fails_is_tried_again_with_the_same_ids_until_it_arrives(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1))
    web.answers = [500, 302, 200]
    assert deliver(ready, NOW) == Delivered(0, 1, 0)
    (parcel,) = outbox_of(ready).parcels("waiting")
    assert (parcel.tries, parcel.error) == (1, "webhook at 127.0.0.1 answers 500, expected 2xx")
    assert deliver(ready, NOW + timedelta(seconds=40)) == Delivered(0, 1, 0)  # not before its time
    assert len(web.got) == 1
    now = datetime.fromtimestamp(parcel.next_try_at, UTC)
    assert deliver(ready, now) == Delivered(0, 1, 0)
    filled(index, ready, entry(2, batch="lot-2"), batch="lot-2")  # what comes later goes apart, and at once
    assert deliver(ready, now) == Delivered(1, 1, 0)
    assert deliver(ready, now + timedelta(hours=1)) == Delivered(1, 0, 0)
    (first, one), (second, other), (_, later), (third, last) = web.got
    assert first["Vigie-Delivery"] == second["Vigie-Delivery"] == third["Vigie-Delivery"] == parcel.id
    assert one == other == last
    assert [item["document"] for item in one["items"]] == [entry(1)["id"]]
    assert [item["document"] for item in later["items"]] == [entry(2)["id"]]


def test_a_redirect_is_not_followed(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1))
    web.answers = [307]
    assert deliver(ready, NOW).sent == 0
    assert len(web.got) == 1
    assert "leads elsewhere" in str(outbox_of(ready).parcels("waiting")[0].error)


def test_a_receiver_that_hangs_or_never_ends_stops_nobody(index: Index, ready: Settings, web: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_webhook, "TIMEOUT", 0.3)

    def hangs(_handler: Any) -> None:
        time.sleep(1)

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            return

    save(ready, webhooks=(web.url,), feed=True)
    filled(index, ready, entry(1))
    web.answers = [hangs, endless]
    start = time.monotonic()
    assert deliver(ready, NOW) == Delivered(1, 1, 0)  # the feed, and the webhook that hangs
    assert outbox_of(ready).parcels("waiting")[0].error == "webhook at 127.0.0.1 did not take it (ReadTimeout)"
    assert deliver(ready, NOW + timedelta(hours=1)) == Delivered(1, 0, 0)
    assert time.monotonic() - start < 5


def test_a_receiver_that_drips_is_left_at_the_deadline(index: Index, ready: Settings, web: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_webhook, "DEADLINE", 0.5)

    def dripping(what: bytes) -> Any:
        def answer(handler: Any) -> None:
            try:
                handler.wfile.write(what)
                for _ in range(40):
                    handler.wfile.write(b"x")
                    time.sleep(0.1)
            except OSError:
                return

        return answer

    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1))
    web.answers = [dripping(b"HTTP/1.1 200 OK\r\nX-A: "), dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")]
    start = time.monotonic()
    assert deliver(ready, NOW) == Delivered(0, 1, 0)
    assert "no answer within 0.5 seconds" in str(outbox_of(ready).parcels("waiting")[0].error)
    assert deliver(ready, NOW + timedelta(hours=1)) == Delivered(1, 0, 0)  # the head of the answer is the receipt
    assert time.monotonic() - start < 2


INSIDE = ("10.1.2.3", "192.168.0.9", "169.254.169.254", "[fe80::1]", "[::ffff:10.0.0.1]", "[fd00:ec2::254]", "0.0.0.0", "2852039166", "0xa9.254.169.254",
          "10.1", "0x7f.1.")  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_no_webhook_leads_into_a_private_network(ready: Settings, host: str) -> None:
    with pytest.raises(Invalid, match="inside a private network"):
        Deliver(webhooks=(f"https://{host}/crochet",))
    with pytest.raises(Invalid, match="inside a private network"):
        delivery_webhook.post(f"https://{host}/crochet", b"{}", delivery="d", settings=ready, now=1)


@pytest.mark.parametrize("url", ["https://receveur.example/", "https://9.9.9.9/a", "https://127.0.0.1/", "http://[::1]:8/", "https://localhost/"])
def test_a_webhook_may_lead_to_the_public_or_to_this_machine(url: str) -> None:
    assert Deliver(webhooks=(url,)).webhooks == (url,)


def test_who_is_away_for_days_is_given_up_shown_and_can_be_tried_again(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1))
    web.answers = [503]
    now, tries = NOW, 0
    while (done := deliver(ready, now)).failed == 0:
        tries += 1
        assert done == Delivered(0, 1, 0)
        now = datetime.fromtimestamp(outbox_of(ready).parcels("waiting")[0].next_try_at, UTC)
    assert GIVE_UP <= now - NOW <= GIVE_UP + timedelta(hours=8)
    assert 12 <= tries <= 30
    with pytest.raises(
        ConfigError, match="1 alerts were not delivered, such as one of veille to webhook 127.0.0.1: webhook at 127.0.0.1 answers 503"
    ):
        alerts_state(ready)
    assert deliver(ready, datetime.now(UTC) + 2 * KEEP) == Delivered(0, 0, 0)
    web.answers = [200]
    assert outbox_of(ready).retry(now=int(now.timestamp())) == 1
    before = len(web.got)
    assert deliver(ready, now) == Delivered(1, 0, 0)
    assert len(web.got) == before + 1  # nothing was forgotten
    assert len({tuple(ids) for ids in web.ids()}) == 1
    assert alerts_state(ready) == "1 saved searches, 0 deliveries waiting"


def test_delays_grow_and_are_spread() -> None:
    assert all(45 <= delay(str(number), 0) <= 75 for number in range(100))
    assert len({delay(str(number), 5) for number in range(100)}) > 80
    assert all(delay(str(number), tries + 2) > delay(str(number), tries) for number in range(50) for tries in range(6))
    assert max(delay(str(number), 500) for number in range(100)) <= 7.6 * 3600


def test_a_signature_holds_for_its_body_its_key_and_its_time_only() -> None:
    header = signature(SECRET.encode(), b"corps", now=1000)
    assert verify(SECRET.encode(), b"corps", header, now=1200)
    assert not verify(SECRET.encode(), b"corps!", header, now=1000)
    assert not verify(b"autre", b"corps", header, now=1000)
    assert not verify(SECRET.encode(), b"corps", header, now=1400)
    assert not verify(SECRET.encode(), b"corps", header.replace("t=1000", "t=1001"), now=1000)
    for forged in ("", "t=1000", "t=1000,v1=", "t=²,v1=a", "v1=a", "t=" + "9" * 400):
        assert not verify(SECRET.encode(), b"corps", forged, now=1000)


def test_without_a_secret_it_is_told_and_nothing_leaves(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1))
    unsigned = ready.model_copy(update={"alert_secret": None})
    assert deliver(unsigned, NOW) == Delivered(0, 1, 0)
    assert "VIGIE_ALERT_SECRET is not set" in str(outbox_of(ready).parcels("waiting")[0].error)
    assert not web.arrived.is_set()
    assert deliver(ready, NOW + timedelta(minutes=2)) == Delivered(1, 0, 0)


# --- kills


CHILD = """
import sys
from datetime import datetime
from core.settings import load_settings
from flows.alerting import deliver
deliver(load_settings(), datetime.fromisoformat(sys.argv[1]))
"""
CHILD_ADDS = """
import os, signal, sys
from core.settings import load_settings
from flows.delivery import outbox_of
def items():
    yield {"delivery_id": "a", "document": "1"}
    yield {"delivery_id": "b", "document": "2"}
    os.kill(os.getpid(), signal.SIGKILL)
outbox_of(load_settings()).add(items(), search="veille", batch="lot-1", targets=("feed",), now=1)
"""


def child(settings: Settings, code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, env={**child_environment(settings), "VIGIE_ALERT_SECRET": SECRET})


def test_killed_between_sending_and_noting_it_is_sent_again_under_the_same_id(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1), entry(2))
    web.answers = [lambda _handler: time.sleep(3), 200]
    killed = child(ready, CHILD, NOW.isoformat())
    assert web.arrived.wait(30)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (parcel,) = outbox_of(ready).parcels("waiting")
    assert (parcel.tries, parcel.sent_at) == (1, None)
    assert deliver(ready, NOW) == Delivered(0, 1, 0)  # its next try has a time: no hammering
    assert deliver(ready, datetime.fromtimestamp(parcel.next_try_at, UTC)) == Delivered(1, 0, 0)
    (first, one), (second, other) = web.got
    assert first["Vigie-Delivery"] == second["Vigie-Delivery"] == parcel.id
    assert one == other
    assert len(one["items"]) == 2


def test_killed_while_it_notes_what_was_found_nothing_is_lost_or_twice(ready: Settings) -> None:
    killed = child(ready, CHILD_ADDS)
    assert killed.wait() == -signal.SIGKILL
    outbox = outbox_of(ready)
    assert outbox.newest("veille", "feed") == []
    items = [{"delivery_id": one, "document": one} for one in "abc"]
    assert outbox.add(items, search="veille", batch="lot-1", targets=("feed",), now=1) == 3
    assert outbox.add(items, search="veille", batch="lot-1", targets=("feed",), now=2) == 0


def test_two_who_deliver_exclude_each_other(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    filled(index, ready, entry(1))
    inside: list[str] = []

    def meanwhile(handler: Any) -> None:
        try:
            deliver(ready, NOW)
        except Unavailable as error:
            inside.append(str(error))
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    web.answers = [meanwhile]
    assert deliver(ready, NOW) == Delivered(1, 0, 0)
    assert len(inside) == 1
    assert len(web.got) == 1


# --- mail


@pytest.fixture
def mailing(ready: Settings, mailbox: Mailbox) -> Settings:
    return ready.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_from": "vigie@maison.example"})


def test_a_mail_tells_why_and_quotes_nothing(index: Index, mailing: Settings, mailbox: Mailbox) -> None:
    save(mailing, mail=("veille@maison.example", "autre@maison.example"))
    filled(index, mailing, *(entry(number) for number in range(25)))
    assert deliver(mailing, NOW) == Delivered(2, 0, 0)
    assert sorted(mailbox.recipients) == [["autre@maison.example"], ["veille@maison.example"]]
    message = mailbox.got[0]
    assert message["Subject"] == "Vigie : 25 contenus pour « Veille : soins »"
    assert message.get_content_type() == "text/plain"
    text = message.get_content()
    for said in ("Alerte : Gourou 2.0, article sur exemple.fr", "Pourquoi : probabilité 0.90", "https://console.example/contenus/", "et 5 autres"):
        assert said in text
    assert [said for said in ("Jetez", "Anne", "Aube", "p-aaaa") if said in message.as_string()] == []
    assert {one["Message-ID"] for one in mailbox.got} == {f"<{parcel.id}@maison.example>" for parcel in outbox_of(mailing).parcels("sent")}


def test_without_a_console_the_command_is_named(index: Index, mailing: Settings, mailbox: Mailbox) -> None:
    save(mailing, mail=("veille@maison.example",))
    filled(index, mailing.model_copy(update={"console_url": None}), entry(1))
    deliver(mailing, NOW)
    assert f"vigie show {entry(1)['id']}" in mailbox.got[0].get_content()


def test_a_mail_server_that_refuses_is_told_without_its_words(index: Index, mailing: Settings, mailbox: Mailbox) -> None:
    save(mailing, mail=("veille@maison.example",))
    filled(index, mailing, entry(1))
    mailbox.refusal = "451 essayez plus tard"
    assert deliver(mailing, NOW) == Delivered(0, 1, 0)
    assert outbox_of(mailing).parcels("waiting")[0].error == "mail server 127.0.0.1 refuses (SMTPDataError, code 451)"
    mailbox.refusal = ""
    assert deliver(mailing, NOW + timedelta(hours=1)) == Delivered(1, 0, 0)


def test_no_mail_server_no_mail(index: Index, ready: Settings) -> None:
    save(ready, mail=("veille@maison.example",))
    filled(index, ready, entry(1))
    assert deliver(ready, NOW) == Delivered(0, 1, 0)
    assert "VIGIE_SMTP_HOST is not set" in str(outbox_of(ready).parcels("waiting")[0].error)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    away = ready.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from": "vigie@maison.example"})
    deliver(away, NOW + timedelta(hours=1))
    assert "did not take it (ConnectionRefusedError)" in str(outbox_of(ready).parcels("waiting")[0].error)


def test_nothing_is_sent_in_clear_to_another_machine(mailing: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = save(mailing, mail=("veille@maison.example",))
    monkeypatch.setattr("flows.delivery_mail.is_loopback", lambda _host: False)
    with pytest.raises(ConfigError, match="offers no TLS"):
        send_test(mailing, saved, "mail:veille@maison.example", NOW)
    assert mailbox.got == []


# --- feed


def test_a_feed_is_read_by_readers_and_holds_nothing_active(index: Index, ready: Settings) -> None:
    saved = save(ready, feed=True)
    refresh_feed(ready, saved)
    assert feedparser.parse(feed_path(ready, "veille").read_bytes()).entries == []
    hostile = entry(1)
    hostile["reasons"] = [{"factor": "x", "text": "<script>alert(1)</script> & ]]>\x00", "times": 1.0}]
    hostile["campaign"] = 'c-"1'
    filled(index, ready, hostile, entry(2))
    deliver(ready, NOW)
    content = feed_path(ready, "veille").read_bytes()
    found = feedparser.parse(content)
    assert not found.bozo
    assert found.version == "atom10"
    assert found.feed.title == "Vigie : Veille : soins"
    assert {one.id for one in found.entries} == {
        f"urn:vigie:{delivery_id('veille', one['id'], one['content_sha256'])}" for one in (hostile, entry(2))
    }
    assert all(one.title == "Alerte : Gourou 2.0, article sur exemple.fr" for one in found.entries)
    tree = etree.fromstring(content)
    assert {etree.QName(element).localname for element in tree.iter()} <= {
        "feed",
        "id",
        "title",
        "updated",
        "author",
        "name",
        "entry",
        "link",
        "category",
        "content",
    }
    assert {element.get("type") for element in tree.iter("{http://www.w3.org/2005/Atom}content")} == {"text"}
    assert [said for said in ("Jetez", "Anne", "Aube", "p-aaaa") if said in content.decode()] == []


def test_a_feed_holds_the_last_two_hundred(index: Index, ready: Settings) -> None:
    save(ready, feed=True)
    filled(index, ready, *(entry(number) for number in range(230)))
    deliver(ready, NOW)
    assert len(feedparser.parse(feed_path(ready, "veille").read_bytes()).entries) == 200


# --- the life of what is kept


def test_what_was_erased_is_forgotten_everywhere(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, feed=True, webhooks=(web.url,))
    filled(index, ready, entry(1), entry(2))
    web.answers = [500]
    deliver(ready, NOW)
    erased = entry(1)["id"]
    assert forget(ready, [erased]) == 1
    assert erased not in feed_path(ready, "veille").read_text(encoding="utf-8")
    web.answers = [200]
    deliver(ready, NOW + timedelta(hours=1))
    assert erased not in json.dumps(web.got[-1][1])
    assert entry(2)["id"] in json.dumps(web.got[-1][1])
    assert b"".join(path.read_bytes() for path in ready.alerts_dir.glob("outbox.sqlite")).count(erased.encode()) == 0
    assert forget(ready, [erased]) == 0


def test_what_nobody_waits_for_is_forgotten_after_a_month_and_never_told_twice(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, feed=True, webhooks=(web.url,))
    filled(index, ready, entry(1))
    deliver(ready, NOW)
    later = datetime.now(UTC) + KEEP + timedelta(days=1)
    deliver(ready, later)
    with sqlite3.connect(outbox_of(ready).path) as connection:
        assert connection.execute("SELECT payload FROM items").fetchall() == [(None,)]
    assert match_batch(ready, index, "lot-1") == 0
    deliver(ready, later)
    assert len(web.got) == 1


def test_a_removed_search_or_place_is_not_sent_to(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(web.url,))
    save(ready, "autre", webhooks=(web.url,), feed=True)
    filled(index, ready, entry(1))
    save(ready, feed=True)
    assert deliver(ready, NOW).sent == 2  # both of the other search
    assert [parcel.search for parcel in outbox_of(ready).parcels("withdrawn")] == ["veille"]
    assert remove(ready, "autre") == 1
    assert not feed_path(ready, "autre").exists()
    assert not (searches_dir(ready) / "autre.yml").exists()


def test_a_damaged_outbox_is_told(ready: Settings) -> None:
    path = outbox_of(ready).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"pas une base" * 100)
    with pytest.raises(ConfigError, match="is damaged"):
        deliver(ready, NOW)


def test_what_guards_a_webhook_is_not_told(index: Index, ready: Settings, web: Receiver) -> None:
    save(ready, webhooks=(f"{web.url}/jeton-secret",))
    filled(index, ready, entry(1))
    web.answers = [500]
    for hours in range(4):
        deliver(ready, NOW + timedelta(hours=hours))
    with pytest.raises(ConfigError) as caught:
        alerts_state(ready)
    assert "jeton-secret" not in str(caught.value)
    assert outbox_of(ready).path.stat().st_mode & 0o077 == 0
    assert (searches_dir(ready) / "veille.yml").stat().st_mode & 0o077 == 0
