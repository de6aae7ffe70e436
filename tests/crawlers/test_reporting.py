"""Reports through Mastodon's and Bluesky's interfaces: the right request, once, to nobody else; and what each answer means."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import SourceError, TooMany, Unavailable
from crawlers import reporting
from crawlers.reporting import MODERATION, Ready, Sent, deliver, prepare_bluesky, prepare_mastodon, token_for
from tests.flows.provider import JWT, PASSWORD, TOKEN, URI, Provider, provider, status

TEXT = "Notification de contenu illicite.\nMotifs : « à la place » & ses suites ; 100 % faux + cher = grave."


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with provider() as played:
        yield played


@pytest.fixture
def played(server: Provider) -> Provider:
    """As new."""
    fresh = Provider()
    for name in ("spoil", "before", "statuses", "posts", "reports", "asked", "headers"):
        setattr(server, name, getattr(fresh, name))
    return server


def mastodon(played: Provider, url: str | None = None, *, text: str = TEXT, token: str = TOKEN) -> Ready:
    return prepare_mastodon(url or played.add(), token=token, text=text, places={played.place})


def bluesky(played: Provider, uri: str | None = URI, *, text: str = TEXT, password: str = PASSWORD) -> Ready:
    return prepare_bluesky(uri, handle="veille.exemple.test", password=password, text=text, service=played.base, places={played.place})


def test_a_mastodon_report_names_the_post_and_its_account_and_forwards_nothing(played: Provider) -> None:
    sent = deliver(mastodon(played), places={played.place})
    assert sent == Sent("partie", reference="48901")
    assert played.reports == [{"account_id": "77", "status_ids[]": "1122", "comment": TEXT, "forward": "false", "category": "other"}]
    assert played.asked == ["GET /api/v1/statuses/1122", "POST /api/v1/reports"]
    assert played.headers[0]["authorization"] == f"Bearer {TOKEN}"


def test_the_older_address_of_a_post_is_known_too(played: Provider) -> None:
    played.add()
    assert mastodon(played, f"{played.base}/users/verveine/statuses/1122").url == f"{played.base}/api/v1/reports"


def test_a_bluesky_report_names_the_record_by_its_hash_and_goes_to_the_moderation(played: Provider) -> None:
    sent = deliver(bluesky(played), places={played.place})
    assert sent == Sent("partie", reference="48901")
    subject = {"$type": "com.atproto.repo.strongRef", "uri": URI, "cid": "bafyreiabc"}
    assert played.reports == [{"reasonType": "com.atproto.moderation.defs#reasonViolation", "reason": TEXT, "subject": subject}]
    assert (played.headers[0]["authorization"], played.headers[0]["atproto-proxy"]) == (f"Bearer {JWT}", MODERATION)


def test_nothing_is_reported_before_it_is_delivered(played: Provider) -> None:
    mastodon(played)
    bluesky(played)
    assert played.reports == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account": {"id": "77", "acct": "verveine@ailleurs.example"}}, "not_own_instance"),
        ({"url": "https://ailleurs.example/@verveine/1122"}, "not_own_instance"),
        ({"url": None}, "not_own_instance"),
        ({"id": "9999"}, "not_own_instance"),
        ({"account": None}, "not_own_instance"),
        ({"visibility": "private"}, "not_public"),
        ({"account": {"id": "../../oauth", "acct": "verveine"}}, "unreadable"),
        ({"account": {"id": None, "acct": "verveine"}}, "unreadable"),
    ],
)
def test_a_copy_from_elsewhere_or_another_post_is_never_reported(played: Provider, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError) as raised:
        mastodon(played, played.add(**change))
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "path", ["/@verveine", "/@verveine@ailleurs.example/1122", "/@verveine/1122/embed", "/notes/9abc", "/@verveine/11a", "/", "/users/v/statuses/"]
)
def test_an_address_that_names_no_post_of_this_instance_asks_for_nothing(played: Provider, path: str) -> None:
    with pytest.raises(SourceError) as raised:
        mastodon(played, f"{played.base}{path}")
    assert raised.value.reason == "no_post_id"
    assert not played.asked


def test_a_post_that_is_gone_is_said_so(played: Provider) -> None:
    with pytest.raises(SourceError) as raised:
        mastodon(played, f"{played.base}/@verveine/5")
    assert raised.value.reason == "no_such_post"
    played.posts.clear()
    with pytest.raises(SourceError) as raised:
        bluesky(played)
    assert raised.value.reason == "no_such_post"


@pytest.mark.parametrize("uri", [None, "", "https://bsky.app/profile/a/post/b", "at://did:plc:abc/app.bsky.feed.post/a/b", "at://x"])
def test_a_record_without_its_address_signs_nobody_in(played: Provider, uri: str | None) -> None:
    with pytest.raises(SourceError) as raised:
        bluesky(played, uri)
    assert raised.value.reason == "no_post_id"
    assert not played.asked


def test_another_post_in_the_answer_is_not_taken_for_the_one_asked_for(played: Provider) -> None:
    played.before = lambda handler, path: path.endswith("getPosts") and not handler.give(200, {"posts": [{"uri": URI + "x", "cid": "autre"}, 7]})
    with pytest.raises(SourceError) as raised:
        bluesky(played)
    assert raised.value.reason == "no_such_post"


def test_too_long_a_text_is_never_cut_here(played: Provider) -> None:
    for prepare, most in ((mastodon, 1000), (bluesky, 2000)):
        prepare(played, text="a" * most)
        with pytest.raises(SourceError) as raised:
            prepare(played, text="a" * (most + 1))
        assert raised.value.reason == "too_long"


def test_a_wrong_account_is_said_so_and_its_secret_is_in_no_message(played: Provider) -> None:
    with pytest.raises(SourceError) as raised:
        deliver(mastodon(played, token="mauvais-jeton-secret"), places={played.place})
    assert raised.value.reason == "login_required"
    assert "mauvais" not in str(raised.value)
    with pytest.raises(SourceError) as raised:
        bluesky(played, password="mauvais-mot-secret")
    assert raised.value.reason == "login_required"
    assert "mauvais" not in str(raised.value)
    assert played.reports == []


@pytest.mark.parametrize(
    ("number", "reason"), [(401, "login_required"), (403, "login_required"), (404, "not_accepted"), (422, "not_accepted"), (400, "not_accepted")]
)
def test_a_refusal_means_that_nothing_was_taken(played: Provider, number: int, reason: str) -> None:
    played.spoil = status(number)
    with pytest.raises(SourceError) as raised:
        deliver(mastodon(played), places={played.place})
    assert raised.value.reason == reason


@pytest.mark.parametrize(("given", "seconds"), [("7", 7), ("Wed, 21 Oct 2026 07:28:00 GMT", 300), ("-5", 300), ("9999999999", 86_400), (None, 300)])
def test_who_asks_to_wait_is_waited_for(played: Provider, given: str | None, seconds: int) -> None:
    played.spoil = status(429, **({"Retry_After": given} if given else {}))
    with pytest.raises(TooMany) as raised:
        deliver(mastodon(played), places={played.place})
    assert raised.value.wait == seconds


def _cut(handler: Any) -> bool:
    handler.wfile.flush()
    handler.connection.close()
    return True


def _half(handler: Any) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "500")
    handler.end_headers()
    handler.wfile.write(b'{"id": "48')
    handler.close_connection = True
    return True


def _slow(handler: Any) -> bool:
    time.sleep(0.6)
    return False


LOST: dict[str, tuple[Callable[[Any], bool], str]] = {
    "cut": (_cut, "answer_lost"),
    "half": (_half, "answer_lost"),
    "slow": (_slow, "answer_lost"),
    "500": (status(500), "answer_lost"),
    "502": (status(502), "answer_lost"),
    "503": (status(503), "answer_lost"),
    "a page": (status(200, b"<html>Bienvenue</html>"), "unreadable"),
    "no id": (status(200, {"ok": True}), "unreadable"),
    "strange id": (status(200, {"id": "<script>"}), "unreadable"),
    "a list": (status(200, [1]), "unreadable"),
    "deep": (status(200, b"[" * 100_000), "unreadable"),
    "too big": (status(200, b'{"id": "1", "a": "' + b"a" * 2**21 + b'"}'), "answer_lost"),
}


@pytest.mark.parametrize("name", LOST)
def test_an_answer_that_is_lost_leaves_it_uncertain_and_asks_once(played: Provider, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = mastodon(played)
    if name == "slow":
        monkeypatch.setattr(reporting, "TIMEOUT", 0.2)
    played.spoil, reason = LOST[name]
    assert deliver(ready, places={played.place}) == Sent("incertaine", reason=reason)
    assert played.asked.count("POST /api/v1/reports") == 1


def test_what_is_lost_before_the_report_is_asked_again_later(played: Provider) -> None:
    for spoiled in (_cut, _half, status(500), status(503)):
        played.before = lambda handler, _path, spoiled=spoiled: spoiled(handler)
        with pytest.raises(Unavailable):
            mastodon(played)
        with pytest.raises(Unavailable):
            bluesky(played)
    assert played.reports == []


def test_a_redirect_is_not_followed_and_takes_no_token_along(played: Provider) -> None:
    with provider() as other:
        for number in (301, 302, 307, 308):
            played.spoil = status(number, Location=f"{other.base}/api/v1/reports")
            with pytest.raises(SourceError) as raised:
                deliver(mastodon(played), places={played.place, other.place})
            assert raised.value.reason == "redirected"
        played.before = lambda handler, _path: not handler.give(302, {}, Location=f"{other.base}/api/v1/statuses/1122")
        with pytest.raises(SourceError):
            mastodon(played)
        assert other.asked == []


def test_a_private_machine_is_never_reached(played: Provider) -> None:
    port = played.place.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]"):
        with pytest.raises(SourceError) as raised:
            prepare_mastodon(f"https://{host}/@verveine/1122", token=TOKEN, text=TEXT)
        assert raised.value.reason == "private_address", host
    with pytest.raises(SourceError) as raised:
        prepare_mastodon(f"https://127.0.0.1:{port}/@verveine/1122", token=TOKEN, text=TEXT)
    assert raised.value.reason == "private_address"
    with pytest.raises(SourceError) as raised:
        deliver(Ready(f"https://127.0.0.1:{port}/api/v1/reports", {}, b""))
    assert raised.value.reason == "private_address"
    assert not played.asked


def test_nothing_is_sent_in_the_clear(played: Provider) -> None:
    with pytest.raises(SourceError) as raised:
        prepare_mastodon(played.add(), token=TOKEN, text=TEXT)
    assert raised.value.reason == "no_tls"
    with pytest.raises(SourceError) as raised:
        prepare_bluesky(URI, handle="a", password="b", text=TEXT, service=played.base)
    assert raised.value.reason == "no_tls"
    assert not played.asked


def test_a_host_that_is_not_there_can_be_tried_later() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        prepare_mastodon("https://nulle-part.invalid/@verveine/1122", token=TOKEN, text=TEXT)
    with pytest.raises(Unavailable, match="cannot be reached"):  # also of the report itself: nothing left
        deliver(Ready("https://nulle-part.invalid/api/v1/reports", {}, b""))


def test_a_token_goes_to_its_own_instance_alone() -> None:
    tokens = "un.example=premier, Deux.example=second ,vide.example="
    assert token_for("https://un.example/@a/1", tokens) == "premier"
    assert token_for("https://deux.example/@a/1", tokens) == "second"
    for url in (
        "https://www.un.example/@a/1",
        "https://un.example.pirate.example/@a/1",
        "https://vide.example/@a/1",
        "https://un.example:444/@a/1",
        "rien",
    ):
        with pytest.raises(SourceError) as raised:
            token_for(url, tokens)
        assert raised.value.reason == "no_account"
        assert "premier" not in str(raised.value)


def test_a_session_without_a_plain_token_is_no_session(played: Provider) -> None:
    for answer in ({"accessJwt": "a\r\nX-Autre: b"}, {"accessJwt": 7}, {}, [], b"<html>"):
        played.before = lambda handler, path, answer=answer: path.endswith("createSession") and not handler.give(200, answer)
        with pytest.raises(SourceError) as raised:
            bluesky(played)
        assert raised.value.reason in ("login_required", "unreadable")


def test_the_text_arrives_as_it_is(played: Provider) -> None:
    text = "é « » & = + % # 🙂\n\t\u202e fin"
    deliver(mastodon(played, text=text), places={played.place})
    deliver(bluesky(played, text=text), places={played.place})
    assert [played.reports[0]["comment"], played.reports[1]["reason"]] == [text, text]
    assert json.loads(bluesky(played, text=text).body)["reason"] == text


def test_over_tls_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "both.pem"
    options = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", str(tmp_path / "certificate.pem"))
    subprocess.run(["openssl", "req", "-x509", *options, *names], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "certificate.pem").read_text())
    with provider(file) as secured:
        with pytest.raises(Unavailable, match="ConnectError"):
            mastodon(secured)
        with pytest.raises(Unavailable):  # nor does the report, with its token
            deliver(Ready(f"{secured.base}/api/v1/reports", {"Authorization": f"Bearer {TOKEN}"}, b""), places={secured.place})
        assert secured.asked == []
        vouched = ssl.create_default_context(cafile=tmp_path / "certificate.pem")
        monkeypatch.setattr(reporting, "certificates", lambda: vouched)
        assert deliver(mastodon(secured), places={secured.place}) == Sent("partie", reference="48901")
        secured.spoil = _cut
        assert deliver(mastodon(secured), places={secured.place}) == Sent("incertaine", reason="answer_lost")
