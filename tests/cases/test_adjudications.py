"""Where two readings differ, a third person decides, and all three readings stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from cases.adjudications import Alone, adjudicate, waiting
from cases.audit import verify
from cases.checking import Reading
from cases.claims import take
from cases.database import Database
from cases.decisions import history, standing
from cases.readings import read, reviews, seen_by
from cases.tables_work import AdjudicationRow
from cases.urgencies import open_ones
from core.errors import Conflict, Forbidden, Invalid
from tests.cases.conftest import NOW
from tests.cases.reading_room import TEXT, TWICE, Team, deed, reads, saying, team, thing

WORRYING = saying("licite_preoccupant", "C1")


def differ(database: Database, people: Team, name: str = "d1", minutes: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    reads(database, people.ana, name, act=deed(at=at), policy=TWICE)
    reads(database, people.ben, name, WORRYING, act=deed(at=at), policy=TWICE)


def test_a_third_person_decides_and_all_readings_stay(database: Database) -> None:
    people = team(database)
    differ(database, people)
    done = adjudicate(database, [thing()], saying("licite_preoccupant", "B2", "B3"), actor=people.val, act=deed("a"), texts={"d1": TEXT})
    [row] = done.decided
    assert (done.state, row.decided_by, row.markers) == ("decide", "Val", ("gourou",))
    assert [(one.person_id, one.seat, one.withdrawn_at) for one in reviews(database, "d1")] == [
        ("ana", "premiere", None), ("ben", "seconde", None), ("val", "arbitrage", None),
    ]  # fmt: skip
    with database.reading() as session:
        [kept] = session.scalars(select(AdjudicationRow))
        assert (kept.act, kept.reviews) == (row.act, [one.id for one in reviews(database, "d1")[:2]])
    assert adjudicate(database, [thing()], WORRYING, actor=people.val, act=deed("a"), texts={"d1": TEXT}) == done
    assert len(history(database, "d1")) == 1
    assert [one.by for one in seen_by(database, "d1", actor=people.ana)] == ["Ana", "Ben", "Val"]
    assert verify(database).wrong is None


def test_who_read_it_does_not_decide_between(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.zoe, policy=TWICE)
    reads(embedded, people.ben, said=WORRYING, policy=TWICE)
    with pytest.raises(Conflict, match="have read d1 already"):
        adjudicate(embedded, [thing()], WORRYING, actor=people.zoe, act=deed(), texts={"d1": TEXT})
    with pytest.raises(Forbidden, match="role valide"):
        adjudicate(embedded, [thing()], WORRYING, actor=people.cleo, act=deed(), texts={"d1": TEXT})
    assert [one.allowed for one in waiting(embedded, actor=people.zoe)] == [False]
    assert [one.allowed for one in waiting(embedded, actor=people.val)] == [True]


def test_who_read_it_and_took_it_back_does_not_either(embedded: Database) -> None:
    from cases.readings import withdraw

    people = team(embedded)
    reads(embedded, people.zoe, policy=TWICE)
    withdraw(embedded, "d1", actor=people.zoe, act=deed())
    differ(embedded, people)
    with pytest.raises(Conflict, match="who has not read it"):
        adjudicate(embedded, [thing()], WORRYING, actor=people.zoe, act=deed(), texts={"d1": TEXT})


def test_only_what_waits_is_decided_between(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, policy=TWICE)
    for items in ([thing()], [thing("d9")]):
        with pytest.raises(Conflict, match="no two readings differ"):
            adjudicate(embedded, items, WORRYING, actor=people.val, act=deed(), texts={"d1": TEXT, "d9": TEXT})
    with pytest.raises(Invalid, match="0 items"):
        adjudicate(embedded, [], WORRYING, actor=people.val, act=deed(), texts={})


def test_two_do_not_decide_between_at_once(database: Database) -> None:
    people = team(database)
    differ(database, people)
    assert take(database, "d1", actor=people.val, now=NOW).seat == "arbitrage"
    with pytest.raises(Conflict, match="being read by somebody else"):
        adjudicate(database, [thing()], WORRYING, actor=people.zoe, act=deed(), texts={"d1": TEXT})


def test_urgent_ones_come_first_then_the_oldest(database: Database) -> None:
    people = team(database)
    differ(database, people, "d2", minutes=2)
    differ(database, people, "d1", minutes=1)
    reads(database, people.ana, "d3", act=deed(at=NOW + timedelta(minutes=3)), policy=TWICE)
    reads(database, people.ben, "d3", saying("urgence", markers=()), act=deed(at=NOW + timedelta(minutes=3)), policy=TWICE)
    assert [(one.document_id, one.urgent) for one in waiting(database)] == [("d3", True), ("d1", False), ("d2", False)]
    adjudicate(database, [thing("d3")], saying(), actor=people.val, act=deed(), texts={"d3": TEXT})
    assert standing(database, ["d3"])["d3"].qualification == "hors_champ"
    assert [one.document_id for one in waiting(database)] == ["d1", "d2"]
    assert len(open_ones(database)) == 1  # nothing closes an urgency but a person who says what was done


def test_a_campaign_is_adjudicated_as_a_whole(database: Database) -> None:
    people = team(database)
    things = [thing(f"c{number}") for number in range(4)]
    texts = dict.fromkeys((one.document_id for one in things), TEXT)
    read(database, things, saying(), actor=people.ana, act=deed(), texts=texts, campaign="camp", policy=TWICE)
    read(database, things[:2], saying("urgence", markers=()), actor=people.ben, act=deed(), texts=texts, campaign="camp", policy=TWICE)
    read(database, things[2:3], WORRYING, actor=people.cleo, act=deed(), texts=texts, policy=TWICE)
    urgent = saying("urgence", markers=())
    done = adjudicate(database, things, urgent, actor=people.val, act=deed("u"), texts=texts, campaign="camp")
    assert ({row.document_id for row in done.decided}, set(done.skipped)) == ({"c0", "c1"}, {"c2", "c3"}), "nobody says so of c2"
    assert [one.id for one in open_ones(database)] == [done.urgency]
    assert adjudicate(database, things, urgent, actor=people.val, act=deed("u"), texts=texts, campaign="camp").decided == done.decided


@pytest.mark.parametrize("alone", [saying("urgence", markers=()), saying("illicite_presume", "A1")])
def test_what_leaves_the_house_is_not_found_by_who_decides_between_two(database: Database, alone: Reading) -> None:
    people = team(database)
    differ(database, people)
    with pytest.raises(Alone, match=r"neither of the two .* choose one of hors_champ, licite_preoccupant, or take both readings back"):
        adjudicate(database, [thing()], alone, actor=people.val, act=deed(), texts={"d1": TEXT})
    assert (standing(database, ["d1"]), len(reviews(database, "d1")), open_ones(database)) == ({}, 2, ())
    reads(database, people.ana, "d2", alone, policy=TWICE)
    reads(database, people.ben, "d2", policy=TWICE)
    assert adjudicate(database, [thing("d2")], alone, actor=people.val, act=deed(), texts={"d2": TEXT}).state == "decide"


def test_taking_both_readings_back_lets_two_people_read_it_again(database: Database) -> None:
    from cases.readings import withdraw

    people = team(database)
    differ(database, people)
    withdraw(database, "d1", actor=people.val, act=deed())
    assert take(database, "d1", actor=people.cleo, now=NOW).seat == "premiere"
    assert reads(database, people.cleo, "d1", saying("urgence", markers=())).state == "seconde_lecture"


def test_a_text_that_changed_is_read_anew(embedded: Database) -> None:
    people = team(embedded)
    differ(embedded, people)
    with pytest.raises(Conflict, match="no two readings differ"):
        adjudicate(embedded, [thing(text="Autre.")], saying(), actor=people.val, act=deed(), texts={"d1": "Autre."})
    with pytest.raises(Conflict, match="has changed"):
        adjudicate(embedded, [thing()], saying(text_sha256="0" * 64), actor=people.val, act=deed(), texts={"d1": TEXT})
