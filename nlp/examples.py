"""From rows of the corpus to what the judge learns: windows with targets, drawn anew each epoch with noise, swapped groups and hidden sentences."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from core.records import MARKERS, STANCES
from nlp.corpus import SUBMARKERS
from nlp.noise import NOISES
from nlp.normalise import plain
from nlp.segment import sentences
from nlp.windows import windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from core.records import Marker, Stance
    from nlp.corpus import Row
    from nlp.windows import Codec, Window

SWAPS = Path(__file__).with_name("swaps.yml")
SHORT, LONG = 60, 120  # words: what can be hidden, and in what
UNKNOWN = float("nan")  # a target that teaches nothing


class Mark(NamedTuple):
    """``text[start:end]`` carries a sub-marker."""

    marker: Marker
    submarker: str
    start: int
    end: int


class Sample(NamedTuple):
    """A text with its marks, as it is or changed."""

    text: str
    markers: frozenset[Marker]
    marks: tuple[Mark, ...]
    stance: Stance


class Example(NamedTuple):
    """A window with its targets; NaN: not to be learnt.

    ``whole[markers]``, ``spoken[sentences][markers]``, ``shown[sentences][submarkers]``; ``stance`` is a number, -1 for none.
    """

    window: Window
    whole: list[float]
    spoken: list[list[float]]
    shown: list[list[float]]
    stance: int


class Augmentation(NamedTuple):
    """Shares of the samples that are changed in an epoch."""

    noise: float = 0.0
    swap: float = 0.0
    hide: float = 0.0


def sample_of(row: Row) -> Sample:
    """A row as a sample; a quote is its first occurrence in the text."""
    found = [(quote, row.text.index(quote.quote)) for quote in row.quotes]
    marks = tuple(Mark(quote.marker, quote.submarker, start, start + len(quote.quote)) for quote, start in found)
    return Sample(row.text, frozenset(row.markers), marks, row.stance)


def examples(sample: Sample, coding: Codec) -> list[Example]:
    """The windows of a sample, each with what it should say."""
    clear = plain(sample.text)
    marks = [mark._replace(start=clear.forth(mark.start), end=clear.forth(mark.end)) for mark in sample.marks]
    spans = sentences(clear.text)
    touching = [[mark for mark in marks if mark.start < span.end and span.start < mark.end] for span in spans]
    spoken = [[float(any(mark.marker == marker for mark in near)) for marker in MARKERS] for near in touching]
    shown = [[float(any(mark.submarker == submarker for mark in near)) for submarker in SUBMARKERS] for near in touching]
    cut = windows(clear.text, spans, coding)
    found = []
    for window in cut:
        inside = [spoken[number] for number in window.sentences]
        held = [max(column) for column in zip(*inside, strict=True)]
        whole = [UNKNOWN if marker in sample.markers and not held[place] else held[place] for place, marker in enumerate(MARKERS)]
        stance = STANCES.index(sample.stance) if len(cut) == 1 else -1
        found.append(Example(window, whole, inside, [shown[number] for number in window.sentences], stance))
    return found


def epoch(samples: Sequence[Sample], how: Augmentation, rng: Random) -> Iterator[Sample]:
    """Every sample once, some of them changed."""
    hosts = [sample for sample in samples if not sample.markers and sample.stance == "inform" and len(sample.text.split()) >= LONG]
    for sample in samples:
        changed = sample
        if rng.random() < how.swap:
            changed = swapped(changed, rng)
        if hosts and changed.markers and len(changed.text.split()) <= SHORT and rng.random() < how.hide:
            changed = hidden(changed, rng.choice(hosts), rng)
        if rng.random() < how.noise:
            noise = NOISES[rng.choice(list(NOISES))]
            changed = rewritten(changed, lambda text, noise=noise: noise(text, rng))  # type: ignore[misc]
        yield changed


def rewritten(sample: Sample, change: Callable[[str], str]) -> Sample:
    """The sample with its text changed piece by piece between the borders of its marks, which move along."""
    borders = sorted({0, len(sample.text), *(place for mark in sample.marks for place in (mark.start, mark.end))})
    moved, parts, size = {0: 0}, [], 0
    for start, end in pairwise(borders):
        parts.append(change(sample.text[start:end]))
        size += len(parts[-1])
        moved[end] = size
    marks = tuple(mark._replace(start=moved[mark.start], end=moved[mark.end]) for mark in sample.marks)
    return sample._replace(text="".join(parts), marks=marks)


def swapped(sample: Sample, rng: Random) -> Sample:
    """Beliefs, origins and first names exchanged for others, each the same way throughout the text."""
    pattern, rows = _swaps()
    chosen: dict[str, str] = {}

    def other(word: re.Match[str]) -> str:
        found = word.group()
        return chosen.setdefault(found, rng.choice(rows[found]))

    return rewritten(sample, lambda text: pattern.sub(other, text))


def hidden(sample: Sample, host: Sample, rng: Random) -> Sample:
    """A short sample inside a long innocent one, between two of its sentences."""
    place = rng.choice(sentences(host.text)).end
    text = f"{host.text[:place]} {sample.text} {host.text[place:].lstrip()}"
    marks = tuple(mark._replace(start=mark.start + place + 1, end=mark.end + place + 1) for mark in sample.marks)
    return Sample(text, sample.markers, marks, sample.stance)


@cache
def _swaps() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    table: dict[str, list[str]] = {}
    for row in yaml.safe_load(SWAPS.read_text(encoding="utf-8")):
        for word in row:
            table.setdefault(word, row)
    return re.compile(rf"\b(?:{'|'.join(sorted(table, key=len, reverse=True))})\b"), table
