"""Where the words and the quoted phrases of a search stand in a text, by the analysis of the index: both adapters highlight alike. Pure."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from index.french import exact, exact_tokens, offsets, stemmed, tokens, words
from index.queries import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]  # Python offsets: text[start:end]
Word = tuple[int, int]  # number of a piece between spaces, number of the word in it
Place = tuple[Word, Word]  # first and last word

MAX_SPANS = 200  # of one text: more tells nothing, and a text of a million characters may repeat one word
LONG = 60  # characters of a piece that is not remembered
CONTEXT = 240  # characters of a passage


class Wanted(NamedTuple):
    """What is looked for: stems, and phrases word by word as they are written."""

    stems: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]


class Snippet(NamedTuple):
    """A passage: ``text[start:end]`` of the whole, and the spans in it, counted from the passage's own start."""

    start: int
    end: int
    text: str
    spans: tuple[Span, ...]


def wanted(searched: str) -> Wanted:
    """What a search looks for in a text."""
    plain, quoted = phrases(searched)
    return Wanted(frozenset(tokens(plain)), tuple(tuple(exact_tokens(phrase)) for phrase in quoted))


def highlights(text: str, sought: Wanted, *, most: int = MAX_SPANS) -> tuple[Span, ...]:
    """The first ``most`` places of what is sought, in order, none overlapping another."""
    if not text or not (sought.stems or sought.phrases):
        return ()
    pieces = text.split()  # no word holds a space; and a page repeats its pieces, which are then cut once
    found = {*islice(_stems(pieces, sought.stems), most), *(place for phrase in sought.phrases for place in islice(_phrase(pieces, phrase), most))}
    places = sorted(found)[:most]
    where = _where(text, pieces, {word for place in places for word in place})
    return tuple(_merged((where[first][0], where[last][1]) for first, last in places))


def _cut(piece: str) -> tuple[str, ...]:
    return _remembered(piece) if len(piece) <= LONG else tuple(words(piece))


@lru_cache(maxsize=50_000)
def _remembered(piece: str) -> tuple[str, ...]:
    return tuple(words(piece))


def _stems(pieces: Sequence[str], stems: frozenset[str]) -> Iterator[Place]:
    """The words of one of the stems."""
    if stems:
        fitting = {piece: at for piece in set(pieces) if (at := [at for at, word in enumerate(_cut(piece)) if stemmed(word) in stems])}
        yield from (((number, at), (number, at)) for number, piece in enumerate(pieces) if piece in fitting for at in fitting[piece])


def _phrase(pieces: Sequence[str], phrase: Sequence[str]) -> Iterator[Place]:
    """The first and the last word of each place of a phrase."""
    exacts = {piece: [exact(word) for word in _cut(piece)] for piece in set(pieces)}
    if not set(phrase) <= set(chain.from_iterable(exacts.values())):
        return
    # searched as one text: a phrase of many words in a text that repeats them would take words times words steps
    text, sought = f" {' '.join(chain.from_iterable(exacts[piece] for piece in pieces))} ", f" {' '.join(phrase)} "
    numbers = [(number, at) for number, piece in enumerate(pieces) for at in range(len(exacts[piece]))]
    at, before, number = text.find(sought), 0, 0
    while at >= 0:
        number += text.count(" ", before, at)
        yield numbers[number], numbers[number + len(phrase) - 1]
        before, at = at, text.find(sought, at + 1)


def _where(text: str, pieces: Sequence[str], chosen: set[Word]) -> dict[Word, Span]:
    """Where each of these words stands in the text."""
    wanted_of: dict[int, list[int]] = {}
    for number, at in sorted(chosen):
        wanted_of.setdefault(number, []).append(at)
    spans: dict[Word, Span] = {}
    place = 0
    for number, piece in enumerate(pieces[: max(wanted_of, default=-1) + 1]):
        place = text.find(piece, place)
        ats = wanted_of.get(number, [])
        for at, (start, end) in zip(ats, _offsets(piece, tuple(ats)) if ats else (), strict=True):
            spans[number, at] = place + start, place + end
        place += len(piece)
    return spans


def _offsets(piece: str, ats: tuple[int, ...]) -> list[Span]:
    return _remembered_offsets(piece, ats) if len(piece) <= LONG else offsets(piece, _cut(piece), ats)


@lru_cache(maxsize=5_000)
def _remembered_offsets(piece: str, ats: tuple[int, ...]) -> list[Span]:
    return offsets(piece, _cut(piece), ats)


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, those that overlap as one."""
    start, end = -1, -1
    for first, last in spans:
        if first >= end:
            if end > start:
                yield start, end
            start, end = first, last
        end = max(end, last)
    if end > start:
        yield start, end


def snippets(text: str, spans: Sequence[Span], *, size: int = CONTEXT, most: int = 2) -> tuple[Snippet, ...]:
    """The ``most`` best passages of about ``size`` characters, in the order of the text, cut between words.

    The best shows the most different words, then the most places. Without a place, the passage that the text begins with.
    """
    ends: list[tuple[int, int, int]] = []  # different words, places, number of the first place
    for number in range(len(spans)):
        inside = [text[start:end].casefold() for start, end in _within(spans, number, size)]
        ends.append((-len(set(inside)), -len(inside), number))
    chosen: list[Span] = []
    for *_, number in sorted(ends):
        if len(chosen) == most:
            break
        passage = _passage(text, spans[number][0], _within(spans, number, size)[-1][1], size)
        if all(passage[1] <= start or end <= passage[0] for start, end in chosen):
            chosen.append(passage)
    return tuple(_snippet(text, start, end, spans) for start, end in sorted(chosen or [_passage(text, 0, 0, size)]) if end > start)


def _within(spans: Sequence[Span], number: int, size: int) -> list[Span]:
    """The places that fit into a passage with this one as its first; at least this one."""
    first = spans[number][0]
    following = [span for span in spans[number + 1 : number + 1 + size] if span[1] - first <= size]
    return [spans[number], *following]


def _passage(text: str, first: int, last: int, size: int) -> Span:
    """``size`` characters around a place, widened or cut to where words end; a longer place is shown up to four times that."""
    last = min(last, first + 4 * size)  # two words of a phrase may stand a million signs apart
    room = max(0, size - (last - first))
    start = max(0, first - room // 2)
    end = min(len(text), max(last, start + size))
    start = max(0, min(start, end - size, first))
    if start and not text[start - 1].isspace():
        start = next((at + 1 for at in range(start, first) if text[at].isspace()), start)
    if end < len(text) and not text[end].isspace():
        end = next((at for at in range(end - 1, max(last - 1, start), -1) if text[at].isspace()), end)
    return start, max(end, last)


def _snippet(text: str, start: int, end: int, spans: Sequence[Span]) -> Snippet:
    inside = ((max(first, start) - start, min(last, end) - start) for first, last in spans if first < end and last > start)
    return Snippet(start, end, text[start:end], tuple(inside))
