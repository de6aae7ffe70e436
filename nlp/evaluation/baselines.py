"""The section ``baselines``: the model beside systems trained on the same texts, under the same figures.

A baseline flags from the score that gives the best F1 on the validation part. The model stands twice: ``vigie`` with the thresholds that it ships,
which spare innocent texts, and ``vigie_best_f1`` with thresholds chosen as the baselines' are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.records import MARKERS, Marker, Record
from nlp.evaluation.answers import Scored, truth_of
from nlp.evaluation.intervals import Estimate, draws, percentile
from nlp.evaluation.metrics import average_precision, best_f1_threshold, macro_f1_draws
from nlp.evaluation.own import Decisions, decisions
from nlp.evaluation.real import RealFigures, real_figures, tweets_precision_draws
from nlp.evaluation.systems import keywords, probe, spacy_categoriser, tfidf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlp.base import Base
    from nlp.corpus import Row
    from nlp.evaluation.answers import Answers, Tell
    from nlp.evaluation.intervals import Bools, Floats
    from nlp.evaluation.real import RealRow
    from nlp.evaluation.systems import System

MODEL, SAME_RULE = "vigie", "vigie_best_f1"
NO_BASE = "no base encoder was given; --base FOLDER measures the linear probe"


class Texts(NamedTuple):
    """What systems learn from, choose thresholds on, and are measured on."""

    train: Sequence[Row]
    held: Sequence[Row]
    measured: Sequence[Row]
    real: Sequence[RealRow]


class Probe(NamedTuple):
    """The encoder of the linear probe, what it expects before a text, and whether this processor is fast in bfloat16."""

    base: Base
    prefix: str
    bfloat16: bool


class Compared(Record):
    """One system; ``mean_average_precision`` is that of the three markers. Of real texts the pooled figures only."""

    thresholds: dict[Marker, float] | None  # None: those that the model ships
    test: Decisions
    mean_average_precision: Estimate
    real: RealFigures | None


class Lead(Record):
    """The model's figure minus a baseline's, resampled case by case; ``clear`` where every interval lies above 0.

    ``macro_f1`` is with the thresholds that the model ships, ``macro_f1_same_rule`` with those chosen as the baseline's.
    """

    macro_f1: Estimate
    macro_f1_same_rule: Estimate
    mean_average_precision: Estimate
    complotisme_tweets_average_precision: Estimate | None
    clear: bool


class Baselines(Record):
    """Every system by name, the model's leads over the baselines, and those that were not measured with the reason."""

    systems: dict[str, Compared]
    leads: dict[str, Lead]
    skipped: dict[str, str]


class _Measured(NamedTuple):
    own: Scored
    real: Scored


def baselines(texts: Texts, answers: Answers, encoder: Probe | None, *, epochs: int, tell: Tell) -> Baselines:
    """Train, choose thresholds, measure."""
    held = answers.scored([row.text for row in texts.held], what="baselines: validation").scores
    own = answers.scored([row.text for row in texts.measured], what="baselines: test")
    real = answers.scored([row.text for row in texts.real], what="baselines: real")
    limits = _limits(held, texts.held)
    found = {MODEL: _Measured(own, real), SAME_RULE: _Measured(_decided(own.scores, limits), _decided(real.scores, limits))}
    thresholds: dict[str, Floats | None] = {MODEL: None, SAME_RULE: limits}
    for name, fit in _learners(texts, encoder, epochs, tell):
        tell(f"baselines: {name}", 0, 1)
        system = fit()
        limits = _limits(system([row.text for row in texts.held]), texts.held)
        thresholds[name] = limits
        found[name] = _Measured(*(_decided(system([row.text for row in rows]), limits) for rows in (texts.measured, texts.real)))
        tell(f"baselines: {name}", 1, 1)
    return Baselines(
        systems={name: _compared(texts, measured, thresholds[name]) for name, measured in found.items()},
        leads={name: _lead(texts, found, name) for name in found if name not in (MODEL, SAME_RULE)},
        skipped={} if encoder else {"probe": NO_BASE},
    )


def _learners(texts: Texts, encoder: Probe | None, epochs: int, tell: Tell) -> Iterator[tuple[str, Callable[[], System]]]:
    yield "keywords", keywords
    yield "tfidf", lambda: tfidf(texts.train, texts.held)
    yield "spacy", lambda: spacy_categoriser(texts.train, tell=tell, epochs=epochs)
    if encoder is not None:
        yield "probe", lambda: probe(texts.train, texts.held, encoder.base, prefix=encoder.prefix, bfloat16=encoder.bfloat16, tell=tell)


def _limits(scores: Floats, rows: Sequence[Row]) -> Floats:
    truth = truth_of(rows)
    return np.array([best_f1_threshold(truth[:, at], scores[:, at]) for at in range(len(MARKERS))])


def _decided(scores: Floats, limits: Floats) -> Scored:
    return Scored(scores, scores >= limits, np.zeros_like(scores, dtype=np.bool_))


def _compared(texts: Texts, measured: _Measured, limits: Floats | None) -> Compared:
    truth = truth_of(texts.measured)
    return Compared(
        thresholds=None if limits is None else dict(zip(MARKERS, limits.tolist(), strict=True)),
        test=decisions(texts.measured, measured.own),
        mean_average_precision=percentile(_mean_precision(truth, measured.own.scores), n=len(truth)),
        real=_pooled_only(real_figures(texts.real, measured.real)) if texts.real else None,
    )


def _pooled_only(found: RealFigures) -> RealFigures:
    return found.model_copy(update={"domains": {}, "unread": {}})


def _mean_precision(truth: Bools, scores: Floats) -> Floats:
    """The mean over markers, on ``draws``."""
    weights = draws(len(truth))
    return np.asarray(np.mean([average_precision(truth[:, at], scores[:, at], weights) for at in range(len(MARKERS))], axis=0), dtype=np.float64)


def _lead(texts: Texts, found: dict[str, _Measured], name: str) -> Lead:
    truth, n = truth_of(texts.measured), len(texts.measured)
    ours, same, theirs = found[MODEL], found[SAME_RULE], found[name]
    against = macro_f1_draws(truth, theirs.own.flagged)
    shipped = percentile(macro_f1_draws(truth, ours.own.flagged) - against, n=n)
    rule = percentile(macro_f1_draws(truth, same.own.flagged) - against, n=n)
    precise = percentile(_mean_precision(truth, ours.own.scores) - _mean_precision(truth, theirs.own.scores), n=n)
    tweets = _tweets(texts.real, ours.real, theirs.real) if texts.real else None
    clear = all(lead.low is not None and lead.low > 0 for lead in (shipped, rule, precise, tweets) if lead is not None)
    return Lead(macro_f1=shipped, macro_f1_same_rule=rule, mean_average_precision=precise, complotisme_tweets_average_precision=tweets, clear=clear)


def _tweets(rows: Sequence[RealRow], ours: Scored, theirs: Scored) -> Estimate:
    n, first = tweets_precision_draws(rows, ours)
    return percentile(first - tweets_precision_draws(rows, theirs)[1], n=n)
