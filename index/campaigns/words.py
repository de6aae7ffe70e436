"""A text as the words that say something, each in a spelling that phones, missing accents, disguise and haste leave alone. Pure."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import regex  # type: ignore[import-untyped]

MAX_CHARACTERS = 40_000  # of a text are read; hostile pages hold millions
MAX_WORDS = 3_000
LEAST = 0.02  # what any number weighs
HEARD = 4  # letters of a sound: "purification" and "purifier" are heard alike
_LOOK = "аaеeоoсcрpхxуyіiѕsјjһhԁdԛqԝwкkмmтtнhвbгrпnαaεeοoρpυuνvιiκkτtηnı\u0069"  # Cyrillic and Greek letters that pass for Latin ones
_ALIKE = str.maketrans(dict(zip(_LOOK[::2], _LOOK[1::2], strict=True)) | {"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "’": "'", "ʼ": "'", "‘": "'"})
_LEET = str.maketrans("013457@$€", "oieastase")
_LINK = regex.compile(r"(?:https?://|www\.)\S++|(?<![\p{L}\d])@[\w.]++")
_SPACED = regex.compile(r"(?<![\p{L}\p{N}'])\p{L}([ .\-_*·])\p{L}(?:\1\p{L}){1,30}(?![\p{L}\p{N}])")
_TOKEN = regex.compile(r"[\p{L}\d](?:[\p{L}\d@$€]*+(?<=[\p{L}\d]))")
_INNER = regex.compile(r"\p{L}[013457@$€]++\p{L}")
_QUOTED = regex.compile(r"«(?:[^«»]|«[^«»]{0,500}+»){25,3000}+»|“[^“”]{25,3000}+”|\"[^\"\n]{25,3000}+\"")
_UNSEEN = regex.compile(r"[\p{Mn}\p{Cf}]++")
_NUMBER = regex.compile(r"(?<=\d)[ .\u202f\u00a0](?=\d{3}(?!\d))")
# written out or in figures, a number is the same; "un" and "une" are articles
_COUNTED = (
    "zero",
    "",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
)
_NUMBERS = {word: str(number) for number, word in enumerate(_COUNTED) if word} | {
    "vingt": "20",
    "trente": "30",
    "quarante": "40",
    "cinquante": "50",
    "soixante": "60",
    "cent": "100",
    "cents": "100",
    "mille": "1000",
    "midi": "12",
    "minuit": "0",
}


class Word(NamedTuple):
    """A word that says something: how it sounds, and its weight, 0 to 1 (rare in French)."""

    sound: str
    weight: float


class Told(NamedTuple):
    """What a text says: its telling words in order, and how many words it has in all."""

    words: list[Word]
    size: int


def told(text: str) -> Told:
    """The telling words of what the author says."""
    found = tokens(own_words(text[:MAX_CHARACTERS]))
    heard = [word for token in found if (word := _word(token)).weight > 0]
    return Told(heard, len(found))


def readable(text: str) -> str:
    """Lower-case letters without accents and disguise; links and addressed names are gone."""
    text = _LINK.sub(" ", unicodedata.normalize("NFKC", text).lower().translate(_ALIKE))
    text = text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFD", text))
    joined: str = _NUMBER.sub("", _SPACED.sub(lambda found: found.group()[::2], text))
    return joined


def tokens(text: str) -> list[str]:
    """The words and numbers of a text."""
    found: list[str] = _TOKEN.findall(readable(text))
    return found[:MAX_WORDS]


# in this order; h is silent, endings that nobody hears are not written by those in a hurry
_SOUNDS = tuple(
    (regex.compile(pattern), new)
    for pattern, new in (
        (r"(.)\1+", r"\1"), (r"ph", "f"), (r"[sc]?ch", "X"), (r"gu(?=[ei])", "G"), (r"qu?|c(?=[^eiy]|$)", "k"), (r"(?<=[aeiouy])s(?=[aeiouy])", "z"),
        (r"c|sc(?=[eiy])|(?<!^)t(?=ion)", "s"), (r"x(?=.)", "ks"), (r"g(?=[eiy])", "j"), (r"y", "i"), (r"w", "v"), (r"h", ""), (r"z", "s"),
        (r"(?<=..)(?:e?nt|er|[dtspx]|e[sz]?)$", ""), (r"(?<=.)[aeiou]+", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


def heard_as(token: str) -> str:
    """How a word or a number sounds."""
    return _sound(_NUMBERS.get(token, token))


def _sound(word: str) -> str:
    """The first letter and the consonants that one hears after it, HEARD in all; a number as it is."""
    word = word[:40].translate(_LEET) if _INNER.search(word[:40]) else word[:40]
    if word[0].isdigit():
        return word[:20]
    for pattern, new in _SOUNDS:
        word = pattern.sub(new, word)
    return word[:HEARD]


def own_words(text: str) -> str:
    """The text without long passages in quotation marks, unless they are most of it: who quotes a text to answer it does not copy it."""
    rest = _QUOTED.sub(" ", text)
    return rest if 2 * len(rest) >= len(text) else text


@lru_cache(maxsize=100_000)
def _word(token: str) -> Word:
    heard = heard_as(token)
    weight = _common().get(heard, 1.0) if heard else 0.0
    return Word(heard, max(weight, LEAST) if heard[:1].isdigit() else weight)


@lru_cache(maxsize=1)
def _common() -> dict[str, float]:
    """Weights of what is heard in more than one French text of a thousand; all else weighs 1."""
    lines = resources.files("index.campaigns").joinpath("common.txt").read_text(encoding="utf-8").splitlines()
    return {sound: float(weight) for sound, _, weight in (line.partition(" ") for line in lines if not line.startswith("#"))}
