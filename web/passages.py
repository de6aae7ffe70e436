"""A text cut where its passages begin and end, so that passages that overlap can each be shown. Pure."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# signs that change the order in which others are read, or that nobody sees: a reader is told that the text has some
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200e\u200f")
UNSEEN = frozenset("\u200b\u2060\ufeff\u00ad\u180e\u034f")
TABLE = {code: 0xFFFD for code in range(0xA0) if unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\t\n\r"}


class Mark(NamedTuple):
    """A passage: ``text[start:end]`` shows ``key``, of which ``label`` says more."""

    start: int
    end: int
    key: str
    label: str = ""


class Piece(NamedTuple):
    """A part of a text, where it starts in the whole, and the marks that cover it: one for each key, in the order of the keys."""

    start: int
    text: str
    marks: tuple[Mark, ...]


def cut(text: str, marks: Iterable[Mark]) -> tuple[Piece, ...]:
    """The text in pieces, each wholly in or out of every mark; put together they are the text. Marks beyond its ends are cut off."""
    kept = sorted({mark._replace(start=max(mark.start, 0), end=min(mark.end, len(text))) for mark in marks})
    kept = [mark for mark in kept if mark.start < mark.end]
    bounds = sorted({0, len(text), *(mark.start for mark in kept), *(mark.end for mark in kept)})
    pieces: list[Piece] = []
    open_now: list[Mark] = []
    waiting = iter(kept)
    following = next(waiting, None)
    for start, end in pairwise(bounds):
        open_now = [mark for mark in open_now if mark.end > start]
        while following is not None and following.start == start:
            open_now.append(following)
            following = next(waiting, None)
        pieces.append(Piece(start, text[start:end], _by_key(open_now)))
    return tuple(pieces)


def _by_key(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """One mark for each key; the labels of several are put together."""
    found: dict[str, Mark] = {}
    for mark in marks:
        known = found.get(mark.key)
        if known is None:
            found[mark.key] = mark
        elif mark.label and mark.label not in known.label.split(", "):
            found[mark.key] = known._replace(label=f"{known.label}, {mark.label}".removeprefix(", "))
    return tuple(found[key] for key in sorted(found))


def shown(text: str) -> str:
    """The text, sign for sign, as a page can carry it: what HTML would drop or join becomes another sign, so that places stay the same."""
    return text.replace("\r\n", " \n").replace("\r", "\n").translate(TABLE)


def warnings(text: str) -> tuple[str, ...]:
    """What a reader should know of signs that deceive the eye: ``direction``, ``invisible``."""
    signs = set(text)
    return tuple(name for name, wanted in (("direction", TURNING), ("invisible", UNSEEN)) if signs & wanted)


def find(text: str, quote: str) -> tuple[int, int] | None:
    """Where a quote that was copied by hand stands in the text, spaces and line breaks alike; None where it does not."""
    wanted = quote.split()
    if not wanted:
        return None
    at = text.find(quote.strip())
    if at >= 0:
        return at, at + len(quote.strip())
    flat, places = _flat(text)
    at = flat.find(" ".join(wanted))
    return None if at < 0 else (places[at], places[at + len(" ".join(wanted)) - 1] + 1)


def _flat(text: str) -> tuple[str, list[int]]:
    """The text with one space between words, and where each of its signs stands in the original."""
    signs, places = [], []
    for at, sign in enumerate(text):
        if not sign.isspace():
            signs.append(sign)
            places.append(at)
        elif signs and signs[-1] != " ":
            signs.append(" ")
            places.append(at)
    return "".join(signs), places
