"""Art. 434-3: asked by what people decided, answered by a person with a date, never by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cases import audit, duties
from cases.database import Database
from cases.deciding import show
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.dossiering import signed, team
from tests.cases.noticing import House, decided, entry


def asked(database: Database, people: House, *names: str, why: str = "urgence") -> list[str]:
    with database.writing() as session:
        duties.ask_in(session, dict.fromkeys(names, why), at=NOW, actor=people.val)
    return [duties.duty_id(name, "maison") for name in names]


@pytest.mark.parametrize(
    ("qualification", "flags", "why"),
    [
        ("urgence", [], "urgence"), ("urgence", ["T1"], "urgence"), ("illicite_presume", ["T1"], "T1"), ("illicite_presume", ["T1", "T7"], "T7"),
        ("licite_preoccupant", ["T1"], "T1"), ("hors_champ", ["T1", "T7"], None), (None, ["T7"], None), ("illicite_presume", ["T2", "T12"], None),
    ],
)  # fmt: skip
def test_what_asks_for_an_answer(qualification: str | None, flags: list[str], why: str | None) -> None:
    assert duties.why_of(qualification, flags) == why


def test_it_is_asked_once_and_stays_open(database: Database) -> None:
    people = team(database)
    decided(database, people, entry("d1"), entry("d3"))
    asked(database, people, "d1", "d2")
    assert duties.ask(database, {"d1": "T1", "d3": "T7"}, now=NOW + timedelta(hours=1)) == 1
    assert duties.ask(database, {"d1": "T1", "d3": "T7"}, now=NOW + timedelta(hours=2)) == 0
    assert {(one.document_id, one.why) for one in duties.unanswered(database)} == {("d1", "urgence"), ("d2", "urgence"), ("d3", "T7")}
    assert len([one for one in audit.entries(database) if one.action == "duty_asked"]) == 3


class Playing:
    """An index that shows what it is told."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries = {one["id"]: {**one, "batch": ""} for one in entries}

    def change(self, ids: Any, how: Any) -> int:
        for name in ids:
            self.entries[name] = how(self.entries[name])
        return len(list(ids))


def test_a_decision_asks_it_as_soon_as_it_is_shown(embedded: Database) -> None:
    people = team(embedded)
    minor, plain, aside = entry("d1", flags=["T1"]), entry("d2", flags=["T2"]), entry("d3", flags=["T7"])
    decided(embedded, people, minor, plain)
    show(Playing(minor, plain, aside), embedded, ["d1", "d2", "d3"])  # type: ignore[arg-type]
    assert [(one.document_id, one.why) for one in duties.unanswered(embedded)] == [("d1", "T1")]  # d3 is not decided


def test_each_organisation_is_asked_and_answers_for_itself(database: Database) -> None:
    people = team(database)
    far = people.far
    (one,) = decided(database, people, entry("d1", flags=["T1"]))
    duties.ask(database, {"d1": "T1"}, now=NOW)
    assert [duty.organisation_id for duty in duties.unanswered(database)] == ["maison"]  # nobody of the other one has read it
    assert duties.unanswered(database, actor=far) == ()
    with database.writing() as session:
        assert duties.ask_in(session, {"d1": "T1"}, at=NOW, actor=far) == 1
    (ours,), (theirs,) = duties.unanswered(database, actor=people.val), duties.unanswered(database, actor=far)
    said: dict[str, Any] = {"said": "pas_de_devoir", "reason": "Aucun enfant.", "informed_at": None, "now": NOW}
    with pytest.raises(NotFound):
        duties.answer(database, ours.id, actor=far, **said)
    duties.answer(database, theirs.id, actor=far, **said)
    assert [duty.id for duty in duties.unanswered(database, actor=people.val)] == [ours.id]
    assert duties.answered_since(database, NOW, actor=people.val) == ()
    with pytest.raises(NotFound):
        duties.find(database, theirs.id, actor=people.val)
    assert signed(database, people, "parquet", one).state == "signe"
    with database.reading() as session:
        assert duties.blocking_in(session, ["d1"], organisation_id="maison") == (ours.id,)
        assert duties.blocking_in(session, ["d1"], organisation_id="ailleurs") == ()


def test_where_nobody_is_known_to_have_read_it_every_organisation_is_asked(embedded: Database) -> None:
    team(embedded)
    assert duties.ask(embedded, {"d9": "urgence"}, now=NOW) == 2
    assert {one.organisation_id for one in duties.unanswered(embedded)} == {"maison", "ailleurs"}


@pytest.mark.parametrize(
    ("said", "reason", "informed_at"),
    [
        ("peut_etre", "Je ne sais pas.", None), ("informe", "", NOW), ("informe", " ", NOW), ("informe", "Dit.", None), ("deja_informe", "Dit.", None),
        ("pas_de_devoir", "Rien.", NOW), ("informe", "Dit.", NOW + timedelta(hours=1)), ("informe", "Dit.", NOW.replace(tzinfo=None)), ("informe", "x" * 2001, NOW),
    ],
)  # fmt: skip
def test_an_answer_has_a_reason_and_a_time_that_fits(embedded: Database, said: str, reason: str, informed_at: datetime | None) -> None:
    people = team(embedded)
    (one,) = asked(embedded, people, "d1")
    with pytest.raises(Invalid):
        duties.answer(embedded, one, said=said, reason=reason, informed_at=informed_at, actor=people.lou, now=NOW)
    assert len(duties.unanswered(embedded)) == 1


def test_who_answers_has_the_role_and_an_answer_is_not_overwritten_by_chance(database: Database) -> None:
    people = team(database)
    (one,) = asked(database, people, "d1")
    for who in (people.ana, people.doc):
        with pytest.raises(Forbidden):
            duties.answer(database, one, said="pas_de_devoir", reason="Rien.", informed_at=None, actor=who, now=NOW)
    first = duties.answer(database, one, said="pas_de_devoir", reason="Aucun enfant.", informed_at=None, actor=people.val, now=NOW)
    assert (first.answer, first.answered_by, first.answered_at) == ("pas_de_devoir", "val", NOW)
    with pytest.raises(Conflict, match="answered meanwhile"):
        duties.answer(database, one, said="informe", reason="Dit.", informed_at=NOW, actor=people.lou, now=NOW)
    later = duties.answer(database, one, said="informe", reason="Dit au 119.", informed_at=NOW, actor=people.lou, again=True, now=NOW)
    assert later.answer == "informe"
    told = [one.details for one in audit.entries(database) if one.action == "duty_answered"]
    assert '"before":"pas_de_devoir"' in told[0]
    assert not any("enfant" in line or "119" in line for line in told)
    assert duties.unanswered(database) == ()
    assert [one.id for one in duties.answered_since(database, NOW, actor=people.lou)] == [later.id]
    with pytest.raises(NotFound):
        duties.answer(database, "0" * 32, said="informe", reason="Dit.", informed_at=NOW, actor=people.lou, now=NOW)


def test_an_erasing_takes_the_words_and_leaves_the_proof(embedded: Database) -> None:
    people = team(embedded)
    (one,) = asked(embedded, people, "d1")
    duties.answer(embedded, one, said="informe", reason="Dit au 119.", informed_at=NOW, actor=people.lou, now=NOW)
    with embedded.writing() as session:
        duties.erase_in(session, ["d1"])
    found = duties.find(embedded, one, actor=people.lou)
    assert (found.reason, found.answer, found.informed_at) == (None, "informe", NOW)
