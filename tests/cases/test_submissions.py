"""What organisations submit: one row a page, quotas, idempotency, texts, tables, and how a worker takes them up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases import accounts, audit, collecting
from cases.accounts import actor_of
from cases.database import Database
from cases.people import Actor
from cases.submission_table import MOST_LINES, read_table
from cases.submission_text import LEAST_TEXT, MOST_NOTE, MOST_TEXT, MOST_TITLE, BadText
from cases.submissions import (
    AGAIN,
    FRESH,
    TEXT_PREFIX,
    Submission,
    find,
    listed,
    of_document,
    quota_left,
    steps,
    submit_many,
    submit_text,
    submit_url,
)
from cases.tables_people import OrganisationRow, PersonRow
from cases.tables_work import SubmissionRow
from core.addresses import BadAddress
from core.errors import Forbidden, Invalid, NotFound, TooMany
from core.urls import document_id

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEASE = timedelta(minutes=5)
PAGE = "https://carnet.example/article"
TEXT = "Un texte que tout le monde peut lire."


def member(database: Database, name: str = "a", *, quota: int = 50) -> Actor:
    """A person of an organisation of its own."""
    made = accounts.add_organisation(database, name=f"Association {name}", capacity="aucune", by="test", quota=quota)
    person = accounts.add_person(database, organisation_id=made.id, login=f"{name}@exemple.test", name=name, roles=("soumet",), by="test")
    with database.reading() as session:
        row = session.get(PersonRow, person.id)
        assert row
        return actor_of(row)


def ended(
    database: Database, one: Submission, state: str = "visible", reason: str | None = None, *, now: datetime = NOW, led_to: str | None = None
) -> None:
    """As a worker does it."""
    collecting.finish(database, one.id, state, reason, document_id=document_id(led_to) if led_to else None, now=now)  # type: ignore[arg-type]


def test_a_page_is_taken_down_in_one_spelling_and_audited(database: Database) -> None:
    actor = member(database)
    one = submit_url(database, " HTTPS://Carnet.example:443/article?utm_source=x#bas ", note=" À lire\r\nvite \x00", actor=actor, now=NOW)
    assert (one.url, one.given) == (PAGE, "HTTPS://Carnet.example:443/article?utm_source=x#bas")
    assert (one.note, one.state, one.document_id, one.is_text) == ("À lire\nvite", "recue", document_id(PAGE), False)
    assert (one.organisation_id, one.person_id, one.created_at) == (actor.organisation_id, actor.id, NOW)
    (entry,) = audit.entries(database, subject=("submission", one.id))
    assert (entry.action, entry.actor) == ("submitted", actor.id)
    assert "carnet" not in entry.details
    assert audit.verify(database).wrong is None


def test_submitting_a_page_again_gives_the_same_submission(database: Database) -> None:
    actor = member(database)
    one = submit_url(database, PAGE, actor=actor, now=NOW)
    assert submit_url(database, PAGE + "#autre", note="encore", actor=actor, now=NOW + FRESH) == one
    assert quota_left(database, actor.organisation_id, now=NOW) == 49
    assert len(listed(database, organisation_id=actor.organisation_id)) == 1


def test_another_organisation_has_its_own_and_sees_at_once_what_was_read_just_now(database: Database) -> None:
    first, second, third = (member(database, name) for name in "abc")
    one = submit_url(database, PAGE, actor=first, now=NOW)
    two = submit_url(database, PAGE, actor=second, now=NOW)
    assert one.id != two.id
    assert two.state == "recue"
    ended(database, one, "collectee", led_to="https://carnet.example/final")
    ended(database, one)
    three = submit_url(database, PAGE, actor=third, now=NOW + FRESH - timedelta(seconds=1))
    assert (three.state, three.document_id) == ("visible", document_id("https://carnet.example/final"))
    assert [step.state for step in steps(database, three.id)] == ["recue", "visible"]
    assert {found.id for found in of_document(database, three.document_id)} == {one.id, three.id}
    assert submit_url(database, PAGE, actor=member(database, "d"), now=NOW + FRESH).state == "recue"


def test_the_page_that_a_short_address_led_to_is_the_same_submission(database: Database) -> None:
    actor = member(database)
    one = submit_url(database, "https://court.example/1", actor=actor, now=NOW)
    ended(database, one, led_to=PAGE)
    assert submit_url(database, PAGE, actor=actor, now=NOW).id == one.id


@pytest.mark.parametrize(("state", "after"), [("visible", FRESH), ("ecartee", AGAIN)])
def test_a_page_is_read_again_when_it_is_submitted_again_later(database: Database, state: str, after: timedelta) -> None:
    actor = member(database)
    one = submit_url(database, PAGE, actor=actor, now=NOW, act="acte-0001")
    ended(database, one, state, "timeout" if state == "ecartee" else None)
    assert submit_url(database, PAGE, actor=actor, now=NOW + after - timedelta(seconds=1)).state == state
    assert submit_url(database, PAGE, actor=actor, now=NOW + after, act="acte-0001").state == state  # who got no answer asks again
    again = submit_url(database, PAGE, actor=actor, now=NOW + after, act="acte-0002")
    assert (again.id, again.state, again.reason) == (one.id, "recue", None)
    assert submit_url(database, PAGE, actor=actor, now=NOW + after, act="acte-0002").id == one.id
    assert [step.state for step in steps(database, one.id)] == ["recue", state, "recue"]
    assert quota_left(database, actor.organisation_id, now=NOW) == 48


def test_the_quota_is_the_organisation_s_and_ends_with_the_day_in_paris(database: Database) -> None:
    actor, other = member(database, quota=2), member(database, "b", quota=2)
    evening = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 23:30 in Paris
    for number in range(2):
        submit_url(database, f"{PAGE}/{number}", actor=actor, now=evening)
    with pytest.raises(TooMany, match="2 submissions of today") as caught:
        submit_url(database, PAGE, actor=actor, now=evening)
    assert caught.value.wait == 1800
    assert quota_left(database, actor.organisation_id, now=evening) == 0
    assert submit_url(database, f"{PAGE}/1", actor=actor, now=evening).url == f"{PAGE}/1"  # nothing new is asked
    assert submit_url(database, PAGE, actor=other, now=evening)
    assert submit_url(database, PAGE, actor=actor, now=evening + timedelta(minutes=30))
    with pytest.raises(NotFound):
        quota_left(database, "nulle")


def test_an_organisation_that_is_closed_submits_nothing(database: Database) -> None:
    actor = member(database)
    with database.writing() as session:
        row = session.get(OrganisationRow, actor.organisation_id)
        assert row
        row.closed_at = NOW
    with pytest.raises(Forbidden):
        submit_url(database, PAGE, actor=actor, now=NOW)


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://169.254.169.254/", "javascript:1", TEXT_PREFIX + "0" * 64])
def test_what_may_not_be_named_leaves_no_row(embedded: Database, url: str) -> None:
    with pytest.raises(BadAddress):
        submit_url(embedded, url, actor=member(embedded), now=NOW)
    assert listed(embedded, organisation_id=None) == ()


def test_a_text_is_declared_public_and_leads_nowhere(database: Database) -> None:
    actor = member(database)
    with pytest.raises(BadText) as caught:
        submit_text(database, TEXT, actor=actor, now=NOW)
    assert caught.value.reason == "text_private"
    one = submit_text(database, TEXT + "\r\n", public=True, title=" Un\ntitre ", seen_at="groupe.example/p/1", actor=actor, now=NOW)
    assert one.url.startswith(TEXT_PREFIX)
    assert (one.is_text, one.title, one.given) == (True, "Un titre", "https://groupe.example/p/1")
    assert submit_text(database, TEXT, public=True, actor=actor, now=NOW) == one
    assert "text" not in Submission.model_fields


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("x" * (LEAST_TEXT - 1), {}, "text_short"),
        (" " * LEAST_TEXT, {}, "text_short"),
        ("x" * (MOST_TEXT + 1), {}, "text_long"),
        (TEXT + "\ud800", {}, "text_unreadable"),
        (TEXT, {"title": "x" * (MOST_TITLE + 1)}, "title_long"),
        (TEXT, {"note": "x" * (MOST_NOTE + 1)}, "note_long"),
        (TEXT, {"seen_at": "http://10.0.0.1/"}, "private_address"),
    ],
)
def test_a_text_that_cannot_be_taken_says_why(embedded: Database, text: str, options: dict[str, str], reason: str) -> None:
    with pytest.raises((BadText, BadAddress)) as caught:
        submit_text(embedded, text, public=True, actor=member(embedded), now=NOW, **options)
    assert caught.value.reason == reason


def test_a_text_leaves_its_row_when_it_is_archived(database: Database) -> None:
    one = submit_text(database, TEXT, public=True, actor=member(database), now=NOW)
    (taken,) = collecting.take(database, size=5, now=NOW, lease=LEASE)
    assert taken.text == TEXT
    ended(database, one, "collectee")
    with database.reading() as session:
        assert session.get(SubmissionRow, one.id).text is None  # type: ignore[union-attr]
    ended(database, one, "visible")
    assert submit_text(database, TEXT, public=True, actor=member(database, "b"), now=NOW).state == "visible"


def test_rows_are_seen_by_their_organisation_alone(database: Database) -> None:
    actor, other = member(database), member(database, "b")
    one = submit_url(database, PAGE, actor=actor, now=NOW)
    assert find(database, one.id, organisation_id=actor.organisation_id) == one == find(database, one.id, organisation_id=None)
    for organisation, name in ((other.organisation_id, one.id), (None, "inconnue")):
        with pytest.raises(NotFound):
            find(database, name, organisation_id=organisation)
    assert listed(database, organisation_id=other.organisation_id) == ()


def test_pages_of_the_list_hold_each_row_once(database: Database) -> None:
    actor = member(database)
    for number in range(7):  # several at the same moment
        submit_url(database, f"{PAGE}/{number}", actor=actor, now=NOW + timedelta(seconds=number // 3))
    found: list[Submission] = []
    while page := listed(database, organisation_id=actor.organisation_id, before=found[-1].id if found else None, size=2):
        found += page
    assert len({one.id for one in found}) == len(found) == 7
    assert [one.created_at for one in found] == sorted((one.created_at for one in found), reverse=True)
    ended(database, found[0])
    assert listed(database, organisation_id=None, state="visible") == (find(database, found[0].id, organisation_id=None),)
    with pytest.raises(NotFound):
        listed(database, organisation_id=None, before="inconnue")


def test_a_table_is_submitted_line_by_line(database: Database) -> None:
    actor = member(database, quota=3)
    table = "url;note\nhttps://a.example/;à lire\nhttp://127.0.0.1/;\n\na.example\nhttps://b.example/;\nhttps://c.example/;\nhttps://d.example/;\n"
    found = submit_many(database, table.encode(), actor=actor, now=NOW)
    assert [one.url for one in found.submissions] == ["https://a.example/", "https://b.example/", "https://c.example/"]
    assert found.submissions[0].note == "à lire"
    assert [line for line, _ in found.refused] == [3, 8]
    assert found.reasons == {3: "private_address", 8: "quota"}


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"https://a.example/\nhttps://b.example/\n", [(1, "https://a.example/", ""), (2, "https://b.example/", "")]),
        ("\ufeffAdresse;Remarque\r\nhttps://a.example/;é\r\n".encode(), [(2, "https://a.example/", "é")]),
        (b"note,URL\n\"deux\nlignes\",https://a.example/?a=1\n", [(2, "https://a.example/?a=1", "deux\nlignes")]),
        ("Lien\tpourquoi\nhttps://a.example/\té".encode("cp1252"), [(2, "https://a.example/", "é")]),
        (b"https://a.example/;vu hier\n", [(1, "https://a.example/", "vu hier")]),
        (b"https://a.example/a,b\n", [(1, "https://a.example/a,b", "")]),
    ],
)  # fmt: skip
def test_tables_as_people_save_them(data: bytes, lines: list[tuple[int, str, str]]) -> None:
    assert [tuple(line) for line in read_table(data)] == lines


@pytest.mark.parametrize("data", [b"", b"\n \n", b"a\0b", b"x" * 1_000_001, b"https://a.example/\n" * (MOST_LINES + 2), b'"' + b"x" * 200_000])
def test_what_is_no_table_is_refused_whole(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_table(data)


def test_what_a_worker_took_is_not_taken_again_before_its_lease_is_over(database: Database) -> None:
    actor = member(database)
    one, two = (submit_url(database, f"{PAGE}/{number}", actor=actor, now=NOW + timedelta(seconds=number)) for number in range(2))
    assert collecting.waits(database, now=NOW)
    (taken,) = collecting.take(database, size=1, now=NOW, lease=LEASE)
    assert (taken.submission.id, taken.submission.state, taken.tries) == (one.id, "recue", 1)
    assert find(database, one.id, organisation_id=None).state == "en_cours"
    (other,) = collecting.take(database, size=5, now=NOW, lease=LEASE)
    assert other.submission.id == two.id
    assert not collecting.waits(database, now=NOW)
    later = collecting.take(database, size=5, now=NOW + LEASE, lease=LEASE)
    assert [(found.submission.id, found.tries) for found in later] == [(one.id, 2), (two.id, 2)]
    collecting.release(database)
    assert len(collecting.take(database, size=5, now=NOW, lease=LEASE)) == 2


def test_what_is_put_back_waits_and_says_why(database: Database) -> None:
    one = submit_url(database, PAGE, actor=member(database), now=NOW)
    collecting.take(database, size=5, now=NOW, lease=LEASE)
    collecting.put_back(database, [one.id], until=NOW + timedelta(minutes=1), reason="timeout")
    assert find(database, one.id, organisation_id=None).reason == "timeout"
    assert collecting.take(database, size=5, now=NOW, lease=LEASE) == ()
    assert len(collecting.take(database, size=5, now=NOW + timedelta(minutes=1), lease=LEASE)) == 1


def test_what_is_collected_waits_for_the_index_however_often(database: Database) -> None:
    one = submit_url(database, PAGE, actor=member(database), now=NOW)
    collecting.take(database, size=5, now=NOW, lease=LEASE)
    ended(database, one, "collectee")
    for _ in range(3):
        collecting.put_back(database, [one.id], until=NOW)
        (taken,) = collecting.take(database, size=5, now=NOW, lease=LEASE)
        assert (taken.submission.state, taken.tries) == ("collectee", 1)
    ended(database, one)
    ended(database, one, "ecartee", "timeout")  # another worker, late: it changes nothing
    ended(database, one, led_to="https://autre.example/")
    assert [step.state for step in steps(database, one.id)] == ["recue", "en_cours", "collectee", "visible"]
    assert find(database, one.id, organisation_id=None).document_id == document_id(PAGE)
    assert collecting.take(database, size=5, now=NOW + LEASE, lease=LEASE) == ()
    assert [entry.action for entry in audit.entries(database, subject=("submission", one.id))] == [
        "submission_moved",
        "submission_moved",
        "submitted",
    ]
