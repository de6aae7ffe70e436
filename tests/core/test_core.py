"""URLs, settings, files, pseudonyms, errors."""

from __future__ import annotations

import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core import errors, files
from core.errors import ConfigError, Invalid, Unavailable, nearest
from core.pseudonyms import load_key, pseudonym
from core.records import Evidence
from core.settings import Settings, load_settings
from core.urls import canonical, document_id, is_public_address


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTPS://Exemple.FR:443/a?utm_source=x&b=2&a=1#haut", "https://exemple.fr/a?a=1&b=2"),
        ("http://exemple.fr", "http://exemple.fr/"),
        ("http://user:secret@exemple.fr/p", "http://exemple.fr/p"),
        ("http://exemple.fr:8080/p?fbclid=1", "http://exemple.fr:8080/p"),
        ("https://exemple.fr/é?q=œuf", "https://exemple.fr/%C3%A9?q=%C5%93uf"),
        ("https://exemple.fr/p?vide=", "https://exemple.fr/p?vide="),
        ("https://exemple.fr/?p=12&si=3", "https://exemple.fr/?p=12&si=3"),
        ("https://exemple.fr/?y=%E9", "https://exemple.fr/?y=%E9"),
    ],
)
def test_canonical_address(given_url: str, expected: str) -> None:
    assert canonical(given_url) == expected
    assert canonical(expected) == expected
    assert document_id(given_url) == document_id(expected)


@pytest.mark.parametrize(
    "bad", ["", "ftp://exemple.fr/", "javascript:alert(1)", "http://", "http://[::1", "http://exemple.fr:99999/", "file:///etc/passwd"]
)
def test_what_is_no_public_page_is_refused(bad: str) -> None:
    with pytest.raises(Invalid, match="expected http"):
        canonical(bad)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    try:
        once = canonical("http://exemple.fr/" + text)
    except Invalid:
        return
    assert canonical(once) == once


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("127.0.0.1", False), ("10.0.0.1", False), ("169.254.169.254", False), ("::1", False), ("::ffff:192.168.1.1", False),
     ("100.64.0.1", False), ("2001:4860:4860::8888", True), ("0.0.0.0", False), ("224.0.0.1", False)],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public_address(address) is public


@pytest.mark.parametrize(("kind", "status"), [(errors.ConfigError, 500), (errors.Unavailable, 503), (errors.Invalid, 422), (errors.NotFound, 404)])
def test_each_error_has_its_status(kind: type[errors.VigieError], status: int) -> None:
    assert kind("x").status == status
    assert errors.SourceError("wall", "x").status == 502


def test_nearest_name() -> None:
    assert nearest("titel", ["title", "kind"]) == "did you mean 'title'?"
    assert nearest("zzz", ["title", "kind"]) == "expected one of: kind, title"


def test_misspelt_variable_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_ELASTICSEARCH_PASWORD", "x")
    with pytest.raises(ConfigError, match="did you mean 'VIGIE_ELASTICSEARCH_PASSWORD'"):
        load_settings()


def test_bad_variable_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_CRAWL_CONCURRENCY", "many")
    with pytest.raises(ConfigError, match="VIGIE_CRAWL_CONCURRENCY") as raised:
        load_settings()
    assert "\n" not in str(raised.value)


def test_settings_are_frozen_and_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_ELASTICSEARCH_PASSWORD", "s3cret-value")
    settings = load_settings()
    assert "s3cret" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.contact = "x"


def test_atomic_write_leaves_the_old_file_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(ConfigError, match="disk full.*nothing is lost"):
            files.write_text(tmp_path / "file", "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_unwritable_place_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="VIGIE_DATA_DIR"):
        files.write_text(tmp_path / "file" / "below", "x")


def test_lock_is_refused_while_held_and_free_after(tmp_path: Path) -> None:
    with (
        files.locked(tmp_path / "lock", what="working"),
        pytest.raises(Unavailable, match="working"),
        files.locked(tmp_path / "lock", what="working"),
    ):
        pass
    with files.locked(tmp_path / "lock", what="working"):
        pass


def test_key_is_made_once_and_only_its_owner_reads_it(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key(settings), range(32)))
    assert len(keys) == 1
    assert (settings.data_dir / "pseudonym.key").stat().st_mode & 0o777 == 0o600


def test_a_cut_key_is_refused(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "pseudonym.key").write_text("short")
    with pytest.raises(ConfigError, match="restore it from a backup"):
        load_key(settings)


def test_pseudonyms_depend_on_key_platform_and_account_only() -> None:
    one = pseudonym(b"k" * 32, platform="a.fr", account="Jeanne")
    assert one == pseudonym(b"k" * 32, platform="A.fr", account=" jeanne ")
    assert len({one, pseudonym(b"l" * 32, platform="a.fr", account="jeanne"), pseudonym(b"k" * 32, platform="b.fr", account="jeanne")}) == 3
    assert "jeanne" not in one.lower()


def test_evidence_must_span_its_text() -> None:
    with pytest.raises(ValidationError, match="does not span"):
        Evidence(marker="gourou", start=0, end=3, text="quatre", score=0.5)
