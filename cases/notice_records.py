"""A notice as a record, and how it is made of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime
from sqlalchemy import select

from cases.notice import Action, Content, Ground, Outcome, Scope
from cases.signing import Signature, Subject, signatures_in
from cases.tables_notices import ComplaintRow, NoticeEventRow, NoticeItemRow, NoticeRow
from core.records import Marker, NoticeState, Record

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

ComplaintKind = Literal["interne", "hors_tribunal"]


class Complaint(Record):
    """A complaint against a provider's decision, as somebody said that they filed it. ``text`` is None once erased."""

    id: str
    notice_id: str
    kind: ComplaintKind
    body: str | None
    text: str | None
    filed_at: AwareDatetime
    filed_by: str
    received_at: AwareDatetime | None
    outcome: Outcome | None
    decided_at: AwareDatetime | None


class NoticeItem(Record):
    """One content item of a notice, and what the provider did about it; ``document_id`` is None once it is erased."""

    position: int
    document_id: str | None
    campaign: str | None
    action: Action | None = None
    ground: Ground | None = None
    scope: Scope | None = None
    until: AwareDatetime | None = None
    told_at: AwareDatetime | None = None  # when the provider's last answer on this item reached the notifier


class Notice(Record):
    """A notice as it stands. ``content`` is None once it is erased."""

    id: str
    organisation_id: str
    created_by: str
    created_at: AwareDatetime
    state: NoticeState
    version: int
    digest: str
    content: Content | None
    platform: str
    category: str | None
    keyword: str | None
    markers: tuple[Marker, ...]
    bases: tuple[str, ...]
    source_type: str
    sent_at: AwareDatetime | None
    sent_by: str | None
    channel: str | None
    reference: str | None
    acknowledged_at: AwareDatetime | None
    decided_at: AwareDatetime | None
    acted_at: AwareDatetime | None
    redress_given: bool | None
    automated: bool | None
    overturned_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    items: tuple[NoticeItem, ...]
    signatures: tuple[Signature, ...]
    complaints: tuple[Complaint, ...]

    @property
    def signed(self) -> tuple[Signature, ...]:
        """The signatures under the version that stands; whether they count, cases.signing.valid_signatures says."""
        return tuple(one for one in self.signatures if one.current)


def content_in(row: NoticeRow) -> Content | None:
    """The content of a row."""
    return Content.model_validate(row.content) if row.content is not None else None


def subject_of(row: NoticeRow) -> Subject:
    """What is signed."""
    return Subject("notice", row.id, row.organisation_id, row.version, row.digest)


def record_of(session: Session, row: NoticeRow) -> Notice:
    """The record of a row."""
    items = session.scalars(select(NoticeItemRow).where(NoticeItemRow.notice_id == row.id).order_by(NoticeItemRow.position)).all()
    filed = session.scalars(select(ComplaintRow).where(ComplaintRow.notice_id == row.id).order_by(ComplaintRow.filed_at, ComplaintRow.id)).all()
    said = {name: getattr(row, name) for name in Notice.model_fields if name not in ("items", "signatures", "complaints")}
    told = _told(session, row)
    shown = [
        {**{name: getattr(item, name) for name in NoticeItem.model_fields if name != "told_at"}, "told_at": told.get(str(item.position))}
        for item in items
    ]
    complaints = [{name: getattr(one, name) for name in Complaint.model_fields} for one in filed]
    return Notice.model_validate({**said, "items": shown, "complaints": complaints, "signatures": signatures_in(session, subject_of(row))})


def _told(session: Session, row: NoticeRow) -> dict[str, datetime]:
    """When each item was answered last, by position: a provider may answer on some items months after it answered on others."""
    if row.decided_at is None:
        return {}
    answers = select(NoticeEventRow).where(NoticeEventRow.notice_id == row.id, NoticeEventRow.kind == "repondue").order_by(NoticeEventRow.number)
    return {position: one.at for one in session.scalars(answers) for position in one.data.get("actions", {})}
