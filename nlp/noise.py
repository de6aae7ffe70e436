"""What people do to words, on purpose or not: used to train against it and to measure what it costs. Every function is ``(text, rng) -> text``."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from nlp.normalise import LEET, LOOK_ALIKE

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Noise = Callable[[str, Random], str]

WORD = re.compile(r"[^\W\d_]{4,}")
NEIGHBOURS = dict(zip("azertyuiopqsdfghjklmwxcvbn", "zaretyuoipsqfdhgkjlmxwvcnb", strict=True))  # on a French keyboard
TO_LEET = {new: old for old, new in LEET.items() if old not in "€$"}
TO_LOOK_ALIKE = {new: old for old, new in reversed(LOOK_ALIKE.items())}
EMOJI = ("🙏", "🔥", "💉", "✨", "😡", "❤️", "👇", "🌿", "😂", "⚠️", "💪", "🤔")


def no_accents(text: str, rng: Random) -> str:  # noqa: ARG001 - one signature for all
    """Without diacritics."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")


def typos(text: str, rng: Random) -> str:
    """About one word of seven with a letter lost, doubled, exchanged or hit beside."""
    return _some_words(text, rng, 0.15, _mistyped)


def capitals(text: str, rng: Random) -> str:  # noqa: ARG001 - one signature for all
    """All in capitals."""
    return text.upper()


def leetspeak(text: str, rng: Random) -> str:
    """Digits and signs for inner letters of every third word."""
    return _some_words(text, rng, 0.33, lambda word, rng: word[0] + _replaced(word[1:-1], rng, TO_LEET) + word[-1])


def spaced_letters(text: str, rng: Random) -> str:
    """Every sixth word with its letters apart."""
    return _some_words(text, rng, 0.17, lambda word, rng: rng.choice((" ", ".", "-")).join(word))


def emoji(text: str, rng: Random) -> str:
    """An emoji after about every eighth word, and at the end."""
    strewn = re.sub(r"(?<=\w) (?=\w)", lambda _: f" {rng.choice(EMOJI)} " if rng.random() < 0.12 else " ", text)
    return f"{strewn} {rng.choice(EMOJI) * rng.randint(1, 3)}"


def homoglyphs(text: str, rng: Random) -> str:
    """Letters of other scripts that look alike, in every third word."""
    return _some_words(text, rng, 0.33, lambda word, rng: _replaced(word, rng, TO_LOOK_ALIKE))


def zero_width(text: str, rng: Random) -> str:
    """Invisible characters inside every third word."""
    return _some_words(text, rng, 0.33, _split_unseen)


_ALL = (no_accents, typos, capitals, leetspeak, spaced_letters, emoji, homoglyphs, zero_width)
NOISES: dict[str, Noise] = {noise.__name__: noise for noise in _ALL}


def _some_words(text: str, rng: Random, share: float, change: Noise) -> str:
    return WORD.sub(lambda word: change(word.group(), rng) if rng.random() < share else word.group(), text)


def _mistyped(word: str, rng: Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    letter, following = word[place], word[place + 1]
    choices = ("", letter * 2, following + letter, NEIGHBOURS.get(letter, letter))
    kind = rng.randrange(len(choices))
    return word[:place] + choices[kind] + word[place + (2 if kind == 2 else 1) :]


def _replaced(word: str, rng: Random, table: dict[str, str]) -> str:
    return "".join(table[letter] if letter in table and rng.random() < 0.6 else letter for letter in word)


def _split_unseen(word: str, rng: Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + rng.choice(("\u200b", "\u200c", "\u2060", "\u00ad")) + word[place:]
