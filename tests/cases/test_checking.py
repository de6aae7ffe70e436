"""The rules of the taxonomy on what a person may say: each broken one has its own message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checking import Quote, check, moved, warnings
from core.errors import Invalid
from core.taxonomy import load_taxonomy
from tests.cases.reading_room import TEXT, quote, saying

TAXONOMY = load_taxonomy()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (saying(submarkers={"A99": "absent"}), r"sub-marker 'A99' is unknown; did you mean 'A9'"),
        (saying(exclusions=["presse"]), r"exclusion 'presse' is unknown; did you mean 'press'"),
        (saying("licite_preoccupant", markers=["gourou"]), "gourou without a sign"),
        (saying("licite_preoccupant", "A1", markers=["gourou"]), "gourou without a sign"),
        (saying("licite_preoccupant", "B2", quotes=[]), "B2 is present without a quote"),
        (saying("licite_preoccupant", "B2", quotes=[quote("B2"), quote("B3")]), "a quote for B3, which is not marked"),
        (saying("licite_preoccupant", "B2", submarkers={"B2": "present", "B3": "absent"}, quotes=[quote("B2"), quote("B3")]), "a quote for B3"),
        (saying(quotes=[Quote(start=0, end=5, text="Autre")]), "0:5 is not what the text says"),
        (saying(quotes=[Quote(start=900, end=903, text="moi")]), "900:903 is not what"),
        (saying(quotes=[Quote(start=7, end=8, text=" ")]), "7:8 is empty"),
        (saying("licite_preoccupant", "A1", exclusions=["press"]), "abandon_soins with the exclusion press"),
        (saying("urgence", "A1", exclusions=["press"]), "abandon_soins with the exclusion press"),
        (saying("licite_preoccupant", exclusions=["press"]), "an exclusion means hors_champ"),
        (saying("illicite_presume", exclusions=["press"]), "without a marker"),
        (saying("illicite_presume", "C1"), "complotisme alone"),
        (saying("hors_champ", "A1"), "hors_champ with the markers"),
    ],
    ids=range(16),
)
def test_what_the_rules_forbid_is_refused(said: object, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        check(said, TEXT, taxonomy=TAXONOMY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [
        saying(),
        saying("hors_champ", "A1", markers=(), exclusions=["press"]),  # the words are there, and a journalist reports them
        saying("licite_preoccupant"),
        saying("licite_preoccupant", "A1", exclusions=["spirituality"]),  # is an exclusion of gourou alone
        saying("licite_preoccupant", "B3", markers=()),  # a sign is no marker yet
        saying("illicite_presume", "A1", "C1"),
        saying("urgence", markers=["gourou"]),  # seconds count
        saying("urgence", markers=(), exclusions=["testimony_victim"]),
    ],
    ids=range(8),
)
def test_what_they_allow_is_taken(said: object) -> None:
    check(said, TEXT, taxonomy=TAXONOMY)  # type: ignore[arg-type]


def test_gourou_on_one_sign_is_thought_of_again() -> None:
    assert warnings(saying("licite_preoccupant", "B2", "B3"), taxonomy=TAXONOMY) == ()
    assert "B1 ou B2" in warnings(saying("licite_preoccupant", "B3"), taxonomy=TAXONOMY)[0]
    assert "B1 ou B2" in warnings(saying("licite_preoccupant", "B2"), taxonomy=TAXONOMY)[0]
    assert any("plusieurs contenus" in line for line in warnings(saying("illicite_presume", "B2", "B3"), taxonomy=TAXONOMY))


@given(st.text(max_size=60), st.text(max_size=20), st.integers(0, 60))
def test_quotes_moved_to_a_copy_stand_in_it(copy: str, words: str, start: int) -> None:
    given_quotes = (Quote(start=start, end=start + len(words), text=words),) if words else ()
    found = moved(given_quotes, copy)
    assert all(copy[one.start : one.end] == one.text for one in found)
    assert len(found) == sum(one.text in copy for one in given_quotes)
