"""French analysis for the embedded index, the same in effect as the analyzers that fields.py gives Elasticsearch.

Character filter, Unicode words (UAX 29), lower case, elision, light stemmer, accents folded. No stop words. The stemmer follows Jacques Savoy's
"UniNE" light stemmer (A light stemming approach for the French, Portuguese, German and Hungarian languages, 2006; copyright 2005
Jacques Savoy, BSD licence, http://members.unine.ch/jacques.savoy/clef/) as Lucene's FrenchLightStemmer orders its rules (Apache licence 2.0).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import regex  # type: ignore[import-untyped] # it alone knows the word boundaries of UAX 29

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ELISIONS = ("l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu")
MAX_TOKEN_LENGTH = 255  # Lucene cuts longer words there

_ACCENTED = "àáâãäçèéêëìíîïñòóôõöùúûüýÿ"
# Read before words are cut. ":" and "·" would glue words together ("note:important", "adepte·s"); invisible characters split or hide words;
# ligatures are opened before the stemmer, so that "cœur" and "coeur" end alike; phones write decomposed accents; posts imitate bold type with
# mathematical letters.
CHARACTERS: dict[str, str] = {
    **{unicodedata.normalize("NFD", letter): letter for letter in _ACCENTED + _ACCENTED.upper()},
    **dict.fromkeys(":·•‧", " "),
    **dict.fromkeys("\u00ad\u200c\u2060\ufeff", ""),
    **dict.fromkeys("\u2019\u2018\u02bc\uff07", "'"),  # typographic, opening, modifier letter and full-width apostrophes
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    **{chr(code): plain for code in range(0x1D400, 0x1D6A4) if (plain := unicodedata.normalize("NFKD", chr(code))).isascii()},
}
_SINGLE = str.maketrans({key: value for key, value in CHARACTERS.items() if len(key) == 1})
_DECOMPOSED = regex.compile("|".join(key for key in CHARACTERS if len(key) > 1))
# what is longer or shorter once read; U+0130 is the only letter whose small one takes two characters
_CHANGES = regex.compile("|".join(["\u0130", *(key for key, becomes in CHARACTERS.items() if len(key) != len(becomes))]))

_LETTER = r"\p{WB=ALetter}\p{WB=Hebrew_Letter}"
_JOINED = r"\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}"  # marks stay with the character that they follow
_LETTERS = rf"[{_LETTER}][{_LETTER}{_JOINED}]*"
_DIGITS = rf"\p{{WB=Numeric}}[\p{{WB=Numeric}}{_JOINED}]*"
_RUN = (
    rf"(?:{_LETTERS}(?:[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}'][{_JOINED}]*{_LETTERS})*"
    rf"|{_DIGITS}(?:[\p{{WB=MidNum}}\p{{WB=MidNumLet}}'][{_JOINED}]*{_DIGITS})*)+"
)
_EMOJI = rf"\p{{RI}}\p{{RI}}|\p{{Extended_Pictographic}}[{_JOINED}]*(?:(?<=\u200d)\p{{Extended_Pictographic}}[{_JOINED}]*)*"
# a run of "_" is only tried from its first one, else a page of a million of them would take a million times a million steps
_WORD = regex.compile(
    rf"(?:(?<!\p{{WB=ExtendNumLet}})\p{{WB=ExtendNumLet}}++)?+{_RUN}(?:\p{{WB=ExtendNumLet}}+{_RUN})*\p{{WB=ExtendNumLet}}*"
    rf"|\p{{WB=Katakana}}[\p{{WB=Katakana}}{_JOINED}]*|[\p{{Han}}\p{{Hiragana}}]|\p{{Lb=SA}}+|{_EMOJI}"
)

# (longer than, ending, becomes, done): the first that fits is applied; when it is not the last word, later ones may follow it
_RULES: tuple[tuple[int, str, str, bool], ...] = (
    (9, "issement", "ir", True),
    (8, "issant", "ir", True),
    (7, "ivement", "if", True),
    (6, "ement", "e", True),
    (11, "ficatrice", "fier", True),
    (10, "ficateur", "fier", True),
    (9, "catrice", "quer", True),
    (8, "cateur", "quer", True),
    (8, "atrice", "er", True),
    (7, "ateur", "er", True),
    (6, "trice", "teur", False),
    (5, "ième", "", True),
    (7, "teuse", "ter", True),
    (6, "teur", "ter", True),
    (5, "euse", "eu", True),
    (8, "ère", "er", True),
    (7, "ive", "if", True),
    (4, "folle", "fou", True),
    (4, "molle", "mou", True),
    (9, "nnelle", "n", True),
    (9, "nnel", "n", True),
    (4, "ète", "et", False),
    (8, "ique", "", False),
    (8, "esse", "e", True),
    (7, "inage", "in", True),
    (12, "ualisation", "uel", True),
    (9, "isation", "", True),
    (8, "ation", "", True),
    (8, "ition", "", True),
)
_PLAIN = str.maketrans("àáâôèéêùûîç", "aaaoeeeuuic")  # the accents that the stemmer itself drops
_LATIN_FORMS = {chr(code) for start, end in ((0xFB00, 0xFB07), (0xFF01, 0xFF5F)) for code in range(start, end)}  # ﬁ and full-width letters
_FOLDED = {"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h"}


def tokens(text: str) -> list[str]:
    """The stemmed words of a text, in order: what the fields ``title`` and ``text`` are searched by."""
    return [stemmed(word) for word in words(text)]


def exact_tokens(text: str) -> list[str]:
    """The words of a text without stemming, in order: what a quoted phrase is searched by."""
    return [exact(word) for word in words(text)]


def both_tokens(text: str) -> tuple[list[str], list[str]]:
    """``tokens`` and ``exact_tokens`` in one reading: half the time to index a text."""
    found = words(text)
    return [stemmed(word) for word in found], [exact(word) for word in found]


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order, before elision and stemming."""
    plain = _plain(text)
    found: list[str] = _WORD.findall(plain)
    if len(plain) <= MAX_TOKEN_LENGTH:
        return found
    return [word[at : at + MAX_TOKEN_LENGTH] for word in found for at in range(0, len(word), MAX_TOKEN_LENGTH)]


