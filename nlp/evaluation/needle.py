"""The section ``needle``: a short positive text as one paragraph, at ten places of an innocent page of 3,000 words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.records import Record
from nlp.evaluation.answers import any_marker, seeded
from nlp.evaluation.hits import overlap
from nlp.evaluation.intervals import Estimate, share_by_group, share_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.records import Assessment, Marker
    from nlp.corpus import Row
    from nlp.evaluation.answers import Answers

WORDS = 3000
PLACES = tuple(range(0, 100, 10))  # percent of the page's words before the needle
SHORT = 40  # words of a needle
LEAST = 30  # needles; where the part has fewer short ones, the shortest others join
PAGES = 12
BREAK = "\n\n"


class Needle(Record):
    """``found``: a marker of the needle is flagged on the page; ``pointed``: some evidence of it overlaps the needle, of those found.

    Only pages whose own decision is rien for every marker are used; ``found_alone`` is the share of needles flagged without any page.
    The ten places of one needle are no independent cases: figures over several places are resampled by needle, though their ``n`` counts places.
    """

    needles: int
    longest_needle: int  # words
    pages: int
    pages_flagged: int  # left out: their own decision is not rien
    page_words: float | None  # mean
    found_alone: Estimate
    found: Estimate
    found_of_those_found_alone: Estimate
    pointed: Estimate
    by_place: dict[str, Estimate]


class Case(NamedTuple):
    """A needle in a page."""

    number: int  # of the needle
    text: str
    span: tuple[int, int]
    markers: tuple[Marker, ...]
    place: int
    alone: bool


def needle(rows: Sequence[Row], answers: Answers, *, most: int) -> Needle:
    """Every needle at every place of one page; pages go round among the innocent ones."""
    pages = compose([row.text for row in rows if row.kind == "ordinary"])
    judged = answers.scored(pages, what="needle: pages").flagged
    flagged = any_marker(judged)
    innocent = [page for page, known in zip(pages, flagged, strict=True) if not known]
    needles = choose(rows, most)
    alone = [_flags(row.markers, answer) for row, answer in zip(needles, answers.of([row.text for row in needles], what="needle"), strict=True)]
    cases = [
        Case(number, *insert(innocent[number % len(innocent)], row.text, place), row.markers, place, alone[number])
        for number, row in enumerate(needles if innocent else [])
        for place in PLACES
    ]
    return _figures(cases, answers.of([case.text for case in cases], what="needle"), needles, pages, alone, flagged=int(flagged.sum()))


def _figures(cases: list[Case], read: list[Assessment], needles: list[Row], pages: list[str], alone: list[bool], *, flagged: int) -> Needle:
    found = [_flags(case.markers, answer) for case, answer in zip(cases, read, strict=True)]
    pointed = [_points(case, answer) for case, answer in zip(cases, read, strict=True)]
    words = [len(page.split()) for page in pages]
    return Needle(
        needles=len(needles),
        longest_needle=max((len(row.text.split()) for row in needles), default=0),
        pages=len(pages),
        pages_flagged=flagged,
        page_words=sum(words) / len(words) if words else None,
        found_alone=share_of(alone),
        found=_share(cases, found),
        found_of_those_found_alone=_share(cases, found, among=[case.alone for case in cases]),
        pointed=_share(cases, pointed, among=found),
        by_place={f"{place} %": share_of(hit for case, hit in zip(cases, found, strict=True) if case.place == place) for place in PLACES},
    )


def _share(cases: Sequence[Case], hits: Sequence[bool], *, among: Sequence[bool] | None = None) -> Estimate:
    """The share of hits ``among`` some of the cases, or all of them; resampled by needle."""
    counted = np.ones(len(cases)) if among is None else np.array(among, dtype=np.float64)
    needles = np.array([case.number for case in cases], dtype=np.intp)
    part, whole = (np.bincount(needles, weights=weights).astype(np.float64) for weights in (counted * hits, counted))
    return share_by_group(part, whole)


def choose(rows: Sequence[Row], most: int) -> list[Row]:
    """Positive rows of at most SHORT words, shortest first; at least LEAST rows where the part has as many positive ones."""
    positive = sorted((row for row in rows if row.markers), key=lambda row: len(row.text.split()))
    short = sum(len(row.text.split()) <= SHORT for row in positive)
    if short <= most:
        return positive[: min(max(short, LEAST), most)]
    return [positive[place] for place in sorted(seeded("needle", short).sample(range(short), most))]


def compose(texts: Sequence[str]) -> list[str]:
    """Pages of at least WORDS words, each from the texts in another order, a text a paragraph; texts come again only where there are too few."""
    pages: list[str] = []
    for number in range(PAGES if texts else 0):
        parts, words, order = list[str](), 0, list(texts)
        seeded("page", number).shuffle(order)
        while words < WORDS:
            parts.append(order[len(parts) % len(order)])
            words += len(parts[-1].split())
        pages.append(BREAK.join(parts))
    return pages


def insert(page: str, text: str, percent: int) -> tuple[str, tuple[int, int]]:
    """The page with the text as a paragraph where ``percent`` of its words have passed, and the span of the text."""
    parts = page.split(BREAK)
    before, passed, limit = 0, 0, len(page.split()) * percent / 100
    while passed < limit:
        passed += len(parts[before].split())
        before += 1
    start = sum(len(part) + len(BREAK) for part in parts[:before])
    return BREAK.join([*parts[:before], text, *parts[before:]]), (start, start + len(text))


def _flags(markers: Sequence[Marker], answer: Assessment) -> bool:
    return any(answer.decision[marker] != "rien" for marker in markers)


def _points(case: Case, answer: Assessment) -> bool:
    return any(found.marker in case.markers and overlap((found.start, found.end), case.span) for found in answer.evidence)
