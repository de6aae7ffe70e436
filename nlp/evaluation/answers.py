"""What the model says of texts: every distinct text is scored once, whichever sections of the evaluation ask for it."""

from __future__ import annotations

import zlib
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from core.errors import Invalid
from core.records import MARKERS
from nlp.score import Item, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.records import Assessment, Marker
    from nlp.corpus import Row
    from nlp.evaluation.intervals import Bools, Floats
    from nlp.score import Scorer

    Tell = Callable[[str, int, int], None]  # what is being read, how many texts are done, of how many

Case = TypeVar("Case")


class Scored(NamedTuple):
    """Scores and decisions ``[texts, markers]``, markers in the order of MARKERS."""

    scores: Floats
    flagged: Bools  # a_lire or alerte
    alerted: Bools


class Answers:
    """Assessments by text."""

    def __init__(self, scorer: Scorer, *, tell: Tell | None = None) -> None:
        self._scorer, self._tell = scorer, tell or (lambda _what, _done, _total: None)
        self._known: dict[str, Assessment] = {}

    def of(self, texts: Iterable[str], *, what: str) -> list[Assessment]:
        """One assessment per text, in order. Raises Invalid where a text cannot be scored."""
        asked = list(texts)
        fresh = [text for text in dict.fromkeys(asked) if text not in self._known]
        answers = self._scorer.score(Item(str(number), text) for number, text in enumerate(fresh))
        for number, (text, answer) in enumerate(zip(fresh, answers, strict=True), 1):
            if isinstance(answer, Refusal):
                raise Invalid(f"{what}: text {text[:40]!r} cannot be scored: {answer.detail}")
            self._known[text] = answer
            self._tell(what, number, len(fresh))
        return [self._known[text] for text in asked]

    def scored(self, texts: Iterable[str], *, what: str) -> Scored:
        """The same as arrays."""
        return as_arrays(self.of(texts, what=what))


def as_arrays(answers: Sequence[Assessment]) -> Scored:
    """Scores and decisions of assessments."""
    scores = np.array([[answer.scores[marker] for marker in MARKERS] for answer in answers], dtype=np.float64)
    decided = [[answer.decision[marker] for marker in MARKERS] for answer in answers]
    shape = (len(answers), len(MARKERS))
    flagged = np.array([[decision != "rien" for decision in row] for row in decided], dtype=np.bool_)
    alerted = np.array([[decision == "alerte" for decision in row] for row in decided], dtype=np.bool_)
    return Scored(scores.reshape(shape), flagged.reshape(shape), alerted.reshape(shape))


def any_marker(found: Bools) -> Bools:
    """Whether any marker is true, ``[texts]``."""
    return np.asarray(found.any(axis=1), dtype=np.bool_)


def truth_of(rows: Sequence[Row]) -> Bools:
    """The labels of rows, ``[rows, markers]``."""
    return np.array([[marker in row.markers for marker in MARKERS] for row in rows], dtype=np.bool_).reshape(len(rows), len(MARKERS))


def true_positives(rows: Sequence[Row], answers: Sequence[Assessment]) -> list[tuple[Row, Assessment, Marker]]:
    """Each marker that stands in a row and that the model flags there."""
    pairs = zip(rows, answers, strict=True)
    return [(row, answer, marker) for row, answer in pairs for marker in row.markers if answer.decision[marker] != "rien"]


def seeded(*parts: object) -> Random:
    """A generator that depends on the parts alone, and so on no order of work."""
    return Random(zlib.crc32(repr(parts).encode(errors="surrogatepass")))  # noqa: S311 - draws samples, guards nothing


def sample(rows: Sequence[Case], most: int, *, what: str) -> list[Case]:
    """At most ``most`` of some cases, drawn by seed, in their order."""
    if len(rows) <= most:
        return list(rows)
    places = seeded(what, len(rows)).sample(range(len(rows)), most)
    return [rows[place] for place in sorted(places)]
