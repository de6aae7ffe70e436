"""The section ``faithfulness``: without its evidence a text ought to score lower; without as many other sentences it ought not to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.records import DECISIONS, Record
from nlp.evaluation.answers import seeded
from nlp.evaluation.hits import overlap
from nlp.evaluation.intervals import Estimate, mean_of, share_of
from nlp.segment import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.records import Assessment, Marker
    from nlp.evaluation.answers import Answers
    from nlp.evaluation.hits import Found

    Span = tuple[int, int]


class Fall(Record):
    """What taking sentences away does: mean fall of the score, share of texts whose score falls, share whose decision becomes lower."""

    n: int
    mean_fall: Estimate
    falls: Estimate
    lower_decision: Estimate


class Faithfulness(Record):
    """``evidence`` and ``control`` are over the same true positives: those with as many other sentences as evidence sentences.

    ``every`` also has those with fewer. Texts that are nothing but evidence cannot be scored without it and are counted apart.
    """

    true_positives: int
    wholly_evidence: int
    every: Fall
    evidence: Fall
    control: Fall


class Case(NamedTuple):
    """A true positive with its evidence taken out, and with as many other sentences taken out where it has as many."""

    answer: Assessment
    marker: Marker
    rest: str
    other: str | None


def faithfulness(found: Sequence[Found], answers: Answers) -> Faithfulness:
    """The falls over true positives."""
    every = [_case(row.text, answer, marker) for row, answer, marker in found]
    cases = [case for case in every if case.rest.strip()]
    paired = [case for case in cases if case.other and case.other.strip()]
    rest = dict(zip(map(id, cases), answers.of([case.rest for case in cases], what="faithfulness"), strict=True))
    other = answers.of([case.other or "" for case in paired], what="faithfulness: control")
    return Faithfulness(
        true_positives=len(found),
        wholly_evidence=len(every) - len(cases),
        every=_fall(cases, [rest[id(case)] for case in cases]),
        evidence=_fall(paired, [rest[id(case)] for case in paired]),
        control=_fall(paired, other),
    )


def without(text: str, spans: Sequence[Span]) -> str:
    """The text without some spans, which may overlap."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(text[at : max(start, at)])
        at = max(end, at)
    return "".join([*kept, text[at:]])


def _case(text: str, answer: Assessment, marker: Marker) -> Case:
    spans = [(found.start, found.end) for found in answer.evidence if found.marker == marker]
    others = [(start, end) for start, end in sentences(text) if not any(overlap((start, end), taken) for taken in spans)]
    drawn = seeded("control", marker, text).sample(others, len(spans)) if len(others) >= len(spans) else None
    return Case(answer, marker, without(text, spans), None if drawn is None else without(text, drawn))


def _fall(cases: Sequence[Case], after: Sequence[Assessment]) -> Fall:
    pairs = list(zip(cases, after, strict=True))
    falls = np.array([case.answer.scores[case.marker] - answer.scores[case.marker] for case, answer in pairs], dtype=np.float64)
    lower = [_level(answer, case.marker) < _level(case.answer, case.marker) for case, answer in pairs]
    return Fall(n=len(pairs), mean_fall=mean_of(falls), falls=share_of(falls > 0), lower_decision=share_of(lower))


def _level(answer: Assessment, marker: Marker) -> int:
    return DECISIONS.index(answer.decision[marker])
