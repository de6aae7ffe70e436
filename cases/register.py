"""The register of notices, item by item, as reports read it: numbers and words of ours, no personal data. Streamed: memory stays flat."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select

from cases.tables_notices import ComplaintRow, NoticeEventRow, NoticeItemRow, NoticeRow
from core.times import PARIS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database

PAGE = 500  # notices read at once


class RegisterComplaint(NamedTuple):
    """One complaint about a notice. ``kind``: interne, hors_tribunal."""

    kind: str
    filed_at: datetime
    outcome: str | None
    decided_at: datetime | None


class RegisterRow(NamedTuple):
    """One item of a notice that was sent, with what is said of the whole notice."""

    notice_id: str
    organisation_id: str
    position: int
    platform: str
    category: str | None
    keyword: str | None
    markers: tuple[str, ...]
    bases: tuple[str, ...]
    items: int
    source_type: str
    channel: str | None
    state: str
    created_at: datetime
    created_by: str
    sent_at: datetime
    acknowledged_at: datetime | None
    decided_at: datetime | None
    acted_at: datetime | None
    action: str | None
    ground: str | None
    scope: str | None
    until: datetime | None
    redress_given: bool | None
    automated: bool | None
    complaints: tuple[RegisterComplaint, ...]
    overturned: bool
    withdrawn: bool
    corrected: bool
    closed_at: datetime | None
    provider: str = ""  # of a platform that many run


def register(database: Database, *, organisation_id: str | None, since: date | datetime, until: date | datetime) -> Iterator[RegisterRow]:
    """Of all notices sent from ``since`` to ``until``, in the order in which they were sent. Days are Paris days, the last one included.

    ``organisation_id`` None: of every organisation. Raises Unavailable, ConfigError.
    """
    first, end = _start(since), _end(until)
    last: tuple[datetime, str] | None = None
    while True:
        with database.reading() as session:
            rows = _page(session, organisation_id, first, end, last)
            found = list(_rows(session, rows))
        yield from found
        if len(rows) < PAGE:
            return
        last = (rows[-1].sent_at or first, rows[-1].id)


def _start(day: date | datetime) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time(), PARIS)


def _end(day: date | datetime) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day + timedelta(days=1), time(), PARIS)


def _page(session: Session, organisation_id: str | None, first: datetime, end: datetime, last: tuple[datetime, str] | None) -> Sequence[NoticeRow]:
    wanted = select(NoticeRow).where(NoticeRow.sent_at >= first, NoticeRow.sent_at < end)
    if organisation_id:
        wanted = wanted.where(NoticeRow.organisation_id == organisation_id)
    if last:
        wanted = wanted.where(or_(NoticeRow.sent_at > last[0], (NoticeRow.sent_at == last[0]) & (NoticeRow.id > last[1])))
    return session.scalars(wanted.order_by(NoticeRow.sent_at, NoticeRow.id).limit(PAGE)).all()


def _rows(session: Session, notices: Sequence[NoticeRow]) -> Iterator[RegisterRow]:
    ids = [row.id for row in notices]
    items: dict[str, list[NoticeItemRow]] = {}
    for item in session.scalars(select(NoticeItemRow).where(NoticeItemRow.notice_id.in_(ids)).order_by(NoticeItemRow.position)):
        items.setdefault(item.notice_id, []).append(item)
    complaints: dict[str, list[RegisterComplaint]] = {}
    for one in session.scalars(select(ComplaintRow).where(ComplaintRow.notice_id.in_(ids)).order_by(ComplaintRow.filed_at, ComplaintRow.id)):
        complaints.setdefault(one.notice_id, []).append(RegisterComplaint(one.kind, one.filed_at, one.outcome, one.decided_at))
    told = (NoticeEventRow.notice_id.in_(ids), NoticeEventRow.kind.in_(("retiree", "corrigee")))
    kinds = {(name, kind) for name, kind in session.execute(select(NoticeEventRow.notice_id, NoticeEventRow.kind).where(*told))}
    for row in notices:
        for item in items.get(row.id, []):
            yield _row(row, item, tuple(complaints.get(row.id, ())), kinds)


def _row(row: NoticeRow, item: NoticeItemRow, complaints: tuple[RegisterComplaint, ...], kinds: set[tuple[str, str]]) -> RegisterRow:
    own = {name: getattr(row, name) for name in RegisterRow._fields if name in NoticeRow.__table__.columns}
    its = {name: getattr(item, name) for name in ("position", "action", "ground", "scope", "until")}
    said = {
        "markers": tuple(row.markers), "bases": tuple(row.bases), "complaints": complaints, "notice_id": row.id,
        "overturned": row.overturned_at is not None, "withdrawn": (row.id, "retiree") in kinds, "corrected": (row.id, "corrigee") in kinds,
    }  # fmt: skip
    return RegisterRow(**{**own, **its, **said})
