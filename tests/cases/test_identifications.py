"""Whether a named account wrote an item: two people, one answer for both, a trace, and nothing kept of the name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import accounts, audit, identifications
from cases.database import Database
from cases.decisions import decide, undo
from cases.identifications import KEEP, MOST_A_DAY, MOST_ON_ONE, Question
from cases.people import Actor, Capacity
from cases.tables_work import IdentificationRow
from core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from tests.cases.conftest import DOCUMENT, NOW, act, choice, item

AUTHOR, OTHER = "p-" + "a" * 24, "p-" + "b" * 24


def actor(database: Database, name: str, capacity: Capacity = "aide_aux_victimes") -> Actor:
    houses = {one.name: one for one in accounts.organisations(database)}
    house = houses.get(capacity) or accounts.add_organisation(database, name=capacity, capacity=capacity, by="test")
    made = accounts.add_person(database, organisation_id=house.id, login=f"{name}@maison.example", name=name, roles=("droit",), by="test")
    return Actor(id=made.id, organisation_id=house.id, name=name, roles=("droit",))


@pytest.fixture
def anne(database: Database) -> Actor:
    decide(database, [item()], choice("illicite_presume", "gourou"), act=act())
    return actor(database, "anne")


@pytest.fixture
def paul(database: Database, anne: Actor) -> Actor:
    return actor(database, "paul")


def ask(database: Database, who: Actor, candidate: str = AUTHOR, **options: object) -> Question:
    return identifications.ask(database, DOCUMENT, candidate=candidate, reason="Plainte en cours.", actor=who, **options)  # type: ignore[arg-type]


def candidates(database: Database) -> list[str]:
    with database.reading() as session:
        return [row.candidate for row in session.query(IdentificationRow)]


@pytest.mark.parametrize(("candidate", "matches"), [(AUTHOR, True), (OTHER, False)])
def test_two_people_get_one_answer(database: Database, anne: Actor, paul: Actor, candidate: str, matches: bool) -> None:
    asked = ask(database, anne, candidate)
    assert asked.matches is None
    assert identifications.waiting(database, actor=paul) == (asked,)
    assert identifications.waiting(database, actor=anne) == (), "who asked is not the second person"
    with pytest.raises(Forbidden, match="two people"):
        identifications.agree(database, asked.id, authors={AUTHOR}, actor=anne)
    answered = identifications.agree(database, asked.id, authors={AUTHOR}, actor=paul)
    assert (answered.matches, answered.agreed_by) == (matches, paul.id)
    assert identifications.own(database, actor=anne) == identifications.own(database, actor=paul) == (answered,)
    assert identifications.own(database, actor=actor(database, "lise")) == (), "the answer is shown to both and to nobody else"
    assert candidates(database) == [""], "what was compared is gone"
    with pytest.raises(Conflict, match="answered"):
        identifications.agree(database, asked.id, authors={AUTHOR}, actor=paul)


def test_refused_or_withdrawn_nothing_is_compared(database: Database, anne: Actor, paul: Actor) -> None:
    for who in (anne, paul):
        asked = ask(database, anne)
        ended = identifications.refuse(database, asked.id, actor=who)
        assert (ended.matches, ended.refused_by) == (None, who.id)
    assert candidates(database) == ["", ""]


def test_the_trail_tells_who_asked_about_what_and_never_the_answer(database: Database, anne: Actor, paul: Actor) -> None:
    asked = ask(database, anne)
    identifications.agree(database, asked.id, authors={AUTHOR}, actor=paul)
    found = audit.entries(database, subject=("identification", asked.id))
    assert [(entry.action, entry.actor) for entry in found] == [("identification_agreed", paul.id), ("identification_asked", anne.id)]
    with database.reading() as session:
        assert {entry.details for entry in found} == {f'{{"document":"{audit.alias_of(session, DOCUMENT)}"}}'}


def test_only_an_item_with_an_open_case(database: Database, anne: Actor) -> None:
    decide(database, [item("e" * 32)], choice("licite_preoccupant", "complotisme"), act=act())
    for document in ("e" * 32, "f" * 32):
        with pytest.raises(Conflict, match="no open case"):
            identifications.ask(database, document, candidate=AUTHOR, reason="Curiosité.", actor=anne)


def test_an_organisation_without_a_capacity_asks_nothing(database: Database, anne: Actor) -> None:
    with pytest.raises(Forbidden, match="art. 46"):
        ask(database, actor(database, "zoé", "aucune"))


def test_whoever_guesses_is_stopped(database: Database, anne: Actor, paul: Actor) -> None:
    for number in range(MOST_A_DAY):
        ask(database, anne, act=f"question-{number}")
    ask(database, anne, act="question-0")  # the same again is no new question
    with pytest.raises(TooMany):
        ask(database, anne, act="une-de-plus")
    for number in range(MOST_ON_ONE - MOST_A_DAY):
        ask(database, paul, act=f"question-{number}")
    with pytest.raises(TooMany, match="on " + DOCUMENT):
        ask(database, actor(database, "lise"))


def test_a_question_waits_for_a_month_then_its_candidate_is_forgotten(database: Database, anne: Actor, paul: Actor) -> None:
    old = ask(database, anne, now=NOW)
    late = NOW + KEEP + timedelta(minutes=1)
    assert identifications.waiting(database, actor=paul, now=late) == ()
    with pytest.raises(Conflict, match="waited"):
        identifications.agree(database, old.id, authors={AUTHOR}, actor=paul, now=late)
    ask(database, anne, now=late)
    assert sorted(candidates(database)) == ["", AUTHOR]


def test_what_names_no_author_is_not_answered(database: Database, anne: Actor, paul: Actor) -> None:
    asked = ask(database, anne)
    with pytest.raises(Conflict, match="no author"):
        identifications.agree(database, asked.id, authors=(), actor=paul)
    assert identifications.find(database, asked.id).answered_at is None


def test_a_reason_is_needed_and_a_question_that_exists(database: Database, anne: Actor) -> None:
    with pytest.raises(Invalid, match="reason"):
        identifications.ask(database, DOCUMENT, candidate=AUTHOR, reason=" ", actor=anne)
    with pytest.raises(NotFound):
        identifications.refuse(database, "0" * 32, actor=anne)


def test_who_agrees_must_be_allowed_to_know_too_and_the_case_still_open(database: Database, anne: Actor, paul: Actor) -> None:
    asked = ask(database, anne)
    with pytest.raises(Forbidden, match="legal capacity"):
        identifications.agree(database, asked.id, authors={AUTHOR}, actor=actor(database, "lea", "aucune"))
    undo(database, [DOCUMENT], reason="Mauvaise page.", by="V", act=act())
    with pytest.raises(Conflict, match="no open case"):
        identifications.agree(database, asked.id, authors={AUTHOR}, actor=paul)
    assert identifications.find(database, asked.id).answered_at is None
