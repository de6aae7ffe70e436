"""What in a text could lead to a person: addresses, numbers, accounts, names with a title. Looked for in all that a notice says. Pure.

A pattern finds what has a form; a bare name has none. That no victim can be recognised is therefore also asked of the people who sign.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = "[...]"
UPPER = "A-ZÀ-ÖØ-Þ"
TITLE = r"(?:MM?\.|Me|Pr\.?|(?i:Mr|Mmes?|Mlles?|Dre?)\.?|(?i:Monsieur|Madame|Mademoiselle|Docteure?|Maître))"
STREET = (
    r"(?:rue|avenue|av\.|boulevard|bd|bld|place|allée|allee|chemin|impasse|route|quai|cours|square|passage|lotissement|résidence|residence|faubourg)"
)
PATTERNS = {
    "adresse électronique": r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|\(arobase\)|\[arobase\]|＠)\s?[\w-]+(?:\.[\w-]+)+",
    "compte": r"(?<![\w@./-])@[\w.-]{2,}",
    "numéro de téléphone": r"(?<![\w+])(?:\+|00)\d{2}(?:[\s.\-]?\(?\d\)?){7,11}(?!\d)|(?<![\d.,])0\d(?:[\s.\-]?\d{2}){4}(?!\d)"
    r"|(?<![\d/])0\d(?:/\d{2}){4}(?![\d/])",
    "adresse postale": rf"(?i:\b\d{{1,4}}(?:\s?(?:bis|ter|quater))?,?\s+{STREET}\b)[^\n,;.]{{0,60}}|(?<!\d)\d{{5}}\s+[A-ZÉÈÀÂÎÔÇ][\w'’-]{{2,}}",
    "numéro de compte bancaire": r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b",
    "personne nommée": rf"\b{TITLE}(?:\s+|(?<=\.))(?:[{UPPER}]\.\s?)?[{UPPER}][\w'’-]+(?:\s+[{UPPER}][\w'’-]+)?",
}
# what nobody sees between two digits, and what looks like a dot, a digit or a letter and is another character
UNSEEN = "\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
LIKE = "\u2024\uff01-\uff5e\U0001d400-\U0001d7ff"
ODD, HIDDEN = re.compile(f"[{UNSEEN}{LIKE}]"), re.compile(f"[{UNSEEN}]")
FOUND = {kind: re.compile(pattern) for kind, pattern in PATTERNS.items()}


class Identifying(NamedTuple):
    """A passage ``text[start:end]`` that could lead to somebody; ``kind`` in French."""

    start: int
    end: int
    kind: str


def identifying(text: str) -> tuple[Identifying, ...]:
    """What is found, in order; of passages that overlap the first."""
    plain, at = _plain(text)
    matches = ((match, kind) for kind, pattern in FOUND.items() for match in pattern.finditer(plain))
    found = sorted(Identifying(at[match.start()], at[match.end() - 1] + 1, kind) for match, kind in matches)
    kept: list[Identifying] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(kept)


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """The text as it is read, without what nobody sees, and where each of its characters stands in ``text``."""
    if not ODD.search(text):
        return text, range(len(text))
    seen = [(place, unicodedata.normalize("NFKC", char)) for place, char in enumerate(text) if not HIDDEN.match(char)]
    return "".join(like if len(like) == 1 else text[place] for place, like in seen), [place for place, _ in seen]


def masked(text: str) -> str:
    """The text with each of them replaced by ``MASK``."""
    for one in reversed(identifying(text)):
        text = text[: one.start] + MASK + text[one.end :]
    return text


def shows(quoted: str, original: str) -> bool:
    """Whether ``quoted`` is ``original`` with parts of it replaced by ``MASK`` and nothing else changed."""
    parts = quoted.split(MASK)
    if len(parts) == 1:
        return quoted == original
    if not original.startswith(parts[0]) or not original.endswith(parts[-1]) or not "".join(parts).strip():
        return False
    at, end = len(parts[0]), len(original) - len(parts[-1])
    for part in parts[1:-1]:
        place = original.find(part, at, end)
        if place < 0:
            return False
        at = place + len(part)
    return at <= end
