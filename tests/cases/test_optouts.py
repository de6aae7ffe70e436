"""Wishes not to be read any more: nothing goes before somebody saw how much, and evidence of an open case takes two people."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cases import accounts, audit, optouts
from cases.database import Database
from cases.optouts import MOST_ALONE, Wish
from cases.people import Actor
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.settings import Settings
from tests.cases.conftest import NOW

PAGE = Wish(address="https://forum.example/u/camomille")


def person(database: Database, name: str) -> Actor:
    known = next((one for one in accounts.organisations(database)), None)
    house = known or accounts.add_organisation(database, name="Maison", capacity="aide_aux_victimes", by="test")
    made = accounts.add_person(database, organisation_id=house.id, login=f"{name}@maison.example", name=name, roles=("droit",), by="test")
    return Actor(id=made.id, organisation_id=house.id, name=name, roles=("droit",))


@pytest.fixture
def anne(database: Database) -> Actor:
    return person(database, "anne")


@pytest.fixture
def paul(database: Database, anne: Actor) -> Actor:
    return person(database, "paul")


def test_a_wish_waits_for_its_count_then_for_a_person(database: Database, anne: Actor) -> None:
    asked = optouts.ask(database, PAGE, reason="Lettre du 2 novembre.", actor=anne, now=NOW)
    assert (asked.state, asked.covered, asked.wish) == ("a_examiner", None, PAGE)
    with pytest.raises(Conflict, match="a_examiner"):
        optouts.agree(database, asked.id, seen=0, actor=anne)
    assert optouts.examined(database, asked.id, covered=3, open_cases=0).state == "a_confirmer"
    agreed = optouts.agree(database, asked.id, seen=3, actor=anne)
    assert (agreed.state, agreed.agreed_by) == ("a_executer", anne.id)
    done = optouts.carried_out(database, asked.id, erased={"documents": 3})
    assert (done.state, done.wish, done.erased) == ("faite", None, {"documents": 3})
    assert [entry.action for entry in audit.entries(database, subject=("opt_out", asked.id))][::-1] == [
        "opt_out_asked", "opt_out_examined", "opt_out_agreed", "opt_out_ended",
    ]  # fmt: skip
    assert audit.verify(database).wrong is None


def test_the_same_act_asks_once(database: Database, anne: Actor, paul: Actor) -> None:
    first = optouts.ask(database, PAGE, reason="Lettre.", actor=anne, act="a" * 32)
    assert optouts.ask(database, PAGE, reason="Lettre.", actor=anne, act="a" * 32) == first
    assert optouts.ask(database, PAGE, reason="Lettre.", actor=paul, act="a" * 32).id != first.id, "another person's act is another"
    assert len(optouts.listed(database, is_open=True)) == 2


@pytest.mark.parametrize(("covered", "open_cases"), [(1, 1), (MOST_ALONE + 1, 0)])
def test_evidence_or_very_much_takes_another_person(database: Database, anne: Actor, paul: Actor, covered: int, open_cases: int) -> None:
    asked = optouts.ask(database, PAGE, reason="Lettre.", actor=anne)
    optouts.examined(database, asked.id, covered=covered, open_cases=open_cases)
    with pytest.raises(Forbidden, match=r"17\(3\)\(e\)"):
        optouts.agree(database, asked.id, seen=covered, actor=anne)
    assert optouts.find(database, asked.id).state == "a_confirmer"
    assert optouts.agree(database, asked.id, seen=covered, actor=paul).state == "a_executer"


def test_who_agrees_agrees_to_the_number_that_was_shown(database: Database, anne: Actor) -> None:
    asked = optouts.ask(database, PAGE, reason="Lettre.", actor=anne)
    optouts.examined(database, asked.id, covered=2, open_cases=0)
    with pytest.raises(Conflict, match="covers 2"):
        optouts.agree(database, asked.id, seen=1, actor=anne)
    optouts.agree(database, asked.id, seen=2, actor=anne)
    assert optouts.agree(database, asked.id, seen=2, actor=anne).state == "a_executer", "sent twice, it is agreed to once"


def test_a_case_opened_since_takes_the_agreement_back(database: Database, anne: Actor, paul: Actor) -> None:
    asked = optouts.ask(database, PAGE, reason="Lettre.", actor=anne)
    optouts.examined(database, asked.id, covered=2, open_cases=0)
    optouts.agree(database, asked.id, seen=2, actor=anne)
    assert optouts.examined(database, asked.id, covered=2, open_cases=1).state == "a_confirmer"
    optouts.agree(database, asked.id, seen=2, actor=paul)
    assert optouts.examined(database, asked.id, covered=5, open_cases=2).state == "a_executer", "two people agreed already"


def test_withdrawn_or_refused_it_names_nothing_any_more(database: Database, anne: Actor, paul: Actor) -> None:
    for actor, outcome in ((anne, "retiree"), (paul, "refusee")):
        asked = optouts.ask(database, PAGE, reason="Lettre.", actor=anne)
        ended = optouts.refuse(database, asked.id, reason="Preuve d'un dossier.", actor=actor)
        assert (ended.outcome, ended.wish, ended.result) == (outcome, None, "Preuve d'un dossier.")
        with pytest.raises(Conflict, match="over"):
            optouts.refuse(database, asked.id, reason="Encore.", actor=actor)
    assert len(optouts.listed(database, is_open=False)) == 2


def test_nothing_is_carried_out_without_an_agreement(database: Database, anne: Actor) -> None:
    asked = optouts.ask(database, PAGE, reason="Lettre.", actor=anne)
    optouts.examined(database, asked.id, covered=0, open_cases=0)
    with pytest.raises(Conflict, match="without an agreement"):
        optouts.carried_out(database, asked.id, erased={})
    assert optouts.unreadable(database, asked.id).state == "illisible"
    with pytest.raises(NotFound):
        optouts.find(database, "0" * 32)


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"address": "https://a.example/", "account": "anne", "platform": "a.example"}, {"account": "anne"}, {"platform": "a.example"},
        {"address": "javascript:alert(1)"}, {"address": "x" * 3000}, {"account": "anne", "platform": "pas un hote"},
    ],
)  # fmt: skip
def test_what_names_neither_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        Wish(**fields)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_a_reason_is_needed(database: Database, anne: Actor, reason: str) -> None:
    with pytest.raises(Invalid, match="reason"):
        optouts.ask(database, PAGE, reason=reason, actor=anne)


def test_what_a_wish_named_is_in_no_file_afterwards(embedded: Database, tmp_path: Path) -> None:
    anne = person(embedded, "anne")
    asked = optouts.ask(embedded, Wish(account="verveine-des-bois", platform="forum.example"), reason="Lettre.", actor=anne)
    optouts.examined(embedded, asked.id, covered=0, open_cases=0)
    optouts.agree(embedded, asked.id, seen=0, actor=anne)
    folder = Settings(data_dir=tmp_path / "embedded").data_dir
    assert _found(folder, b"verveine-des-bois")
    optouts.carried_out(embedded, asked.id, erased={})
    assert not _found(folder, b"verveine-des-bois")


def _found(folder: Path, word: bytes) -> list[str]:
    return [path.name for path in folder.glob("cases.sqlite*") if word in path.read_bytes()]


def test_the_trail_holds_neither_wish_nor_reason(embedded: Database, tmp_path: Path) -> None:
    anne = person(embedded, "anne")
    asked = optouts.ask(embedded, PAGE, reason="Lettre de Camille.", actor=anne)
    optouts.refuse(embedded, asked.id, reason="Dossier en cours.", actor=anne)
    with sqlite3.connect(tmp_path / "embedded" / "cases.sqlite") as connection:
        details = " ".join(str(row) for row in connection.execute("SELECT * FROM audit"))
    assert not any(word in details for word in ("camomille", "Camille", "forum.example", "Dossier en cours"))


def test_who_agreed_to_little_has_not_agreed_to_a_case(database: Database, anne: Actor, paul: Actor) -> None:
    asked = optouts.ask(database, PAGE, reason="Lettre.", actor=anne)
    optouts.examined(database, asked.id, covered=2, open_cases=0)
    optouts.agree(database, asked.id, seen=2, actor=paul)
    assert optouts.examined(database, asked.id, covered=MOST_ALONE + 1, open_cases=0).state == "a_confirmer", "neither saw how much would go"
