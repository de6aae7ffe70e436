"""Agreement as the literature computes it, on the readings that count; what was flagged wrongly; what can be learnt from."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sklearn.metrics import cohen_kappa_score

from cases.adjudications import adjudicate
from cases.agreement import UNKNOWN, alpha, kappa
from cases.claims import take, take_next
from cases.database import Database
from cases.decisions import decide, undo_in
from cases.fairness import Agreement, agreement, candidates, false_positives
from cases.golden import set_golden
from cases.readings import read, withdraw
from tests.cases.conftest import NOW, act, choice
from tests.cases.reading_room import ALONE, TEXT, TWICE, deed, reads, saying, team, thing

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability": examples A, B and C
BINARY = ("0100000010", "1110010000")
NOMINAL = ("aabbdcccedda", "babbbccceddd")
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
COHEN = ((88, 10, 2), (14, 40, 6), (18, 10, 12))  # Cohen (1960), table 1, of 200


def units(rows: tuple[str, ...]) -> list[list[str | None]]:
    return [[None if value == "." else value for value in unit] for unit in zip(*rows, strict=True)]


@pytest.mark.parametrize(("rows", "published"), [(BINARY, 0.095), (NOMINAL, 0.692), (OBSERVERS, 0.743)], ids=["A", "B", "C"])
def test_alpha_is_what_krippendorff_published(rows: tuple[str, ...], published: float) -> None:
    found = alpha(units(rows))
    assert found.value == pytest.approx(published, abs=0.0005)
    assert found.low is not None
    assert found.high is not None
    assert found.low < published < found.high <= 1


def test_kappa_is_what_cohen_published() -> None:
    pairs = [(str(a), str(b)) for a, row in enumerate(COHEN) for b, number in enumerate(row) for _ in range(number)]
    assert kappa(pairs).value == pytest.approx(0.492, abs=0.0005)


@pytest.mark.parametrize("seed", range(8))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    draw = random.Random(seed)
    pairs = [(draw.choice("abc"), draw.choice("abcc")) for _ in range(draw.randint(5, 60))]
    assert kappa(pairs).value == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)), abs=1e-12)
    assert kappa([*pairs, ("a", None), (None, None)]) == kappa(pairs)


def test_the_interval_holds_the_true_value_about_as_often_as_it_says() -> None:
    draw, held = random.Random(3), 0
    for _ in range(120):
        truth = [draw.random() < 0.4 for _ in range(120)]
        pairs = [(value, value if draw.random() < 0.8 else not value) for value in truth]  # kappa 0.598 in the long run
        found = alpha(pairs, samples=300)
        held += found.low <= 0.598 <= found.high  # type: ignore[operator]
    assert 105 <= held <= 120


def test_without_variation_there_is_no_figure() -> None:
    for pairs in ([], [("a", "a")] * 9, [("a", None)] * 9):
        assert kappa(pairs) == alpha(pairs) == UNKNOWN
    assert kappa([("a", "b")] * 9).value == 0
    assert alpha([("a", "b")] * 9).value == pytest.approx(-0.889, abs=0.001)


def by_code(found: tuple[Agreement, ...]) -> dict[str, Agreement]:
    return {one.code: one for one in found}


def test_agreement_is_of_two_blind_readings_of_one_text(database: Database) -> None:
    people = team(database)
    one, two = saying("licite_preoccupant", "B2", "B3"), saying("licite_preoccupant", "C1")
    for number, (first, second) in enumerate([(one, one), (one, two), (two, two), (saying(), saying()), (saying(), one)]):
        reads(database, people.ana, f"d{number}", first, policy=TWICE)
        reads(database, people.ben, f"d{number}", second, policy=TWICE)
    adjudicate(database, [thing("d1")], one, actor=people.val, act=deed(), texts={"d1": TEXT})  # readings count as they were made
    reads(database, people.ana, "d9", one)  # nobody else read it
    reads(database, people.ana, "d8", one, policy=TWICE)
    reads(database, people.ben, "d8", two, policy=TWICE)
    withdraw(database, "d8", actor=people.ben, act=deed())
    found = by_code(agreement(database))
    assert len(found) == 1 + 3 + 35
    assert (found["qualification"].items, found["qualification"].alike) == (5, 4)
    assert (found["gourou"].items, found["gourou"].alike, found["gourou"].found) == (5, 3, 3)
    pairs = [(True, True), (True, False), (False, False), (False, False), (False, True)]
    assert (found["gourou"].kappa, found["gourou"].alpha) == (kappa(pairs).value, alpha(pairs).value)
    assert (found["B2"].items, found["B2"].alike, found["B2"].kappa) == (1, 1, None)  # what one left out counts as missing
    assert (found["abandon_soins"].items, found["abandon_soins"].alpha) == (5, None)
    assert by_code(agreement(database, since=NOW + timedelta(days=1)))["gourou"].items == 0


def test_a_reading_added_to_what_was_decided_is_not_blind(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, "d1")
    take(database, "d1", actor=people.ben, also=True, now=NOW)
    reads(database, people.ben, "d1", saying("licite_preoccupant", "B2"))
    urgent = saying("urgence", markers=())
    reads(database, people.ana, "d2", urgent)  # decided at once, but kept from who reads it next
    reads(database, people.ben, "d2", urgent)
    assert by_code(agreement(database))["qualification"].items == 1
    reads(database, people.ana, "d3")
    with database.writing() as session:
        undo_in(session, ["d3"], reason="Contestation.", by="Val", act=deed(), actor="val")
    reads(database, people.ben, "d3", act=deed(at=NOW + timedelta(minutes=1)))
    assert by_code(agreement(database))["qualification"].items == 2, "no decision stood any more"


def test_the_copies_of_a_campaign_are_one_item(embedded: Database) -> None:
    people = team(embedded)
    things = [thing(f"c{number}") for number in range(20)]
    for who in (people.ana, people.ben):
        read(embedded, things, saying(), actor=who, act=deed(), texts={"c0": TEXT}, campaign="camp", policy=TWICE)
    assert by_code(agreement(embedded))["gourou"].items == 1


def test_false_positives_are_what_was_flagged_and_stands_as_none(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, "d1", saying(exclusions=["press"]), act=deed(at=NOW))
    reads(database, people.ana, thing("d2", lane="sondage", stratum="loin", inclusion=0.005))
    reads(database, people.ana, "d3", saying("licite_preoccupant", "C1"))
    reads(database, people.ana, "d4")
    withdraw(database, "d4", actor=people.ana, act=deed())
    reads(database, people.ana, "d5")
    decide(database, [thing("d5")], choice("licite_preoccupant"), act=act())
    reads(database, people.ana, "d6", act=deed(at=NOW + timedelta(hours=1)))
    assert [(one.document_id, one.exclusions, one.taxonomy) for one in false_positives(database)] == [
        ("d6", (), "essai"),
        ("d1", ("press",), "essai"),
    ]
    assert [one.document_id for one in false_positives(database, since=NOW + timedelta(minutes=1))] == ["d6"]


def test_candidates_say_how_sure_people_are_and_name_nobody(database: Database) -> None:
    people = team(database)
    full, part = saying("licite_preoccupant", "B2", "B3"), saying("licite_preoccupant", "B2")
    reads(database, people.ana, "d1", full)
    for name, second in (("d2", part), ("d3", saying())):
        reads(database, people.ana, name, full, policy=TWICE)
        reads(database, people.ben, name, second, policy=TWICE)
    reads(database, people.ana, "d4", full, policy=TWICE)  # waits
    reads(database, people.ana, "d5", full)
    withdraw(database, "d5", actor=people.ana, act=deed())
    decide(database, [thing("d6")], choice(), act=act())  # outside the console: no quotes
    adjudicate(
        database, [thing("d3")], saying("licite_preoccupant", "C1", exclusions=["spirituality"]), actor=people.val, act=deed(), texts={"d3": TEXT}
    )
    found = {one.document_id: one for one in candidates(database)}
    assert {name: (one.agreement, one.readings) for name, one in found.items()} == {
        "d1": ("une_lecture", 1),
        "d2": ("accord", 2),
        "d3": ("arbitrage", 3),
    }
    assert (found["d2"].submarkers, [quote.submarker for quote in found["d2"].quotes]) == ({"B2": "present"}, ["B2", "B3"])
    assert (found["d3"].submarkers, found["d3"].markers, found["d3"].exclusions) == ({"C1": "present"}, ("complotisme",), ("spirituality",))
    said = "".join(one.model_dump_json() for one in found.values())
    assert not any(name in said for name in ("ana", "Ana", "Ben", "Val"))
    assert found["d1"].taxonomy == "essai"


def test_golden_readings_count_nowhere(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.cleo, "or")
    set_golden(embedded, "or", qualification="hors_champ", note="x", actor=people.val)
    take_next(embedded, ["d"], actor=people.ana, now=NOW, policy=ALONE.model_copy(update={"golden_every": 1}))
    assert reads(embedded, people.ana, "or").golden == "x"
    assert by_code(agreement(embedded))["gourou"].items == 0
    assert [one.readings for one in candidates(embedded)] == [1]
