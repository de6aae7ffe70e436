"""Nothing that people wrote on a document outlives it, but ids and counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from cases import audit, collecting
from cases.adjudications import adjudicate
from cases.audit import count, entries, verify
from cases.claims import decline, take
from cases.comments import add
from cases.database import Database
from cases.erasing import erase_unread, erase_wished, erase_work
from cases.golden import set_golden
from cases.leaving import Candidate, forget, leave
from cases.people import Actor
from cases.retention import load_rules
from cases.standing import Version
from cases.submissions import find, submit_url
from cases.tables import Base
from cases.tables_work import ContestRow, IdentificationRow, SubmissionRow
from cases.urgencies import close, open_ones
from core.errors import Invalid
from tests.cases.conftest import NOW
from tests.cases.reading_room import TEXT, TWICE, Team, deed, reads, saying, team, thing

SECRET = "motsecret"
KEPT = {"submissions", "contests", "urgencies", "leaving", "audit"}  # that may still name the document, without a word of it


def full(database: Database, name: str = "d1") -> Team:
    """A document on which everything was written."""
    people = team(database)
    said = f"{SECRET} lu."
    reads(database, people.ana, name, saying(reason=said), policy=TWICE)
    reads(database, people.ben, name, saying("urgence", "A1", reason=said), policy=TWICE)
    close(database, open_ones(database)[0].id, called=["17"], action=said, acted_at=NOW, actor=people.ana, now=NOW)
    adjudicate(database, [thing(name)], saying(reason=said), actor=people.val, act=deed(), texts={name: TEXT})
    add(database, name, said, actor=people.ana)
    set_golden(database, name, qualification="hors_champ", note=said, actor=people.val)
    take(database, name, actor=people.cleo, text="0" * 64)
    decline(database, name, actor=people.zoe)
    with database.writing() as session:
        session.add(SubmissionRow(id="s1", organisation_id="maison", person_id="ana", url=f"https://{SECRET}.example/", given=SECRET, title=SECRET,
                                  text=SECRET, note=SECRET, document_id=name, state="visible", created_at=NOW, updated_at=NOW))  # fmt: skip
        session.flush()
        session.add(ContestRow(id="c1", submission_id="s1", document_id=name, decision_id="x", person_id="ana", reason=SECRET, at=NOW, answer=SECRET,
                               outcome="maintenue"))  # fmt: skip
        session.add(IdentificationRow(id="i1", document_id=name, candidate="p", reason=SECRET, asked_by="ana", asked_at=NOW))
    return people


def found(database: Database, words: str) -> set[str]:
    """The tables that hold these words anywhere; the database's own random number may hold any two letters."""
    with database.reading() as session:
        return {
            table.name for table in Base.metadata.sorted_tables
            if table.name != "identity" and any(words in str(value) for row in session.execute(table.select()) for value in row)
        }  # fmt: skip


def by_retention(database: Database) -> None:
    version = Version("0" * 64, NOW, "signale")
    begun = leave(database, {"d1": Candidate("lot", version, "forum.example", ())}, now=NOW + timedelta(days=300), rules=load_rules())
    assert begun == {"hors_champ": 1}


def by_right(database: Database) -> None:
    assert forget(database, ["d1", "autre"]) == 3 + 3  # decisions (an urgency, its undoing, an adjudication) and readings


@pytest.mark.parametrize("erase", [by_retention, by_right])
def test_all_that_was_written_goes(database: Database, erase: Callable[[Database], None]) -> None:
    full(database)
    assert {"reviews", "comments", "golden", "identifications", "submissions", "contests", "urgencies", "decisions"} <= found(database, SECRET)
    before = count(database)
    erase(database)
    assert found(database, SECRET) == set()
    assert found(database, "chimio") == set()
    assert found(database, "d1") <= KEPT
    assert (count(database), verify(database).wrong) == (before + 1, None), "the trail stays, and says that much was erased"
    [last] = entries(database, size=1)
    assert (last.action, last.subject_id, "d1" in last.details) == ("work_erased", "documents", False)
    with database.reading() as session:
        assert session.execute(text("SELECT outcome, answer, reason FROM contests")).one() == ("maintenue", "", "")
        assert session.execute(text("SELECT state, url, title FROM submissions")).one() == ("visible", "", None)
    forget(database, ["d1"])


