"""Life in danger, or a child. An urgency stays open until a person says, with a time, whom they called and what was done; nothing closes it silently.

Vigie calls nobody: people do. Of a campaign one urgency is opened, for the item that was read.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit
from cases.decisions import MOST_REASON
from cases.policy import load_policy
from cases.tables_work import UrgencyRow
from core.errors import Conflict, Invalid, NotFound, nearest
from core.logs import get_logger
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor
    from cases.policy import Policy
    from cases.rounds import Round

# 15: SAMU; 17: police; 112: all emergencies; 119: children in danger; 3114: suicide; PHAROS: illegal content, not for emergencies; aucun: nobody
Service = Literal["15", "17", "112", "119", "3114", "PHAROS", "aucun"]
SERVICES: tuple[Service, ...] = get_args(Service)
log = get_logger(__name__)


class Urgency(Record):
    """One urgency. ``overdue``: open, and its time is up. ``action`` is None once its content was erased."""

    id: str
    document_id: str
    opened_by: str  # id of a person
    opened_at: AwareDatetime
    due_at: AwareDatetime
    called: tuple[Service, ...]
    action: str | None
    acted_at: AwareDatetime | None
    closed_by: str | None
    closed_at: AwareDatetime | None
    overdue: bool


def open_ones(database: Database, *, now: datetime | None = None) -> tuple[Urgency, ...]:
    """All that nobody has closed, the oldest first. Raises Unavailable, ConfigError."""
    return _found(database, now, select(UrgencyRow).where(UrgencyRow.closed_at.is_(None)).order_by(UrgencyRow.opened_at, UrgencyRow.id))


def of_document(database: Database, document_id: str, *, now: datetime | None = None) -> tuple[Urgency, ...]:
    """All of one item, the oldest first."""
    return _found(database, now, select(UrgencyRow).where(UrgencyRow.document_id == document_id).order_by(UrgencyRow.opened_at, UrgencyRow.id))


def closed_since(database: Database, moment: datetime) -> tuple[Urgency, ...]:
    """Those closed at this moment or later, the last first."""
    return _found(database, None, select(UrgencyRow).where(UrgencyRow.closed_at >= moment).order_by(UrgencyRow.closed_at.desc(), UrgencyRow.id))


def find(database: Database, identifier: str, *, now: datetime | None = None) -> Urgency:
    """One urgency. Raises NotFound."""
    found = _found(database, now, select(UrgencyRow).where(UrgencyRow.id == identifier))
    if not found:
        raise NotFound(f"no urgency {identifier[:80]!r}; the list of urgencies shows them")
    return found[0]


def close(
    database: Database, identifier: str, *, called: Sequence[str], action: str, acted_at: datetime, actor: Actor, now: datetime | None = None,
    policy: Policy | None = None,
) -> Urgency:  # fmt: skip
    """Say what was done. ``called``: of SERVICES, ``aucun`` alone; ``acted_at``: when, as the person says.

    Raises NotFound, Conflict where somebody has closed it, Invalid, Unavailable, ConfigError.
    """
    at, policy = now or datetime.now(UTC), policy or load_policy()
    services = _services(called)
    if not action.strip() or len(action) > MOST_REASON:
        raise Invalid(
            f"what was done has {len(action.strip())} characters; expected 1 to {MOST_REASON}: say it in a sentence, also if nobody was called"
        )
    with database.writing() as session:
        row = session.get(UrgencyRow, identifier)
        if row is None:
            raise NotFound(f"no urgency {identifier[:80]!r}; the list of urgencies shows them")
        if row.closed_at:
            raise Conflict(f"urgency {row.id} was closed already; open the item to see what was done")
        _check_time(acted_at, row.opened_at, now=at, policy=policy)
        row.called, row.action, row.acted_at, row.closed_by, row.closed_at = list(services), action.strip(), acted_at, actor.id, at
        details = {"called": list(services), "late": at > row.due_at, "urgency": row.id}
        audit.record(session, actor=actor.id, action="urgency_closed", subject=("document", row.document_id), details=details, at=at)
        return urgency_of(row, at)


def _services(called: Sequence[str]) -> tuple[str, ...]:
    for name in called:
        if name not in SERVICES:
            raise Invalid(f"service {name[:40]!r} is unknown; {nearest(name, SERVICES)}")
    if not called or ("aucun" in called and len(set(called)) > 1):
        raise Invalid(f"called: {', '.join(called) or 'nothing'}; expected who was called, or aucun alone")
    return tuple(dict.fromkeys(called))


def _check_time(acted_at: datetime, opened_at: datetime, *, now: datetime, policy: Policy) -> None:
    if acted_at.tzinfo is None:
        raise Invalid("the time has no zone; expected one such as 2026-11-22T14:05+01:00")
    if acted_at > now + timedelta(minutes=1):  # clocks differ
        raise Invalid("the time lies in the future; say when it was done, once it is done")
    if acted_at < opened_at - timedelta(minutes=policy.urgency_before_minutes):
        raise Invalid(f"the time lies more than {policy.urgency_before_minutes} minutes before the urgency was opened; check date and time")


def open_in(session: Session, document_id: str, turn: Round) -> str:
    """Open an urgency on an item in a transaction that does more, if none is open; its id."""
    known = open_on(session, document_id)
    if known:
        return known
    made = UrgencyRow(
        id=hashlib.sha256(f"urgence\n{turn.act.id}\n{document_id}".encode()).hexdigest()[:32], document_id=document_id, opened_by=turn.actor.id,
        opened_at=turn.act.at, due_at=turn.act.at + timedelta(minutes=turn.policy.urgency_minutes), called=[],
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, actor=turn.actor.id, action="urgency_opened", subject=("document", document_id), details={"urgency": made.id}, at=turn.act.at
    )
    return made.id


def open_on(session: Session, document_id: str) -> str | None:
    """The id of the urgency that is open on an item."""
    return session.scalars(select(UrgencyRow.id).where(UrgencyRow.document_id == document_id, UrgencyRow.closed_at.is_(None))).first()


def warn_open(database: Database, *, now: datetime | None = None) -> int:
    """Log a warning for each urgency that is overdue; how many. For each run and for ``vigie doctor``. Raises Unavailable, ConfigError."""
    at = now or datetime.now(UTC)
    late = [one for one in open_ones(database, now=at) if one.overdue]
    for one in late:
        log.warning("urgency_overdue", urgency=one.id, document=one.document_id, minutes=int((at - one.opened_at).total_seconds() // 60))
    return len(late)


def _found(database: Database, now: datetime | None, wanted: Select[UrgencyRow]) -> tuple[Urgency, ...]:
    at = now or datetime.now(UTC)
    with database.reading() as session:
        return tuple(urgency_of(row, at) for row in session.scalars(wanted))


def urgency_of(row: UrgencyRow, now: datetime) -> Urgency:
    """The record of a row."""
    fields = {name: getattr(row, name) for name in Urgency.model_fields if name != "overdue"}
    return Urgency.model_validate({**fields, "overdue": row.closed_at is None and now > row.due_at})
