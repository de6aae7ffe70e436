"""How a signed notice leaves: a person confirms that it is sent through an interface, or says that they sent it. Nothing leaves by itself.

The worker takes one confirmed row at a time (``take``) and says what came of it (``carried_out``). What it does not know it never sends again:
``settle`` is a person's answer. A notice counts as sent when each of its items has left.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit, informing
from cases.notice_events import done_already, happen, happen_by_itself, owned
from cases.notice_records import Notice, content_in, record_of
from cases.notice_rules import load_setting
from cases.notice_signing import refuse_unsigned
from cases.platforms import APIS, CHANNELS
from cases.profiles import notifier_in
from cases.sending_queue import free
from cases.signers import allowed
from cases.tables_notices import NoticeRow, SendingRow
from cases.tables_people import PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound, VigieError
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.notice import Content
    from cases.notice_rules import Setting
    from cases.people import Actor

SENDERS = ("valide", "droit")
WORKER = "flow:sending"
MOST_REFERENCE = 500  # characters
State = Literal["attend", "en_cours", "partie", "refusee", "incertaine"]
Outcome = Literal["partie", "refusee", "incertaine"]
TOLERANCE = 60  # seconds that clocks may differ


class Sending(Record):
    """One item of a notice on its way through an interface."""

    id: str
    notice_id: str
    position: int
    channel: str
    confirmed_by: str
    confirmed_at: AwareDatetime
    state: State
    tries: int
    taken_until: AwareDatetime | None
    reference: str | None
    reason: str | None
    updated_at: AwareDatetime


class Taken(NamedTuple):
    """What the worker sends now: this item of this content, and nothing else."""

    sending: Sending
    content: Content


def confirm_sending(
    database: Database, identifier: str, *, channel: str, digest: str, actor: Actor, act: Act, secret: bytes, setting: Setting | None = None
) -> tuple[Sending, ...]:
    """A person says that this notice leaves through its provider's interface now: one row an item, that a worker carries out.

    What was refused is tried again by confirming again; what has left, or may have, is not. Repeating it changes nothing.
    Raises NotFound, Forbidden, Conflict, Invalid; Unavailable, ConfigError.
    """
    with database.writing() as session:
        row = owned(session, identifier, actor)
        if done_already(session, row.id, "envoi_confirme", actor=actor, act=act):
            return _sendings(session, row.id)
        person = _sender(session, actor, row)
        setting = setting or load_setting(notifier_in(session, row.organisation_id))
        refuse_unsigned(session, row, digest=digest, secret=secret, setting=setting)
        offered = setting.platforms.platform(row.platform).channel
        if channel not in APIS or channel != offered:
            raise Invalid(f"channel {channel[:20]!r}: {row.platform} takes notices by {offered}; send the pack there, then say that it was sent")
        informing.refuse_missing_in(session, "notice", row.id, now=act.at)
        number = _confirm(session, row, channel, by=person.id, at=act.at)
        happen(session, row, "envoi_confirme", actor=actor, act=act, data={"channel": channel, "items": number, "digest": digest})
        return _sendings(session, row.id)


def _sender(session: Session, actor: Actor, row: NoticeRow) -> PersonRow:
    """Raises Forbidden for an account that may not send for this house, as it stands now."""
    person = session.get(PersonRow, actor.id)
    if person is None or not allowed(session, person, row.organisation_id) or not any(role in person.roles for role in SENDERS):
        raise Forbidden("sending a notice needs an open account of its organisation with the role valide or droit")
    return person


def _confirm(session: Session, row: NoticeRow, channel: str, *, by: str, at: datetime) -> int:
    number = 0
    for position in range(1, row.items + 1):
        name = sending_id(row.id, row.digest, channel, position)
        one = session.get(SendingRow, name)
        if one is None:
            session.add(SendingRow(id=name, notice_id=row.id, position=position, channel=channel, confirmed_by=by, confirmed_at=at, state="attend",
                                   tries=0, updated_at=at))  # fmt: skip
        elif one.state == "refusee":
            one.state, one.confirmed_by, one.confirmed_at, one.updated_at, one.reason = "attend", by, at, at, None
            one.tries = 0
        else:
            continue
        number += 1
    session.flush()
    return number


def sending_id(notice_id: str, digest: str, channel: str, position: int) -> str:
    """Of one item of one version through one channel: it cannot be there twice."""
    return hashlib.sha256(f"{notice_id}\n{digest}\n{channel}\n{position}".encode()).hexdigest()


def sendings(database: Database, identifier: str, *, actor: Actor) -> tuple[Sending, ...]:
    """All of a notice, by item. Raises NotFound."""
    with database.reading() as session:
        return _sendings(session, owned(session, identifier, actor).id)


def _sendings(session: Session, notice_id: str) -> tuple[Sending, ...]:
    rows = session.scalars(select(SendingRow).where(SendingRow.notice_id == notice_id).order_by(SendingRow.position, SendingRow.confirmed_at))
    return tuple(map(sending_of, rows))


def sending_of(row: SendingRow) -> Sending:
    """The record of a row."""
    return Sending.model_validate({name: getattr(row, name) for name in Sending.model_fields})


def take(database: Database, *, now: datetime, lease: timedelta, secret: bytes) -> Taken | None:
    """The next confirmed row, for this worker alone until ``lease`` is over; None: there is none. All rules are looked at once more.

    A row whose worker died is uncertain: nobody knows whether the provider took it, and a person is asked.
    Raises Unavailable, ConfigError.
    """
    with database.writing() as session:
        for lost in session.scalars(select(SendingRow).where(SendingRow.state == "en_cours", SendingRow.taken_until < now)).all():
            _settle(session, lost, "incertaine", at=now, reason="l'envoi s'est interrompu", by=WORKER)
        for row in session.scalars(select(SendingRow).where(free(now)).order_by(SendingRow.confirmed_at, SendingRow.position)).all():
            content = _still_fit(session, row, secret=secret, at=now)
            if content is not None:
                row.state, row.taken_until, row.tries, row.updated_at = "en_cours", now + lease, row.tries + 1, now
                session.flush()
                return Taken(sending_of(row), content)
    return None


def _still_fit(session: Session, row: SendingRow, *, secret: bytes, at: datetime) -> Content | None:
    """The content that may leave; where a signature, a decision or a deferral of informing fell meanwhile, the row is refused and says why."""
    notice = session.get(NoticeRow, row.notice_id)
    if notice is None:
        return None
    try:
        person = session.get(PersonRow, row.confirmed_by)
        if person is None or not allowed(session, person, notice.organisation_id):
            raise Conflict("the account of the person who confirmed it is closed")
        if row.id != sending_id(notice.id, notice.digest, row.channel, row.position):
            raise Conflict("it was confirmed for another version")
        refuse_unsigned(session, notice, digest=notice.digest, secret=secret, setting=load_setting(notifier_in(session, notice.organisation_id)))
        informing.refuse_missing_in(session, "notice", notice.id, now=at)
    except VigieError as error:
        _settle(session, row, "refusee", at=at, reason=f"n'est plus prête à partir ({error.kind})", by=WORKER)
        return None
    return content_in(notice)


def carried_out(
    database: Database, identifier: str, *, outcome: Outcome, at: datetime, reference: str | None = None, reason: str | None = None
) -> Notice | None:
    """What came of a row that was taken: partie with the provider's reference, refusee with its reason, incertaine. The notice, once all has left.

    Repeating it changes nothing. Raises NotFound, Conflict for a row that nobody took.
    """
    with database.writing() as session:
        row = session.get(SendingRow, identifier)
        if row is None:
            raise NotFound(f"sending {identifier[:64]!r} does not exist")
        if row.state == outcome:
            return None
        if row.state != "en_cours":
            raise Conflict(f"sending {identifier} is {row.state}; only one that is en_cours has an outcome")
        _settle(session, row, outcome, at=at, reason=reason, reference=reference, by=WORKER)
        return _sent_if_all(session, row, at=at)


def settle(
    database: Database, notice_id: str, identifier: str, *, left: bool, actor: Actor, act: Act, reference: str | None = None
) -> tuple[Sending, ...]:
    """A person looked whether the provider took what is incertaine of this notice. Where it did not, it may be confirmed again.

    Raises NotFound, Forbidden, Conflict.
    """
    with database.writing() as session:
        notice, row = owned(session, notice_id, actor), session.get(SendingRow, identifier)
        if row is None or row.notice_id != notice.id:
            raise NotFound(f"sending {identifier[:64]!r} does not exist, or is of another notice")
        _sender(session, actor, notice)
        outcome: Outcome = "partie" if left else "refusee"
        if row.state != outcome:
            if row.state != "incertaine":
                raise Conflict(f"sending {identifier} is {row.state}; only one that is incertaine is settled by a person")
            _settle(session, row, outcome, at=act.at, reason=None if left else "non reçue", reference=reference, by=actor.id)
            _sent_if_all(session, row, at=act.at)
        return _sendings(session, notice.id)


def _settle(
    session: Session, row: SendingRow, state: State, *, at: datetime, by: str, reason: str | None = None, reference: str | None = None
) -> None:
    row.state, row.taken_until, row.updated_at, row.reason = state, None, at, (reason or "")[:MOST_REFERENCE] or None
    row.reference = (reference or "")[:MOST_REFERENCE] or row.reference
    session.flush()
    details = {"notice": row.notice_id, "position": row.position, "channel": row.channel, "state": state, "tries": row.tries}
    audit.record(session, actor=by, action="sending_settled", subject=("sending", row.id), details=details, at=at)


def _sent_if_all(session: Session, row: SendingRow, *, at: datetime) -> Notice | None:
    notice = session.get(NoticeRow, row.notice_id)
    if notice is None or notice.sent_at is not None:
        return None
    names = [sending_id(notice.id, notice.digest, row.channel, position) for position in range(1, notice.items + 1)]
    rows = [session.get(SendingRow, name) for name in names]
    if not all(one is not None and one.state == "partie" for one in rows):
        return None
    references = [one.reference for one in rows if one is not None and one.reference]
    _mark(session, notice, at=at, by=row.confirmed_by, channel=row.channel, reference=", ".join(references)[:MOST_REFERENCE] or None)
    happen_by_itself(session, notice, "envoyee", by=WORKER, name=f"envoi-{row.id[:40]}", at=at, data={"channel": row.channel, "items": notice.items})
    return record_of(session, notice)


def mark_sent(
    database: Database, identifier: str, *, channel: str, reference: str | None = None, sent_at: datetime | None = None, digest: str, actor: Actor,
    act: Act, secret: bytes, setting: Setting | None = None,
) -> Notice:  # fmt: skip
    """A person says that they sent this notice themselves, when and how. All rules are looked at once more.

    Repeating it under the same act changes nothing. Raises NotFound, Forbidden, Conflict, Invalid; Unavailable, ConfigError.
    """
    with database.writing() as session:
        row = owned(session, identifier, actor)
        if done_already(session, row.id, "envoyee", actor=actor, act=act):
            return record_of(session, row)
        person = _sender(session, actor, row)
        signed = refuse_unsigned(
            session, row, digest=digest, secret=secret, setting=setting or load_setting(notifier_in(session, row.organisation_id))
        )
        if channel not in CHANNELS:
            raise Invalid(f"channel {channel[:20]!r} is unknown; expected one of: {', '.join(CHANNELS)}")
        at = sent_at or act.at
        if at.tzinfo is None or (at - act.at).total_seconds() > TOLERANCE or (max(one.at for one in signed) - at).total_seconds() > TOLERANCE:
            raise Invalid("sent_at is to come, before the last signature, or has no zone; give when it was sent, after both had signed")
        _refuse_pending(session, row)
        informing.refuse_missing_in(session, "notice", row.id, now=act.at)
        reference = _reference(reference)
        _mark(session, row, at=at, by=person.id, channel=channel, reference=reference)
        happen(session, row, "envoyee", actor=actor, act=act, at=at, data={"channel": channel, "items": row.items, "digest": digest})
        return record_of(session, row)


def _reference(given: str | None) -> str | None:
    if given and len(given) > MOST_REFERENCE:
        raise Invalid(f"reference of {len(given)} characters; expected {MOST_REFERENCE} at most")
    return (given or "").strip() or None


def _refuse_pending(session: Session, row: NoticeRow) -> None:
    pending: Sequence[str] = session.scalars(select(SendingRow.state).where(SendingRow.notice_id == row.id)).all()
    if any(state in ("attend", "en_cours", "incertaine") for state in pending):
        raise Conflict(f"notice {row.id} is on its way through the interface; wait for it, or settle what is uncertain first")


def _mark(session: Session, row: NoticeRow, *, at: datetime, by: str, channel: str, reference: str | None) -> None:
    """The status that the organisation has on that day is the one under which it notified."""
    if notifier_in(session, row.organisation_id).profile.trusted_flagger:
        row.source_type = "SOURCE_TRUSTED_FLAGGER"
    row.sent_at, row.sent_by, row.channel, row.reference, row.state = at, by, channel, reference, "envoyee"
    session.flush()
