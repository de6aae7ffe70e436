"""The index shows what people decided, the last decision whatever the order of things, and lacks none for long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from cases.database import Database
from cases.deciding import decide_on, entries_named
from cases.deciding import undo as undo_on
from cases.decisions import Decided, decide, undo
from cases.leaving import Candidate, leave
from cases.retention import load_rules
from cases.standing import Version, catch_up, last_number, mark_shown, project, standing_of, standings, version_of
from core.errors import Unavailable
from core.records import ScoredDocument
from flows.standing import show, standings_of
from index.protocol import Index
from tests.cases.conftest import NOW, act, choice, item
from tests.index.making import entry_of

RULES = load_rules()
NO_DRAW = lambda entry: ("reste", 0.01)


@pytest.fixture
def scored(make_scored: Callable[..., ScoredDocument]) -> list[ScoredDocument]:
    return [make_scored(number, text=f"Texte {number}", p=0.9) for number in range(4)]


@pytest.fixture
def shown(index: Index, scored: list[ScoredDocument]) -> Index:
    index.write(map(entry_of, scored))
    return index


def read(index: Index, scored: ScoredDocument) -> dict[str, Any]:
    entry = index.get(scored.document.id)
    assert entry
    return {name: entry[name] for name in ("status", "qualification", "decided_at", "retain_until")}


def test_what_nobody_decided_waits() -> None:
    version = Version("0" * 64, NOW, "signale")
    standing = standing_of(None, version, RULES)
    assert (standing.status, standing.qualification, standing.decided_at) == ("a_examiner", None, None)
    assert standing.retain_until == NOW.replace(month=1, year=2027)


def test_a_changed_text_is_read_again_and_a_changed_amount_is_not(
    embedded: Database, decided: Callable[..., Decided], scored: list[ScoredDocument]
) -> None:
    document = scored[0].document
    decide(embedded, [item(document.id, text=document.text)], choice("licite_preoccupant"), act=act())
    amount = document.model_copy(update={"content_sha256": "1" * 64})
    other = document.model_copy(update={"text": "Un autre texte."})
    titled = document.model_copy(update={"title": "Un titre"})
    found = {
        name: standings(embedded, {one.id: version_of(one, lane="signale")})[one.id] for name, one in {"a": amount, "b": other, "c": titled}.items()
    }
    assert [found[name].status for name in "abc"] == ["decide", "a_examiner", "a_examiner"]
    assert {one.qualification for one in found.values()} == {"licite_preoccupant"}  # what was said of the earlier text stays visible


def test_standings_of_documents(embedded: Database, decided: Callable[..., Decided], scored: list[ScoredDocument]) -> None:
    documents = [one.document for one in scored]
    decide(embedded, [item(documents[0].id, text=documents[0].text)], choice(), act=act())
    found = standings_of(
        embedded, documents, {documents[0].id: "signale", documents[1].id: "sondage", documents[2].id: None, documents[3].id: "signale"}
    )
    assert [found[one.id].status for one in documents] == ["decide", "a_examiner", "a_examiner", "a_examiner"]
    collected = documents[1].collected_at
    assert found[documents[1].id].retain_until == collected.replace(month=3)
    assert found[documents[2].id].retain_until == collected + timedelta(days=30)
    assert standings_of(embedded, documents)[documents[2].id].retain_until == collected.replace(month=3)  # not known: as if it waited


def test_what_is_being_erased_is_past_its_end(embedded: Database, scored: list[ScoredDocument]) -> None:
    document = scored[0].document
    version = version_of(document, lane=None)
    later = document.collected_at + timedelta(days=40)
    assert leave(embedded, {document.id: Candidate("lot-1", version, "exemple.fr", ())}, now=later, rules=RULES) == {"ordinaire": 1}
    end = standings_of(embedded, [document])[document.id].retain_until
    assert end is not None
    assert end <= later
    again = document.model_copy(update={"collected_at": later + timedelta(days=1)})
    assert (standings_of(embedded, [again])[document.id].retain_until or later) > later  # collected anew: another document


def test_a_decision_is_shown_at_once(shown: Index, database: Database, scored: list[ScoredDocument]) -> None:
    entries = entries_named(shown, [scored[1].document.id, scored[1].document.id])
    outcome = decide_on(shown, database, entries, choice("licite_preoccupant", "gourou"), act=act(), drawn=NO_DRAW)
    assert (len(outcome.rows), outcome.shown) == (1, True)
    assert (outcome.rows[0].lane, outcome.rows[0].stratum, outcome.rows[0].inclusion) == ("signale", None, 1.0)
    assert read(shown, scored[1]) == {
        "status": "decide",
        "qualification": "licite_preoccupant",
        "decided_at": "2026-11-01T12:00:00Z",
        "retain_until": "2027-02-01T12:00:00Z",
    }
    assert read(shown, scored[0])["status"] == "a_examiner"
    undo_on(shown, database, [scored[1].document.id], reason="Erreur.", by="AB", act=act())
    assert read(shown, scored[1])["status"] == "a_examiner"
    assert read(shown, scored[1])["decided_at"] is None


def test_showing_twice_changes_nothing(shown: Index, database: Database, scored: list[ScoredDocument]) -> None:
    ids = [one.document.id for one in scored]
    decide(database, [item(ids[0], text="Texte 0")], choice(), act=act())
    assert project(shown, database, ids) >= 1
    assert project(shown, database, ids) == 0
    assert project(shown, database, ["absent"]) == 0


class Down:
    """An index that is down for some calls."""

    def __init__(self, index: Index, *, fails: int) -> None:
        self._index, self._fails = index, fails

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def change(self, ids: Iterable[str], how: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
        if self._fails:
            self._fails -= 1
            raise Unavailable("down")
        return self._index.change(ids, how)


def test_a_decision_made_while_the_index_is_down_is_shown_later(shown: Index, database: Database, scored: list[ScoredDocument]) -> None:
    down: Any = Down(shown, fails=2)
    outcome = decide_on(down, database, entries_named(shown, [scored[0].document.id]), choice(), act=act(), drawn=NO_DRAW)
    assert not outcome.shown
    with pytest.raises(Unavailable):
        show(down, database)
    assert read(shown, scored[0])["status"] == "a_examiner"
    assert show(down, database) == 1
    assert read(shown, scored[0])["status"] == "decide"
    assert show(down, database) == 0


def test_catching_up_begins_where_it_was_left(
    shown: Index, embedded: Database, scored: list[ScoredDocument], monkeypatch: pytest.MonkeyPatch
) -> None:
    import cases.standing

    monkeypatch.setattr(cases.standing, "STEP", 2)
    asked: list[str] = []

    class Watched(Down):
        def change(self, ids: Iterable[str], how: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
            asked.extend(ids := list(ids))
            return super().change(ids, how)

    watched: Any = Watched(shown, fails=0)
    for one in scored[:3]:
        decide(embedded, [item(one.document.id, text=one.document.text)], choice(), act=act())
    assert catch_up(watched, embedded, identity="i") == 3
    assert asked == [one.document.id for one in scored[:3]]
    decide(embedded, [item(scored[3].document.id, text="Texte 3")], choice(), act=act())
    asked.clear()
    assert catch_up(watched, embedded, identity="i") == 1
    assert asked == [scored[3].document.id]
    assert catch_up(watched, embedded, identity="another") == 0
    assert len(asked) == 1 + 4  # a new index is shown all of them
    mark_shown(embedded, identity="rebuilt", number=last_number(embedded))
    asked.clear()
    assert catch_up(watched, embedded, identity="rebuilt") == 0
    assert asked == []


def test_a_batch_that_overwrites_a_decision_is_put_right(shown: Index, embedded: Database, scored: list[ScoredDocument]) -> None:
    """A decision is made and shown after publishing asked how things stand, and before it wrote."""
    before = last_number(embedded)
    standing = standings_of(embedded, [scored[0].document])[scored[0].document.id]
    decide_on(shown, embedded, entries_named(shown, [scored[0].document.id]), choice(), act=act(), drawn=NO_DRAW)
    show(shown, embedded)  # the cursor is past it
    shown.write([entry_of(scored[0], standing=standing)])
    assert read(shown, scored[0])["status"] == "a_examiner"
    assert show(shown, embedded) == 0
    assert show(shown, embedded, since=before) == 1
    assert read(shown, scored[0])["status"] == "decide"


def test_of_two_at_once_the_later_decision_is_shown_whoever_shows_last(shown: Index, embedded: Database, scored: list[ScoredDocument]) -> None:
    name = scored[0].document.id

    class Slow(Down):
        """Somebody else decides, and shows it, before this index begins to change anything."""

        def change(self, ids: Iterable[str], how: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
            decide_on(shown, embedded, entries_named(shown, [name]), choice("licite_preoccupant"), act=act(), drawn=NO_DRAW)
            return super().change(ids, how)

    slow: Any = Slow(shown, fails=0)
    decide_on(slow, embedded, entries_named(shown, [name]), choice("hors_champ"), act=act(), drawn=NO_DRAW)
    assert read(shown, scored[0])["qualification"] == "licite_preoccupant"


def test_undone_is_shown_by_catching_up_too(shown: Index, embedded: Database, scored: list[ScoredDocument]) -> None:
    decide_on(shown, embedded, entries_named(shown, [scored[0].document.id]), choice(), act=act(), drawn=NO_DRAW)
    undo(embedded, [scored[0].document.id], reason="Erreur.", by="AB", act=act())
    assert show(shown, embedded) == 1
    assert read(shown, scored[0])["status"] == "a_examiner"
