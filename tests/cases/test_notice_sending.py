"""A notice leaves when a person says so, under two signatures, and never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from cases import informing
from cases.database import Database
from cases.decisions import undo
from cases.notice_events import events
from cases.notice_records import Notice
from cases.notice_sending import carried_out, confirm_sending, mark_sent, sendings, settle, take
from cases.notices import change, find
from cases.people import Actor
from cases.profiles import Profile, TrustedFlagger, set_profile
from cases.signing import withdraw
from cases.tables_notices import SendingRow
from cases.tables_people import PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, chosen, decided, drafted, entry, house, signed, signs
from tests.cases.reading_room import deed

LATER = NOW + timedelta(hours=1)
LEASE = timedelta(minutes=5)


@pytest.fixture
def team(embedded: Database) -> House:
    return house(embedded)


def marked(database: Database, made: Notice, who: Actor, **fields: object) -> Notice:
    said = {"channel": "courriel", "digest": made.digest, "act": deed(at=LATER), "secret": SECRET}
    return mark_sent(database, made.id, actor=who, **{**said, **fields})  # type: ignore[arg-type]


def confirmed(database: Database, team: House, *, items: int = 1) -> Notice:
    entries = [entry(f"d{number}", days=number, host="bsky.app") for number in range(items)]
    made = signed(database, team, *decided(database, team, *entries))
    confirm_sending(database, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=deed(at=LATER), secret=SECRET)
    return made


def test_a_person_says_that_it_was_sent(embedded: Database, team: House) -> None:
    made, act = signed(embedded, team), deed(at=LATER)
    one = marked(embedded, made, team.val, reference=" 2026-17 ", act=act)
    assert (one.state, one.sent_at, one.sent_by, one.channel, one.reference) == ("envoyee", LATER, "val", "courriel", "2026-17")
    assert marked(embedded, made, team.val, act=act) == one, "repeated"
    with pytest.raises(Conflict, match="envoyee"):
        marked(embedded, made, team.val, act=deed(at=LATER))


def test_a_draft_or_half_a_signature_is_not_sent(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    with pytest.raises(Conflict, match="brouillon"):
        marked(embedded, made, team.val)
    signs(embedded, made, team.val)
    with pytest.raises(Conflict, match="brouillon"):
        marked(embedded, made, team.val)
    with pytest.raises(Conflict, match="brouillon"):
        confirm_sending(embedded, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=deed(), secret=SECRET)


@pytest.mark.parametrize("how", ["account closed", "role lost", "other secret", "name made the same"])
def test_a_signature_that_does_not_count_any_more_stops_it(embedded: Database, team: House, how: str) -> None:
    made = signed(embedded, team)
    changes: dict[str, dict[str, object]] = {
        "account closed": {"disabled_at": NOW},
        "role lost": {"roles": ["soumet"]},
        "name made the same": {"name": "Val"},
    }
    if how in changes:
        with embedded.writing() as session:
            session.execute(update(PersonRow).where(PersonRow.id == "doc").values(**changes[how]))
    with pytest.raises(Conflict, match="signatures that count"):
        marked(embedded, made, team.val, secret=b"y" * 32 if how == "other secret" else SECRET)


def refused(database: Database, made: Notice, who: Actor, why: str = "informing the people concerned") -> None:
    """Neither way is open, and nothing was written."""
    with pytest.raises(Conflict, match=why):
        marked(database, made, who)
    with pytest.raises(Conflict, match=why):
        confirm_sending(database, made.id, channel="api_bluesky", digest=made.digest, actor=who, act=deed(at=LATER), secret=SECRET)
    assert (find(database, made.id, actor=who).state, sendings(database, made.id, actor=who)) == ("signee", ())
    assert {one.kind for one in events(database, made.id, actor=who)} <= {"creee", "modifiee", "signee"}


def test_nothing_leaves_before_the_people_concerned_were_thought_of(database: Database) -> None:
    team = house(database)
    made, other = (
        signed(database, team, *decided(database, team, entry(name, days=days, host="bsky.app")), informed=False)
        for days, name in enumerate(("d1", "d2"))
    )
    assert made.state == "signee", "signing does not wait for it"
    refused(database, made, team.val)
    chosen(database, other, team.val)
    for who, kind in ((team.ana, Forbidden), (team.doc, Forbidden), (team.far, NotFound)):
        with pytest.raises(kind):
            chosen(database, made, who)
    with pytest.raises(NotFound):
        informing.choose(database, "dossier", made.id, choice="exception_14_5_b", reason="Non.", actor=team.val, act=deed().id)
    for said in ({"choice": "rien"}, {"reason": " "}, {"choice": "informe"}, {"choice": "differe", "due_at": NOW}):
        with pytest.raises(Invalid):
            chosen(database, made, team.val, **said)
    refused(database, made, team.lou)
    chosen(database, made, team.lou)
    assert marked(database, made, team.val).state == "envoyee"
    confirm_sending(database, other.id, channel="api_bluesky", digest=other.digest, actor=team.val, act=deed(at=LATER), secret=SECRET)


def test_a_deferral_counts_until_its_day_only(embedded: Database, team: House) -> None:
    made = signed(embedded, team, *decided(embedded, team, entry("d1", host="bsky.app")), informed=False)
    chosen(embedded, made, team.val, choice="differe", due_at=LATER - timedelta(minutes=1))
    refused(embedded, made, team.val, "echeance_passee")
    chosen(embedded, made, team.val, choice="differe", due_at=LATER + timedelta(minutes=1), now=NOW + timedelta(minutes=1))
    confirm_sending(embedded, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=deed(at=LATER), secret=SECRET)
    assert take(embedded, now=LATER + timedelta(minutes=1), lease=LEASE, secret=SECRET) is None, "its day came before the worker"
    (one,) = sendings(embedded, made.id, actor=team.val)
    assert (one.state, one.reason) == ("refusee", "n'est plus prête à partir (conflict)")
    chosen(embedded, made, team.val, now=LATER)
    confirm_sending(embedded, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=deed(at=LATER), secret=SECRET)
    assert take(embedded, now=LATER + timedelta(minutes=1), lease=LEASE, secret=SECRET)


def test_a_choice_is_for_the_notice_whatever_its_version(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    chosen(embedded, made, team.val)
    made = change(embedded, made.id, {"measure": "etiquetage"}, version=made.version, actor=team.val, act=deed())
    signs(embedded, made, team.val)
    signs(embedded, made, team.doc, "sante")
    assert marked(embedded, made, team.val).state == "envoyee"


def test_a_decision_that_fell_stops_it(embedded: Database, team: House) -> None:
    made = signed(embedded, team)
    undo(embedded, ["d1"], reason="Erreur.", by="Val", act=deed())
    with pytest.raises(Invalid, match="decision"):
        marked(embedded, made, team.val)


def test_only_who_may_send_sends(embedded: Database, team: House) -> None:
    made = signed(embedded, team)
    for who in (team.ana, team.doc, team.ana.model_copy(update={"roles": ("valide",)})):
        with pytest.raises(Forbidden):
            marked(embedded, made, who)
    with pytest.raises(NotFound):
        marked(embedded, made, team.far)
    with pytest.raises(Conflict, match="has changed"):
        marked(embedded, made, team.lou, digest="0" * 64)
    with pytest.raises(Invalid, match="channel"):
        marked(embedded, made, team.lou, channel="pigeon")


@pytest.mark.parametrize("at", [LATER + timedelta(hours=1), NOW - timedelta(hours=1), LATER.replace(tzinfo=None)])
def test_it_is_sent_after_both_had_signed_and_not_in_the_future(embedded: Database, team: House, at: object) -> None:
    with pytest.raises(Invalid, match="sent_at"):
        marked(embedded, signed(embedded, team), team.val, sent_at=at)


def test_the_status_of_that_day_is_the_source(embedded: Database, team: House) -> None:
    flagger = TrustedFlagger.model_validate({"authority": "Arcom", "decided_on": "2026-01-01", "area": "Santé"})
    set_profile(embedded, "maison", Profile(email="contact@maison.example", trusted_flagger=flagger), actor=team.lou)
    assert marked(embedded, signed(embedded, team), team.val).source_type == "SOURCE_TRUSTED_FLAGGER"


def test_what_is_said_of_the_notifier_is_what_was_signed(embedded: Database, team: House) -> None:
    """Nobody who signed said that the house is a trusted flagger; how many members it has is printed nowhere."""
    made = signed(embedded, team)
    flagger = TrustedFlagger.model_validate({"authority": "Arcom", "decided_on": "2026-01-01", "area": "Santé"})
    before = Profile(email="contact@maison.example", legal_form="association")
    set_profile(embedded, "maison", before.model_copy(update={"trusted_flagger": flagger}), actor=team.lou)
    with pytest.raises(Conflict, match="has changed since it was signed"):
        marked(embedded, made, team.val)
    set_profile(embedded, "maison", before.model_copy(update={"members": 12}), actor=team.lou)
    assert marked(embedded, made, team.val).state == "envoyee"


def test_an_interface_takes_what_a_person_confirmed_and_only_once(embedded: Database, team: House) -> None:
    assert take(embedded, now=LATER, lease=LEASE, secret=SECRET) is None
    made = confirmed(embedded, team, items=2)
    assert find(embedded, made.id, actor=team.val).state == "signee", "confirmed is not sent"
    for position in (1, 2):
        taken = take(embedded, now=LATER, lease=LEASE, secret=SECRET)
        assert taken
        assert taken.sending.position == position
        assert taken.content.items[position - 1].document_id == f"d{position - 1}"
        carried_out(embedded, taken.sending.id, outcome="partie", at=LATER, reference=f"r{position}")
        carried_out(embedded, taken.sending.id, outcome="partie", at=LATER)
        assert find(embedded, made.id, actor=team.val).state == ("signee" if position == 1 else "envoyee")
    assert take(embedded, now=LATER, lease=LEASE, secret=SECRET) is None
    one = find(embedded, made.id, actor=team.val)
    assert (one.sent_by, one.channel, one.reference) == ("val", "api_bluesky", "r1, r2")


def test_confirming_again_sends_nothing_twice(embedded: Database, team: House) -> None:
    made = confirmed(embedded, team)
    taken = take(embedded, now=LATER, lease=LEASE, secret=SECRET)
    assert taken
    for _ in range(2):
        confirm_sending(embedded, made.id, channel="api_bluesky", digest=made.digest, actor=team.lou, act=deed(at=LATER), secret=SECRET)
    assert take(embedded, now=LATER, lease=LEASE, secret=SECRET) is None
    with pytest.raises(Conflict, match="on its way"):
        marked(embedded, made, team.val)
    with pytest.raises(Conflict, match="on its way"):
        change(embedded, made.id, {"measure": "etiquetage"}, version=made.version, actor=team.ana, act=deed())
    with pytest.raises(Conflict, match="leaving"):
        withdraw(embedded, "notice", made.id, actor=team.doc, act=deed(), secret=SECRET)


def test_a_channel_that_the_provider_has_not_is_refused(embedded: Database, team: House) -> None:
    made = signed(embedded, team)
    for channel in ("api_bluesky", "api_mastodon", "courriel", "x"):
        with pytest.raises(Invalid, match="channel"):
            confirm_sending(embedded, made.id, channel=channel, digest=made.digest, actor=team.val, act=deed(), secret=SECRET)


def test_a_worker_that_died_leaves_a_question_for_a_person(embedded: Database, team: House) -> None:
    made = confirmed(embedded, team)
    taken = take(embedded, now=LATER, lease=LEASE, secret=SECRET)
    assert taken
    assert take(embedded, now=LATER + 2 * LEASE, lease=LEASE, secret=SECRET) is None, "it is not sent again by itself"
    assert [one.state for one in sendings(embedded, made.id, actor=team.val)] == ["incertaine"]
    with pytest.raises(Conflict, match="incertaine"):
        carried_out(embedded, taken.sending.id, outcome="partie", at=LATER)
    with pytest.raises(Forbidden):
        settle(embedded, made.id, taken.sending.id, left=True, actor=team.ana, act=deed())
    with pytest.raises(NotFound):
        settle(embedded, made.id, taken.sending.id, left=True, actor=team.far, act=deed())
    with pytest.raises(NotFound):
        settle(embedded, signed(embedded, team, *decided(embedded, team, entry("d7"))).id, taken.sending.id, left=True, actor=team.val, act=deed())
    settle(embedded, made.id, taken.sending.id, left=False, actor=team.val, act=deed(at=LATER))
    confirm_sending(embedded, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=deed(at=LATER), secret=SECRET)
    assert take(embedded, now=LATER, lease=LEASE, secret=SECRET), "a person said that it did not leave, and confirmed again"


@pytest.mark.parametrize("how", ["decision", "signer", "sender", "seal"])
def test_what_falls_between_the_confirmation_and_the_sending_stops_it(embedded: Database, team: House, how: str) -> None:
    made = confirmed(embedded, team)
    if how == "decision":
        undo(embedded, ["d0"], reason="Erreur.", by="Val", act=deed())
    elif how != "seal":
        with embedded.writing() as session:
            session.execute(update(PersonRow).where(PersonRow.id == ("doc" if how == "signer" else "val")).values(disabled_at=NOW))
    assert take(embedded, now=LATER, lease=LEASE, secret=b"z" * 32 if how == "seal" else SECRET) is None
    with embedded.reading() as session:
        row = session.scalars(select(SendingRow).where(SendingRow.notice_id == made.id)).one()
        assert (row.state, row.reason) == ("refusee", row.reason)
        assert row.reason
        assert "prête" in row.reason


def test_withdrawing_a_signature_stops_what_waits(embedded: Database, team: House) -> None:
    made = confirmed(embedded, team)
    withdraw(embedded, "notice", made.id, actor=team.doc, act=deed(at=LATER), secret=SECRET)
    assert take(embedded, now=LATER, lease=LEASE, secret=SECRET) is None
    assert find(embedded, made.id, actor=team.val).state == "brouillon"


def test_what_nobody_took_has_no_outcome(embedded: Database, team: House) -> None:
    made = confirmed(embedded, team)
    one = sendings(embedded, made.id, actor=team.val)[0]
    with pytest.raises(Conflict, match="attend"):
        carried_out(embedded, one.id, outcome="partie", at=LATER)
    with pytest.raises(NotFound):
        carried_out(embedded, "x", outcome="partie", at=LATER)
