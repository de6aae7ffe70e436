"""What happened to a notice, one row a time and never changed; and the row of a notice for those who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit
from cases.notice import Event
from cases.people import READERS
from cases.rounds import name_of, own_act
from cases.tables_notices import NoticeEventRow, NoticeRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.people import Actor

MOST_WORDS = 5000  # characters of an answer or a note


class Happened(Record):
    """One event. ``by``: a person's name, or what acted by itself. ``words`` is None once erased."""

    number: int
    kind: Event
    at: AwareDatetime
    noted_at: AwareDatetime
    person_id: str
    by: str
    data: dict[str, Any]
    words: str | None


def owned(session: Session, identifier: str, actor: Actor) -> NoticeRow:
    """The row of a notice of the actor's own organisation. Raises NotFound."""
    row = session.get(NoticeRow, identifier)
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound(f"notice {identifier[:40]!r} does not exist; vigie notices list shows them")
    return row


def may_write(actor: Actor) -> None:
    """Raises Forbidden for who may not read what was collected: they write nothing about it either."""
    if not actor.has(*READERS):
        raise Forbidden(f"a notice is written by somebody with the role {', '.join(READERS[:-1])} or {READERS[-1]}")


def event_id(act: Act, actor: Actor, kind: str, notice_id: str) -> str:
    """Under which an act of this person on this notice is known again."""
    return own_act(act, actor, f"{kind} {notice_id}").id


def done_already(session: Session, notice_id: str, kind: str, *, actor: Actor, act: Act) -> bool:
    """Whether this act was carried out before."""
    return session.scalars(select(NoticeEventRow.number).where(NoticeEventRow.act == event_id(act, actor, kind, notice_id))).first() is not None


def happen(
    session: Session, row: NoticeRow, kind: Event, *, actor: Actor, act: Act, at: datetime | None = None, data: Mapping[str, object] | None = None,
    words: str | None = None,
) -> None:  # fmt: skip
    """Write an event down and tell the trail. ``at``: when it happened, by default when it was noted. Raises Invalid."""
    if words is not None and len(words) > MOST_WORDS:
        raise Invalid(f"{len(words)} characters; expected {MOST_WORDS} at most: keep what matters")
    _write(session, row, kind, event_id(act, actor, kind, row.id), by=actor.id, noted_at=act.at, at=at or act.at, data=dict(data or {}), words=words)
    details = {**(data or {}), "act": act.id, **({"key": actor.key_id} if actor.key_id else {})}
    audit.record(session, actor=actor.id, action=f"notice_{kind}", subject=("notice", row.id), details=details, at=act.at)


def happen_by_itself(session: Session, row: NoticeRow, kind: Event, *, by: str, name: str, at: datetime, data: Mapping[str, object]) -> bool:
    """The same for what a flow noticed; ``name``: of this event on this notice, once. False where it was noted before."""
    if session.scalars(select(NoticeEventRow.number).where(NoticeEventRow.act == name)).first() is not None:
        return False
    _write(session, row, kind, name, by=by, noted_at=at, at=at, data=dict(data), words=None)
    audit.record(session, actor=by, action=f"notice_{kind}", subject=("notice", row.id), details=data, at=at)
    return True


def _write(
    session: Session, row: NoticeRow, kind: Event, act: str, *, by: str, noted_at: datetime, at: datetime, data: dict[str, object], words: str | None
) -> None:
    session.add(NoticeEventRow(act=act, notice_id=row.id, kind=kind, at=at, noted_at=noted_at, by=by, data=data, words=words))
    session.flush()


def events(database: Database, notice_id: str, *, actor: Actor) -> tuple[Happened, ...]:
    """All that happened, the first first. Raises NotFound."""
    with database.reading() as session:
        owned(session, notice_id, actor)
        rows = session.scalars(select(NoticeEventRow).where(NoticeEventRow.notice_id == notice_id).order_by(NoticeEventRow.number)).all()
        return tuple(_record(session, row) for row in rows)


def _record(session: Session, row: NoticeEventRow) -> Happened:
    by = row.by if ":" in row.by else name_of(session, row.by)
    said = {name: getattr(row, name) for name in Happened.model_fields if name not in ("by", "person_id")}
    return Happened.model_validate({**said, "by": by, "person_id": row.by})


def refuse_other_version(row: NoticeRow, version: int) -> None:
    """Raises Conflict where somebody changed the notice since it was read."""
    if row.version != version:
        raise Conflict(f"notice {row.id} is at version {row.version}, version {version} was read; look at what has changed, then repeat")


def needs_state(row: NoticeRow, *states: str, what: str) -> None:
    """Raises Conflict in another state."""
    if row.state not in states:
        raise Conflict(f"notice {row.id} is {row.state}; {what} needs one that is {' or '.join(states)}")
