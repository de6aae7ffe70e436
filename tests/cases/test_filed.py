"""What stands in an open notice or dossier is kept; once closed, six months; then the words go and the register stays."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from cases.database import Database
from cases.filed import Filed, filed_in
from cases.leaving import Candidate, forget, leave
from cases.notice_events import events
from cases.notice_following import ItemOutcome, answer, close, complain, complaint_decided
from cases.notice_records import Notice
from cases.notice_sending import mark_sent
from cases.notices import draft, find
from cases.register import register
from cases.retention import load_rules
from cases.standing import Version, standings, unsettled
from cases.tables_notices import DossierItemRow, DossierRow
from core.errors import Conflict, Invalid
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, SIGNS, House, chosen, decided, drafted, entry, house, item_of, signed, signs
from tests.cases.reading_room import deed

SENT = NOW + timedelta(hours=1)
CLOSED = NOW + timedelta(days=20)
VERSION = Version(item_of(entry("d1")).text_sha256, NOW - timedelta(days=10), "signale")


@pytest.fixture
def team(database: Database) -> House:
    return house(database)


def sent(database: Database, team: House) -> Notice:
    made = signed(database, team)
    return mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=SENT), secret=SECRET)


def closed(database: Database, team: House) -> Notice:
    made = sent(database, team)
    answer(
        database, made.id, outcomes=[ItemOutcome(position=1, action="aucune_licite")], words="Non.", actor=team.val, act=deed(at=SENT + timedelta(1))
    )
    one = complain(database, made.id, text="Nous contestons.", actor=team.val, act=deed(at=SENT + timedelta(2)))
    complaint_decided(database, one.complaints[0].id, outcome="confirmee", actor=team.val, act=deed(at=SENT + timedelta(3)))
    return close(database, made.id, actor=team.val, act=deed(at=CLOSED))


def standing(database: Database, name: str = "d1"):  # type: ignore[no-untyped-def]
    return standings(database, {name: VERSION})[name]


def test_an_index_is_told_how_the_notice_stands(database: Database, team: House) -> None:
    made = drafted(database, team)
    assert (standing(database).notice_state, standing(database).notified_at, standing(database).retain_until) == ("brouillon", None, None)
    signs(database, made, team.val)
    signs(database, made, team.doc, "sante")
    assert standing(database).notice_state == "signee"
    chosen(database, made, team.val)
    mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=SENT), secret=SECRET)
    found = standing(database)
    assert (found.notice_state, found.notified_at, found.retain_until) == ("envoyee", SENT, None)
    assert "d1" in unsettled(database, now=SENT)


def test_a_closed_notice_gives_an_end_six_months_later(database: Database, team: House) -> None:
    closed(database, team)
    found = standing(database)
    assert (found.notice_state, found.retain_until) == ("close", CLOSED.replace(year=2027, month=5))


def test_a_draft_that_is_given_up_changes_nothing(database: Database, team: House) -> None:
    made = drafted(database, team)
    close(database, made.id, actor=team.val, act=deed())
    assert (standing(database).notice_state, standing(database).retain_until) == (None, None), "the case is open still"


def test_another_open_notice_or_a_new_decision_keeps_it(database: Database, team: House) -> None:
    closed(database, team)
    second = draft(database, [entry("d1")], actor=team.val, act=deed(at=CLOSED))
    assert (standing(database).notice_state, standing(database).retain_until) == ("brouillon", None)
    close(database, second.id, actor=team.val, act=deed(at=CLOSED))
    assert standing(database).retain_until is not None
    assert Filed(closed_at=CLOSED).ended(CLOSED - timedelta(1))
    assert not Filed(closed_at=CLOSED).ended(CLOSED + timedelta(1)), "decided anew"


def test_an_open_dossier_keeps_it(database: Database, team: House) -> None:
    closed(database, team)
    with database.writing() as session:
        session.add(DossierRow(id="x", organisation_id="maison", created_by="val", created_at=NOW, kind="pharos", state="brouillon", version=1, content={},
                               digest="0" * 64, items=1, markers=[], bases=[]))  # fmt: skip
        session.flush()
        session.add(DossierItemRow(dossier_id="x", position=1, document_id="d1"))
    assert standing(database).retain_until is None
    with database.reading() as session:
        assert filed_in(session, ["d1", "d2"])["d1"].held


def run_leave(database: Database, now) -> dict[str, int]:  # type: ignore[no-untyped-def]
    candidate = Candidate(batch="", version=VERSION, platform="video.example", markers=("abandon_soins",))
    return leave(database, {"d1": candidate}, now=now, rules=load_rules())


def test_what_is_open_is_not_erased_and_what_is_closed_is_in_its_time(database: Database, team: House) -> None:
    made = sent(database, team)
    assert run_leave(database, NOW + timedelta(days=4000)) == {}
    assert find(database, made.id, actor=team.val).content is not None


def test_erasing_empties_the_words_and_keeps_the_register(database: Database, team: House) -> None:
    made = closed(database, team)
    before = list(register(database, organisation_id="maison", since=date(2026, 1, 1), until=date(2026, 12, 31)))
    assert run_leave(database, CLOSED + timedelta(days=170)) == {}
    assert run_leave(database, CLOSED + timedelta(days=190)) == {"illicite_presume": 1}
    one = find(database, made.id, actor=team.val)
    assert (one.content, one.items[0].document_id, one.complaints[0].text) == (None, None, None)
    assert all(event.words is None for event in events(database, made.id, actor=team.val))
    assert list(register(database, organisation_id="maison", since=date(2026, 1, 1), until=date(2026, 12, 31))) == before
    with database.reading() as session:
        tables = ("notices", "notice_items", "notice_events", "signatures", "complaints", "sendings")
        rows = json.dumps([[str(value) for value in row] for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))])
    for trace in (SIGNS["A6"][:10], "video.example/page", '"d1"', "contestons"):
        assert trace not in rows


def test_a_person_s_right_empties_a_draft_too_and_then_nobody_signs_it(database: Database, team: House) -> None:
    made = drafted(database, team, *decided(database, team, entry("d1")))
    forget(database, ["d1"])
    one = find(database, made.id, actor=team.val)
    assert one.content is None
    with pytest.raises((Conflict, Invalid)):
        signs(database, one, team.val)
    with database.reading() as session:
        assert session.scalars(select(DossierRow)).all() == []
