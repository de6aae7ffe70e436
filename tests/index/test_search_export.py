"""What leaves as a file: typed, whole or not at all, harmless in a spreadsheet, and without the name of any account."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pseudonyms import pseudonym
from core.records import Channel, Evidence, Flag
from index.documents import Entry
from index.export import ADDRESSES, COLUMNS, WITHHELD, export, exported
from index.fields import BY_NAME
from index.search_mask import masked, private, public_host
from tests.index.making import START

KEY = b"k" * 32
URL = "https://anne-aube.forum.example/@anne_aube/posts/42"
TEXT = (
    "Je suis @Anne_Aube et anne_aube c'est moi. Écrivez à anne.aube@courriel.example ou jeuneaube (at) courriel (point) example, "
    "au 06 12 34 56 78 ou +33 (0)6 12 34 56 79, rejoignez t.me/AubeCanal et https://www.videos.example/channel/AubeVideos?a=1#b. "
    "Le canal aubecanal est ouvert, RIB FR76 3000 6000 0112 3456 7890 189, Mastodon : @aubesecrete@instance.example. "
    "Le 2026-03-12 à 10:00, 1 500 personnes ont payé 497 €, 0 800 123 456."
)
HANDLES = ("anne_aube", "anne.aube", "jeuneaube", "34 56 78", "34 56 79", "aubecanal", "aubevideos", "3000 6000", "aubesecrete", "anne-aube",
           "instance.example", "123 456", "autreaube", "filaube")  # fmt: skip


@pytest.fixture
def hostile(make_entry: Callable[..., Entry]) -> Entry:
    entry = make_entry(
        1, text=TEXT, title="@anne_aube parle à anne_aube", p=0.9, url=URL, platform="anne-aube.forum.example", source="forum-anne_aube", author="p-" + "a" * 24,
        links=("https://t.me/AubeCanal", "https://social.example/users/autreaube"), link_hosts=("t.me", "social.example"),
        contacts=(Channel(kind="telegram", value="t.me/aubecanal"), Channel(kind="mail", value="p-" + "c" * 24)),
        thread_root="https://social.example/@filaube/1", published_at=START,
    )  # fmt: skip
    start = TEXT.index("rejoignez")
    entry["evidence"] = [
        Evidence(marker="gourou", start=start, end=start + 40, text=TEXT[start : start + 40], score=0.9, submarkers=("B2",)).model_dump(mode="json")
    ]
    entry["passages"] = [Flag(id="T5", start=8, end=18, text=TEXT[8:18], value="telegram").model_dump(mode="json")]
    return entry


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_no_handle_leaves(hostile: Entry, tmp_path: Path, kind: Any) -> None:
    path = tmp_path / f"f.{kind}"
    assert export([hostile], path, kind=kind, key=KEY) == 1
    found = path.read_text(encoding="utf-8").lower()
    assert [handle for handle in HANDLES if handle in found] == []
    for kept in ("le 2026-03-12 à 10:00, 1 500 personnes ont payé 497 €", "p-" + "a" * 24, "p-" + "c" * 24, "forum.example", hostile["id"]):
        assert kept in found


def test_addresses_leave_when_asked_and_the_text_stays_masked(hostile: Entry) -> None:
    row = exported(hostile, key=KEY, addresses=True)
    assert (row["url"], row["platform"], row["source"]) == (URL, "anne-aube.forum.example", "forum-anne_aube")
    assert "aubecanal" not in json.dumps({name: value for name, value in row.items() if name not in ADDRESSES}).lower()


def test_one_account_has_one_pseudonym(hostile: Entry) -> None:
    row = exported(hostile, key=KEY)
    name = pseudonym(KEY, platform="anne-aube.forum.example", account="anne_aube")
    assert row["text"].startswith(f"Je suis [compte {name}] et [compte {name}] c'est moi.")
    assert row["title"] == f"[compte {name}] parle à [compte {name}]"
    assert exported(hostile, key=b"z" * 32)["title"] != row["title"]
    assert row["evidence"][0]["text"].startswith("rejoignez [adresse p-")


def test_a_victim_who_can_be_recognised_is_withheld(hostile: Entry) -> None:
    row = exported({**hostile, "flags": [WITHHELD]}, key=KEY)
    assert "personnes" not in json.dumps(row, ensure_ascii=False)
    assert row["evidence"] == []


def test_values_are_typed(make_entry: Callable[..., Entry], tmp_path: Path) -> None:
    entry = make_entry(1, text='Une,\r\n"deux"\x00', p=0.9, published_at=START.replace(microsecond=5000), views=0)
    export([entry], tmp_path / "a.jsonl", kind="jsonl", key=KEY)
    row = json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert list(row) == list(COLUMNS)
    assert (row["score_gourou"], row["views"], row["likes"], row["published_at"]) == (0.9, 0, None, "2026-01-01T12:00:00.005Z")
    assert row["markers"] == ["gourou"]
    export([entry], tmp_path / "a.csv", kind="csv", key=KEY, labels=True, bom=True)
    written = (tmp_path / "a.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfid,platform,")
    assert b"\r\n" in written
    names, labels, values = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert names == list(COLUMNS)
    assert labels == [BY_NAME[name].label for name in COLUMNS]
    found = dict(zip(names, values, strict=True))
    assert (found["score_gourou"], found["views"], found["likes"], found["text"]) == ("0.9", "0", "", 'Une,\r\n"deux" ')


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1+1", "\n=HYPERLINK(1)"])
def test_nothing_is_a_formula(make_entry: Callable[..., Entry], tmp_path: Path, text: str) -> None:
    export([make_entry(1, text=text, title=text)], tmp_path / "a.csv", kind="csv", key=KEY)
    _, row = csv.reader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline=""))
    for cell in row:
        assert cell.strip()[:1] not in {"=", "+", "-", "@", "＝"}


def test_a_file_is_whole_or_not_there(make_entry: Callable[..., Entry], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("avant", encoding="utf-8")

    def failing() -> Iterator[Entry]:
        yield make_entry(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(failing(), path, kind="csv", key=KEY)
    assert path.read_text(encoding="utf-8") == "avant"
    assert list(tmp_path.iterdir()) == [path]


def test_memory_does_not_grow_with_the_results(make_entry: Callable[..., Entry], tmp_path: Path) -> None:
    entry = make_entry(1, text="Un texte ordinaire. " * 100)

    def peak(count: int) -> int:
        tracemalloc.start()
        assert export((dict(entry) for _ in range(count)), tmp_path / "a.jsonl", kind="jsonl", key=KEY) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)  # what the first use of anything keeps is no growth
    assert peak(1000) < 2 * peak(100) + 100_000


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Fin.Alors on part, cf. page 3.5 et 10:30.", []),
        ("contact@maison.example.", ["contact@maison.example"]),
        ("un prix de 1 500 000 euros le 03/12/2026 10 h", []),
        ("tel:0612345678, 00 33 6 12 34 56 78", ["0612345678", "00 33 6 12 34 56 78"]),
        ("did:plc:abc123 et /u/quelquun", ["did:plc:abc123", "/u/quelquun"]),
        ("tg://resolve?domain=abc (https://a.example/x).", ["tg://resolve?domain=abc", "https://a.example/x"]),
        ("le @ tout seul, a@b", []),
        ("T.ME/Durand, T.Me/durand et Exemple.Fr", ["T.ME/Durand", "T.Me/durand", "Exemple.Fr"]),
        ("fin.Alors oui, le 12/03. ENFIN", []),
        ("@\u200bjeanne et @je\u00adanne, voir t\u2060.me/durand", ["@\u200bjeanne", "@je\u00adanne", "t\u2060.me/durand"]),
        ("mot\u200b@jeanne", ["@jeanne"]),
        ("mot\u200b06 12 34 56 78", ["06 12 34 56 78"]),
        ("jeanne＠exemple．fr ｔ．ｍｅ／ｄｕｒａｎｄ", ["jeanne＠exemple．fr", "ｔ．ｍｅ／ｄｕｒａｎｄ"]),
        ("０６１２３４５６７８", ["０６１２３４５６７８"]),
        ("@jérôme et @je\u0301ro\u0302me", ["@jérôme", "@je\u0301ro\u0302me"]),
        ("jeanne arobase exemple point fr !", ["jeanne arobase exemple point fr"]),
        ("Jeanne point durand AROBASE exemple.fr", ["Jeanne point durand AROBASE exemple.fr"]),
        ("le signe arobase est utile, un point c'est tout", []),
        ("пример.рф/durand", ["пример.рф/durand"]),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", ["bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]),
        ("BTC : 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa.", ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"]),
        ("0x52908400098527886E0F7030069857D2E4169EE7", ["0x52908400098527886E0F7030069857D2E4169EE7"]),
        ("be71 0961 2345 6769", ["be71 0961 2345 6769"]),
        ("anticonstitutionnellement, ANTICONSTITUTIONNELLEMENT, " + "d41d8cd98f" * 4, []),
    ],
)
def test_what_is_private(text: str, hidden: list[str]) -> None:
    assert [text[one.start : one.end] for one in private(text)] == hidden


@given(st.text(alphabet="a1@. :/+0(at)-é\n\u200b＠．…\u0301ﬁ", max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_a_part_is_masked_like_the_whole(text: str, start: int, end: int) -> None:
    spans = private(text)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    part = masked(text, spans, lambda _kind, _name: "§", start=start, end=max(start, min(end, len(text))))
    for span in spans:
        if span.start < end and span.end > start and start < end <= len(text):
            assert "§" in part
    assert masked(text, [], lambda kind, _: kind) == text


def test_what_overlaps_is_masked_to_its_end() -> None:
    text = "voir t.me/anne bernard"
    spans = private(text, re.compile("anne bernard"))
    assert [(one.start, one.end) for one in spans] == [(5, 14), (14, 22)]
    assert masked(text, spans, lambda _kind, _name: "§") == "voir [adresse §][compte §]"


def test_masking_is_as_long_as_the_text_is() -> None:
    for piece in (
        "a",
        "a.",
        "@",
        "0 ",
        "+1",
        "a@",
        "(at) ",
        "FR76 ",
        "http://",
        "AB12 ",
        "0",
        "a (at) ",
        " (",
        "1.1.",
        "a point ",
        "a arobase ",
        "\u200b",
        "é",
        "e\u0301",
        "＠",
        "aA1",
        "a1B.",
        "T.",
        "…",
    ):
        start = time.process_time()
        private(piece * (300_000 // len(piece)))
        assert time.process_time() - start < 2, piece  # 0.1


def test_a_handle_that_begins_like_a_pseudonym_leaves_as_one(make_entry: Callable[..., Entry]) -> None:
    made = "p-" + "c" * 24
    contacts = tuple(Channel(kind="telegram", value=value) for value in ("p-durand", made + "0", made.upper(), made))
    row = exported(make_entry(1, text="p-durand parle", p=0.9, contacts=contacts), key=KEY)
    assert "durand" not in json.dumps(row)
    assert [value for value in row["channels"] if made in value] == [f"telegram:{made}"]
    assert all(len(value) == len(f"telegram:{made}") for value in row["channels"])


def test_a_name_is_found_however_it_is_written(hostile: Entry) -> None:
    entry = {**hostile, "text": "ＡＮＮＥ＿ａｕｂｅ et anne\u200b_aube", "evidence": []}
    name = pseudonym(KEY, platform="anne-aube.forum.example", account="anne_aube")
    assert exported(entry, key=KEY)["text"] == f"[compte {name}] et [compte {name}]"


@pytest.mark.parametrize(("host", "site"), [("anne.forum.example", "forum.example"), ("t.me", "t.me"), ("a.b.asso.fr", "b.asso.fr"), ("x", "x")])
def test_a_site_without_the_account(host: str, site: str) -> None:
    assert public_host(host) == site


def test_an_address_in_numbers_is_not_cut_like_a_name() -> None:
    assert public_host("127.0.0.1") == "127.0.0.1"
    assert public_host("anne.forum.example") == "forum.example"