def _plain(text: str) -> str:
    # asking first is a hundred times faster than replacing, and hardly any text needs it
    composed = text if unicodedata.is_normalized("NFC", text) else _DECOMPOSED.sub(lambda found: CHARACTERS[found[0]], text)
    return composed.translate(_SINGLE).lower()


def offsets(text: str, found: Sequence[str], numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Where some words stand in the text as it was written: (start, end) of ``found[number]`` for each number, ascending.

    ``found`` is ``words(text)``. Looking again for the few that are wanted is ten times faster than noting where each one stands.
    """
    plain, at, places = _plain(text), 0, list[int]()
    chosen = set(numbers)
    for number, word in enumerate(found[: max(chosen, default=-1) + 1]):
        start = plain.find(word, at)  # what lies between two words is part of none, so that the first find is the word itself
        at = start + len(word)
        if number in chosen:
            places += (start, at - 1)
    origins = list(_origins(text, places))
    return [(first[0], last[1]) for first, last in zip(origins[::2], origins[1::2], strict=True)]


def _origins(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(start, end) of what became the character at each of these ascending places of ``_plain(text)``."""
    changes = _CHANGES.finditer(text)
    change = next(changes, None)
    becomes, written = (0, 0), (0, 0)  # where the last change stands in the plain text, and in the text as written
    for place in places:
        while change and becomes[1] + change.start() - written[1] <= place:
            start = becomes[1] + change.start() - written[1]
            becomes, written = (start, start + len(CHARACTERS.get(change[0], change[0].lower()))), change.span()
            change = next(changes, None)
        if place < becomes[1]:
            yield written
        else:
            yield written[1] + place - becomes[1], written[1] + place - becomes[1] + 1


# a corpus repeats its words: 50,000 of them are nearly all that a month of pages holds, in about 10 MB
@lru_cache(maxsize=50_000)
def stemmed(word: str) -> str:
    """One of ``words`` as ``tokens`` gives it."""
    return _fold(stem(_elided(word)))


@lru_cache(maxsize=50_000)
def exact(word: str) -> str:
    """One of ``words`` as ``exact_tokens`` gives it."""
    return _fold(_elided(word))


def _elided(word: str) -> str:
    article, apostrophe, rest = word.partition("'")
    return rest if apostrophe and article in ELISIONS else word


def stem(word: str) -> str:
    """The light stem of a lower-case word."""
    if len(word) > 5 and word.endswith("x"):
        word = word[:-2] + "l" if word[-3:-1] == "au" and word[-4] != "e" else word[:-1]
    for plural in "xs":
        if len(word) > 3 and word.endswith(plural):
            word = word[:-1]
    for longer_than, ending, becomes, done in _RULES:
        if len(word) > longer_than and word.endswith(ending):
            word = word[: -len(ending)] + becomes
            if done:
                break
    return _trimmed(word)


def _trimmed(word: str) -> str:
    if len(word) > 4:
        word = "".join(letter if letter.isalpha() else "".join(run) for letter, run in groupby(word.translate(_PLAIN)))
    if len(word) > 4 and word.endswith("ie"):
        word = word[:-2]
    if len(word) > 4:
        word = word.removesuffix("r").removesuffix("e").removesuffix("e")
        word = word[:-1] if word[-1] == word[-2] and word[-1].isalpha() else word
    return word


def _fold(word: str) -> str:
    return word if word.isascii() else "".join(map(_folded, word))


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """A Latin character without its accent; any other as it is."""
    decomposed = unicodedata.normalize("NFKD" if character in _LATIN_FORMS else "NFD", character)
    bare = "".join(part for part in decomposed if not unicodedata.combining(part))
    return _FOLDED.get(character) or (bare if bare and bare.isascii() else character)
