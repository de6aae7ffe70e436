"""Disguised text: made plain, with offsets that lead back."""

from __future__ import annotations

import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from nlp.noise import NOISES
from nlp.normalise import plain


@pytest.mark.parametrize(
    ("disguised", "clear"),
    [
        ("arrête la ch1mi0 et le v@x", "arrête la chimio et le vax"),
        ("la c h i m i o demain", "la chimio demain"),
        ("j.e.û.n.e sec", "jeûne sec"),
        ("ARRÊTEZ LA CHIMIO MAINTENANT", "arrêtez la chimio maintenant"),
        ("с'еst un роison", "c'est un poison"),
        ("chi\u200bmio\u00ad thérapie", "chimio thérapie"),
        ("𝗟𝗮 𝗰𝗵𝗶𝗺𝗶𝗼 tue", "La chimio tue"),
        ("e\u0301te\u0301", "été"),
        ("nooooon", "non"),
        (
            "5G, covid19, B12, 20h30, 10mg, h1n1, 4x4, 30€, www.site.example, l'ARS",
            "5G, covid19, B12, 20h30, 10mg, h1n1, 4x4, 30€, www.site.example, l'ARS",
        ),
        ("Une phrase ordinaire, avec des accents.", "Une phrase ordinaire, avec des accents."),
        ("", ""),
        ("\u200b\u200c", ""),
    ],
)
def test_disguises(disguised: str, clear: str) -> None:
    assert plain(disguised).text == clear


@given(st.text(alphabet=st.sampled_from("aeiou chimo1034@$€.-АЕОсрхé\u0301\u200b\u00a0ÀLET\n𝗮🙏"), max_size=60))
@bounds(max_examples=300, deadline=None)
def test_places_lead_back_in_order(text: str) -> None:
    found = plain(text)
    if found.origin is None:
        assert found.text == text
        return
    assert len(found.origin) == len(found.text)
    assert all(first <= second for first, second in pairwise(found.origin))
    assert all(0 <= place < len(text) for place in found.origin)
    if found.text:
        assert found.back(0, len(found.text))[1] <= len(text)
        assert plain(found.text).text is not None


def test_a_span_covers_what_it_stands_for() -> None:
    text = "Oui. c h i m i o tue. Fin."
    found = plain(text)
    start = found.text.index("chimio")
    first, last = found.back(start, start + len("chimio"))
    assert text[first:last] == "c h i m i o"
    assert found.forth(first) == start


def test_a_span_keeps_the_end_of_its_last_word() -> None:
    for text in ("C'est fini, nonnnn", "Il a été e\u0301te\u0301", "Non\u200b\u200b"):
        found = plain(text)
        assert text[slice(*found.back(0, len(found.text)))] == text


@pytest.mark.parametrize("name", ["leetspeak", "spaced_letters", "homoglyphs", "zero_width", "capitals"])
def test_noise_that_hides_words_is_undone(name: str) -> None:
    text = "Arrêtez la chimiothérapie, les médecins mentent et notre protocole naturel guérit vraiment toutes les tumeurs."
    kept = changed = 0.0
    for seed in range(10):
        noisy = NOISES[name](text, Random(seed))
        changed += noisy != text
        words = set(text.lower().replace(",", "").replace(".", "").split())
        kept += len(words & set(plain(noisy).text.lower().replace(",", "").replace(".", "").split())) / len(words)
    assert changed >= 8
    assert kept / 10 > 0.9


@pytest.mark.parametrize("name", NOISES)
def test_noise_is_seeded_and_survives_any_text(name: str) -> None:
    text = "Une phrase un peu longue, avec des mots ordinaires et une fin."
    assert NOISES[name](text, Random(1)) == NOISES[name](text, Random(1))
    for odd in ("", "a", "🙏", "\n\n"):
        assert isinstance(NOISES[name](odd, Random(1)), str)


@pytest.mark.parametrize("piece", ["a ", "A", "A!", "ABC ", "a1", "0a", "a@", "1", "e\u0301", "\u200b", "а", "aа", "A\n", "a.", "A 1", "é", "ab"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    start = time.process_time()  # the clock would measure other tests too
    plain(piece * (100_000 // len(piece)))
    plain("A" + piece * (100_000 // len(piece)) + "b")
    assert time.process_time() - start < 10
