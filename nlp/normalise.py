"""Disguised text made plain: invisible characters, look-alike letters, spaced letters, leetspeak, shouting. Offsets lead back to the text as given.

People hide words from moderation ("ch1mi0", "v a c c i n", Cyrillic letters). The judge reads the plain text, evidence quotes the original.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import regex  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Unicode TR39 confusables that keyboards and "font" sites offer, in words that stand among Latin letters
_LOOK = "аaеeоoсcрpхxуyіiѕsјjһhԁdԛqԝwкkмmтtнhвbгrпnАAЕEОOСCРPХXУYІIЅSЈJКKМMТTНHВBαaεeοoρpυuνvιiκkτtηnΑAΕEΟOΡPΥYΝNΙIΚKΤTΗHΒBΜMΧXΖZıi"
LOOK_ALIKE = dict(zip(_LOOK[::2], _LOOK[1::2], strict=True))
LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "€": "e"}
KEPT = {"h1n1", "h5n1", "b2b", "b2c", "p2p", "c3po", "r2d2"}  # a digit between letters that means itself

SPACED = regex.compile(r"(?<![\p{L}\p{N}'’])\p{L}(?:([ .\-_*·])\p{L})(?:\1\p{L}){2,}(?![\p{L}\p{N}])")
# possessive and anchored where a token begins: hostile text must not make them quadratic
TOKEN = regex.compile(r"(?<![\p{L}\d@$€])[\p{L}\d@$€]++")
DISGUISED = regex.compile(r"\p{L}[013457@$€]++\p{L}")
SHOUTED = regex.compile(r"(?<!\p{L})\p{Lu}++(?!\p{Ll})(?:[\s,;:.!?'’\-–«»\"()]++(?:\p{Lu}++(?!\p{Ll})|\d++))++")
LONGEST_TOKEN = 40  # letters; a longer one is no disguised word
DRAWN_OUT = regex.compile(r"([abd-hj-ln-vyzà-öø-ÿ])\1{2,}|([cimx])\2{3,}")  # "nooon"; not "www", not the Roman "xviii"
STRANGE = regex.compile(r"[\p{Cf}\p{Mn}\p{Zs}\p{Cyrillic}\p{Greek}ı\p{So}\uFB00-\uFB06\uFF00-\uFFEF\U0001D400-\U0001D7FF--[ ]]", regex.V1)
HIDDEN = {"Cf", "Mn"}  # categories: invisible, and accents that stand alone
SHOUTED_LETTERS = 9  # fewer capitals in a row may be acronyms


class Plain(NamedTuple):
    """``origin[i]`` is the place in ``given`` of ``text[i]``; None where the two are the same."""

    text: str
    origin: Sequence[int] | None
    given: str

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text as given that ``text[start:end]`` (not empty) stands for, with the accents and repeats that its last letter lost."""
        if self.origin is None:
            return start, end
        last = self.origin[end - 1] + 1
        stop = self.origin[end] if end < len(self.origin) else len(self.given)
        while last < stop and (unicodedata.category(self.given[last]) in HIDDEN or self.given[last] == self.given[last - 1]):
            last += 1
        return self.origin[start], last

    def forth(self, place: int) -> int:
        """Where a place of the text as given lies in ``text``."""
        return place if self.origin is None else bisect_left(self.origin, place)


def plain(text: str) -> Plain:
    """The text without disguise. A text that has none comes back as it is."""
    if unicodedata.is_normalized("NFC", text) and not any(pattern.search(text) for pattern in (STRANGE, SPACED, DISGUISED, SHOUTED, DRAWN_OUT)):
        return Plain(text, None, text)
    found, origin = _visible(text)
    for step in (_latin, _joined, _spelt, _quiet, _short):
        found, origin = _rewritten(found, origin, step)
    return Plain(found, None if found == text else origin, text)


def _visible(text: str) -> tuple[str, list[int]]:
    """Without invisible characters and stacked accents; wide, bold and joined letters as plain ones."""
    chars: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        kind = unicodedata.category(char)
        if kind == "Mn" and chars:
            composed = unicodedata.normalize("NFC", chars[-1] + char)
            if len(composed) == 1:
                chars[-1] = composed
        elif kind == "Zs":
            chars.append(" ")
            origin.append(place)
        elif kind not in HIDDEN:
            shown = unicodedata.normalize("NFKC", char) if char > "ʯ" else char
            shown = shown if shown[:1].isalnum() and len(shown) <= 3 else char
            chars += shown
            origin += [place] * len(shown)
    return "".join(chars), origin


def _rewritten(text: str, origin: list[int], step: Callable[[str], Iterator[tuple[int, int, str]]]) -> tuple[str, list[int]]:
    """Apply the replacements ``(start, end, new)`` of one step; a shorter text keeps the places of the characters that stay."""
    parts, places, at = [], [], 0
    for start, end, new in step(text):
        parts += [text[at:start], new]
        kept = origin[start:end] if len(new) == end - start else _spread(origin[start:end], len(new))
        places += origin[at:start] + kept
        at = end
    return "".join([*parts, text[at:]]), places + origin[at:]


def _spread(places: Sequence[int], size: int) -> list[int]:
    """``size`` of the places, first and last among them, so that a span still covers all that it stands for."""
    if size == 1:
        return [places[0]]
    return [places[round(number * (len(places) - 1) / (size - 1))] for number in range(size)]


def _latin(text: str) -> Iterator[tuple[int, int, str]]:
    if not regex.search(r"\p{Latin}", text):
        return
    for word in regex.finditer(r"\p{L}+", text):
        letters = word.group()
        if any(letter in LOOK_ALIKE for letter in letters) and all(letter in LOOK_ALIKE or regex.match(r"\p{Latin}", letter) for letter in letters):
            yield word.start(), word.end(), "".join(LOOK_ALIKE.get(letter, letter) for letter in letters)


def _joined(text: str) -> Iterator[tuple[int, int, str]]:
    for found in SPACED.finditer(text):
        yield found.start(), found.end(), found.group()[::2]


def _spelt(text: str) -> Iterator[tuple[int, int, str]]:
    for found in TOKEN.finditer(text):
        token = found.group()
        if len(token) <= LONGEST_TOKEN and DISGUISED.search(token) and not _means_itself(token, text[found.end() : found.end() + 2]):
            yield found.start(), found.end(), "".join(LEET.get(letter, letter) for letter in token)


def _means_itself(token: str, following: str) -> bool:
    """Whether digits and signs are what they are: a quantity ("1h15min"), an address, a known name, or mostly digits."""
    address = "@" in token and following[:1] == "." and following[1:].isalpha()
    return token[0].isdigit() or address or token.lower() in KEPT or 3 * sum(map(str.isalpha, token)) < len(token)


def _quiet(text: str) -> Iterator[tuple[int, int, str]]:
    for found in SHOUTED.finditer(text):
        if sum(letter.isupper() for letter in found.group()) >= SHOUTED_LETTERS:
            yield found.start(), found.end(), "".join(low if len(low := letter.lower()) == 1 else letter for letter in found.group())


def _short(text: str) -> Iterator[tuple[int, int, str]]:
    for found in DRAWN_OUT.finditer(text):
        yield found.start(), found.end(), found.group()[0]
