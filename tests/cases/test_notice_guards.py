"""What SQLite and PostgreSQL themselves refuse to whoever writes past the product."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cases.database import Database
from cases.migrations.guards import GUARDS
from cases.notice_records import Notice
from cases.notice_sending import confirm_sending, mark_sent
from cases.register_proof import prove
from core.errors import ConfigError, Conflict
from tests.cases import dossiering
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, chosen, decided, drafted, entry, house, signed, signs
from tests.cases.reading_room import deed

AT = "'2026-11-01 12:00:00.000000'"
SIGN = "INSERT INTO signatures (id, subject_kind, subject_id, version, digest, person_id, gates, statement, interests, at, seal) VALUES ('{id}', 'notice', :id, {version}, '{digest}', '{person}', '[]', 'x', 'x', {at}, 'x')"


@pytest.fixture
def team(database: Database) -> House:
    return house(database)


def run(database: Database, statement: str, made: Notice | None = None) -> None:
    with database.writing() as session:
        session.execute(text(statement), {"id": made.id} if made and ":id" in statement else {})


def refused(database: Database, statement: str, made: Notice | None, why: str) -> None:
    with pytest.raises((DBAPIError, ConfigError), match=why):
        run(database, statement, made)


def sent(database: Database, team: House) -> Notice:
    made = signed(database, team)
    act = deed(at=NOW + timedelta(hours=1))
    return mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=act, secret=SECRET)


def test_a_draft_is_not_made_signed_or_sent_by_hand(database: Database, team: House) -> None:
    made = drafted(database, team)
    signs(database, made, team.val)  # one person is not two
    for state in ("signee", "envoyee", "accusee", "repondue", "contestee"):
        refused(database, f"UPDATE notices SET state = '{state}' WHERE id = :id", made, "signed notice|state of a notice")
    moved = f"UPDATE notices SET sent_at = {AT}, sent_by = 'val', state = 'envoyee' WHERE id = :id"
    refused(database, moved, made, "signatures of two people|state of a notice")
    with pytest.raises((DBAPIError, ConfigError)):  # the check of the table itself
        run(database, f"UPDATE notices SET sent_at = {AT} WHERE id = :id", made)


def test_no_notice_begins_further_than_a_draft(database: Database, team: House) -> None:
    made = drafted(database, team)
    columns = "organisation_id, created_by, created_at, version, content, digest, platform, items, markers, bases, source_type"
    for change in ("'signee'", "'envoyee'", "'close'"):
        copied = f"INSERT INTO notices (id, state, {columns}) SELECT 'copie', {change}, {columns} FROM notices WHERE id = :id"
        refused(database, copied, made, "begins as a draft")


def test_a_signed_notice_is_not_sent_by_nobody_or_by_somebody_else(database: Database, team: House) -> None:
    made = signed(database, team)
    for person in ("far", "nobody"):
        with pytest.raises((DBAPIError, ConfigError)):
            run(database, f"UPDATE notices SET sent_at = {AT}, sent_by = '{person}', state = 'envoyee' WHERE id = :id", made)
    run(database, "UPDATE people SET disabled_at = created_at WHERE id = 'doc'")
    refused(database, f"UPDATE notices SET sent_at = {AT}, sent_by = 'val', state = 'envoyee' WHERE id = :id", made, "signatures of two people")


def test_what_was_signed_and_what_was_sent_stay(database: Database, team: House) -> None:
    made = signed(database, team)
    for column, value in (("digest", f"'{'0' * 64}'"), ("version", "9"), ("content", "'{}'")):
        refused(database, f"UPDATE notices SET {column} = {value} WHERE id = :id", made, "not changed")
    made = mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=NOW + timedelta(hours=1)), secret=SECRET)
    for column, value in (("digest", f"'{'0' * 64}'"), ("sent_by", "'ana'"), ("content", "'{}'"), ("platform", "'x'"), ("channel", "'formulaire'"),
                          ("items", "7"), ("source_type", "'SOURCE_TRUSTED_FLAGGER'")):  # fmt: skip
        refused(database, f"UPDATE notices SET {column} = {value} WHERE id = :id", made, "not changed")
    for state in ("brouillon", "signee"):
        refused(database, f"UPDATE notices SET state = '{state}' WHERE id = :id", made, "says whether it was sent|signed notice")
    refused(database, "UPDATE notices SET sent_at = NULL, sent_by = NULL, state = 'brouillon' WHERE id = :id", made, "not changed|says whether")
    refused(database, "DELETE FROM notices WHERE id = :id", made, "keeps every notice|foreign")
    refused(database, "UPDATE notices SET organisation_id = 'ailleurs' WHERE id = :id", made, "keeps its owner")
    run(database, "UPDATE notices SET content = NULL WHERE id = :id", made)  # an erasing


def test_items_stay_once_the_draft_is_signed(database: Database, team: House) -> None:
    made = sent(database, team)
    refused(database, "DELETE FROM notice_items WHERE notice_id = :id", made, "draft only")
    refused(database, "INSERT INTO notice_items (notice_id, position, document_id) VALUES (:id, 9, 'x')", made, "draft only")
    refused(database, "UPDATE notice_items SET document_id = 'x' WHERE notice_id = :id", made, "stays what it is")
    run(database, "UPDATE notice_items SET document_id = NULL WHERE notice_id = :id", made)  # an erasing


def test_signatures_are_given_by_people_of_the_house_for_what_stands(database: Database, team: House) -> None:
    made = drafted(database, team)
    known = {"version": made.version, "digest": made.digest, "at": AT}
    for wrong in ({"person": "far"}, {"person": "ana", "digest": "0" * 64}, {"person": "ana", "version": 9}):
        refused(database, SIGN.format(**{"id": "faux", **known, **wrong}), made, "signs the version|foreign")
    run(database, "UPDATE people SET disabled_at = created_at WHERE id = 'ana'")
    refused(database, SIGN.format(id="faux", person="ana", **known), made, "signs the version")


def test_signatures_and_events_are_only_added_to(database: Database, team: House) -> None:
    made = signed(database, team)
    for column, value in (("person_id", "'lou'"), ("gates", "'[\"sante\"]'"), ("seal", "'x'"), ("at", AT)):
        refused(database, f"UPDATE signatures SET {column} = {value} WHERE subject_id = :id", made, "only be withdrawn")
    refused(database, "DELETE FROM signatures WHERE subject_id = :id", made, "never removed")
    run(database, f"UPDATE signatures SET withdrawn_at = {AT} WHERE person_id = 'doc' AND subject_id = :id", made)
    refused(database, "UPDATE signatures SET withdrawn_at = NULL WHERE person_id = 'doc' AND subject_id = :id", made, "only be withdrawn")
    refused(database, "DELETE FROM notice_events WHERE notice_id = :id", made, "never removed")
    for column, value in (("kind", "'close'"), ("data", "'{}'"), ("words", "'autre'"), ("at", AT + " "), ("act", "'x'")):
        if column != "at":
            refused(database, f"UPDATE notice_events SET {column} = {value} WHERE notice_id = :id AND number = 1", made, "not changed")


def test_sendings_are_confirmed_and_stay(database: Database, team: House) -> None:
    made = drafted(database, team, *decided(database, team, entry("d1", host="bsky.app")))
    add = f"INSERT INTO sendings (id, notice_id, position, channel, confirmed_by, confirmed_at, state, tries, updated_at) VALUES ('{{id}}', :id, 1, 'api_bluesky', '{{by}}', {AT}, '{{state}}', 0, {AT})"
    refused(database, add.format(id="x", by="val", state="attend"), made, "two people signed")
    signs(database, made, team.val)
    signs(database, made, team.doc, "sante")
    refused(database, add.format(id="x", by="far", state="attend"), made, "two people signed")
    refused(database, add.format(id="x", by="val", state="partie"), made, "two people signed")
    chosen(database, made, team.val)
    act = deed(at=NOW + timedelta(hours=1))
    confirm_sending(database, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=act, secret=SECRET)
    run(database, "UPDATE sendings SET state = 'incertaine' WHERE notice_id = :id", made)
    refused(database, "UPDATE sendings SET state = 'attend' WHERE notice_id = :id", made, "not sent again")
    run(database, "UPDATE sendings SET state = 'partie' WHERE notice_id = :id", made)
    refused(database, "UPDATE sendings SET state = 'attend' WHERE notice_id = :id", made, "not sent again")
    refused(database, "DELETE FROM sendings WHERE notice_id = :id", made, "never removed")


def test_every_guard_is_there(database: Database, case_settings: object) -> None:
    with database.reading() as session:
        dialect = session.get_bind().dialect.name
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'" if dialect == "sqlite" else "SELECT tgname FROM pg_trigger"
        assert {guard.name for guard in GUARDS} <= set(session.scalars(text(names)))


def test_what_was_forged_through_every_guard_is_named(database: Database, team: House) -> None:
    """Two rows with the right people and version pass the database; their seals do not hold."""
    made = sent(database, team)
    assert prove(database, secret=SECRET) == (1, ())
    forged = drafted(database, team, *decided(database, team, entry("d5")))
    for person in ("val", "doc"):
        run(database, SIGN.format(id=f"f{person}", person=person, version=forged.version, digest=forged.digest, at=AT), forged)
    run(database, "UPDATE notices SET state = 'signee' WHERE id = :id", forged)
    with pytest.raises(Conflict, match="0 signatures that count"):
        mark_sent(database, forged.id, channel="courriel", digest=forged.digest, actor=team.val, act=deed(at=NOW + timedelta(hours=1)), secret=SECRET)
    run(database, f"UPDATE notices SET sent_at = {AT}, sent_by = 'val', state = 'envoyee' WHERE id = :id", forged)
    assert prove(database, secret=SECRET) == (2, ((forged.id, 0, True),))
    assert len(prove(database, secret=b"q" * 32).wrong) == 2
    run(database, "UPDATE people SET disabled_at = created_at WHERE id = 'doc'")
    assert made.id not in {one[0] for one in prove(database, secret=SECRET).wrong}, "who left since had signed"


def test_a_dossier_is_not_handed_over_by_hand(database: Database) -> None:
    people = dossiering.team(database)
    made = dossiering.signed(database, people)
    run(database, f"UPDATE signatures SET withdrawn_at = at WHERE person_id = 'doc' AND subject_id = '{made.id}'")  # one person is not two
    moved = f"UPDATE dossiers SET state = 'transmis', sent_at = {AT}, sent_by = 'val' WHERE id = '{made.id}'"
    refused(database, moved, None, "signatures of two people")
    refused(database, f"UPDATE dossiers SET state = 'transmis' WHERE id = '{made.id}'", None, "says whether it was handed over")
    columns = "organisation_id, created_by, created_at, kind, version, content, digest, items, markers, bases"
    copied = f"INSERT INTO dossiers (id, state, {columns}) SELECT 'copie', 'transmis', {columns} FROM dossiers WHERE id = '{made.id}'"
    refused(database, copied, None, "begins as a draft")
    dossiering.signs(database, made, people.val)
    for person in ("far", "nobody"):
        with pytest.raises((DBAPIError, ConfigError)):
            run(database, f"UPDATE dossiers SET state = 'transmis', sent_at = {AT}, sent_by = '{person}' WHERE id = '{made.id}'")
    run(database, moved)
    refused(database, f"UPDATE dossiers SET sent_at = NULL, state = 'brouillon' WHERE id = '{made.id}'", None, "says whether it was handed over")
