"""Golden items come without notice, decide nothing, and explain themselves afterwards."""

from __future__ import annotations

import pytest

from cases.claims import claims_on, decline, seat_for, take, take_next
from cases.database import Database
from cases.decisions import history
from cases.golden import listed, own, retire, set_golden
from cases.readings import hidden_from, reviews, seen_by, withdraw
from core.errors import Conflict, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.reading_room import ALONE, Team, deed, reads, saying, team

ALWAYS = ALONE.model_copy(update={"golden_every": 1})


def golden(database: Database, people: Team, name: str = "or") -> None:
    reads(database, people.cleo, name, saying("licite_preoccupant", "C1"))
    set_golden(
        database, name, qualification="licite_preoccupant", submarkers={"C1": "present"}, note="Un récit, rien d'illicite.", actor=people.val, now=NOW
    )


def test_it_is_given_without_notice_and_explained_after_the_reading(database: Database) -> None:
    people = team(database)
    golden(database, people)
    claim = take_next(database, ["d1"], actor=people.ana, now=NOW, policy=ALWAYS)
    assert claim
    assert (claim.document_id, claim.seat) == ("or", "repere")
    assert hidden_from(database, "or", actor=people.ana)
    assert seen_by(database, "or", actor=people.ana) == ()
    done = reads(database, people.ana, "or", act=deed("g"), policy=ALWAYS)
    assert (done.state, done.decided, done.golden) == ("decide", (), "Un récit, rien d'illicite.")
    assert reads(database, people.ana, "or", act=deed("g"), policy=ALWAYS) == done
    assert len(history(database, "or")) == 1
    assert [one.by for one in reviews(database, "or")] == ["Cleo"]
    assert [one.by for one in seen_by(database, "or", actor=people.ana)] == ["Cleo", "Ana"]
    assert [own(database, actor=who).model_dump() for who in (people.ana, people.ben)] == [{"readings": 1, "right": 0}, {"readings": 0, "right": 0}]
    [row] = listed(database)
    assert (row.readings, row.right) == (1, 0)


def test_nobody_gets_one_that_they_know(embedded: Database) -> None:
    people = team(embedded)
    golden(embedded, people)
    found = take_next(embedded, ["d1"], actor=people.cleo, now=NOW, policy=ALWAYS)  # she decided it
    assert found
    assert found.document_id == "d1"
    take_next(embedded, ["d2"], actor=people.ana, now=NOW, policy=ALWAYS)
    reads(embedded, people.ana, "or")
    again = take_next(embedded, ["d2"], actor=people.ana, now=NOW, policy=ALWAYS)
    assert again
    assert again.document_id == "d2"
    decline(embedded, "or", actor=people.ben)
    other = take_next(embedded, ["d3"], actor=people.ben, now=NOW, policy=ALWAYS)
    assert other
    assert other.document_id == "d3"


def test_an_empty_queue_and_a_retired_item_give_none(embedded: Database) -> None:
    people = team(embedded)
    golden(embedded, people)
    assert take_next(embedded, [], actor=people.ana, now=NOW, policy=ALWAYS) is None
    retire(embedded, "or", actor=people.val)
    retire(embedded, "or", actor=people.val)
    assert take_next(embedded, ["d1"], actor=people.ana, now=NOW, policy=ALWAYS).document_id == "d1"  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        retire(embedded, "d1", actor=people.val)


def test_it_is_given_by_the_queue_alone(embedded: Database) -> None:
    people = team(embedded)
    golden(embedded, people)
    assert seat_for(embedded, "or", actor=people.ana) is None
    with pytest.raises(Conflict, match="is decided"):
        take(embedded, "or", actor=people.ana, now=NOW)


def test_about_one_in_so_many_is_golden(embedded: Database) -> None:
    people = team(embedded)
    for number in range(14):
        golden(embedded, people, f"or{number}")
    policy = ALONE.model_copy(update={"golden_every": 3})
    found = 0
    for number in range(30):
        claim = take_next(embedded, [f"d{number}"], actor=people.ana, now=NOW, policy=policy)
        assert claim
        found += claim.seat == "repere"
        reads(embedded, people.ana, claim.document_id, policy=policy)
    assert 4 <= found <= 14  # 10 expected


def test_what_was_explained_is_not_taken_back(embedded: Database) -> None:
    people = team(embedded)
    golden(embedded, people)
    take_next(embedded, ["d1"], actor=people.ana, now=NOW, policy=ALWAYS)
    reads(embedded, people.ana, "or", saying("licite_preoccupant", "C1"))
    assert own(embedded, actor=people.ana) == own(embedded, actor=people.ana).model_copy(update={"readings": 1, "right": 1})
    with pytest.raises(Conflict, match="explanation was shown"):
        withdraw(embedded, "or", actor=people.ana, act=deed())
    assert claims_on(embedded, ["or"], now=NOW) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"qualification": "illicite"}, "did you mean 'illicite_presume'"),
        ({"note": " "}, "0 characters"),
        ({"submarkers": {"Z1": "present"}}, "sub-marker 'Z1' is unknown"),
        ({"submarkers": {"A1": "oui"}}, "'oui' is no answer"),
    ],
    ids=range(4),
)
def test_what_makes_no_golden_item_is_said(embedded: Database, change: dict[str, object], message: str) -> None:
    people = team(embedded)
    reads(embedded, people.ana)
    with pytest.raises(Invalid, match=message):
        set_golden(embedded, "d1", **{"qualification": "hors_champ", "note": "Parce que.", "actor": people.val, **change})  # type: ignore[arg-type]


def test_only_what_is_decided_becomes_golden(embedded: Database) -> None:
    people = team(embedded)
    with pytest.raises(Invalid, match="d1 is not decided"):
        set_golden(embedded, "d1", qualification="hors_champ", note="x", actor=people.val)


def test_who_wrote_the_answer_is_not_asked(embedded: Database) -> None:
    people = team(embedded)
    golden(embedded, people)
    found = take_next(embedded, ["d1"], actor=people.val, now=NOW, policy=ALWAYS)  # she set it
    assert found
    assert (found.document_id, found.seat) == ("d1", "premiere")
