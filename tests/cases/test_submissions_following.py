"""What those who submitted are told: states, decisions, corrections; and how they contest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases import audit, collecting, decisions
from cases.accounts import actor_of
from cases.adjudications import adjudicate
from cases.claims import take
from cases.contesting import reconsider
from cases.database import Database
from cases.decisions import Choice
from cases.following import STATE_TEXTS, answer, contest, contests, events, find_contest, open_contests
from cases.parties import parties
from cases.submissions import STATES, Submission, submit_text, submit_url
from cases.tables_people import PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import act, choice, item
from tests.cases.reading_room import TEXT as READ
from tests.cases.reading_room import TWICE, Team, deed, person, reads, saying, team, thing
from tests.cases.test_submissions import NOW, PAGE, TEXT, member

WHY = "Le texte vend un protocole, il ne témoigne pas."


def after(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def decide(database: Database, one: Submission, minutes: int, qualification: str = "licite_preoccupant", *markers: str, **fields: Any) -> str:
    made: Choice = choice(qualification, *markers, **fields)
    return decisions.decide(database, [item(one.document_id)], made, act=act(after(minutes)))[0].id


def undo(database: Database, one: Submission, minutes: int, reason: str = "Lu trop vite.") -> None:
    decisions.undo(database, [one.document_id], reason=reason, by="CD", act=act(after(minutes)))


def told(database: Database, one: Submission) -> list[tuple[str, int]]:
    """Kinds of the events, each with its minute."""
    return [(event.kind, round((event.at - NOW) / timedelta(minutes=1))) for event in events(database, one)]


def test_each_state_has_its_sentence(database: Database) -> None:
    assert set(STATE_TEXTS) == set(STATES)
    one = submit_url(database, PAGE, actor=member(database), now=NOW)
    collecting.take(database, size=1, now=after(1), lease=timedelta(minutes=5))
    for minute, state in ((2, "collectee"), (3, "visible")):
        collecting.finish(database, one.id, state, now=after(minute))  # type: ignore[arg-type]
    assert told(database, one) == [("recue", 0), ("en_cours", 1), ("collectee", 2), ("visible", 3)]
    assert all(event.text.endswith(".") for event in events(database, one))
    text = submit_text(database, TEXT, public=True, actor=member(database, "b"), now=NOW)
    collecting.take(database, size=5, now=NOW, lease=timedelta(minutes=5))
    assert "page" not in " ".join(event.text for event in events(database, text))


def test_a_decision_is_told_with_its_reason_and_markers(database: Database) -> None:
    one = submit_url(database, PAGE, actor=member(database), now=NOW)
    decide(database, one, 5, "illicite_presume", "abandon_soins", reason="Appel direct à arrêter un traitement.")
    *_, last = events(database, one)
    assert (last.kind, last.at) == ("decision", after(5))
    assert "illicite présumé" in last.text
    assert "abandon de soins" in last.text
    assert last.text.endswith("Pourquoi : Appel direct à arrêter un traitement.")


def test_another_decision_and_an_undone_one_are_corrections(database: Database) -> None:
    one = submit_url(database, PAGE, actor=member(database), now=NOW)
    decide(database, one, 1)
    decide(database, one, 2, "hors_champ")
    undo(database, one, 3)
    undo(database, one, 4, "Encore.")
    decide(database, one, 5, "hors_champ")
    assert told(database, one) == [("recue", 0), ("decision", 1), ("correction", 2), ("correction", 3), ("correction", 4), ("decision", 5)]
    texts = [event.text for event in events(database, one)]
    assert "hors champ" in texts[2]
    assert "Lu trop vite" in texts[3]
    assert "licite mais préoccupant" in texts[3]  # what stands again
    assert "sera relu" in texts[4]


def test_what_was_over_before_the_submission_is_no_correction(database: Database) -> None:
    actor = member(database)
    page = submit_url(database, PAGE, actor=actor, now=after(100))
    decide(database, page, 1, "illicite_presume", "gourou")
    undo(database, page, 2)
    decide(database, page, 3, "urgence")
    decide(database, page, 4, "hors_champ")
    decide(database, page, 105)
    assert told(database, page) == [("recue", 100), ("decision", 100), ("correction", 105)]
    first = events(database, page)[1].text
    assert first.startswith("Déjà examiné avant votre signalement.")
    assert "hors champ" in first
    other = submit_url(database, "https://autre.example/", actor=actor, now=after(100))
    decide(database, other, 1)
    undo(database, other, 2)
    assert told(database, other) == [("recue", 100)]


def test_an_organisation_contests_its_own_submission_once_a_decision(database: Database) -> None:
    actor, other = member(database), member(database, "b")
    one = submit_url(database, PAGE, actor=actor, now=NOW)
    with pytest.raises(Conflict, match="nothing is decided"):
        contest(database, one.id, reason=WHY, actor=actor, now=after(1))
    first = decide(database, one, 1, "hors_champ")
    for who, name in ((other, one.id), (actor, "inconnue")):
        with pytest.raises(NotFound):
            contest(database, name, reason=WHY, actor=who, now=after(2))
    for reason in (" trop\n", "x" * 2001):
        with pytest.raises(Invalid):
            contest(database, one.id, reason=reason, actor=actor)
    made = contest(database, one.id, reason=WHY, actor=actor, now=after(2))
    assert contest(database, one.id, reason="Une autre raison, la même.", actor=actor, now=after(3)) == made
    assert (made.decision_id, made.person_id, made.reason, made.outcome) == (first, actor.id, WHY, None)
    decide(database, one, 4)
    second = contest(database, one.id, reason=WHY, actor=actor, now=after(5))
    assert open_contests(database) == contests(database, one.id) == (made, second)
    assert find_contest(database, made.id) == made
    actions = [entry.action for entry in audit.entries(database, subject=("submission", one.id))]
    assert actions == ["contested", "contested", "submitted"]


def test_an_answer_says_what_stands(database: Database) -> None:
    actor, judge = member(database), member(database, "juge")
    one = submit_url(database, PAGE, actor=actor, now=NOW)
    decide(database, one, 1, "hors_champ")
    made = contest(database, one.id, reason=WHY, actor=actor, now=after(2))
    with pytest.raises(Conflict, match="decide anew first"):
        answer(database, made.id, outcome="revue", text="Relu par deux personnes.", actor=judge)
    with pytest.raises(NotFound):
        answer(database, "inconnue", outcome="maintenue", text="Relu par deux personnes.", actor=judge)
    with pytest.raises(Invalid):
        answer(database, made.id, outcome="peut-être", text="Relu par deux personnes.", actor=judge)  # type: ignore[arg-type]
    decide(database, one, 3)
    with pytest.raises(Conflict, match="another decision stands"):
        answer(database, made.id, outcome="maintenue", text="Relu par deux personnes.", actor=judge)
    done = answer(database, made.id, outcome="revue", text="Relu par deux personnes.", actor=judge, now=after(4))
    assert answer(database, made.id, outcome="revue", text="Relu par deux personnes.", actor=judge) == done
    with pytest.raises(Conflict, match="answered already"):
        answer(database, made.id, outcome="revue", text="Autre chose à dire.", actor=judge)
    assert open_contests(database) == ()
    assert told(database, one) == [("recue", 0), ("decision", 1), ("contestation", 2), ("correction", 3), ("reponse", 4)]
    assert events(database, one)[-1].text.endswith("la décision est revue. Relu par deux personnes.")
    assert done.answered_at == datetime(2026, 11, 20, 9, 4, tzinfo=UTC)


def contested(database: Database, people: Team) -> str:
    one = submit_url(database, PAGE, actor=member(database), now=NOW)
    made = thing(one.document_id)
    for who, said in ((people.ana, saying()), (people.zoe, saying("licite_preoccupant", "C1"))):
        reads(database, who, made, said, act=deed(at=after(1)), policy=TWICE)
    adjudicate(database, [made], saying(), actor=people.val, act=deed(at=after(2)), texts={one.document_id: READ})
    with database.reading() as session:
        asker = session.get(PersonRow, one.person_id)
        assert asker
        return contest(database, one.id, reason=WHY, actor=actor_of(asker), now=after(3)).id


def test_who_took_part_in_a_decision_does_not_answer_for_it(database: Database) -> None:
    people = team(database)
    lone = contested(database, people)  # val adjudicated, zoe was one of the two
    other = person(database, "lou", "valide")
    for who in (people.val, people.zoe):
        with pytest.raises(Forbidden, match="another person with the role valide answers"):
            answer(database, lone, outcome="maintenue", text="Relu par deux personnes.", actor=who)
        with pytest.raises(Forbidden, match="you took part"):
            reconsider(database, lone, text="Relu par deux personnes.", actor=who, act=deed())
    assert len(decisions.standing(database, [find_contest(database, lone).document_id])) == 1
    done, undone = reconsider(database, lone, text="Relu par deux personnes.", actor=other, act=deed("r"))
    assert (done.answered_by, undone) == ("lou", True)
    assert reconsider(database, lone, text="Relu par deux personnes.", actor=other, act=deed("r"))[1] is False


def test_in_a_small_house_who_decided_answers(database: Database) -> None:
    people = team(database)
    lone = contested(database, people)
    assert answer(database, lone, outcome="maintenue", text="Relu par deux personnes.", actor=people.val).answered_by == "val"


def test_of_two_who_agreed_neither_answers_and_a_later_reading_is_no_part(database: Database) -> None:
    people = team(database)
    reads(database, people.zoe, policy=TWICE)
    reads(database, people.ana, policy=TWICE)
    reads(database, people.ben, "d2")
    take(database, "d2", actor=people.zoe, also=True, now=NOW)
    reads(database, people.zoe, "d2")
    decided = decisions.standing(database, ["d1", "d2"])
    with database.reading() as session:
        assert [parties(session, decided[name].id) for name in ("d1", "d2")] == [{"zoe", "ana"}, {"ben"}]
        assert parties(session, "inconnue") == frozenset()


def test_a_decision_that_stands_is_upheld(database: Database) -> None:
    actor = member(database)
    one = submit_url(database, PAGE, actor=actor, now=NOW)
    decide(database, one, 1, "hors_champ")
    made = contest(database, one.id, reason=WHY, actor=actor, now=after(2))
    assert answer(database, made.id, outcome="maintenue", text="Relu par deux personnes.", actor=actor, now=after(3)).outcome == "maintenue"
