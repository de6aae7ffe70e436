"""What people who read say to each other, and how much of what weighs on them they have read today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.audit import entries
from cases.care import distressing, today
from cases.claims import take
from cases.comments import MOST, add, listed
from cases.database import Database
from cases.readings import read
from core.errors import Conflict, Invalid
from tests.cases.conftest import NOW
from tests.cases.reading_room import ALONE, TEXT, TWICE, deed, reads, saying, team, thing

HARD = ALONE.model_copy(update={"pause_after": 3, "pause_minutes": 10})


def test_comments_are_for_who_needs_not_read_it_blind(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, policy=TWICE)
    said = add(database, "d1", " Déjà vu ailleurs. ", actor=people.ana, act=deed("c"))
    assert add(database, "d1", "Déjà vu ailleurs.", actor=people.ana, act=deed("c")) == said
    assert (said.text, said.by) == ("Déjà vu ailleurs.", "Ana")
    assert (listed(database, "d1", actor=people.ana), listed(database, "d1", actor=people.ben)) == ((said,), ())
    with pytest.raises(Conflict, match="still to be read blind"):
        add(database, "d1", "Moi aussi.", actor=people.ben)
    reads(database, people.ben, policy=TWICE)
    add(database, "d1", "D'accord.", actor=people.ben)
    assert [one.by for one in listed(database, "d1", actor=people.cleo)] == ["Ana", "Ben"]
    assert "vu ailleurs" not in "".join(entry.details for entry in entries(database))


def test_who_holds_an_item_sees_none(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana)
    add(embedded, "d1", "Vu.", actor=people.ana)
    take(embedded, "d1", actor=people.ben, also=True)
    assert listed(embedded, "d1", actor=people.ben) == ()


@pytest.mark.parametrize("text", ["", "  \n", "x" * (MOST + 1)])
def test_a_comment_says_something_and_not_too_much(embedded: Database, text: str) -> None:
    people = team(embedded)
    with pytest.raises(Invalid, match="a comment of"):
        add(embedded, "d1", text, actor=people.ana)


@pytest.mark.parametrize(
    ("entry", "hard"),
    [
        ({"markers": ["abandon_soins"], "flags": [], "qualification": None}, True),
        ({"markers": ["gourou", "complotisme"], "flags": ["T2", "T10"], "qualification": None}, False),
        ({"markers": [], "flags": ["T1"], "qualification": None}, True),
        ({"markers": [], "flags": ["T7"], "qualification": None}, True),
        ({"markers": None, "flags": None, "qualification": "urgence"}, True),
        ({}, False),
    ],
    ids=range(6),
)
def test_what_weighs_is_told_by_the_item(entry: dict[str, object], hard: bool) -> None:
    assert distressing(entry) is hard


def test_a_pause_is_proposed_after_so_many_and_a_pause_begins_anew(database: Database) -> None:
    people = team(database)
    seen = []
    for number, minute in enumerate((0, 2, 4, 6, 20)):
        at = NOW + timedelta(minutes=minute)
        reads(database, people.ana, f"d{number}", act=deed(at=at), distressing=number != 1)
        seen.append(today(database, actor=people.ana, now=at, policy=HARD))
    assert [(one.read, one.distressing, one.since_pause, one.pause) for one in seen] == [
        (1, 1, 1, False), (2, 1, 1, False), (3, 2, 2, False), (4, 3, 3, True), (5, 4, 1, False),
    ]  # fmt: skip
    assert today(database, actor=people.ana, now=NOW + timedelta(minutes=31), policy=HARD).since_pause == 0
    assert today(database, actor=people.ben, now=NOW, policy=HARD).read == 0


def test_the_day_begins_at_midnight_in_paris(embedded: Database) -> None:
    people = team(embedded)
    before = datetime(2026, 11, 1, 22, 50, tzinfo=UTC)  # 23:50 in Paris
    reads(embedded, people.ana, act=deed(at=before), distressing=True)
    assert today(embedded, actor=people.ana, now=before + timedelta(minutes=5)).distressing == 1
    assert today(embedded, actor=people.ana, now=before + timedelta(minutes=15)).read == 0


def test_what_a_reader_finds_weighs_too_and_a_campaign_counts_once(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, said=saying("licite_preoccupant", "A1"))
    things = [thing(f"c{number}") for number in range(9)]
    read(embedded, things, saying(), actor=people.ana, act=deed(), texts={"c0": TEXT}, campaign="camp", distressing=True, policy=ALONE)
    assert today(embedded, actor=people.ana, now=NOW)[:2] == (2, 2)


def test_nobody_says_anything_of_what_nobody_has_read(embedded: Database) -> None:
    people = team(embedded)
    with pytest.raises(Conflict, match="blind"):
        add(embedded, "d1", "Pour moi, c'est illicite.", actor=people.ben)
    assert listed(embedded, "d1", actor=people.ana) == ()
