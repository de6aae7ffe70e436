"""Nothing that people wrote on a document outlives it, but ids and counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from cases.adjudications import adjudicate
from cases.audit import count, entries, verify
from cases.claims import decline, take
from cases.comments import add
from cases.database import Database
from cases.golden import set_golden
from cases.leaving import Candidate, forget, leave
from cases.retention import load_rules
from cases.standing import Version
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
    """The tables that hold these words anywhere."""
    with database.reading() as session:
        return {
            table.name for table in Base.metadata.sorted_tables
            if any(words in str(value) for row in session.execute(table.select()) for value in row)
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
