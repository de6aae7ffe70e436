"""The sounding and what it tells of missed cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import beta

from core.records import MARKERS
from index import sampling
from index.harm import load_rules
from index.sampling import Estimate, FlaggedCount, StratumCount, drawn, lot, recall_estimate, stratum

RULES = load_rules().sounding
RATES = {part.name: part.rate for part in RULES.strata}
EMPTY = FlaggedCount(population=0, reviewed=0)


def estimate(strata: list[StratumCount], flagged: FlaggedCount = EMPTY, *, marker: str = "gourou") -> Estimate:
    found = recall_estimate(strata, flagged, rules=RULES)
    return next(one for one in found.estimates if one.marker == marker)


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ({"gourou": 0.7, "complotisme": 0.0, "abandon_soins": 0.0}, "proche"),
        ({"gourou": 0.0, "complotisme": 0.0, "abandon_soins": 0.2}, "proche"),
        ({"gourou": 0.2, "complotisme": 0.1, "abandon_soins": 0.0}, "moyen"),
        ({"gourou": None, "complotisme": 0.1}, "loin"),
        ({}, "loin"),
    ],
)
def test_an_item_is_in_the_first_stratum_that_fits(scores: dict[str, float | None], name: str) -> None:
    assert stratum(scores, rules=RULES).name == name


@bounds(deadline=None)
@given(st.dictionaries(st.sampled_from(MARKERS), st.none() | st.floats(0, 1)))
def test_every_item_has_a_stratum(scores: dict[str, float | None]) -> None:
    assert stratum(scores, rules=RULES) in RULES.strata


def test_lots_are_uniform_and_depend_on_the_salt_and_the_id_alone() -> None:
    lots = [lot(f"d{number}", salt="a") for number in range(20_000)]
    assert lots[:3] == [lot(f"d{number}", salt="a") for number in range(3)]
    assert lot("d1", salt="vigie-1") == pytest.approx(0.5378894122, abs=1e-9)  # of this id for ever: a lot that changes is another draw
    assert max(abs(found - number / 20_000) for number, found in enumerate(sorted(lots))) < 0.0136  # Kolmogorov-Smirnov at 0.1 %
    others = [lot(f"d{number}", salt="b") for number in range(20_000)]
    mean = sum((one - 0.5) * (other - 0.5) for one, other in zip(lots, others, strict=True)) / 20_000
    assert abs(mean) < 4 / 12 / 20_000**0.5


@pytest.mark.parametrize("name", ["proche", "moyen", "loin"])
def test_the_rate_is_the_probability_to_be_drawn(name: str) -> None:
    scores = next(part.at_least for part in RULES.strata if part.name == name)
    count = 60_000
    found = sum(drawn(f"{name}{number}", scores, rules=RULES) for number in range(count))
    rate = RATES[name]
    assert abs(found - rate * count) < 4 * (count * rate * (1 - rate)) ** 0.5


@pytest.mark.parametrize(("found", "read"), [(6, 400), (3, 30), (29, 30), (0, 50)])
def test_one_stratum_gives_clopper_and_pearsons_interval(found: int, read: int) -> None:
    counts = StratumCount(stratum="loin", population=10**9, drawn=5000, reviewed=read, positives={"gourou": found})
    missed = estimate([counts]).missed
    assert missed.value == pytest.approx(10**9 * found / read)
    assert missed.low == pytest.approx(10**9 * (beta.ppf(0.025, found, read - found + 1) if found else 0), rel=0.03)
    assert missed.high == pytest.approx(10**9 * beta.ppf(0.975, found + 1, read - found), rel=0.03)


def test_a_stratum_read_to_its_end_leaves_no_doubt() -> None:
    counts = StratumCount(stratum="loin", population=40, drawn=40, reviewed=40, positives={"gourou": 3})
    found = estimate([counts], FlaggedCount(population=50, reviewed=50, confirmed={"gourou": 27}))
    assert found.missed == (3, 3, 3)
    assert found.recall == (0.9, 0.9, 0.9)


def test_no_number_is_told_of_too_few_reviews() -> None:
    counts = [
        StratumCount(stratum="proche", population=900, drawn=180, reviewed=12, positives={"gourou": 5}),
        StratumCount(stratum="loin", population=20, drawn=8, reviewed=8),  # of a stratum with 20 documents, 20 are enough
    ]
    found = estimate(counts, FlaggedCount(population=500, reviewed=29))
    assert (found.missed, found.recall, found.needed) == (None, None, 18 + 12 + 1)
    assert "31 de plus" in found.text


def test_no_document_with_a_marker_is_no_recall() -> None:
    found = estimate([StratumCount(stratum="loin", population=1000, drawn=100, reviewed=50)], FlaggedCount(population=40, reviewed=40))
    assert found.recall is None
    assert found.missed.high > 0
    assert "aucun cas connu" in found.text


def test_nothing_at_all_is_said_to_be_nothing() -> None:
    found = estimate([])
    assert found.missed == (0, 0, 0)
    assert found.recall is None


def test_the_low_end_trusts_no_unread_flagged_item() -> None:
    strata = [StratumCount(stratum="loin", population=1000, drawn=500, reviewed=500, positives={"gourou": 5})]
    half = estimate(strata, FlaggedCount(population=200, reviewed=100, confirmed={"gourou": 80})).recall
    full = estimate(strata, FlaggedCount(population=200, reviewed=200, confirmed={"gourou": 160})).recall
    assert half.value == full.value == pytest.approx(160 / 170)
    assert half.low < full.low
    assert half.low <= 80 / 90


def test_the_interval_holds_what_it_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 simulated worlds, 95 % of the intervals hold the true number of missed documents and the true recall, or more."""
    monkeypatch.setattr(sampling, "DRAWS", 2000)
    rng = np.random.default_rng(3)
    sizes, shares = {"proche": 400, "moyen": 3000, "loin": 20_000}, {"proche": 0.15, "moyen": 0.02, "loin": 0.002}
    held = recall_held = 0
    for _ in range(300):
        strata, missed = [], 0
        for name, size in sizes.items():
            truth = rng.random(size) < shares[name]
            sample = truth[rng.random(size) < max(RATES[name], 0.02)]
            read = sample[: max(30, len(sample) // 2)]
            missed += int(truth.sum())
            strata.append(StratumCount(stratum=name, population=size, drawn=len(sample), reviewed=len(read), positives={"gourou": int(read.sum())}))
        flagged = rng.random(300) < 0.8
        found = estimate(strata, FlaggedCount(population=300, reviewed=200, confirmed={"gourou": int(flagged[:200].sum())}))
        held += found.missed.low <= missed <= found.missed.high
        recall_held += found.recall.low <= flagged.sum() / (flagged.sum() + missed) <= found.recall.high
    assert held >= 282  # 285 expected at least; 282 leaves room for chance
    assert recall_held >= 282


def test_the_estimate_is_right_on_average(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "DRAWS", 10)
    rng, total = np.random.default_rng(8), 0.0
    for _ in range(400):
        read = int(rng.binomial(60, 0.1))
        found = estimate([StratumCount(stratum="proche", population=600, drawn=120, reviewed=60, positives={"gourou": read})])
        total += found.missed.value
    assert total / 400 == pytest.approx(60, rel=0.05)


def test_the_estimate_is_deterministic_and_tells_its_assumptions() -> None:
    counts = [StratumCount(stratum="loin", population=1000, drawn=100, reviewed=50, positives={"gourou": 2})]
    first, second = (recall_estimate(counts, FlaggedCount(population=30, reviewed=30), rules=RULES) for _ in range(2))
    assert first == second
    assert [one.marker for one in first.estimates] == list(MARKERS)
    assert len(first.assumptions) == 4


@pytest.mark.parametrize(
    ("drawn_", "reviewed", "positives"), [(5, 6, 0), (11, 5, 0), (5, 5, 6), (5, 5, -1)], ids=["reviewed", "drawn", "positives", "negative"]
)
def test_counts_that_cannot_be_are_refused(drawn_: int, reviewed: int, positives: int) -> None:
    with pytest.raises(ValidationError, match="expected 0 <= positives <= reviewed <= drawn <= population"):
        StratumCount(stratum="loin", population=10, drawn=drawn_, reviewed=reviewed, positives={"gourou": positives})
    with pytest.raises(ValidationError, match="flagged"):
        FlaggedCount(population=10, reviewed=4, confirmed={"gourou": 5})
