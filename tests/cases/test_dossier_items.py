"""Contents of a draft dossier: taken in, left out, with what people wrote kept and the numbers in order."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cases import dossier_items, dossiers, duties
from cases.database import Database
from cases.dossier_reasons import load_setting
from cases.dossier_rules import warnings_of
from cases.tables_notices import DossierItemRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.dossiering import codes, drafted, handed, signed, team
from tests.cases.noticing import decided, entry
from tests.cases.reading_room import deed


def test_a_content_is_taken_in_and_left_out_again(database: Database) -> None:
    people = team(database)
    first, second, third = decided(database, people, entry("d1"), entry("d2", flags=["T1"]), entry("d3"))
    made = drafted(database, people, "parquet", first)
    grown = dossier_items.add(database, made.id, [first, second, third], actor=people.val, act=deed())
    assert grown.content
    assert made.content
    assert [item.document_id for item in grown.content.items] == ["d1", "d2", "d3"]
    assert (grown.items, grown.version, grown.state) == (3, made.version + 1, "brouillon")
    assert {fact.item for fact in grown.content.facts} == {1, 2, 3}
    assert (grown.content.fields, grown.content.elements) == (made.content.fields, made.content.elements)
    assert codes(database, grown) == {"devoir"}, "nothing but the question on d2"
    assert dossier_items.add(database, made.id, [second], actor=people.val, act=deed()) == grown
    assert [one.document_id for one in duties.unanswered(database)] == ["d2"]
    left = dossier_items.remove(database, made.id, "d2", actor=people.val, act=deed())
    assert left.content
    assert [item.document_id for item in left.content.items] == ["d1", "d3"]
    assert [(fact.item, fact.quotes[0].document_id) for fact in left.content.facts if fact.quotes] == [(1, "d1"), (2, "d3")]
    assert codes(database, left) == set()
    with database.reading() as session:
        assert list(session.scalars(select(DossierItemRow.document_id).order_by(DossierItemRow.position))) == ["d1", "d3"]


def test_signatures_fall_and_what_was_handed_over_stays(embedded: Database) -> None:
    people = team(embedded)
    first, second = decided(embedded, people, entry("d1"), entry("d2"))
    made = signed(embedded, people, "parquet", first)
    grown = dossier_items.add(embedded, made.id, [second], actor=people.val, act=deed())
    assert grown.state == "brouillon"
    with pytest.raises(Conflict, match="lacks 2 signatures"):
        handed(embedded, grown, people.val)
    gone = handed(embedded, signed(embedded, people, "parquet", first), people.val)
    for refused in (lambda: dossier_items.add(embedded, gone.id, [second], actor=people.val, act=deed()),
                    lambda: dossier_items.remove(embedded, gone.id, "d1", actor=people.val, act=deed())):  # fmt: skip
        with pytest.raises(Conflict, match="was handed over"):
            refused()


def test_what_may_not_be_in_it_is_refused(embedded: Database) -> None:
    people = team(embedded)
    (first,) = decided(embedded, people, entry("d1"))
    made = drafted(embedded, people, "parquet", first)
    with pytest.raises(Conflict, match="decided by nobody"):
        dossier_items.add(embedded, made.id, [entry("d8")], actor=people.val, act=deed())
    with pytest.raises(Invalid, match="the last content"):
        dossier_items.remove(embedded, made.id, "d1", actor=people.val, act=deed())
    with pytest.raises(NotFound):
        dossier_items.add(embedded, made.id, [first], actor=people.far, act=deed())
    with pytest.raises(Forbidden):
        dossier_items.remove(embedded, made.id, "d1", actor=people.ana, act=deed())
    assert dossiers.find(embedded, made.id, actor=people.val).version == made.version


def test_one_content_for_a_text_that_asks_for_repeated_acts_is_warned_of_and_not_stopped(embedded: Database) -> None:
    people = team(embedded)
    first, second = decided(embedded, people, entry("d1"), entry("d2"))
    made = drafted(embedded, people, "parquet", first, bases=["cp-223-1-2-al1"])
    (told,) = warnings_of(made.content, load_setting())
    assert "pressions ou manœuvres réitérées" in told.says
    assert "un_seul_contenu" not in codes(embedded, made)
    grown = dossier_items.add(embedded, made.id, [second], actor=people.val, act=deed())
    assert warnings_of(grown.content, load_setting()) == ()
