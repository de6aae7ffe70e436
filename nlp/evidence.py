"""The sentences that justify a score, with exact offsets in the text as given."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.records import Evidence
from nlp.corpus import LETTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.records import Marker
    from nlp.classify import Reading
    from nlp.normalise import Plain
    from nlp.segment import Span

MOST = 5  # a reader wants the strongest passages, not all


class Source(NamedTuple):
    """What was read (title and text made plain, its sentences) and where the item's own text begins in the text as given to the reader."""

    clear: Plain
    spans: Sequence[Span]
    text: str  # the item's own
    shift: int  # characters of title before it


def justify(marker: Marker, source: Source, reading: Reading, *, at_least: float) -> list[Evidence]:
    """The strongest sentence, and up to four more whose probability is ``at_least`` that of a text to read, in reading order.

    A sentence of the title is no evidence.
    """
    own = [(probability, number) for number, probability in enumerate(reading.sentences[marker]) if _place(source, number)[0] >= 0]
    ranked = sorted(own, key=lambda pair: (-pair[0], pair[1]))
    chosen = ranked[:1] + [pair for pair in ranked[1:MOST] if pair[0] >= at_least]
    return [_evidence(marker, source, reading, number, probability) for probability, number in sorted(chosen, key=lambda pair: pair[1])]


def _place(source: Source, number: int) -> tuple[int, int]:
    start, end = source.clear.back(*source.spans[number])
    return start - source.shift, end - source.shift


def _evidence(marker: Marker, source: Source, reading: Reading, number: int, probability: float) -> Evidence:
    start, end = _place(source, number)
    shown = tuple(name for name in reading.submarkers[number] if name[0] == LETTERS[marker]) if reading.submarkers else ()
    return Evidence(marker=marker, start=start, end=end, text=source.text[start:end], score=round(probability, 6), submarkers=shown)
