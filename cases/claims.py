"""Who reads an item now. A claim is a lease: it ends by itself, so that nothing stays blocked by a tab that was left open.

Nothing here is in the audit trail: a claim decides nothing, and its traces would tell who would rather not read what.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import delete, select

from cases import seats
from cases.policy import load_policy
from cases.progress import Seat
from cases.tables_work import ClaimRow, DeclinedRow
from core.errors import Conflict
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor
    from cases.policy import Policy

STEP = 50  # candidates looked at together


class Claim(Record):
    """One person's lease on one item. Pages show no ``seat`` to who reads: a reading is blind only if nobody knows whether it is the second."""

    document_id: str
    person_id: str
    seat: Seat
    since: AwareDatetime
    until: AwareDatetime


def take(
    database: Database, document_id: str, *, actor: Actor, now: datetime | None = None, text: str | None = None, also: bool = False,
    policy: Policy | None = None,
) -> Claim:  # fmt: skip
    """Read this item now; repeating it renews the lease. ``also``: although somebody reads it, or one person has read and decided it.

    ``text``: digest of the text that the index shows (cases.deciding.text_of); without it, of the text that was read or decided last.
    Raises Conflict where another reads it, where one has read it already, where it is decided; Unavailable, ConfigError.
    """
    at, policy = now or datetime.now(UTC), policy or load_policy()
    with database.writing() as session:
        seat = seats.free(seats.look(session, {document_id: text}, actor=actor, now=at)[document_id], actor=actor, also=also)
        if isinstance(seat, seats.Refusal):
            raise Conflict(seat.why)
        session.execute(delete(DeclinedRow).where(DeclinedRow.document_id == document_id, DeclinedRow.person_id == actor.id))  # a change of mind
        return _claimed(session, document_id, seat, actor=actor, at=at, policy=policy)


def take_next(
    database: Database, candidates: Iterable[str], *, actor: Actor, now: datetime | None = None, texts: Mapping[str, str] | None = None,
    policy: Policy | None = None,
) -> Claim | None:  # fmt: skip
    """The first of these items that this person may read, in their order, or a golden item instead; None where there is none.

    ``texts``: digests of the texts that the index shows, by id. Raises Unavailable, ConfigError.
    """
    at, policy = now or datetime.now(UTC), policy or load_policy()
    names = list(dict.fromkeys(candidates))
    with database.writing() as session:
        golden = seats.golden_for(session, actor=actor, now=at, policy=policy)
        if golden and names:  # an empty queue stays empty: golden items would be all of it
            return _claimed(session, golden, "repere", actor=actor, at=at, policy=policy)
        for start in range(0, len(names), STEP):
            part = names[start : start + STEP]
            found = seats.look(session, {name: (texts or {}).get(name) for name in part}, actor=actor, now=at)
            for name in part:
                seat = "declined" if found[name].declined else seats.free(found[name], actor=actor)
                if seat in ("premiere", "seconde"):
                    return _claimed(session, name, seat, actor=actor, at=at, policy=policy)
    return None


def extend(database: Database, document_id: str, *, actor: Actor, now: datetime | None = None, policy: Policy | None = None) -> Claim:
    """Some more time. Raises Conflict where the lease has ended and somebody else reads the item, or where it was never taken."""
    at, policy = now or datetime.now(UTC), policy or load_policy()
    with database.writing() as session:
        row = session.get(ClaimRow, (document_id, actor.id))
        if row is None:
            raise Conflict(f"{document_id} is not yours to read any more; take it again")
        return _claimed(session, document_id, row.seat, actor=actor, at=at, policy=policy)


def release(database: Database, document_id: str, *, actor: Actor) -> None:
    """Leave it to others. Harmless to repeat."""
    with database.writing() as session:
        _drop(session, [document_id], actor)


def decline(database: Database, document_id: str, *, actor: Actor, now: datetime | None = None) -> None:
    """Rather not read it: it goes to others and is not proposed to this person again. No reason is asked, and nobody else can see it."""
    with database.writing() as session:
        _drop(session, [document_id], actor)
        if session.get(DeclinedRow, (document_id, actor.id)) is None:
            session.add(DeclinedRow(document_id=document_id, person_id=actor.id, at=now or datetime.now(UTC)))


def claims_on(database: Database, ids: Iterable[str], *, now: datetime | None = None) -> dict[str, Claim]:
    """Who reads these items now; of two people who read one item, the one who came last."""
    at = now or datetime.now(UTC)
    with database.reading() as session:
        rows = [row for _, found in seats.live(session, list(ids), at).items() for row in found]
        return {row.document_id: claim_of(row) for row in sorted(rows, key=lambda row: row.since)}


def claim_held(database: Database, document_id: str, *, actor: Actor, now: datetime | None = None) -> Claim | None:
    """This person's own lease on an item, where it has not ended."""
    at = now or datetime.now(UTC)
    with database.reading() as session:
        row = session.get(ClaimRow, (document_id, actor.id))
        return claim_of(row) if row and row.until > at else None


def seat_for(
    database: Database, document_id: str, *, actor: Actor, text: str | None = None, now: datetime | None = None, also: bool = False
) -> Seat | None:
    """The seat in which this person may read an item now, None where they may not."""
    with database.reading() as session:
        seen = seats.look(session, {document_id: text}, actor=actor, now=now or datetime.now(UTC))[document_id]
    found = seats.free(seen, actor=actor, also=also)
    return None if isinstance(found, seats.Refusal) else found


def claim_of(row: ClaimRow) -> Claim:
    """The record of a row."""
    return Claim.model_validate({name: getattr(row, name) for name in Claim.model_fields})


def _claimed(session: Session, document_id: str, seat: str, *, actor: Actor, at: datetime, policy: Policy) -> Claim:
    """Who held the seat before has let their lease end. Raises Conflict where it has not."""
    until = at + timedelta(minutes=policy.lease_minutes)
    for other in session.scalars(select(ClaimRow).where(ClaimRow.document_id == document_id, ClaimRow.seat == seat, ClaimRow.person_id != actor.id)):
        if other.until > at:
            raise Conflict(f"{document_id} is being read by somebody else now; take another item")
        session.delete(other)
    session.flush()
    row = session.get(ClaimRow, (document_id, actor.id))
    if row is None:
        row = ClaimRow(document_id=document_id, person_id=actor.id, seat=seat, since=at, until=until)
        session.add(row)
    elif row.until <= at:
        row.seat, row.since, row.until = seat, at, until
    else:
        row.seat, row.until = seat, max(until, row.until)
    session.flush()
    return claim_of(row)


def _drop(session: Session, document_ids: list[str], actor: Actor) -> None:
    session.execute(delete(ClaimRow).where(ClaimRow.document_id.in_(document_ids), ClaimRow.person_id == actor.id))
