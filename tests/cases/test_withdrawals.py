"""A reading can be taken back: its row stays, what rested on it is undone by a row, and the item is open again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.adjudications import adjudicate, waiting
from cases.audit import verify
from cases.claims import seat_for
from cases.database import Database
from cases.decisions import decide, history, standing, undo
from cases.progress import progress_of
from cases.readings import read, reviews, withdraw
from cases.urgencies import open_ones
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW, act, choice
from tests.cases.reading_room import ALONE, TEXT, TWICE, deed, reads, saying, team, thing

SOON, LATE = NOW + timedelta(minutes=15), NOW + timedelta(minutes=16)


def state(database: Database, name: str = "d1") -> str:
    with database.reading() as session:
        return progress_of(session, {name: None})[name].state


def test_ones_own_decision_is_undone_and_the_item_is_open_again(database: Database) -> None:
    people = team(database)
    reads(database, people.ana)
    done = withdraw(database, "d1", actor=people.ana, act=deed("r", SOON))
    [undone] = done.undone
    assert (done.documents, undone.undoes, undone.decided_by) == (("d1",), history(database, "d1")[0].id, "Ana")
    assert (standing(database, ["d1"]), state(database), [one.withdrawn_at for one in reviews(database, "d1")]) == ({}, "premiere", [SOON])
    assert withdraw(database, "d1", actor=people.ana, act=deed("r", SOON)) == done
    assert seat_for(database, "d1", actor=people.ana) == "premiere"  # a slip is corrected by reading again
    assert reads(database, people.ana).state == "decide"
    assert verify(database).wrong is None


def test_a_reading_that_waits_is_taken_back_before_the_second(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, policy=TWICE)
    assert withdraw(database, "d1", actor=people.ana, act=deed(at=SOON)).undone == ()
    assert state(database) == "premiere"
    with pytest.raises(NotFound, match="no reading of yours"):
        withdraw(database, "d1", actor=people.ana, act=deed(at=SOON))


def test_of_two_who_agreed_either_may_take_theirs_back(database: Database) -> None:
    people = team(database)
    for name, who in (("d1", people.ana), ("d2", people.ben)):
        reads(database, people.ana, name, policy=TWICE)
        reads(database, people.ben, name, policy=TWICE)
        assert len(withdraw(database, name, actor=who, act=deed(at=SOON)).undone) == 1
        assert (state(database, name), standing(database, [name])) == ("seconde", {})
    assert seat_for(database, "d1", actor=people.cleo) == "premiere"  # ben's is the second
    assert reads(database, people.cleo, policy=TWICE).state == "decide"


def test_later_it_takes_the_role_valide(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana)
    with pytest.raises(Forbidden, match="more than 15 minutes ago"):
        withdraw(embedded, "d1", actor=people.ana, act=deed(at=LATE))
    with pytest.raises(NotFound, match="no reading of yours"):
        withdraw(embedded, "d1", actor=people.ben, act=deed(at=SOON))
    done = withdraw(embedded, "d1", actor=people.val, act=deed(at=LATE), reason="Mauvaise page.")
    assert [(row.decided_by, row.reason) for row in done.undone] == [("Val", "Mauvaise page.")]
    assert (state(embedded), seat_for(embedded, "d1", actor=people.ana)) == ("premiere", "premiere")
    with pytest.raises(NotFound, match="nothing to take back"):
        withdraw(embedded, "d1", actor=people.val, act=deed(at=LATE))
    with pytest.raises(Invalid, match="a reason of 0"):
        withdraw(embedded, "d1", actor=people.val, act=deed(at=LATE), reason=" ")


def test_who_has_the_role_takes_back_their_own_alone_while_there_is_time(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, policy=TWICE)
    reads(embedded, people.zoe, policy=TWICE)
    withdraw(embedded, "d1", actor=people.zoe, act=deed(at=SOON))
    assert [one.withdrawn_at is None for one in reviews(embedded, "d1")] == [True, False]


def test_what_was_adjudicated_goes_back_to_who_adjudicates(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, policy=TWICE)
    reads(database, people.ben, said=saying("licite_preoccupant", "C1"), policy=TWICE)
    adjudicate(database, [thing()], saying(), actor=people.val, act=deed(), texts={"d1": TEXT})
    with pytest.raises(Conflict, match="decided by somebody else after"):
        withdraw(database, "d1", actor=people.ana, act=deed(at=SOON))
    withdraw(database, "d1", actor=people.val, act=deed(at=LATE))
    assert (state(database), [one.document_id for one in waiting(database)]) == ("arbitrage", ["d1"])
    assert [one.withdrawn_at for one in reviews(database, "d1")] == [None, None, None]


@pytest.mark.parametrize("first", [True, False])
def test_an_urgency_stands_as_long_as_one_person_says_so_and_is_read_again(database: Database, *, first: bool) -> None:
    people = team(database)
    urgent = saying("urgence", markers=())
    reads(database, people.ana, said=urgent)
    reads(database, people.ben, said=urgent)
    goes, stays = (people.ana, people.ben) if first else (people.ben, people.ana)
    done = withdraw(database, "d1", actor=goes, act=deed("w", SOON))
    assert (done.documents, done.undone) == (("d1",), ())
    assert withdraw(database, "d1", actor=goes, act=deed("w", SOON)) == done
    stands = standing(database, ["d1"])["d1"]
    assert (stands.qualification, stands.decided_by, state(database)) == ("urgence", stays.name, "seconde")
    assert (seat_for(database, "d1", actor=goes), seat_for(database, "d1", actor=people.cleo)) == (None, "premiere" if first else "seconde")
    assert len(open_ones(database)) == 1
    if first:
        assert reads(database, people.cleo, said=urgent).state == "decide"
        assert state(database) == "decide"
    else:
        assert len(withdraw(database, "d1", actor=stays, act=deed(at=SOON)).undone) == 1, "nobody says so any more"
        assert (standing(database, ["d1"]), state(database)) == ({}, "premiere")
    withdraw(database, "d1", actor=people.val, act=deed(at=SOON)) if first else None
    assert standing(database, ["d1"]) == {}
    assert len(open_ones(database)) == 1  # somebody must still say what was done
    assert verify(database).wrong is None


def test_who_read_what_was_adjudicated_does_not_undo_it(database: Database) -> None:
    people = team(database)
    things = [thing(f"c{number}") for number in range(3)]
    texts = dict.fromkeys((one.document_id for one in things), TEXT)
    read(database, things[:2], saying(), actor=people.zoe, act=deed(), texts=texts, campaign="camp", policy=TWICE)
    read(database, things[2:], saying(), actor=people.ana, act=deed(), texts=texts, policy=TWICE)
    for one in things:
        reads(database, people.ben, one, saying("licite_preoccupant", "C1"), policy=TWICE)
    adjudicate(database, [things[2], *things[:2]], saying(), actor=people.val, act=deed(), texts=texts, campaign="camp")
    for at in (SOON, LATE):
        with pytest.raises(Forbidden, match="decided between your reading and another one; another person with the role valide"):
            withdraw(database, "c0", actor=people.zoe, act=deed(at=at))
    assert set(standing(database, list(texts))) == {"c0", "c1", "c2"}
    assert withdraw(database, "c2", actor=people.zoe, act=deed(at=LATE), whole=True).documents == ("c2",), "what she read stays"
    done = withdraw(database, "c0", actor=people.val, act=deed(at=LATE), whole=True)
    assert set(done.documents) == {"c0", "c1"}
    assert state(database, "c0") == "arbitrage"


def test_a_campaign_is_undone_as_a_whole(database: Database) -> None:
    people = team(database)
    things = [thing(f"c{number}") for number in range(6)]
    read(database, things, saying(), actor=people.ana, act=deed(), texts={"c0": TEXT}, campaign="camp", policy=ALONE)
    undo(database, ["c5"], reason="Non.", by="AB", act=act(NOW))
    decide(database, [thing("c5")], choice("licite_preoccupant"), act=act(NOW))
    done = withdraw(database, "c2", actor=people.ana, act=deed("w", SOON), whole=True)
    assert (set(done.documents), len(done.undone)) == ({"c0", "c1", "c2", "c3", "c4"}, 5)
    assert set(standing(database, [one.document_id for one in things])) == {"c5"}
    assert withdraw(database, "c2", actor=people.ana, act=deed("w", SOON), whole=True) == done


def test_a_campaign_is_undone_by_who_has_the_role(embedded: Database) -> None:
    people = team(embedded)
    things = [thing(f"c{number}") for number in range(4)]
    for who in (people.ana, people.ben):
        read(embedded, things, saying(), actor=who, act=deed(), texts={"c0": TEXT}, campaign="camp", policy=TWICE)
    alone = withdraw(embedded, "c3", actor=people.val, act=deed(at=LATE))
    assert alone.documents == ("c3",)
    done = withdraw(embedded, "c0", actor=people.val, act=deed(at=LATE), whole=True)
    assert (set(done.documents), len(done.undone)) == ({"c0", "c1", "c2"}, 3)
    assert {state(embedded, one.document_id) for one in things} == {"premiere"}


def test_an_undo_at_the_command_line_opens_the_item_again(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, policy=TWICE)
    reads(embedded, people.ben, policy=TWICE)
    undo(embedded, ["d1"], reason="Non.", by="AB", act=act())
    assert (state(embedded), seat_for(embedded, "d1", actor=people.ana)) == ("premiere", "premiere")
