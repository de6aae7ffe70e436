"""An urgency is open until a person says whom they called, what was done, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from cases.audit import entries
from cases.database import Database
from cases.urgencies import SERVICES, close, closed_since, find, of_document, open_ones, warn_open
from core import logs
from core.errors import Conflict, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.reading_room import Team, deed, reads, saying, team

DUE = timedelta(minutes=30)


def opened(database: Database, people: Team, name: str = "d1", at: datetime = NOW) -> str:
    found = reads(database, people.ana, name, saying("urgence", markers=()), act=deed(at=at)).urgency
    assert found
    return found


def test_it_is_closed_by_saying_what_was_done(database: Database) -> None:
    people = team(database)
    name = opened(database, people)
    done = close(
        database, name, called=["119", "17", "119"], action=" Rappel du 119. ", acted_at=NOW, actor=people.ben, now=NOW + timedelta(minutes=5)
    )
    assert (done.called, done.action, done.acted_at, done.closed_by, done.overdue) == (("119", "17"), "Rappel du 119.", NOW, "ben", False)
    assert (open_ones(database), of_document(database, "d1")) == ((), (done,))
    assert closed_since(database, NOW) == (done,)
    [entry, *_] = entries(database)
    assert (entry.action, entry.actor, "Rappel" in entry.details) == ("urgency_closed", "ben", False)
    with pytest.raises(Conflict, match="closed already"):
        close(database, name, called=["17"], action="Encore.", acted_at=NOW, actor=people.ana)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"called": []}, "called: nothing"),
        ({"called": ["aucun", "17"]}, "or aucun alone"),
        ({"called": ["911"]}, "service '911' is unknown"),
        ({"action": "  "}, "0 characters"),
        ({"action": "x" * 2001}, "2001 characters"),
        ({"acted_at": NOW + timedelta(minutes=12)}, "in the future"),
        ({"acted_at": NOW - timedelta(minutes=121)}, "more than 120 minutes before"),
        ({"acted_at": NOW.replace(tzinfo=None)}, "no zone"),
    ],
    ids=range(8),
)
def test_nothing_closes_it_silently(embedded: Database, change: dict[str, object], message: str) -> None:
    people = team(embedded)
    name = opened(embedded, people)
    said = {"called": ["17"], "action": "Appelé.", "acted_at": NOW, "actor": people.ben, "now": NOW + timedelta(minutes=10)}
    with pytest.raises(Invalid, match=message):
        close(embedded, name, **{**said, **change})  # type: ignore[arg-type]
    assert len(open_ones(embedded)) == 1


def test_nobody_called_is_said_too(embedded: Database) -> None:
    people = team(embedded)
    name = opened(embedded, people)
    assert close(embedded, name, called=["aucun"], action="Vidéo de 2019.", acted_at=NOW, actor=people.ana, now=NOW).called == ("aucun",)
    assert set(SERVICES) == {"15", "17", "112", "119", "3114", "PHAROS", "aucun"}


def test_what_is_late_is_told_without_a_word_of_the_text(database: Database) -> None:
    people = team(database)
    first, second = opened(database, people), opened(database, people, "d2", NOW + timedelta(minutes=20))
    at = NOW + DUE + timedelta(minutes=1)
    assert [(one.id, one.overdue) for one in open_ones(database, now=at)] == [(first, True), (second, False)]
    assert not find(database, first, now=NOW + DUE).overdue
    logs.configure(level="INFO")  # another test may have asked for errors alone
    with capture_logs() as lines:
        assert warn_open(database, now=at) == 1
    assert lines == [
        {"urgency": first, "document": "d1", "minutes": 31, "event": "urgency_overdue", "log_level": "warning", "module": "cases.urgencies"}
    ]


def test_an_unknown_one_is_named(embedded: Database) -> None:
    people = team(embedded)
    with pytest.raises(NotFound, match="no urgency 'abc'"):
        find(embedded, "abc")
    with pytest.raises(NotFound):
        close(embedded, "abc", called=["17"], action="x", acted_at=NOW, actor=people.ana)
