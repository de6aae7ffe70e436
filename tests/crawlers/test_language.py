"""The language that is detected, and what is declared where nothing can be."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.reading.language import _identifier, detect

FRENCH = "Le jardin partagé ouvre samedi et les bénévoles attendent les habitants du quartier."
ENGLISH = "The shared garden opens on Saturday and the volunteers are waiting for the neighbours."


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        (FRENCH, "en", "fr"),
        (FRENCH, None, "fr"),
        (ENGLISH, "fr", "en"),
        (FRENCH.upper(), None, "fr"),
        ("Der gemeinsame Garten öffnet am Samstag und die Helfer warten auf die Nachbarn.", "fr", "de"),
        ("Общий сад открывается в субботу, и добровольцы ждут жителей квартала.", "fr", "ru"),
        ("El jardín compartido abre el sábado y los voluntarios esperan a los vecinos.", "fr", "es"),
        ("ok merci", "fr", "fr"),  # too short to tell
        ("ok merci", None, None),
        ("", "fr", "fr"),
        ("12 000 € 😀😀😀 !!!", None, None),
        ("https://jardin.example/the-garden-opens-on-saturday-and-the-volunteers-are-waiting @garden_club", "fr", "fr"),
        (f"{FRENCH} {'https://garden.example/the/long/english/words/of/an/address ' * 8}", None, "fr"),
    ],
)
def test_words_tell_the_language(text: str, declared: str | None, expected: str | None) -> None:
    assert detect(text, declared) == expected


def test_a_french_text_that_begins_with_a_foreign_quotation_is_french() -> None:
    assert detect(f"“{ENGLISH}” {FRENCH * 20}", None) == "fr"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300) | st.text(alphabet=st.characters(categories=["Cs", "Cc", "Lo", "Mn"]), max_size=300))
def test_no_text_crashes_it(text: str) -> None:
    found = detect(text, "fr")
    assert found is not None
    assert 2 <= len(found) <= 3


@pytest.mark.parametrize("text", ["a" * 10_000_000, "@" * 10_000_000, "été " * 2_000_000, "\x00\ud800" * 3_000_000])
def test_long_texts_cost_no_more_than_short_ones(text: str) -> None:
    detect(FRENCH, None)
    start = time.process_time()  # the clock would measure other tests too
    detect(text, "fr")
    assert time.process_time() - start < 1


def test_threads_load_it_once() -> None:
    _identifier.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: detect(FRENCH, None), range(32))) == {"fr"}
    assert _identifier.cache_info().misses == 1
