"""What readings change in an index: en_cours until the last one, and never lost for an index that did not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from cases.adjudications import adjudicate
from cases.claims import take
from cases.database import Database
from cases.deciding import item_of, show, text_of
from cases.decisions import Item
from cases.leaving import Candidate, leave
from cases.readings import read, withdraw
from cases.retention import load_rules
from cases.standing import catch_up, standings, unsettled, version_of
from core.errors import Unavailable
from core.records import ScoredDocument
from index.protocol import Index
from tests.cases.conftest import NOW
from tests.cases.reading_room import TEXT, TWICE, deed, reads, saying, team
from tests.index.making import entry_of

OTHER = saying("licite_preoccupant", "C1")


@pytest.fixture
def scored(make_scored: Callable[..., ScoredDocument]) -> ScoredDocument:
    return make_scored(1, text=TEXT, p=0.9)


@pytest.fixture
def shown(index: Index, scored: ScoredDocument) -> Index:
    index.write([entry_of(scored)])
    return index


def the_item(index: Index, scored: ScoredDocument) -> Item:
    entry = index.get(scored.document.id)
    assert entry
    assert text_of(entry) == version_of(scored.document, lane=None).text_sha256
    return item_of(entry, drawn=lambda _: ("loin", 0.005))


def status(index: Index, scored: ScoredDocument) -> tuple[str, str | None]:
    entry = index.get(scored.document.id)
    assert entry
    return entry["status"], entry["qualification"]


def test_an_item_is_being_read_from_the_first_reading_to_the_last(shown: Index, scored: ScoredDocument, embedded: Database) -> None:
    people, name = team(embedded), scored.document.id
    one = the_item(shown, scored)
    texts = {name: TEXT}
    take(embedded, name, actor=people.ana)
    assert show(shown, embedded, [name])
    assert status(shown, scored) == ("a_examiner", None)
    reads(embedded, people.ana, one, policy=TWICE, texts=texts)
    assert show(shown, embedded, [name])
    assert status(shown, scored) == ("en_cours", None)
    reads(embedded, people.ben, one, OTHER, policy=TWICE, texts=texts)
    assert show(shown, embedded, [name])
    assert status(shown, scored) == ("en_cours", None)
    adjudicate(embedded, [one], OTHER, actor=people.val, act=deed(), texts=texts)
    assert show(shown, embedded, [name])
    assert status(shown, scored) == ("decide", "licite_preoccupant")


def test_an_urgency_shows_while_it_is_to_be_read_again(shown: Index, scored: ScoredDocument, embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, the_item(shown, scored), saying("urgence", markers=()), texts={scored.document.id: TEXT})
    assert show(shown, embedded, [scored.document.id])
    assert status(shown, scored) == ("en_cours", "urgence")
    assert standings(embedded, {scored.document.id: version_of(scored.document, lane="signale")})[scored.document.id].retain_until is None


class Silent:
    """An index that does not answer."""

    def change(self, ids: Iterable[str], how: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
        raise Unavailable("no answer")


def test_an_index_that_did_not_answer_is_told_later(shown: Index, scored: ScoredDocument, embedded: Database) -> None:
    people, name = team(embedded), scored.document.id
    identity = shown.health().identity or "?"
    reads(embedded, people.ana, the_item(shown, scored), policy=TWICE, texts={name: TEXT})
    assert not show(Silent(), embedded, [name])
    assert (catch_up(shown, embedded, identity=identity), status(shown, scored)) == (1, ("en_cours", None))
    assert catch_up(shown, embedded, identity=identity) == 0
    from datetime import UTC, datetime

    withdraw(embedded, name, actor=people.val, act=deed(at=datetime.now(UTC)))
    assert (catch_up(shown, embedded, identity=identity), status(shown, scored)) == (1, ("a_examiner", None))


def test_a_second_reading_that_writes_no_decision_is_told_later_too(database: Database) -> None:
    people = team(database)
    urgent = saying("urgence", markers=())
    reads(database, people.ana, "d1", urgent)
    reads(database, people.ben, "d1", urgent)
    reads(database, people.ana, "d2")
    reads(database, people.ana, "d3", policy=TWICE)
    assert unsettled(database, now=NOW) == ["d1", "d3"]
    assert unsettled(database, now=NOW + timedelta(days=8)) == ["d3"]


def test_what_is_being_read_waits_as_long_as_what_was_flagged(embedded: Database, scored: ScoredDocument) -> None:
    people, document = team(embedded), scored.document
    version = version_of(document, lane=None)
    one = Item(document_id=document.id, content_sha256=document.content_sha256, text_sha256=version.text_sha256)
    rules, day = load_rules(), version.collected_at + timedelta(days=40)  # past what is ordinary
    read(embedded, [one], saying(), actor=people.ana, act=deed(), texts={document.id: TEXT}, policy=TWICE)
    candidate = {document.id: Candidate("lot", version, "forum.example", ())}
    assert leave(embedded, candidate, now=day, rules=rules) == {}
    assert leave(embedded, candidate, now=day + timedelta(days=40), rules=rules) == {"non_lu": 1}
