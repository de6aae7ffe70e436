"""Time-stamp authorities: only configured ones are asked, only for a digest, and what they answer is believed only once it is checked."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigError
from crawlers.evidence import stamping
from crawlers.evidence.stamping import Missed, Stamp, authorities_of, certificates_in, check, stamps
from tests.authority import Authority, make_authority, serving

MANIFEST = b'{"files": []}'


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    folder = tmp_path_factory.mktemp("autorite")
    with serving(make_authority(folder / "a")) as authority:
        (folder / "known").mkdir()
        (folder / "known" / "a.crt").write_bytes(authority.root.read_bytes())
        yield authority


@pytest.fixture
def authority(standing: Authority) -> Iterator[Authority]:
    standing.asked.clear()
    yield standing
    standing.behaviour = "well"


def ask(authority: Authority, *, deadline: float = 5.0, known: bool = True) -> Stamp | Missed:
    roots = certificates_in(authority.folder.parent / "known") if known else ()
    return stamps(MANIFEST, authorities_of(authority.url), known=roots, deadline=deadline)[0]


def test_an_authority_is_told_a_digest_and_nothing_else(authority: Authority) -> None:
    found = ask(authority)
    assert isinstance(found, Stamp)
    assert found.authority == authority.url.removeprefix("http://").removesuffix("/")
    assert abs(found.at.timestamp() - time.time()) < 60
    assert found.chain.count(b"BEGIN CERTIFICATE") == 2
    assert hashlib.sha256(MANIFEST).digest() in authority.asked[0]
    assert len(authority.asked[0]) < 80
    assert check(MANIFEST, found.token, found.chain)[0] == "oui"
    assert check(MANIFEST + b" ", found.token, found.chain)[0] == "NON"
    assert check(MANIFEST, found.token[:-9], found.chain)[0] == "NON"
    assert check(MANIFEST, b"", found.chain)[0] == "NON"
    assert check(MANIFEST, found.token, b"rubbish")[0] == "NON"


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("other", "reconnu"), ("replay", "reconnu"), ("refuses", "ne se lit pas"), ("status", "a répondu 503"), ("type", "sans horodatage"), ("redirect", "a répondu 302"),
        ("large", "trop grande"), ("rubbish", "ne se lit pas"), ("silent", "n'a pas répondu à temps"), ("slow", "n'a pas répondu à temps"),
    ],
)  # fmt: skip
def test_an_authority_that_does_not_do_its_work_is_named_and_holds_up_nothing(authority: Authority, behaviour: str, reason: str) -> None:
    authority.behaviour, began = behaviour, time.monotonic()
    if behaviour == "replay":
        ask(authority)
        authority.asked.clear()
    found = ask(authority, deadline=0.7 if behaviour in ("silent", "slow", "large") else 5.0)
    assert isinstance(found, Missed)
    assert reason in found.reason
    assert time.monotonic() - began < 3
    assert len(authority.asked) == 1  # no redirect is followed, nothing is asked twice


def test_an_authority_that_is_not_there(tmp_path: Path) -> None:
    found = stamps(MANIFEST, authorities_of("http://127.0.0.1:9/tsa,http://nulle-part.example/"), known=(), deadline=3)
    assert [(one.authority, isinstance(one, Missed)) for one in found] == [("127.0.0.1:9", True), ("nulle-part.example", True)]


def test_an_authority_that_no_configured_certificate_vouches_for_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    other = make_authority(tmp_path / "autre", name="Autre")
    found = stamps(MANIFEST, authorities_of(authority.url), known=certificates_in(other.folder))[0]
    assert isinstance(found, Missed)
    assert isinstance(ask(authority, known=False), Stamp)  # nothing is configured: its own certificate is all there is
    leaf = tmp_path / "leaf"
    leaf.mkdir()
    (leaf / "tsa.pem").write_bytes((authority.folder / "tsa.pem").read_bytes())
    assert isinstance(stamps(MANIFEST, authorities_of(authority.url), known=certificates_in(leaf))[0], Stamp)  # its own, and not the root


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    assert authorities_of(" , ") == ()
    assert [one.name for one in authorities_of("https://qui:secret@tsa.example/a, https://qui:secret@tsa.example/a,http://b.example")] == [
        "tsa.example",
        "b.example",
    ]
    for wrong in ("tsa.example", "ftp://tsa.example", "https://", "http://[a"):
        with pytest.raises(ConfigError, match="VIGIE_TIMESTAMP_AUTHORITIES") as error:
            authorities_of(wrong)
        assert "secret" not in str(error.value)
    (tmp_path / "a.pem").write_text("rien", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ConfigError, match="VIGIE_TIMESTAMP_CERTIFICATES"):
            certificates_in(folder)
    assert certificates_in(None) == ()


def test_no_answer_whatever_it_holds_ends_the_worker(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamping, "by_openssl", lambda *_, **__: (" ? ", ""))
    whole, chance = ask(authority), random.Random(7)
    assert isinstance(whole, Stamp)
    for _ in range(500):
        token = bytearray(whole.token)
        for _ in range(chance.choice((1, 2, 5))):
            token[chance.randrange(len(token))] = chance.randrange(256)
        assert check(MANIFEST, bytes(token[: chance.choice((len(token), chance.randrange(len(token))))]), whole.chain)[0] in ("oui", "NON", " ? ")
