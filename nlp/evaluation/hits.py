"""Whether the evidence of true positives stands where the annotators quoted, and names the sub-markers that they named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.records import MARKERS, Record
from nlp.evaluation.intervals import Estimate, share_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.records import Assessment, Marker
    from nlp.corpus import Row

    Found = tuple[Row, Assessment, Marker]


class Hits(Record):
    """Shares of true positives, per marker and over ``all``.

    ``evidence``: some span of the marker overlaps a quote of the marker. ``submarkers``: some sub-marker that the spans show is one of
    the row's; ``value`` is None where the model names none at all. A true positive without a quote is left out of both and counted.
    """

    evidence: dict[str, Estimate]
    submarkers: dict[str, Estimate]
    without_quote: int


def hit_rates(found: Sequence[Found]) -> Hits:
    """The rates over true positives."""
    quoted = [case for case in found if any(quote.marker == case[2] for quote in case[0].quotes)]
    named = quoted if any(span.submarkers for _, answer, _ in found for span in answer.evidence) else []
    return Hits(
        evidence={name: share_of(touches(row, answer, marker) for row, answer, marker in cases) for name, cases in _groups(quoted)},
        submarkers={name: share_of(names(row, answer, marker) for row, answer, marker in cases) for name, cases in _groups(named)},
        without_quote=len(found) - len(quoted),
    )


def touches(row: Row, answer: Assessment, marker: Marker) -> bool:
    """Whether evidence of the marker overlaps a quote of the marker, wherever the quote stands in the text."""
    spans = [(found.start, found.end) for found in answer.evidence if found.marker == marker]
    places = [place for quote in row.quotes if quote.marker == marker for place in occurrences(row.text, quote.quote)]
    return any(overlap(span, place) for span in spans for place in places)


def names(row: Row, answer: Assessment, marker: Marker) -> bool:
    """Whether evidence of the marker shows one of the row's sub-markers of it."""
    shown = {name for found in answer.evidence if found.marker == marker for name in found.submarkers}
    return bool(shown & {quote.submarker for quote in row.quotes if quote.marker == marker})


def occurrences(text: str, part: str) -> Iterator[tuple[int, int]]:
    """Where ``part`` stands in ``text``."""
    start = text.find(part)
    while start >= 0:
        yield start, start + len(part)
        start = text.find(part, start + 1)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def _groups(found: Sequence[Found]) -> Iterator[tuple[str, list[Found]]]:
    yield "all", list(found)
    for marker in MARKERS:
        yield marker, [case for case in found if case[2] == marker]
