"""What is found stands out, at the right place of the text as it was written."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.french import exact_tokens, offsets, stemmed, tokens, words
from index.highlights import CONTEXT, MAX_SPANS, highlights, snippets, wanted


def shown(text: str, searched: str) -> list[str]:
    return [text[start:end] for start, end in highlights(text, wanted(searched))]


@pytest.mark.parametrize(
    ("text", "searched", "expected"),
    [
        ("Les chevaux guérissent.", "cheval guérir", ["chevaux"]),
        ("Le gourou, les gourous.", "gourou", ["gourou", "gourous"]),
        ("Une œuvre et des ŒUVRES d’art.", "oeuvre", ["œuvre", "ŒUVRES"]),
        ("D’œuvre en œuvre, l'eau", "eau", ["l'eau"]),
        (
            unicodedata.normalize("NFD", "Été : le jeûne guérit tout."),
            "jeûne guérit",
            [unicodedata.normalize("NFD", "jeûne"), unicodedata.normalize("NFD", "guérit")],
        ),
        ("Un ca\u00adché, puis caché\ufeff.", "caché", ["ca\u00adché", "caché"]),
        ("İİ œ puis vaccin et İvaccin vaccins", "vaccin", ["vaccin", "vaccins"]),
        ("𝐆𝐎𝐔𝐑𝐎𝐔 en gras", "gourou", ["𝐆𝐎𝐔𝐑𝐎𝐔"]),
        ("Vaccin:danger·vaccin", "vaccin", ["Vaccin", "vaccin"]),
        ("Le maître guérit. Le maître guérira.", '"maître guérit"', ["maître guérit"]),
        ("Il a dit : « le Maître Guérit »", "« maitre guerit »", ["Maître Guérit"]),
        ("maître, guérit et l’eau", '"guérit et eau"', ["guérit et l’eau"]),
        ("a a a", '"a a"', ["a a a"]),
        ("😀 vaccin 😀😀", "vaccin 😀", ["😀", "vaccin", "😀", "😀"]),
        ("rien à voir", "vaccin", []),
        ("rien à voir", "", []),
        ("rien à voir", '"', []),
        ("", "vaccin", []),
        ("guérit maître", '"maître guérit"', []),
        ("Jetez vos médicaments !", 'jeter "vos médicaments"', ["vos médicaments"]),
    ],
)
def test_places(text: str, searched: str, expected: list[str]) -> None:
    assert shown(text, searched) == expected


ALPHABET = "aàâeéèêœŒæÆsxtLlDdQqu'’ʼ-_.:·,\u00ad\u200c\u2060\ufeff\u0301\u0300\u0302\u0327İıß𝐀𝒃1２ 2\n\u00a0\u2028😀🇫🇷\u200d👩あ漢"
TEXT = st.text(alphabet=st.sampled_from(ALPHABET), max_size=60) | st.text(max_size=40)


@given(TEXT)
@example("œ\u00ad\u00ad́é e\u0301\u00ade")
@example("İ'a\u00ad İİœe\u0301")
def test_each_word_is_where_it_is_said_to_be(text: str) -> None:
    found = words(text)
    for word, (start, end) in zip(found, offsets(text, found, range(len(found))), strict=True):
        assert 0 <= start < end <= len(text)
        assert words(text[start:end]) == [word]


@given(TEXT, TEXT)
@example("malade mal malade", "mal")
def test_what_stands_out_is_every_word_that_was_searched(text: str, searched: str) -> None:
    sought = wanted(searched.replace('"', " "))
    spans = highlights(text, sought)
    found = words(text)
    assert list(spans) == offsets(text, found, [number for number, word in enumerate(found) if stemmed(word) in sought.stems])
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert all(set(tokens(text[start:end])) & sought.stems for start, end in spans)
    assert bool(spans) == bool(sought.stems & set(tokens(text)))


@given(TEXT, st.data())
def test_a_phrase_of_the_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    found = exact_tokens(text)
    if found and not set(text) & set('"«»“”'):
        first = data.draw(st.integers(0, len(found) - 1))
        last = data.draw(st.integers(first, len(found) - 1))
        starts = offsets(text, words(text), range(len(found)))
        phrase = text[starts[first][0] : starts[last][1]]
        assert any(start <= starts[first][0] and starts[last][1] <= end for start, end in highlights(text, wanted(f'"{phrase}"')))


def test_a_word_longer_than_the_index_takes_is_found_by_its_pieces() -> None:
    text = "x" * 300 + " fin"
    assert [text[start:end] for start, end in offsets(text, words(text), [0, 1, 2])] == ["x" * 255, "x" * 45, "fin"]


def test_fifty_results_are_read_at_once_and_a_huge_text_too() -> None:
    page = [
        ("Le gourou de la forêt promet à l'eau vive que les chevaux guérissent, d'après lui ; « jeûner » suffirait. " * 60)[:5000] + str(n)
        for n in range(50)
    ]
    huge = ["œ\u00ada " * 250_000, "\u00ada" * 500_000, "a" * 1_000_000, "a.b,c;" * 160_000]

    def seconds(texts: list[str], searched: str) -> float:
        start = time.process_time()
        for text in texts:
            spans = highlights(text, wanted(searched))
            assert len(spans) <= MAX_SPANS
            snippets(text, spans)
        return time.process_time() - start

    assert min(seconds(page, 'cheval "la forêt"') for _ in range(3)) < 0.25  # 0.05 on a quiet machine
    for text in huge:
        assert seconds([text], f'a oea "{"a " * 300}b" "a b"') < 6  # 0.1 to 0.6


def test_snippets_show_the_most_different_words_first_and_end_between_words() -> None:
    filler = "Une phrase sans rapport aucun avec le sujet. " * 20
    text = f"{filler}Le vaccin. {filler}Le vaccin et la chimio, dit le gourou. {filler}Un vaccin, un vaccin."
    spans = highlights(text, wanted("vaccin chimio gourou"))
    best, *_ = found = snippets(text, spans, size=120, most=2)
    assert "vaccin et la chimio, dit le gourou" in best.text
    assert len(found) == 2
    for one in found:
        assert one.text == text[one.start : one.end]
        assert len(one.text) <= 120 + 20
        assert not text[one.start - 1 : one.start].strip()
        assert not text[one.end : one.end + 1].strip()
        assert all(one.text[start:end].lower() in {"vaccin", "chimio", "gourou"} for start, end in one.spans)


@given(st.text(alphabet="ab \n", max_size=400), st.integers(1, 50), st.integers(1, 4))
def test_snippets_are_parts_of_the_text_that_never_overlap(text: str, size: int, most: int) -> None:
    spans = highlights(text, wanted("a ab"))
    found = snippets(text, spans, size=size, most=most)
    assert len(found) <= most
    assert bool(found) == bool(text)
    for one in found:
        assert one.text == text[one.start : one.end]
        assert len(one.text) <= 4 * size + size
        assert all(0 <= start < end <= len(one.text) for start, end in one.spans)
    assert all(first.end <= second.start for first, second in pairwise(found))
    assert not spans or any(one.spans for one in found)


def test_a_phrase_parted_by_a_million_signs_makes_no_passage_of_a_million() -> None:
    text = "Le maître " + "! " * 400_000 + "guérit tout"
    (one,) = snippets(text, highlights(text, wanted('"maître guérit"')))
    assert len(one.text) <= 5 * CONTEXT
