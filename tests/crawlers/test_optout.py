"""Who asked not to be read: hosts, addresses and accounts as people write them, and a list that never holds a name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.accounts import Account, account_in, named_account, read_account, spellings
from core.errors import ConfigError, Invalid, VigieError
from core.pseudonyms import pseudonym
from core.records import Funding
from crawlers.erasing.optout import FILE, OptOut, OptOuts, Wish, add, author_wishes, load_opt_outs, remove, wishes_of
from tests.conftest import make_document

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def opt_outs(*values: str, key: bytes | None = KEY) -> OptOuts:
    wishes = [wish for value in values for wish in wishes_of(value, key=KEY)]
    return OptOuts((OptOut(kind=wish.kind, value=wish.value, at=NOW) for wish in wishes), key=key)


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        ("exemple.test", "host", "exemple.test"),
        (" www.Exemple.TEST. ", "host", "exemple.test"),
        ("https://www.exemple.test/", "host", "exemple.test"),
        ("http://exemple.test:8080", "host", "exemple.test"),
        ("éxemple.fr", "host", "xn--xemple-9ua.fr"),
        ("127.0.0.1", "host", "127.0.0.1"),
        ("localhost", "host", "localhost"),
        ("https://exemple.test/page#bas", "address", "https://exemple.test/page"),
        ("https://exemple.test/?p=3&utm_source=x", "address", "https://exemple.test/?p=3"),
        ("p-" + "0a" * 12, "author", "p-" + "0a" * 12),
    ],
)
def test_a_value_is_understood(value: str, kind: str, written: str) -> None:
    assert wishes_of(value, key=KEY) == (Wish(kind, written),)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "fr", "gouv.fr", "co.uk", "deux mots", "anne@", "ftp://exemple.test/a", "https://", "a/b", "@anne", "\x00.fr"])
def test_what_is_none_of_these_or_would_cover_strangers_is_refused(value: str) -> None:
    with pytest.raises(Invalid):
        wishes_of(value, key=KEY)


@pytest.mark.parametrize(
    "value",
    ["@anne@instance.test", "https://instance.test/@anne", "https://www.instance.test/@Anne/", "https://autre.test/@anne@instance.test",
     "https://instance.test/users/anne", "https://instance.test/u/anne"],
)  # fmt: skip
def test_an_account_gives_the_same_pseudonyms_however_it_is_written(value: str) -> None:
    assert set(wishes_of(value, key=KEY)) == set(author_wishes(Account("instance.test", "anne"), key=KEY))


@pytest.mark.parametrize(
    ("value", "url", "account"),
    [
        ("@anne@instance.test", "https://instance.test/@anne/109000000000000001", "https://instance.test/@anne"),  # mastodon
        ("@anne@instance.test", "https://instance.test/objects/1", "https://instance.test/users/anne"),  # pleroma
        ("@anne@instance.test", "https://instance.test/@anne/109000000000000001", "anne@instance.test"),
        ("did:plc:abc", "https://bsky.app/profile/did:plc:abc/post/1", "did:plc:abc"),
        ("https://bsky.app/profile/did:plc:abc", "https://bsky.app/profile/did:plc:abc/post/1", "did:plc:abc"),
        ("https://t.me/s/canal_invente", "https://t.me/canal_invente/12", "canal_invente"),
        ("https://forum.test/u/anne", "https://forum.test/t/1/2", "anne"),  # discourse
        ("https://www.reddit.com/user/anne", "https://www.reddit.com/r/x/comments/1/", "/u/anne"),
        ("https://www.youtube.com/channel/UCabc", "https://www.youtube.com/watch?v=1", "https://www.youtube.com/channel/UCabc"),
    ],
)
def test_a_wish_covers_what_the_crawler_made_of_the_account(value: str, url: str, account: str) -> None:
    document = make_document(url, author=pseudonym(KEY, platform=url.split("/")[2], account=account))
    assert opt_outs(value, key=None).covers(document)
    assert opt_outs(value).covers(document)
    assert not opt_outs(value).covers(make_document("https://instance.test/@paul/1", author="p-" + "0" * 24))


def test_an_account_without_an_address_is_named_with_its_site() -> None:
    found = author_wishes(named_account("Anne Inventée", platform="https://forum.test/"), key=KEY)
    assert pseudonym(KEY, platform="forum.test", account="anne inventée") in {wish.value for wish in found}
    for account, platform in (("", "forum.test"), ("anne", "forum"), ("anne", "")):
        with pytest.raises(Invalid, match="expected the name"):
            named_account(account, platform=platform)


@pytest.mark.parametrize(
    ("wish", "url", "covered"),
    [
        ("exemple.test", "https://exemple.test/a", True),
        ("exemple.test", "http://www.exemple.test:8080/a", True),
        ("exemple.test", "https://blog.exemple.test/", True),
        ("blog.exemple.test", "https://exemple.test/", False),
        ("exemple.test", "https://unexemple.test/", False),
        ("exemple.test", "https://autre.test/?u=https://exemple.test/", False),
        ("https://exemple.test/anne", "https://exemple.test/anne", True),
        ("https://exemple.test/anne", "http://www.exemple.test/anne/", True),
        ("https://exemple.test/anne/", "https://exemple.test/anne/page?x=1", True),
        ("https://exemple.test/anne", "https://exemple.test/anne?page=2", True),
        ("https://exemple.test/anne", "https://exemple.test/annette", False),
        ("https://exemple.test/?p=3", "https://exemple.test/?p=3", True),
        ("https://exemple.test/?p=3", "https://exemple.test/?page=2&p=3", True),
        ("https://exemple.test/?p=3", "https://exemple.test/?p=31", False),
        ("@anne@instance.test", "https://instance.test/@anne", True),
        ("@anne@instance.test", "https://instance.test/@anne/1", True),
        ("@anne@instance.test", "https://instance.test/users/Anne/statuses/1", True),
        ("@anne@instance.test", "https://autre.test/@anne@instance.test/1", True),
        ("@anne@instance.test", "https://autre.test/@anne/1", False),
        ("@anne@instance.test", "https://instance.test/api/v1/accounts/lookup?acct=anne", True),
        ("@anne@instance.test", "https://instance.test/@annette", False),
        ("did:plc:abc", "https://public.api.bsky.app/xrpc/app.bsky.feed.getAuthorFeed?actor=did:plc:abc&limit=50", True),
        ("did:plc:abc", "at://did:plc:abc/app.bsky.feed.post/1", True),
        ("https://t.me/canal_invente", "https://t.me/s/canal_invente?before=3", True),
        ("https://t.me/canal_invente", "https://t.me/canal_invente2/3", False),
        ("https://instance.test/@anne/1", "https://instance.test/@anne/1", True),
        ("https://instance.test/@anne/1", "https://instance.test/@anne/2", False),
    ],
)
def test_addresses_that_a_wish_covers(wish: str, url: str, covered: bool) -> None:
    assert opt_outs(wish).covers_address(url) is covered
    assert opt_outs(wish).covers(make_document(url) if url.startswith("http") else make_document()) is covered or not url.startswith("http")


def test_the_organiser_of_a_campaign_is_covered_too() -> None:
    organiser = pseudonym(KEY, platform="cagnotte.test", account="https://cagnotte.test/u/anne")
    campaign = make_document("https://cagnotte.test/c/1", funding=Funding(organiser=organiser))
    assert opt_outs("https://cagnotte.test/u/anne").covers(campaign)


def test_the_list_is_written_once_and_holds_no_name(tmp_path: Path) -> None:
    wanted = ("exemple.test", "@prenom_unique@instance.test", "https://instance.test/@prenom_unique/12", "https://t.me/prenom_unique/3")
    wishes = [wish for value in wanted for wish in wishes_of(value, key=KEY)]
    tmp_path /= "archive"
    assert add(tmp_path, wishes, at=NOW, note="courriel du 20/11") == len(wishes)
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert add(tmp_path, wishes, at=NOW) == 0
    assert "prenom_unique" not in (tmp_path / FILE).read_text()
    loaded = load_opt_outs(tmp_path, key=KEY)
    assert loaded.wishes[0] == OptOut(kind="host", value="exemple.test", at=NOW, note="courriel du 20/11")
    for url in ("https://instance.test/@prenom_unique/12", "https://t.me/prenom_unique/3", "https://exemple.test/"):
        assert loaded.covers_address(url)
    assert remove(tmp_path, wishes_of("@prenom_unique@instance.test", key=KEY)) == len(wishes) - 3
    hidden = next(wish.value for wish in load_opt_outs(tmp_path).wishes if wish.kind == "address")
    assert remove(tmp_path, wishes_of(hidden, key=KEY)) == 1
    assert remove(tmp_path, wishes_of(hidden, key=KEY)) == 0
    assert [wish.kind for wish in load_opt_outs(tmp_path).wishes] == ["host", "address"]


def test_no_list_covers_nothing(tmp_path: Path) -> None:
    assert load_opt_outs(tmp_path).wishes == ()
    assert not load_opt_outs(tmp_path, key=KEY).covers(make_document())
    assert not OptOuts().covers_author(None)


@pytest.mark.parametrize("line", ["rubbish", '{"kind": "person", "value": "x", "at": "2026-11-01T00:00:00Z"}', '{"kind": "host"}', "[]"])
def test_a_line_that_cannot_be_read_stops_everything(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(line + "\n")
    with pytest.raises((ConfigError, Invalid), match="opt_outs"):
        load_opt_outs(tmp_path)
    with pytest.raises(VigieError):
        add(tmp_path, wishes_of("exemple.test", key=KEY), at=NOW)
    assert (tmp_path / FILE).read_text() == line + "\n"


def test_wishes_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> None:
        while True:
            try:
                add(tmp_path, [Wish("host", f"exemple{number}.test")], at=NOW)
            except VigieError:
                continue
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    assert len({json.loads(line)["value"] for line in (tmp_path / FILE).read_text().splitlines()}) == 40


@settings(deadline=None)
@given(st.text(max_size=200) | st.from_regex(r"(https?://|at://|@|did:)[a-z@./?=&:%\[\]0-9-]{0,60}", fullmatch=True))
def test_no_text_breaks_the_reading_of_values_and_addresses(text: str) -> None:
    account_in(text)
    opt_outs("exemple.test", "@anne@instance.test", "https://exemple.test/a").covers_address(text)
    try:
        account = read_account(text)
        wishes_of(text, key=KEY)
    except Invalid:
        return
    if account:
        assert spellings(account)
