"""The sentences that justify a score, with exact offsets in the text as given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.records import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.records import Marker
    from nlp.segment import Span

MOST = 5  # a reader wants the strongest passages, not all


def justify(marker: Marker, text: str, spans: Sequence[Span], likely: Sequence[float], *, shift: int, at_least: float) -> list[Evidence]:
    """The strongest sentence, and up to four more whose probability is ``at_least`` that of a text to read, in reading order.

    ``spans`` lie in the text with its title; ``shift`` is the title's length, and a sentence of the title is no evidence.
    """
    own = [(probability, span) for probability, span in zip(likely, spans, strict=True) if span.start >= shift]
    ranked = sorted(own, key=lambda pair: (-pair[0], pair[1]))
    chosen = ranked[:1] + [pair for pair in ranked[1:MOST] if pair[0] >= at_least]
    found = sorted((span.start - shift, span.end - shift, probability) for probability, span in chosen)
    return [Evidence(marker=marker, start=start, end=end, text=text[start:end], score=round(probability, 6)) for start, end, probability in found]
