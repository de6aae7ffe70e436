"""What associations reported and nobody has decided, for people who read."""

from __future__ import annotations

from datetime import timedelta

from cases import claims, decisions, reported
from cases.database import Database
from cases.decisions import Act, Choice, text_digest
from cases.leaving import Candidate, leave
from cases.people import Actor
from cases.reported import EVERY, Reported
from cases.retention import load_rules
from cases.standing import Version, standings
from cases.submissions import Submission, submit_url
from core.urls import document_id
from tests.cases.conftest import NOW
from tests.cases.reading_room import ALONE, TEXT, TWICE, reads, team, thing
from tests.cases.test_submissions import ended, member

PAGE, OTHER = "https://carnet.example/article", "https://carnet.example/autre"


def sent(database: Database, actor: Actor, url: str, *, at: int = 0, note: str = "", state: str = "visible") -> Submission:
    one = submit_url(database, url, note=note, actor=actor, now=NOW + timedelta(minutes=at))
    ended(database, one, state, "refused" if state == "ecartee" else None, now=NOW + timedelta(minutes=at + 1))
    return one


def decide(database: Database, name: str, *, at: int, qualification: str = "hors_champ") -> None:
    act = Act(id=f"acte-numero-{at}", at=NOW + timedelta(minutes=at))
    choice = Choice(qualification=qualification, reason="Une recette.", by="AB", taxonomy="0b368a073ddd")
    decisions.decide(database, [thing(name)], choice, act=act)


def names(database: Database) -> list[str]:
    return [one.document_id for one in reported.reported(database)]


def test_the_first_reported_comes_first_and_each_page_once(database: Database) -> None:
    one, two = member(database, "a"), member(database, "b")
    sent(database, one, OTHER, at=5)
    sent(database, two, PAGE, at=2)
    sent(database, one, PAGE, at=8)
    sent(database, one, "https://carnet.example/perdu", state="ecartee")
    submit_url(database, "https://carnet.example/neuf", actor=one, now=NOW)
    first, second = NOW + timedelta(minutes=2), NOW + timedelta(minutes=5)
    assert reported.reported(database) == (Reported(document_id(PAGE), first), Reported(document_id(OTHER), second))


def test_what_is_decided_is_not_waited_for_until_it_is_undone_or_reported_again(database: Database) -> None:
    one, page = member(database, "a"), document_id(PAGE)
    sent(database, one, PAGE)
    decide(database, page, at=10)
    assert names(database) == []
    decisions.undo(database, [page], reason="Trop vite.", by="AB", act=Act(id="retour-numero-1", at=NOW + timedelta(minutes=11)))
    assert names(database) == [page]
    decide(database, page, at=12)
    assert names(database) == []
    sent(database, one, OTHER, at=20)
    decide(database, document_id(OTHER), at=22, qualification="urgence")
    assert names(database) == [document_id(OTHER)]  # is read a second time
    sent(database, one, PAGE, at=24 * 60)  # an index says whether its text is another one
    assert names(database) == [page, document_id(OTHER)]


def test_who_may_read_it(database: Database) -> None:
    people = team(database)
    doctor = people.ana.model_copy(update={"id": "sam", "roles": ("sante",)})
    texts = {"d1": text_digest(None, TEXT), "d2": text_digest(None, TEXT)}

    def may(actor: Actor) -> set[str]:
        return set(reported.readable(database, texts, actor=actor, now=NOW))

    claims.take(database, "d1", actor=people.ben, now=NOW, policy=ALONE)
    assert may(people.ana) == {"d1", "d2"}  # a lease ends
    claims.decline(database, "d2", actor=people.ana)
    assert (may(people.ana), may(people.cleo)) == ({"d1"}, {"d1", "d2"})
    reads(database, people.ben, "d1", policy=TWICE)
    assert (may(people.ben), may(people.ana)) == ({"d2"}, {"d1"})
    decide(database, "d2", at=1)
    assert (may(people.cleo), may(doctor)) == ({"d1"}, {"d1"})


def test_every_third_item_of_a_person_is_one_that_was_reported(database: Database) -> None:
    people, turns = team(database), []
    for number in range(2 * EVERY):
        turns.append(reported.is_turn(database, actor=people.ana))
        reads(database, people.ana, f"d{number}", policy=ALONE)
    assert turns == [False, False, True] * 2
    assert not reported.is_turn(database, actor=people.ben)


def test_what_somebody_would_rather_not_read_is_their_own_affair(database: Database) -> None:
    people = team(database)
    claims.decline(database, "d1", actor=people.ana)
    assert reported.declined(database, ["d1", "d2"], actor=people.ana) == {"d1"}
    assert reported.declined(database, ["d1", "d2"], actor=people.ben) == frozenset()


def test_notes_are_told_once_and_without_who_wrote_them(database: Database) -> None:
    one, two, three = (member(database, name) for name in "abc")
    sent(database, one, PAGE, at=1, note="Elle parle d'une cure.")
    sent(database, two, PAGE, at=2, note="Elle parle d'une cure.")
    sent(database, three, PAGE, at=0, note="Ma voisine y croit.")
    sent(database, one, OTHER, note="Autre chose.")
    assert reported.notes(database, document_id(PAGE)) == ("Ma voisine y croit.", "Elle parle d'une cure.")


def test_what_was_reported_is_kept_as_long_as_what_waits_to_be_read(database: Database) -> None:
    one, page = member(database, "a"), document_id(PAGE)
    version = Version("0" * 64, NOW, None)
    rules = load_rules()
    assert standings(database, {page: version})[page].retain_until == rules.classes["ordinaire"].end(NOW)
    sent(database, one, PAGE)
    assert standings(database, {page: version})[page].retain_until == rules.classes["en_attente"].end(NOW)
    candidate = Candidate("lot", version, "carnet.example", ())
    assert leave(database, {page: candidate}, now=NOW + timedelta(days=40), rules=rules) == {}
    assert leave(database, {page: candidate}, now=NOW + timedelta(days=90), rules=rules) == {"non_lu": 1}
