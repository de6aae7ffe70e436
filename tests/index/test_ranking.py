"""The queue's order against an order made by hand; see tests/index/ranking/README.md."""

from __future__ import annotations

import os

import pytest

from bench.ranking import FOLDER, LETTERS, READINGS, SURE, Item, agreement, figures, flagged, items, ranked, rows
from core.records import MARKERS, Assessment
from core.settings import Settings
from core.taxonomy import load_taxonomy
from index.harm import load_rules
from nlp.corpus import load_rows
from nlp.score import Item as Text
from nlp.score import Scorer

RESCORED = int(os.environ.get("VIGIE_TEST_RANKING", "6"))  # of 200; the model reads some again, or all of them


@pytest.fixture(scope="module")
def listed() -> list[Item]:
    return items()


def test_the_set_is_whole(listed: list[Item]) -> None:
    known = {sign.id for sign in load_taxonomy().submarkers()} | {flag.id for flag in load_taxonomy().flags}
    found = rows("items.jsonl")
    assert len({row["id"] for row in found}) == len({row["text"] for row in found}) == len(listed) == 200
    for name in ("hand_a", "hand_b"):
        assert {row["id"] for row in rows(f"{name}.jsonl")} == {row["id"] for row in found}
    assert {name for row in found for name in (*row["submarkers"], *row["flags"])} <= known
    assert {sign[0] for row in found for sign in row["submarkers"]} == set(LETTERS)
    assert all(row["platform"].endswith(".example") for row in found)


def test_no_item_stands_in_the_corpus_that_the_model_learnt_from() -> None:
    learnt = {row.text.strip() for row in load_rows(FOLDER.parents[2] / "nlp" / "corpus")}
    assert not learnt & {row["text"].strip() for row in rows("items.jsonl")}


def test_the_points_of_hand_b_add_up() -> None:
    weights = {"severity": 4, "imminence": 3, "vulnerability": 2.5, "people": 2, "hold": 2}
    for row in rows("hand_b.jsonl"):
        points = sum(weight * row[name] for name, weight in weights.items())
        assert row["judged"] == pytest.approx(points / 5 if row["warns"] else points, abs=0.006)


def test_the_two_hands_agree() -> None:
    assert agreement() >= 0.8


def test_the_order_by_what_a_careful_reader_finds(listed: list[Item]) -> None:
    """What the weights do, without the model's mistakes."""
    found = figures(listed, ranked(listed, READINGS["all by hand"], rules=load_rules()))
    assert found.tau >= 0.7
    assert found.measured >= 0.7
    assert found.worst_found >= 8


def test_the_order_by_what_the_model_says(listed: list[Item]) -> None:
    """As it is today: the goal of 0.6 and ten of ten is missed, because the model misses half of the marked items. Floors, so that it does not get worse."""
    found = figures(listed, ranked(listed, READINGS["model"], rules=load_rules()))
    assert found.tau >= 0.43
    assert found.measured >= 0.4
    assert found.worst_found >= 4
    shown = [item for item in listed if flagged(item.by_model)]
    queue = figures(shown, ranked(shown, READINGS["model"], rules=load_rules()))
    assert queue.tau >= 0.5
    assert queue.worst_found >= 5


def test_what_warns_reports_or_jokes_is_not_in_the_first_half(listed: list[Item]) -> None:
    ranks = ranked(listed, READINGS["all by hand"], rules=load_rules())
    order = sorted(ranks, key=lambda name: -ranks[name].priority)
    quiet = {item.document.id for item in listed if not flagged(item.by_hand) and not {"T7"} & {flag.id for flag in item.by_hand.flags}}
    assert not quiet & set(order[:100])


def test_what_is_read_by_hand_is_said_in_full(listed: list[Item]) -> None:
    for item in listed:
        assert set(item.by_hand.scores) == set(MARKERS)
        assert flagged(item.by_hand) == (SURE in item.by_hand.scores.values())


def test_the_saved_assessments_are_those_of_the_shipped_model(listed: list[Item]) -> None:
    some = listed[:: max(1, len(listed) // RESCORED)][:RESCORED]
    answers = Scorer(Settings()).score(Text(item.document.id, item.document.text, item.document.title) for item in some)
    for item, answer in zip(some, answers, strict=True):
        saved = item.by_model
        assert isinstance(answer, Assessment)
        assert (answer.model, answer.revision) == (saved.model, saved.revision), "python bench/ranking.py --score"
        assert answer.scores == pytest.approx(saved.scores, abs=0.02)
        assert {flag.id for flag in answer.flags} == {flag.id for flag in saved.flags}