def test_another_document_keeps_what_was_written_on_it(embedded: Database) -> None:
    full(embedded, "d2")
    assert forget(embedded, ["d1"]) == 0
    assert "reviews" in found(embedded, SECRET)


def test_an_open_urgency_stays_open(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, said=saying("urgence", markers=()))
    forget(embedded, ["d1"])
    assert [one.document_id for one in open_ones(embedded)] == ["d1"]


def test_what_is_being_erased_is_read_no_more(embedded: Database) -> None:
    people = team(embedded)
    by = Candidate("lot", Version("0" * 64, NOW, "signale"), "forum.example", ())
    leave(embedded, {"d1": by}, now=NOW + timedelta(days=300), rules=load_rules())
    with pytest.raises(Invalid, match="is being erased"):
        reads(embedded, people.ana)
    with pytest.raises(Invalid, match="is being erased"):
        add(embedded, "d1", "x", actor=people.ana)


def test_the_trail_forgets_which_document_it_spoke_of_and_stays_whole(database: Database) -> None:
    with database.writing() as session:
        audit.record(session, actor="essai", action="read", subject=("document", "contenu-x"), details={"document": "contenu-x"})
        audit.record(session, actor="essai", action="read", subject=("document", "contenu-x"))
    first, second = audit.entries(database, subject=("document", "contenu-x"))
    assert (first.document_id, second.document_id, first.subject_id) == ("contenu-x", "contenu-x", second.subject_id)
    assert "contenu-x" not in first.subject_id + first.details + second.details
    with database.writing() as session:
        erase_work(session, ["contenu-x"])
    assert audit.entries(database, subject=("document", "contenu-x")) == ()
    assert [one.document_id for one in audit.entries(database)] == [None, None]
    assert audit.verify(database).wrong is None


def submitted(database: Database, name: str, *states: str) -> str:
    """A submission that came to these states, at NOW."""
    made = submit_url(database, f"https://{SECRET}.example/{name}", note=SECRET, actor=Actor.model_validate(MEMBER), now=NOW)
    for state in states:
        collecting.finish(database, made.id, state, "timeout" if state == "ecartee" else None, now=NOW)  # type: ignore[arg-type]
    return made.id


MEMBER = {"id": "ana", "organisation_id": "maison", "name": "Ana", "roles": ["soumet"]}


def test_what_could_never_be_read_loses_its_words_after_what_waits_unread(database: Database) -> None:
    team(database)
    lost, waits, seen = submitted(database, "perdue", "ecartee"), submitted(database, "attend"), submitted(database, "lue", "collectee", "ecartee")
    day = load_rules().classes["en_attente"].end(NOW)
    assert day
    assert erase_unread(database, now=day - timedelta(seconds=1), rules=load_rules()) == 0
    before = count(database)
    assert [erase_unread(database, now=day, rules=load_rules()) for _ in range(2)] == [1, 0]
    one = find(database, lost, organisation_id="maison")
    assert (one.url, one.given, one.title, one.note, one.state, one.reason) == ("", "", None, "", "ecartee", "timeout")
    assert all(SECRET in find(database, name, organisation_id=None).url for name in (waits, seen)), "the one waits, the other goes with its document"
    [last] = entries(database, size=1)
    assert (last.action, last.subject_id, last.details, count(database)) == ("submissions_erased", "submissions", '{"submissions":1}', before + 1)
    assert verify(database).wrong is None
    again = submit_url(database, f"https://{SECRET}.example/perdue", note="Encore.", actor=Actor.model_validate(MEMBER), now=day)
    assert (again.id, again.state, again.note, SECRET in again.url) == (lost, "recue", "Encore.", True), "whoever asks anew is not refused"


def test_a_wish_reaches_what_was_submitted_whatever_became_of_it(database: Database) -> None:
    team(database)
    names = [submitted(database, "a", "ecartee"), submitted(database, "b"), submitted(database, "c", "visible"), submitted(database, "reste")]
    done = [erase_wished(database, lambda url: not url.endswith("reste"), now=NOW) for _ in range(2)]
    assert done == [3, 0]
    found = [find(database, name, organisation_id=None) for name in names]
    assert [(one.state, one.reason, one.url == "") for one in found] == [
        ("ecartee", "timeout", True), ("ecartee", "opted_out", True), ("visible", None, True), ("recue", None, False),
    ]  # fmt: skip
    assert [one.submission.id for one in collecting.take(database, size=9, now=NOW, lease=timedelta(minutes=5))] == [names[3]]
