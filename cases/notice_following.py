"""What a provider answers to a notice, noted by people: receipt, decision item by item, complaints, corrections, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from cases.masking import identifying
from cases.notice import NO_ACTION, OUTCOMES, Action, Ground, Outcome, Scope
from cases.notice_events import MOST_WORDS, Happened, done_already, event_id, events, happen, may_write, needs_state, owned
from cases.notice_records import ComplaintKind, Notice, record_of
from cases.notice_timers import Timer, due, timers
from cases.tables_notices import ComplaintRow, NoticeItemRow, NoticeRow, SendingRow
from core.errors import Conflict, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.notice import Event
    from cases.people import Actor

SENT = ("envoyee", "accusee", "repondue", "contestee")
REVISED: tuple[Outcome, ...] = ("partiellement_revisee", "revisee")
MOST_TEXT = 10_000  # characters of a complaint
TOLERANCE = 60  # seconds that clocks may differ
__all__ = [
    "Happened", "ItemOutcome", "Timer", "acknowledge", "answer", "author_reinstated", "close", "complain", "complaint_decided", "complaint_received",
    "correct", "due", "events", "note", "out_of_court", "remind", "timers", "withdraw_notice",
]  # fmt: skip


class ItemOutcome(Record):
    """What the provider did about one item. A measure names its ground where the provider said it; where nothing was done there is none."""

    position: Annotated[int, Field(ge=1)]
    action: Action
    ground: Ground | None = None
    scope: Scope | None = None
    until: AwareDatetime | None = None


def acknowledge(
    database: Database, identifier: str, *, at: datetime | None = None, reference: str | None = None, words: str | None = None, actor: Actor, act: Act
) -> Notice:
    """The provider confirmed receipt (art. 16(4)). Raises NotFound, Conflict, Invalid; so do all of these."""

    def how(_session: Session, row: NoticeRow) -> dict[str, object]:
        row.acknowledged_at = row.acknowledged_at or _moment(row, at, act)
        row.reference = (reference or "").strip()[:500] or row.reference
        row.state = "accusee" if row.state == "envoyee" else row.state
        return {}

    return _do(database, identifier, "accusee", how, actor=actor, act=act, at=at, words=words, states=SENT)


def answer(
    database: Database, identifier: str, *, outcomes: Iterable[ItemOutcome], decided_at: datetime | None = None, acted_at: datetime | None = None,
    redress_given: bool | None = None, automated: bool | None = None, reference: str | None = None, words: str | None = None, actor: Actor, act: Act,
) -> Notice:  # fmt: skip
    """The provider's decision (art. 16(5)), item by item; items that it says nothing of stay open. A later answer replaces what it names.

    ``redress_given``: whether it said how to complain. ``acted_at``: when the measure was seen, by default with the decision.
    """
    given = tuple(outcomes)

    def how(session: Session, row: NoticeRow) -> dict[str, object]:
        when = _moment(row, decided_at, act)
        _apply(session, row, given)
        row.decided_at = row.decided_at or when
        if any(one.action not in NO_ACTION for one in given):
            row.acted_at = row.acted_at or _moment(row, acted_at or when, act)
        row.redress_given = redress_given if redress_given is not None else row.redress_given
        row.automated = automated if automated is not None else row.automated
        row.reference = (reference or "").strip()[:500] or row.reference
        row.state = "repondue" if row.state in ("envoyee", "accusee") else row.state
        actions = {str(one.position): one.action for one in given}
        return {"actions": actions, "redress_given": redress_given, "automated": automated, "first": row.decided_at == when}

    return _do(database, identifier, "repondue", how, actor=actor, act=act, at=decided_at, words=words, states=SENT)


def _apply(session: Session, row: NoticeRow, outcomes: tuple[ItemOutcome, ...]) -> None:
    if not outcomes:
        raise Invalid("an answer without an outcome; say for at least one item what the provider did")
    for one in outcomes:
        item = session.get(NoticeItemRow, (row.id, one.position))
        if item is None:
            raise Invalid(f"notice {row.id} has no item {one.position}; expected 1 to {row.items}")
        if one.action in NO_ACTION and (one.ground or one.scope or one.until):
            raise Invalid(f"item {one.position}: {one.action} has no ground, scope or end; leave them out")
        item.action, item.ground, item.scope, item.until = one.action, one.ground, one.scope, one.until
    session.flush()


def complain(
    database: Database, identifier: str, *, text: str, kind: ComplaintKind = "interne", body: str | None = None, filed_at: datetime | None = None,
    actor: Actor, act: Act,
) -> Notice:  # fmt: skip
    """Somebody filed a complaint against the decision: with the provider (art. 20), or out of court with a certified body (art. 21)."""
    if not 0 < len(text.strip()) <= MOST_TEXT:
        raise Invalid(f"a complaint of {len(text.strip())} characters; expected 1 to {MOST_TEXT}")
    if found := identifying(text):
        raise Invalid(f"the complaint shows what could lead to a person ({found[0].kind}); take it out or mask it with [...]")
    if (kind == "hors_tribunal") != bool(body and body.strip()):
        raise Invalid("an out-of-court complaint names the certified body, an internal one does not")

    def how(session: Session, row: NoticeRow) -> dict[str, object]:
        if row.decided_at is None:
            raise Conflict(f"notice {row.id} has no decision yet; a complaint is about one")
        made = ComplaintRow(
            id=event_id(act, actor, f"plainte {kind}", row.id), notice_id=row.id, kind=kind, body=(body or "").strip()[:200] or None,
            text=text.strip(), filed_at=_moment(row, filed_at, act), filed_by=actor.id,
        )  # fmt: skip
        session.add(made)
        row.state = "contestee"
        session.flush()
        return {"complaint": made.id, "kind": kind}

    event: Event = "reclamation" if kind == "interne" else "hors_tribunal"
    return _do(database, identifier, event, how, actor=actor, act=act, at=filed_at, words=None, states=("repondue", "contestee"))


def out_of_court(database: Database, identifier: str, *, body: str, text: str, filed_at: datetime | None = None, actor: Actor, act: Act) -> Notice:
    """``complain`` with a certified body (art. 21)."""
    return complain(database, identifier, kind="hors_tribunal", body=body, text=text, filed_at=filed_at, actor=actor, act=act)


def complaint_received(database: Database, complaint_id: str, *, at: datetime | None = None, actor: Actor, act: Act) -> Notice:
    """When it was received: the 90 days of a certified body run from then (art. 21(4))."""

    def how(session: Session, row: NoticeRow) -> dict[str, object]:
        one = _complaint(session, complaint_id, actor)[0]
        one.received_at = one.received_at or _moment(row, at, act)
        return {"complaint": one.id, "received": True}

    return _do(database, _notice_of(database, complaint_id, actor), "note", how, actor=actor, act=act, at=at, words=None, states=SENT)


def complaint_decided(
    database: Database, complaint_id: str, *, outcome: Outcome, decided_at: datetime | None = None, outcomes: Iterable[ItemOutcome] = (),
    words: str | None = None, actor: Actor, act: Act,
) -> Notice:  # fmt: skip
    """What came of a complaint; ``outcomes``: what the provider does about the items from then on, where it changed its decision."""
    if outcome not in OUTCOMES:
        raise Invalid(f"outcome {str(outcome)[:40]!r} is unknown; expected one of: {', '.join(OUTCOMES)}")
    given = tuple(outcomes)
    with database.reading() as session:
        one, notice = _complaint(session, complaint_id, actor)
        identifier, kind = notice.id, one.kind

    def how(session: Session, row: NoticeRow) -> dict[str, object]:
        one = _complaint(session, complaint_id, actor)[0]
        if one.outcome is not None:
            raise Conflict(f"complaint {one.id} was decided already ({one.outcome})")
        if given and outcome not in REVISED:
            raise Invalid(f"outcome {outcome} changes nothing about the items; leave their measures out")
        one.outcome, one.decided_at = outcome, _moment(row, decided_at, act)
        session.flush()
        if given:
            _apply(session, row, given)
            if any(entry.action not in NO_ACTION for entry in given):
                row.acted_at = row.acted_at or one.decided_at
        row.state = "contestee" if _pending(session, row) else "repondue"
        return {"complaint": one.id, "outcome": outcome, "actions": {str(entry.position): entry.action for entry in given}}

    event: Event = "reclamation_decidee" if kind == "interne" else "hors_tribunal_decidee"
    return _do(database, identifier, event, how, actor=actor, act=act, at=decided_at, words=words, states=SENT)


def _complaint(session: Session, complaint_id: str, actor: Actor) -> tuple[ComplaintRow, NoticeRow]:
    one = session.get(ComplaintRow, complaint_id)
    if one is None:
        raise NotFound(f"complaint {complaint_id[:40]!r} does not exist")
    return one, owned(session, one.notice_id, actor)


def _notice_of(database: Database, complaint_id: str, actor: Actor) -> str:
    with database.reading() as session:
        return _complaint(session, complaint_id, actor)[1].id


def _pending(session: Session, row: NoticeRow) -> bool:
    waits = (ComplaintRow.notice_id == row.id, ComplaintRow.outcome.is_(None))
    return session.scalars(select(ComplaintRow.id).where(*waits)).first() is not None


def author_reinstated(database: Database, identifier: str, *, at: datetime | None = None, words: str | None = None, actor: Actor, act: Act) -> Notice:
    """The author complained and was right, so that the measure was taken back: counted as a notice that was overturned (art. 23(2))."""

    def how(_session: Session, row: NoticeRow) -> dict[str, object]:
        row.overturned_at = row.overturned_at or _moment(row, at, act)
        return {}

    return _do(database, identifier, "auteur_retabli", how, actor=actor, act=act, at=at, words=words, states=(*SENT, "close"))


def correct(database: Database, identifier: str, *, words: str, at: datetime | None = None, actor: Actor, act: Act) -> Notice:
    """The provider was told that something in the notice was wrong, and what."""
    return _do(database, identifier, "corrigee", _nothing, actor=actor, act=act, at=at, words=_needed(words), states=SENT)


def withdraw_notice(database: Database, identifier: str, *, words: str, at: datetime | None = None, actor: Actor, act: Act) -> Notice:
    """The provider was told that the notice is withdrawn, and why. It is closed by that."""

    def how(_session: Session, row: NoticeRow) -> dict[str, object]:
        row.state, row.closed_at = "close", act.at
        return {}

    return _do(database, identifier, "retiree", how, actor=actor, act=act, at=at, words=_needed(words), states=SENT)


def remind(database: Database, identifier: str, *, words: str | None = None, at: datetime | None = None, actor: Actor, act: Act) -> Notice:
    """Somebody reminded the provider that an answer is missing."""
    return _do(database, identifier, "rappel", _nothing, actor=actor, act=act, at=at, words=words, states=SENT)


def note(database: Database, identifier: str, *, words: str, at: datetime | None = None, actor: Actor, act: Act) -> Notice:
    """Something worth keeping."""
    return _do(database, identifier, "note", _nothing, actor=actor, act=act, at=at, words=_needed(words), states=None)


def close(database: Database, identifier: str, *, words: str | None = None, actor: Actor, act: Act) -> Notice:
    """Nothing more is expected; a draft is given up. The retention period begins with it. Raises Conflict while something is under way."""

    def how(session: Session, row: NoticeRow) -> dict[str, object]:
        if _pending(session, row):
            raise Conflict(f"notice {row.id} has a complaint without an outcome; note it first")
        moving = (SendingRow.notice_id == row.id, SendingRow.state.in_(("attend", "en_cours", "incertaine")))
        if session.scalars(select(SendingRow.id).where(*moving)).first() is not None:
            raise Conflict(f"notice {row.id} is on its way through the interface; wait for it, or settle what is uncertain first")
        was, row.state, row.closed_at = row.state, "close", act.at
        return {"from": was}

    states = ("brouillon", "signee", *SENT)
    return _do(database, identifier, "close", how, actor=actor, act=act, at=None, words=words, states=states)


def _nothing(_session: Session, _row: NoticeRow) -> dict[str, object]:
    return {}


def _needed(words: str) -> str:
    if not 0 < len(words.strip()) <= MOST_WORDS:
        raise Invalid(f"{len(words.strip())} characters; expected 1 to {MOST_WORDS}: say what and why")
    return words.strip()


def _moment(row: NoticeRow, at: datetime | None, act: Act) -> datetime:
    """When something is said to have happened. Raises Invalid for a time to come, or before the notice was sent."""
    if at is None:
        return act.at
    if at.tzinfo is None or (at - act.at).total_seconds() > TOLERANCE or (row.sent_at is not None and at < row.sent_at):
        raise Invalid("the time is to come, before the notice was sent, or has no zone; give when it happened")
    return at


def _do(
    database: Database, identifier: str, kind: Event, how: Callable[[Session, NoticeRow], dict[str, object]], *, actor: Actor, act: Act,
    at: datetime | None, words: str | None, states: tuple[str, ...] | None,
) -> Notice:  # fmt: skip
    """Change the row, write the event and tell the trail, in one transaction; once for each act."""
    may_write(actor)
    with database.writing() as session:
        row = owned(session, identifier, actor)
        if done_already(session, row.id, kind, actor=actor, act=act):
            return record_of(session, row)
        if states is not None:
            needs_state(row, *states, what=f"noting {kind} on it")
        when = _moment(row, at, act)
        data = how(session, row)
        session.flush()
        happen(session, row, kind, actor=actor, act=act, at=when, data=data, words=(words or "").strip() or None)
        return record_of(session, row)
