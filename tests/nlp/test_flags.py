"""Flags: every sentence of the taxonomy that must raise one does, every one that must not does not."""

from __future__ import annotations

import time

import pytest

from core.taxonomy import load_taxonomy
from nlp.flags import MOST, flags
from nlp.segment import sentences

READ = [flag for flag in load_taxonomy().flags if flag.detected_by == "text"]


@pytest.mark.parametrize("flag", READ, ids=lambda flag: flag.id)
def test_sentences_of_the_taxonomy(flag: object) -> None:
    expected, others = flag.matches, flag.non_matches  # type: ignore[attr-defined]
    raised = [{one.id for one in found} for found in flags([*expected, *others])]
    assert [text for text, found in zip(expected, raised, strict=False) if flag.id not in found] == []  # type: ignore[attr-defined]
    assert [text for text, found in zip(others, raised[len(expected) :], strict=True) if flag.id in found] == []  # type: ignore[attr-defined]


def test_offsets_and_values() -> None:
    text = "Stage du 12 au 15 mai à Montfleury, 497 € l'immersion. Rejoignez mon canal Telegram, mon fils de 4 ans y est."
    (found,) = flags([text])
    assert all(text[flag.start : flag.end] == flag.text for flag in found)
    values = {flag.id: flag.value for flag in found}
    assert values["T2"] == "497 EUR"
    assert values["T5"] == "telegram"
    assert values["T10"] == "Montfleury"
    assert "T1" in values


def test_a_flag_is_shown_a_few_times_and_any_text_is_read() -> None:
    (many, empty, odd) = flags(["Il coûte 10 €. " * 50, "", "🙏\n\n\u200b"])
    assert sum(flag.id == "T2" for flag in many) == MOST
    assert (empty, odd) == ((), ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Cela coûte 3 000 € par mois.", "3000 EUR"),
        ("Cela coûte 1 200 euros.", "1200 EUR"),
        ("Il faut 12 000 CHF.", "12000 CHF"),
        ("Il faut 3\u00a0000\u202f€ ce soir.", "3000 EUR"),
        ("La place est à 10k €.", "10000 EUR"),
        ("On parle de 2M€ au total.", "2000000 EUR"),
        ("Envoyez 5000 francs CFA.", "5000 XOF"),
        ("Envoyez 49,90 € vite.", "49.9 EUR"),
        ("Trois mille euros demandés.", None),
    ],
)
def test_amounts_as_french_people_write_them(text: str, value: str | None) -> None:
    (found,) = flags([text])
    money = [flag for flag in found if flag.id == "T2"]
    assert [flag.value for flag in money] == [value]


def test_disguised_words_raise_flags_and_quote_the_text_as_given() -> None:
    for text in ("Rejoins le canal T3l3gram vite", "Rejoins le canal Tele\u200bgram vite", "Rejoins le canal 𝗧𝗲𝗹𝗲𝗴𝗿𝗮𝗺 vite"):
        (found,) = flags([text])
        channel = [flag for flag in found if flag.id == "T5"]
        assert channel
        assert all(text[flag.start : flag.end] == flag.text for flag in channel)


@pytest.mark.parametrize("piece", ["🙏", "(", "=", "a", "1,", "http://", "Ceci ", "12 mai ", "mon fils "])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    start = time.process_time()  # the clock would measure other tests too
    list(flags([piece * (20_000 // len(piece))]))
    assert len(sentences(piece * (20_000 // len(piece)))) > 0
    assert time.process_time() - start < 30
