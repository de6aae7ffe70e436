"""Flags: every sentence of the taxonomy that must raise one does, every one that must not does not."""

from __future__ import annotations

import pytest

from nlp.flags import MOST, flags
from nlp.taxonomy import load_taxonomy

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
