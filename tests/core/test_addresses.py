"""Which addresses may be submitted: what is refused before anything is opened, and in which one spelling the others are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.addresses import FAULTS, MOST, BadAddress, check_address, inside
from core.errors import Invalid
from core.urls import document_id
from crawlers.fetching import guard

FILE = Path(__file__).parent.parent / "flows" / "hostile_urls.yml"
LISTED: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
HOSTILE = [(url, reason) for reason, urls in LISTED["refused"].items() for url in urls]
PLACES = frozenset({"127.0.0.1:8600", "localhost:8601", "[::1]:8602"})


@pytest.mark.parametrize(("url", "reason"), HOSTILE)
def test_a_hostile_address_is_refused_with_one_word_and_one_line(url: str, reason: str) -> None:
    with pytest.raises(BadAddress) as caught:
        check_address(url, places=PLACES)
    assert caught.value.reason == reason
    said = str(caught.value)
    assert 20 < len(said) < 200
    assert "\n" not in said


def test_each_word_is_used_and_the_list_is_long_enough() -> None:
    assert {reason for _, reason in HOSTILE} | {"too_long", "closed_place"} == set(FAULTS)  # for that one see test_closed_places.py
    assert len(HOSTILE) == len(set(HOSTILE)) > 120
    with pytest.raises(BadAddress, match=f"at most {MOST}") as caught:
        check_address("https://exemple.example/" + "a" * MOST)
    assert caught.value.reason == "too_long"
    assert isinstance(caught.value, Invalid)


@pytest.mark.parametrize(("given", "kept"), LISTED["read"].items())
def test_what_may_be_read_has_one_spelling(given: str, kept: str) -> None:
    assert check_address(given) == kept
    assert check_address(kept) == kept
    assert document_id(given if "://" in given else f"https://{given}") == document_id(kept) or "ß" in given or "ｅ" in given


@pytest.mark.parametrize("url", ["http://127.0.0.1:8600/a", "https://localhost:8601/", "http://[::1]:8602/", "http://[0:0::1]:8602/"])
def test_a_place_that_the_settings_name_is_read(url: str) -> None:
    assert check_address(url, places=PLACES)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8601/", "http://2130706433:8600/", "http://127.1:8600/", "http://0177.0.0.1:8600/", "http://[::ffff:127.0.0.1]:8600/",
     "http://127.0.0.2:8600/", "http://localhost:8600/", "http://moi@127.0.0.1:8600/", "http://127.0.0.1/"],
)  # fmt: skip
def test_another_spelling_or_port_of_such_a_place_is_not(url: str) -> None:
    with pytest.raises(BadAddress):
        check_address(url, places=PLACES)


def test_crawls_judge_with_the_same_function() -> None:
    assert guard.inside is inside
    assert all(map(inside, ("127.0.0.1", "LOCALHOST", "a.localhost.", "127.1", "0x7f.1", "2130706433", "::1", "[::1]", "64:ff9b::1", "x.internal")))
    assert not any(map(inside, ("8.8.8.8", "exemple.example", "134744072", "2606:4700:4700::1111", "localhost.example", "", "10.example")))
