"""Platforms: the ones that the crawlers read are known, no fact prints as checked without its source, and a host leads to its provider alone."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import ValidationError

from cases.platforms import APIS, CHANNELS, FACTS, FOLDER, OTHER, UNVERIFIED, Fact, FormField, load_platforms, printable
from core.errors import ConfigError, Invalid, NotFound
from core.settings import ROOT

PLATFORMS = load_platforms()
CRAWLED = ("mastodon", "bluesky", "telegram", "ulule", "helloasso", "gofundme", "kickstarter", "indiegogo", "leetchi", "kisskissbankbank", "tipeee",
           "cotizup", "discourse", "lemmy", "youtube", "reddit", "substack")  # fmt: skip


def test_what_the_crawlers_know_is_here() -> None:
    known = {one.id for one in PLATFORMS.all}
    assert known >= set(CRAWLED)
    assert len(known & set(CRAWLED)) >= 14


def test_hosts_of_the_crawlers_profiles_lead_to_their_platform() -> None:
    for path in (ROOT / "crawlers" / "profiles").glob("*.yml"):
        for host in yaml.safe_load(path.read_text(encoding="utf-8")).get("hosts", []):
            assert PLATFORMS.of_host(host).id == path.stem
    for path in (ROOT / "crawlers" / "sources").glob("*.yml"):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        kind = str(source.get("kind", "")).partition("_")[0]
        if kind in {one.id for one in PLATFORMS.all} - {"discourse"} and "url" in source:  # forums with their own address are run by others
            assert PLATFORMS.of_url(source["url"]).id == kind


def test_a_fact_that_nobody_could_check_never_prints_as_checked() -> None:
    for platform in PLATFORMS.all:
        for name in FACTS:
            fact: Fact | None = getattr(platform, name)
            if fact is None:
                continue
            assert (UNVERIFIED in printable(fact)) == (fact.status != "lu") == (name in platform.unverified)
            assert str(fact) == printable(fact) == f"{fact}"
            assert fact.status != "lu" or fact.source
        for field in platform.fields:
            assert field.most is None or (field.status == "lu" and field.source), (platform.id, field.name)


def test_yes_no_and_unknown_are_said_in_french() -> None:
    assert printable(Fact(value=True, status="lu", source="s")) == "oui"
    assert printable(Fact(value=False)) == f"non {UNVERIFIED}"
    assert printable(None) == "inconnu"


@pytest.mark.parametrize("record", [Fact, FormField])
def test_what_was_read_names_where(record: type[Fact | FormField]) -> None:
    plain = {"value": "x"} if record is Fact else {"name": "x", "label": "X"}
    record.model_validate(plain)
    with pytest.raises(ValidationError, match="names its source"):
        record.model_validate({**plain, "status": "lu"})


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("bsky.app", "bluesky"),
        ("WWW.YouTube.com.", "youtube"),
        ("m.youtube.com:443", "youtube"),
        ("t.me", "telegram"),
        ("fr.ulule.com", "ulule"),
        ("un-auteur.substack.com", "substack"),
        ("notx.com", OTHER),
        ("x.com", "x"),
        ("mobile.x.com", "x"),
        ("x.com.pirate.example", OTHER),
        ("", OTHER),
        ("127.0.0.1", OTHER),
    ],
)
def test_a_host_leads_to_its_platform(host: str, found: str) -> None:
    assert PLATFORMS.of_host(host).id == found


def test_what_may_go_into_one_notice() -> None:
    key = PLATFORMS.provider_key
    assert key("www.youtube.com") == key("youtu.be") == "youtube"
    assert key("mastodon.social") != key("piaille.fr")
    assert key("mastodon.social").startswith("mastodon:")
    assert key("forum.un.example") != key("forum.deux.example")
    assert key("www.un.example") == key("un.example") == f"{OTHER}:un.example"


def test_an_interface_says_how_much_it_takes() -> None:
    assert {one.id for one in PLATFORMS.all if one.channel in APIS} == {"mastodon", "bluesky"}
    assert PLATFORMS.platform("mastodon").most("comment") == 1000
    assert PLATFORMS.platform("bluesky").most("reason") == 2000
    assert PLATFORMS.platform("telegram").most("explanation") is None
    assert PLATFORMS.platform("telegram").most("rien") is None
    assert all(one.channel in CHANNELS for one in PLATFORMS.all)


def test_a_host_that_nobody_knows_is_completed_by_a_person_and_stays_unchecked() -> None:
    other = PLATFORMS.platform(OTHER)
    made = other.completed(provider="Hébergeur Exemple", email="contact@hebergeur.example")
    assert printable(made.provider) == f"Hébergeur Exemple {UNVERIFIED}"
    assert made.email is not None
    assert "(non vérifié)" in str(made.email)
    assert made.country is None
    with pytest.raises(Invalid, match="its provider is known"):
        PLATFORMS.platform("youtube").completed(provider="Autre")


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean 'telegram'"):
        PLATFORMS.platform("telegramme")


def test_what_files_say_is_about_addresses_over_tls() -> None:
    for platform in PLATFORMS.all:
        for fact in (platform.form_url, platform.contact_point):
            assert fact is None or urlsplit(str(fact.value)).scheme == "https"


MISTAKES = [
    ("x.yml", "channel: formulaire", "chanel: formulaire", r"x.yml: chanel: .*did you mean 'channel'"),
    ("x.yml", "channel: formulaire", "channel: fax", "x.yml: channel: "),
    ("x.yml", "id: x", "id: y", "found 'y', expected 'x'"),
    ("x.yml", "hosts: [x.com", "hosts: [tiktok.com", r"tiktok.com stands in (tiktok|x) as well"),
    ("x.yml", "provider: {value: X Internet Unlimited Company}", "provider: {value: X, status: lu}", "names its source"),
    ("x.yml", "note: >-", "note: >-\nnote: b", "duplicate key 'note'"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_a_mistake_names_file_and_key(tmp_path: Path, name: str, old: str, new: str, said: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "platforms")
    file = tmp_path / "platforms" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_platforms(tmp_path / "platforms")


def test_the_fallback_cannot_be_taken_away(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "platforms")
    (tmp_path / "platforms" / f"{OTHER}.yml").unlink()
    with pytest.raises(ConfigError, match=r"autre\.yml is missing"):
        load_platforms(tmp_path / "platforms")
