"""The search through the bytes of files: nothing that stands in one is missed, wherever it lies and however it is packed."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from pathlib import Path

import pytest

from cases.request import wish_of
from flows import rights_bytes
from flows.rights_bytes import found_in
from flows.rights_tokens import Token, of_documents, of_wishes, said_by_others
from tests.conftest import make_document

WORDS = "L'été, Anne écrit « bonjour » à tous."
PIECE = Token(WORDS, "piece")


@pytest.mark.parametrize("block", [64, 1000, 8 * 2**20])
def test_a_text_is_found_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(rights_bytes, "BLOCK", block)
    chance, tokens = (
        random.Random(7),
        [Token(f"https://forum.example/u/nom/{number}", "address") for number in range(40)] + [PIECE, Token("court-{1}", "piece")],
    )
    for token in tokens:
        for _ in range(5):
            before, after = (chance.randbytes(chance.randrange(300)) for _ in range(2))
            (tmp_path / "f.bin").write_bytes(before + token.text.encode() + after)
            assert token in found_in(tmp_path, tokens).get("f.bin", set())


def test_packed_and_escaped_texts_are_found_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"x") + gzip.compress(json.dumps({"t": WORDS}).encode()))
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("c.txt", WORDS)
        made.writestr("d.warc.gz", gzip.compress(WORDS.encode()))
    (tmp_path / "e.html").write_text("L&#x27;\u00e9t\u00e9, Anne \u00e9crit \u00ab bonjour \u00bb \u00e0 tous.", encoding="utf-8")
    (tmp_path / "f.txt").write_text("L'été, Paul écrit « bonjour » à tous.", encoding="utf-8")
    (tmp_path / "opt_outs.jsonl").write_text(WORDS, encoding="utf-8")
    (tmp_path / "broken.gz").write_bytes(gzip.compress(WORDS.encode())[:-12])
    unread: list[str] = []
    found = found_in(tmp_path, [PIECE], unread=unread)
    assert unread == ["broken.gz"], "what could not be searched is told"
    assert {"a.jsonl.gz", "b.zip", "e.html"} <= found.keys() <= {"a.jsonl.gz", "b.zip", "e.html", "broken.gz"}
    assert found_in(tmp_path, []) == {}


def test_an_address_in_evidence_that_others_share_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gzip.compress(f"https://forum.example/u/anne {WORDS}".encode()))
    assert found_in(tmp_path, [Token("https://forum.example/u/anne", "account")]) == {}
    assert found_in(tmp_path, [PIECE])


def test_a_common_word_is_no_way_to_name_an_account() -> None:
    found = {token.text for token in of_wishes([wish_of("anne sur forum.example"), wish_of("https://forum.example/sujet/7")])}
    assert "anne" not in found
    assert "@anne" not in found
    assert {"anne@forum.example", "https://forum.example/u/anne", "https://forum.example/sujet/7"} <= found


def test_what_others_say_too_is_told_apart() -> None:
    document = make_document("https://forum.example/sujet/7", "Une phrase assez longue pour être reconnue par tout le monde ici.")
    tokens = of_documents([document])
    assert {token.sort for token in tokens} == {"address", "piece"}
    quoted = said_by_others(tokens, ["Elle dit : Une phrase assez longue pour être reconnue par tout le monde ici."])
    assert quoted
    assert {token.sort for token in quoted} == {"piece"}
