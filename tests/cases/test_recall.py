"""The counts behind the estimate of what is missed are exact, and too few readings are told as such."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from cases.database import Database
from cases.deciding import item_of
from cases.decisions import decide, undo
from core.records import MARKERS, ScoredDocument
from flows.recall import flagged_count, recall, scores_of, strata_counts
from index.documents import Entry
from index.harm import load_rules
from index.protocol import Index
from index.queries import Range
from index.sampling import Sounding, Stratum, drawn, stratum
from tests.cases.conftest import act, choice
from tests.index.making import START, entry_of

RULES = Sounding(
    salt="essai",
    least_reviewed=2,
    strata=(
        Stratum(name="haut", at_least={"gourou": 0.4, "abandon_soins": 0.3}, rate=0.5),
        Stratum(name="moyen", at_least={"gourou": 0.2, "complotisme": 0.2, "abandon_soins": 0.2}, rate=0.3),
        Stratum(name="reste", at_least=dict.fromkeys(MARKERS, 0), rate=0.2),
    ),
)
NOW = START + timedelta(days=1)
SINCE = Range(field="collected_at", gte=NOW - timedelta(days=30), lte=NOW)


def entries(make_scored: Callable[..., ScoredDocument], *, number: int, seed: int) -> list[Entry]:
    """Documents of random scores, also just at the bounds and missing, also too old; drawn as the rules draw."""
    dice = random.Random(seed)
    made = []
    for place in range(number):
        entry = entry_of(make_scored(place, text=f"Texte {place}", collected_at=START - timedelta(days=dice.choice([0, 1, 90]))))
        flagged = dice.random() < 0.2
        for marker in MARKERS:
            entry[f"score_{marker}"] = 0.9 if flagged else dice.choice([None, 0.0, 0.2, 0.3, 0.4, 0.1999, dice.random() * 0.5])
        entry["lane"] = "signale" if flagged else "sondage" if drawn(entry["id"], scores_of(entry), rules=RULES) else None
        made.append(entry)
    return made


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_are_those_of_counting_one_by_one(index: Index, database: Database, make_scored: Callable[..., ScoredDocument], seed: int) -> None:
    made = entries(make_scored, number=150, seed=seed)
    assert index.write(made).failed == ()
    fresh = [entry for entry in made if entry["collected_at"] > "2025-12-15"]
    sample = [entry for entry in made if entry["lane"] == "sondage"]
    dice = random.Random(seed)
    positives, reviewed = Counter[tuple[str, str]](), Counter[str]()
    for entry in sample[::2] + [entry for entry in made if entry["lane"] == "signale"][::2]:
        markers = tuple(marker for marker in MARKERS if dice.random() < 0.4)
        said = choice("licite_preoccupant", *markers)
        draw = lambda one: (stratum(scores_of(one), rules=RULES).name, stratum(scores_of(one), rules=RULES).rate)
        row = decide(database, [item_of(entry, drawn=draw)], said, act=act())[0]
        if entry["lane"] == "sondage":
            assert (row.stratum, row.inclusion) == draw(entry)
        if entry not in fresh:
            continue
        name = stratum(scores_of(entry), rules=RULES).name if entry["lane"] == "sondage" else "signale"
        reviewed[name] += 1
        positives.update((name, marker) for marker in markers)
    expected = Counter(stratum(scores_of(entry), rules=RULES).name for entry in fresh if entry["lane"] != "signale")
    lots = Counter(stratum(scores_of(entry), rules=RULES).name for entry in fresh if entry["lane"] == "sondage")
    found = {part.stratum: part for part in strata_counts(index, database, rules=RULES, since=SINCE)}
    assert {name: part.population for name, part in found.items()} == {part.name: expected[part.name] for part in RULES.strata}
    assert {name: part.drawn for name, part in found.items()} == {part.name: lots[part.name] for part in RULES.strata}
    assert {name: part.reviewed for name, part in found.items()} == {part.name: reviewed[part.name] for part in RULES.strata}
    assert all(part.positives.get(marker, 0) == positives[name, marker] for name, part in found.items() for marker in MARKERS)
    flagged = flagged_count(index, database, since=SINCE)
    assert flagged.population == sum(entry["lane"] == "signale" for entry in fresh)
    assert flagged.reviewed == reviewed["signale"]
    assert all(flagged.confirmed.get(marker, 0) == positives["signale", marker] for marker in MARKERS)


def test_too_few_readings_are_told_as_such(index: Index, embedded: Database, make_scored: Callable[..., ScoredDocument]) -> None:
    index.write(entries(make_scored, number=60, seed=3))
    found = recall(index, embedded, rules=RULES, now=NOW, days=30)
    assert all(one.missed is None and one.recall is None and one.needed > 0 for one in found.estimates)


def test_a_reading_that_was_undone_does_not_count(index: Index, embedded: Database, make_scored: Callable[..., ScoredDocument]) -> None:
    made = entries(make_scored, number=60, seed=4)
    index.write(made)
    sample = [entry for entry in made if entry["lane"] == "sondage" and entry["collected_at"] > "2025-12-15"]
    for entry in sample:
        decide(embedded, [item_of(entry, drawn=lambda _: ("x", 0.1))], choice("licite_preoccupant", "gourou"), act=act())
    undo(embedded, [sample[0]["id"]], reason="Erreur.", by="AB", act=act())
    assert sum(part.reviewed for part in strata_counts(index, embedded, rules=RULES, since=SINCE)) == len(sample) - 1


def test_the_estimate_finds_what_is_missed(index: Index, embedded: Database, make_scored: Callable[..., ScoredDocument]) -> None:
    """400 documents of which every tenth shows the marker unseen by the scores: a person reads all that was drawn."""
    made = entries(make_scored, number=300, seed=5)
    index.write(made)
    fresh = [entry for entry in made if entry["collected_at"] > "2025-12-15"]
    hidden = {entry["id"] for place, entry in enumerate(fresh) if place % 10 == 0 and entry["lane"] != "signale"}
    for entry in fresh:
        if entry["lane"]:
            markers = ("gourou",) if entry["lane"] == "signale" or entry["id"] in hidden else ()
            decide(embedded, [item_of(entry, drawn=lambda _: ("x", 0.1))], choice("licite_preoccupant", *markers), act=act())
    found = {one.marker: one for one in recall(index, embedded, rules=RULES, now=NOW, days=30).estimates}
    missed, share = found["gourou"].missed, found["gourou"].recall
    assert missed is not None
    assert share is not None
    assert missed.low <= len(hidden) <= missed.high
    flagged = sum(entry["lane"] == "signale" for entry in fresh)
    assert share.low <= flagged / (flagged + len(hidden)) <= share.high


def test_the_rules_in_force_have_what_is_asked_of_them() -> None:
    assert load_rules().sounding.strata[-1].at_least.keys() == set(MARKERS)
