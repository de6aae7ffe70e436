"""What a provider answers, what is due, what is counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from cases.database import Database
from cases.notice_events import events
from cases.notice_following import (
    ItemOutcome,
    acknowledge,
    answer,
    author_reinstated,
    close,
    complain,
    complaint_decided,
    complaint_received,
    correct,
    note,
    out_of_court,
    withdraw_notice,
)
from cases.notice_records import Notice
from cases.notice_sending import mark_sent
from cases.notice_timers import due, months_after, timers
from cases.notices import find, listed
from cases.register import register
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, decided, drafted, entry, house, signed
from tests.cases.reading_room import deed

SENT = NOW + timedelta(hours=1)
REFUSED = ItemOutcome(position=1, action="aucune_licite")
REMOVED = ItemOutcome(position=1, action="retire", ground="loi", scope="FR")


@pytest.fixture
def team(embedded: Database) -> House:
    return house(embedded)


def sent(database: Database, team: House, *names: str) -> Notice:
    made = signed(database, team, *decided(database, team, *(entry(name, days=number) for number, name in enumerate(names or ("d1",)))))
    return mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=SENT), secret=SECRET)


def kinds(notice: Notice, now: datetime) -> dict[str, datetime]:
    return {one.kind: one.due_at for one in timers(notice, now)}


def test_a_notice_from_receipt_to_its_end(embedded: Database, team: House) -> None:
    made, day = sent(embedded, team), timedelta(days=1)
    assert acknowledge(embedded, made.id, at=SENT + day, reference="T-1", actor=team.ana, act=deed(at=SENT + 2 * day)).state == "accusee"
    one = answer(
        embedded, made.id, outcomes=[REFUSED], redress_given=True, automated=False, words="Licite.", actor=team.ana, act=deed(at=SENT + 3 * day)
    )
    assert (one.state, one.acknowledged_at, one.decided_at, one.acted_at) == ("repondue", SENT + day, SENT + 3 * day, None)
    assert (one.items[0].action, one.redress_given, one.automated, one.reference) == ("aucune_licite", True, False, "T-1")
    one = complain(embedded, made.id, text="Nous contestons cette décision.", actor=team.ana, act=deed(at=SENT + 4 * day))
    assert one.state == "contestee"
    with pytest.raises(Conflict, match="without an outcome"):
        close(embedded, made.id, actor=team.ana, act=deed(at=SENT + 5 * day))
    act = deed(at=SENT + 9 * day)
    one = complaint_decided(embedded, one.complaints[0].id, outcome="revisee", outcomes=[REMOVED], actor=team.ana, act=act)
    assert (one.state, one.items[0].action, one.items[0].scope, one.acted_at) == ("repondue", "retire", "FR", SENT + 9 * day)
    assert complaint_decided(embedded, one.complaints[0].id, outcome="revisee", outcomes=[REMOVED], actor=team.ana, act=act) == one
    with pytest.raises(Conflict, match="decided already"):
        complaint_decided(embedded, one.complaints[0].id, outcome="confirmee", actor=team.ana, act=deed(at=SENT + 10 * day))
    one = close(embedded, made.id, actor=team.ana, act=deed(at=SENT + 11 * day))
    assert (one.state, one.closed_at) == ("close", SENT + 11 * day)
    assert [found.kind for found in events(embedded, made.id, actor=team.ana)] == [
        "creee", "modifiee", "signee", "signee", "envoyee", "accusee", "repondue", "reclamation", "reclamation_decidee", "close",
    ]  # fmt: skip
    assert events(embedded, made.id, actor=team.ana)[6].words == "Licite."


def test_an_act_is_noted_once(embedded: Database, team: House) -> None:
    made, act = sent(embedded, team), deed(at=SENT + timedelta(days=1))
    for _ in range(2):
        note(embedded, made.id, words="Appelé.", actor=team.ana, act=act)
        complain_act = answer(embedded, made.id, outcomes=[REFUSED], actor=team.ana, act=act)
    assert complain_act.state == "repondue"
    assert len(events(embedded, made.id, actor=team.ana)) == 7


def test_nothing_is_noted_on_what_was_not_sent(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    for how in (lambda: acknowledge(embedded, made.id, actor=team.ana, act=deed()),
                lambda: answer(embedded, made.id, outcomes=[REMOVED], actor=team.ana, act=deed()),
                lambda: author_reinstated(embedded, made.id, actor=team.ana, act=deed()),
                lambda: correct(embedded, made.id, words="x", actor=team.ana, act=deed()),
                lambda: withdraw_notice(embedded, made.id, words="x", actor=team.ana, act=deed()),
                lambda: complain(embedded, made.id, text="x", actor=team.ana, act=deed())):  # fmt: skip
        with pytest.raises(Conflict):
            how()
    assert close(embedded, made.id, actor=team.ana, act=deed()).state == "close", "a draft is given up"
    with pytest.raises(Conflict):
        close(embedded, made.id, actor=team.ana, act=deed())


def test_only_the_house_and_only_readers_note(embedded: Database, team: House) -> None:
    made = sent(embedded, team)
    with pytest.raises(NotFound):
        note(embedded, made.id, words="x", actor=team.far, act=deed(at=SENT))
    with pytest.raises(Forbidden):
        note(embedded, made.id, words="x", actor=team.ana.model_copy(update={"roles": ("soumet",)}), act=deed(at=SENT))
    with pytest.raises(NotFound):
        events(embedded, made.id, actor=team.far)
    assert listed(embedded, actor=team.far) == ()
    assert [one.id for one in listed(embedded, actor=team.ana, state="envoyee")] == [made.id]
    assert listed(embedded, actor=team.ana, before=made.id) == ()


@pytest.mark.parametrize(
    "outcomes",
    [[], [ItemOutcome(position=2, action="retire")], [ItemOutcome(position=1, action="aucune_licite", ground="loi")]],
)
def test_an_answer_says_what_was_done_about_items_that_are_there(embedded: Database, team: House, outcomes: list[ItemOutcome]) -> None:
    made = sent(embedded, team)
    with pytest.raises(Invalid):
        answer(embedded, made.id, outcomes=outcomes, actor=team.ana, act=deed(at=SENT))
    for at in (SENT - timedelta(days=1), SENT + timedelta(days=9)):
        with pytest.raises(Invalid, match="time"):
            answer(embedded, made.id, outcomes=[REMOVED], decided_at=at, actor=team.ana, act=deed(at=SENT + timedelta(days=1)))


def test_a_complaint_needs_a_decision_words_and_no_names(embedded: Database, team: House) -> None:
    made, act = sent(embedded, team), deed(at=SENT + timedelta(days=1))
    with pytest.raises(Conflict):
        complain(embedded, made.id, text="Nous contestons.", actor=team.ana, act=act)
    answer(embedded, made.id, outcomes=[REFUSED], actor=team.ana, act=act)
    for text in ("", "  ", "x" * 10_001, "La victime : lea@exemple.fr"):
        with pytest.raises(Invalid):
            complain(embedded, made.id, text=text, actor=team.ana, act=deed(at=SENT + timedelta(days=2)))
    with pytest.raises(Invalid, match="certified body"):
        complain(embedded, made.id, text="x", kind="hors_tribunal", actor=team.ana, act=deed(at=SENT + timedelta(days=2)))


def test_six_months_ninety_and_hundred_and_eighty_days(embedded: Database, team: House) -> None:
    made = sent(embedded, team)
    assert kinds(made, SENT) == {"accuse": SENT + timedelta(days=3), "reponse": SENT + timedelta(days=14)}
    assert kinds(made, SENT + timedelta(days=40))["reponse"] == SENT + timedelta(days=28), "a reminder every fortnight"
    decided_at = SENT + timedelta(days=2)
    one = answer(embedded, made.id, outcomes=[REFUSED], actor=team.ana, act=deed(at=decided_at))
    assert kinds(one, decided_at) == {"reclamation": months_after(decided_at, 6)}
    assert not timers(one, decided_at)[0].late
    one = out_of_court(
        embedded, made.id, body="Organe certifié", text="Nous saisissons.", actor=team.ana, act=deed(at=decided_at + timedelta(days=1))
    )
    received = decided_at + timedelta(days=4)
    one = complaint_received(embedded, one.complaints[0].id, at=received, actor=team.ana, act=deed(at=received))
    found = kinds(one, received)
    assert (found["hors_tribunal_90"], found["hors_tribunal_180"]) == (received + timedelta(days=90), received + timedelta(days=180))
    assert [one_.kind for one_ in due(embedded, received + timedelta(days=91), organisation_id="maison") if one_.late] == ["hors_tribunal_90"]
    assert due(embedded, received, organisation_id="ailleurs") == ()


def test_six_months_run_from_the_answer_on_each_item(embedded: Database, team: House) -> None:
    """The second item is refused four months after the first: its six months are its own (art. 20(1))."""
    made = sent(embedded, team, "d1", "d2")
    first, second = SENT + timedelta(days=2), SENT + timedelta(days=122)
    answer(embedded, made.id, outcomes=[REFUSED], actor=team.ana, act=deed(at=first))
    later = ItemOutcome(position=2, action="aucune_licite")
    one = answer(embedded, made.id, outcomes=[later], decided_at=second, actor=team.ana, act=deed(at=second))
    assert one.decided_at == first, "the figures of the report count to the first answer"
    assert kinds(one, second) == {"reclamation": months_after(first, 6)}
    assert kinds(one, months_after(first, 6)) == {"reclamation": months_after(second, 6)}
    assert kinds(one, months_after(second, 6)) == {"cloture": months_after(second, 6)}


@pytest.mark.parametrize(
    ("start", "months", "end"), [("2026-08-31", 6, "2027-02-28"), ("2027-08-31", 6, "2028-02-29"), ("2026-07-01", 6, "2027-01-01")]
)
def test_months_end_where_the_calendar_does(start: str, months: int, end: str) -> None:
    assert months_after(datetime.fromisoformat(start), months) == datetime.fromisoformat(end)


def test_the_register_says_what_happened_item_by_item_without_words(embedded: Database, team: House) -> None:
    made = sent(embedded, team, "d1", "d2")
    drafted(embedded, team, *decided(embedded, team, entry("d3")))
    answer(embedded, made.id, outcomes=[REMOVED], actor=team.ana, act=deed(at=SENT + timedelta(days=1)))
    author_reinstated(embedded, made.id, actor=team.ana, act=deed(at=SENT + timedelta(days=2)))
    correct(embedded, made.id, words="Une date était fausse.", actor=team.ana, act=deed(at=SENT + timedelta(days=3)))
    withdraw_notice(embedded, made.id, words="Nous retirons.", actor=team.ana, act=deed(at=SENT + timedelta(days=4)))
    rows = list(register(embedded, organisation_id="maison", since=date(2026, 11, 1), until=date(2026, 11, 1)))
    assert [(row.position, row.action, row.overturned, row.withdrawn, row.corrected, row.items) for row in rows] == [
        (1, "retire", True, True, True, 2), (2, None, True, True, True, 2),
    ]  # fmt: skip
    assert find(embedded, made.id, actor=team.ana).state == "close"
    assert list(register(embedded, organisation_id="ailleurs", since=date(2026, 1, 1), until=date(2027, 1, 1))) == []
    assert list(register(embedded, organisation_id=None, since=date(2026, 11, 2), until=date(2027, 1, 1))) == []


def test_days_are_paris_days_in_the_register(embedded: Database, team: House) -> None:
    made = signed(embedded, team)
    late = datetime.fromisoformat("2026-12-31T23:30:00+00:00")  # 2027 in Paris
    mark_sent(embedded, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=late), secret=SECRET)
    assert list(register(embedded, organisation_id=None, since=date(2026, 1, 1), until=date(2026, 12, 31))) == []
    assert len(list(register(embedded, organisation_id=None, since=date(2027, 1, 1), until=date(2027, 1, 1)))) == 1
