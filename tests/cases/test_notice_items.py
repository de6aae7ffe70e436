"""Items enter and leave a draft notice by the rules of a draft, and no signature outlives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from cases.database import Database
from cases.notice_records import Notice
from cases.notices import change, find, listed
from cases.tables_notices import DutyRow, NoticeItemRow
from core.errors import Conflict, Invalid, NotFound
from tests.cases.noticing import House, codes, decided, drafted, entry, house, read_by, signed
from tests.cases.reading_room import deed


@pytest.fixture
def team(embedded: Database) -> House:
    return house(embedded)


def arranged(database: Database, team: House, made: Notice, names: Sequence[str], *entries: dict[str, Any], **changes: Any) -> Notice:
    """The same notice with these items."""
    return change(database, made.id, {**changes, "items": names}, version=made.version, actor=team.val, act=deed(), entries=entries)


def test_an_item_enters_with_its_passages_and_signatures_fall(database: Database) -> None:
    team = house(database)
    made = signed(database, team)
    second = decided(database, team, entry("d2", days=3))[0]
    now = arranged(database, team, made, ["d1", "d2"], second)
    assert now.content
    assert made.content
    assert [item.document_id for item in now.content.items] == ["d1", "d2"]
    assert (now.state, now.version, now.signed) == ("brouillon", made.version + 1, ())
    assert now.digest != made.digest
    assert [quote.document_id for quote in now.content.elements[0].quotes] == ["d1", "d2"], "as a draft of both proposes them"
    assert [one.says for one in now.content.elements] == [one.says for one in made.content.elements], "what people wrote stays"
    assert codes(database, now) == set()
    with database.reading() as session:
        rows = select(NoticeItemRow.document_id).where(NoticeItemRow.notice_id == made.id).order_by(NoticeItemRow.position)
        assert session.scalars(rows).all() == ["d1", "d2"]
    back = arranged(database, team, now, ["d1"])
    assert back.content
    assert [quote.document_id for quote in back.content.elements[0].quotes] == ["d1"], "what only it shows leaves with it"
    assert back.signed == (), "and no signature comes back"


def test_the_order_is_what_people_say_and_an_item_enters_once(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    second = decided(embedded, team, entry("d2", days=3))[0]
    now = arranged(embedded, team, made, ["d2", "d1", "d2"], second, second)
    assert [one.document_id for one in now.items] == ["d2", "d1"]
    said = [{**one.model_dump(mode="json"), "quotes": []} for one in now.content.elements] if now.content else []
    third = decided(embedded, team, entry("d3", days=5))[0]
    quoted = [{"document_id": "d3", "start": 0, "end": 5, "text": third["text"][:5], "submarker": "A6"}]
    last = arranged(embedded, team, now, ["d1", "d3"], third, elements=[{**said[0]}, {**said[1], "quotes": quoted}])
    assert last.content
    assert [len(one.quotes) for one in last.content.elements][:2] == [0, 1], "what is quoted already is not proposed again"


def test_a_model_that_drew_attention_to_one_item_is_told(embedded: Database, team: House) -> None:
    by_hand = {"markers": [], "alerts": []}
    made = drafted(embedded, team, *decided(embedded, team, entry("d1", **by_hand)))
    assert made.content
    assert not made.content.automated_detection
    others = decided(embedded, team, entry("d2", days=2, **by_hand), entry("d3", days=4))
    for names, told in ((["d1", "d2"], False), (["d1", "d2", "d3"], True), (["d1"], True)):
        made = arranged(embedded, team, made, names, *others)
        assert made.content
        assert made.content.automated_detection is told


def test_what_enters_asks_for_its_duty(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    urgent = decided(embedded, team, entry("d2", days=3), qualification="urgence")[0]
    arranged(embedded, team, made, ["d1", "d2"], urgent)
    with embedded.reading() as session:
        assert session.scalars(select(DutyRow.document_id)).all() == ["d2"]


def test_what_may_be_in_no_draft_does_not_enter(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    alone, unread = entry("d2", days=2), entry("d3", days=3)
    read_by(embedded, (team.ana,), alone)
    elsewhere = decided(embedded, team, entry("d4", host="autre.example"))[0]
    changed = {**decided(embedded, team, entry("d5", days=4))[0], "text": "Un autre texte."}
    for one, why in ((alone, "two (different )?people"), (unread, "no decision"), (elsewhere, "one provider"), (changed, "no decision")):
        with pytest.raises(Invalid, match=why):
            arranged(embedded, team, made, ["d1", one["id"]], one)
    with pytest.raises(Invalid, match="of the index"):
        arranged(embedded, team, made, ["d1", "d2"])
    assert find(embedded, made.id, actor=team.val) == made


def test_complotisme_enters_no_notice_that_is_signed(embedded: Database, team: House) -> None:
    plot = entry("d2", "C1", days=2)
    read_by(embedded, (team.ana, team.ben), plot, "C1", qualification="urgence")
    now = arranged(embedded, team, drafted(embedded, team), ["d1", "d2"], plot)
    assert "complotisme" in codes(embedded, now)


def test_nothing_enters_what_has_left_another_house_or_another_version(embedded: Database, team: House) -> None:
    from cases.notice_sending import mark_sent
    from tests.cases.noticing import SECRET

    made = signed(embedded, team)
    second = decided(embedded, team, entry("d2", days=3))[0]
    changes = {"items": ["d1", "d2"]}
    with pytest.raises(NotFound):
        change(embedded, made.id, changes, version=made.version, actor=team.far, act=deed(), entries=[second])
    with pytest.raises(Conflict, match="version"):
        change(embedded, made.id, changes, version=made.version - 1, actor=team.val, act=deed(), entries=[second])
    mark_sent(embedded, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(), secret=SECRET)
    with pytest.raises(Conflict):
        arranged(embedded, team, made, ["d1", "d2"], second)
    assert len(listed(embedded, actor=team.val)[0].items) == 1
