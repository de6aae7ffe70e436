"""The section ``neutrality``: pairs of texts that differ by a religion, a movement, a community, an origin, a gender or a first name only.

Training swaps the words of one row of nlp/swaps.yml for each other, so that a pair which such swaps make shows what was trained for.
Pairs ``outside`` differ in some other way: theirs are the honest figures, and the goals are about them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import yaml
from pydantic import Field

from core.records import MARKERS, Marker, Record
from nlp.evaluation.intervals import Estimate, mean_of, quantile_of, share_of
from nlp.evaluation.lines import load_lines
from nlp.examples import SWAPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nlp.evaluation.answers import Answers
    from nlp.evaluation.intervals import Bools, Floats

EXPECTED = "JSON Lines with id, axis, label (a list of markers), a and b"


class Pair(Record):
    """Two texts that ought to be judged alike."""

    id: str
    axis: str
    label: tuple[Marker, ...]
    a: str = Field(min_length=1)
    b: str = Field(min_length=1)


class Shift(Record):
    """How far the score moves from ``a`` to ``b``, without sign; ``changed`` is the share of pairs whose decision differs."""

    n: int
    mean: Estimate
    p99: Estimate
    largest: float | None
    changed: Estimate


class Neutrality(Record):
    """``overall``, ``outside`` and ``axes`` take the marker that moves most in each pair; ``signed`` is the mean of b minus a, which shows a lean.

    All but ``outside`` are over all pairs.
    """

    overall: Shift
    outside: Shift
    markers: dict[Marker, Shift]
    axes: dict[str, Shift]
    signed: dict[Marker, Estimate]


def load_pairs(path: Path) -> list[Pair]:
    """The pairs of a file. Raises Invalid that names file and line."""
    return load_lines(path, Pair, expected=EXPECTED)


def neutrality(pairs: Sequence[Pair], answers: Answers) -> Neutrality:
    """The shifts of all pairs."""
    read = answers.scored([text for pair in pairs for text in (pair.a, pair.b)], what="neutrality")
    moves = read.scores[1::2] - read.scores[0::2]
    changed = (read.flagged[1::2] != read.flagged[0::2]) | (read.alerted[1::2] != read.alerted[0::2])
    size, any_changed = np.abs(moves), changed.any(axis=1)
    axes = {axis: [place for place, pair in enumerate(pairs) if pair.axis == axis] for axis in sorted({pair.axis for pair in pairs})}
    outside = [place for place, pair in enumerate(pairs) if not is_swap(pair.a, pair.b)]
    return Neutrality(
        overall=_shift(size.max(axis=1), any_changed),
        outside=_shift(size[outside].max(axis=1), any_changed[outside]),
        markers={marker: _shift(size[:, number], changed[:, number]) for number, marker in enumerate(MARKERS)},
        axes={axis: _shift(size[places].max(axis=1), any_changed[places]) for axis, places in axes.items()},
        signed={marker: mean_of(moves[:, number]) for number, marker in enumerate(MARKERS)},
    )


def is_swap(one: str, other: str) -> bool:
    """Whether training could turn one text into the other: they differ only by words that stand in one row of nlp/swaps.yml."""
    word, rows = _swaps()
    left, right = word.split(one), word.split(other)  # what stands between words of the table, then a word, and so on
    if left[::2] != right[::2]:
        return False
    return all(first == second or any({first, second} <= row for row in rows) for first, second in zip(left[1::2], right[1::2], strict=True))


@cache
def _swaps() -> tuple[re.Pattern[str], list[set[str]]]:
    """As nlp/examples.py finds them: whole words, capitals as they are."""
    rows = [set(row) for row in yaml.safe_load(SWAPS.read_text(encoding="utf-8"))]
    words = sorted(set().union(*rows), key=lambda word: (-len(word), word))
    return re.compile(rf"\b({'|'.join(words)})\b"), rows


def _shift(size: Floats, changed: Bools) -> Shift:
    largest = float(size.max()) if len(size) else None
    return Shift(n=len(size), mean=mean_of(size), p99=quantile_of(size, 0.99), largest=largest, changed=share_of(changed))
