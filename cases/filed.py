"""In which notices and dossiers a content item stands: what an index shows of it, and that nothing of an open case is erased.

Erasing empties what was filed and keeps the register: numbers, days, words of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import null, select, update

from cases.decisions import chunks
from cases.duties import erase_in
from cases.tables_notices import ComplaintRow, DossierItemRow, DossierRow, NoticeEventRow, NoticeItemRow, NoticeRow, SendingRow
from core.records import NOTICE_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.records import NoticeState


class Filed(NamedTuple):
    """What was filed on one item. A draft that was given up counts as nothing."""

    notice_state: NoticeState | None = None  # of the notice that has come furthest and is open, else close
    notified_at: datetime | None = None  # when the first one was sent
    closed_at: datetime | None = None  # when the last notice or dossier that had left was closed
    held: bool = False  # a notice or a dossier is open: nothing of it may be erased

    def ended(self, decided_at: datetime | None) -> bool:
        """Whether the case is over: all that left is closed, and nobody decided anew since."""
        return self.closed_at is not None and not self.held and not (decided_at is not None and decided_at > self.closed_at)


def filed_in(session: Session, document_ids: Iterable[str]) -> dict[str, Filed]:
    """Of those of these items on which something was filed."""
    found: dict[str, Filed] = {}
    for part in chunks(list(dict.fromkeys(document_ids))):
        notices = select(NoticeItemRow.document_id, NoticeRow.state, NoticeRow.sent_at, NoticeRow.closed_at)
        notices = notices.join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id).where(NoticeItemRow.document_id.in_(part))
        for name, state, sent_at, closed_at in session.execute(notices):
            found[str(name)] = _with_notice(found.get(str(name), Filed()), state, sent_at, closed_at)
        dossiers = select(DossierItemRow.document_id, DossierRow.sent_at, DossierRow.closed_at)
        dossiers = dossiers.join(DossierRow, DossierRow.id == DossierItemRow.dossier_id).where(DossierItemRow.document_id.in_(part))
        for name, sent_at, closed_at in session.execute(dossiers):
            found[str(name)] = _closed(found.get(str(name), Filed()), sent_at, closed_at)
    return found


def _with_notice(known: Filed, state: str, sent_at: datetime | None, closed_at: datetime | None) -> Filed:
    if state == "close" and sent_at is None:
        return known
    known = _closed(known, sent_at, closed_at if state == "close" else None)
    shown: list[NoticeState] = [one for one in NOTICE_STATES if one in (known.notice_state, state)]
    further: NoticeState = next((one for one in reversed(shown) if one != "close"), "close")
    first = min((one for one in (known.notified_at, sent_at) if one is not None), default=None)
    return known._replace(notice_state=further, notified_at=first)


def _closed(known: Filed, sent_at: datetime | None, closed_at: datetime | None) -> Filed:
    if closed_at is None:
        return known._replace(held=True)
    return known._replace(closed_at=max(closed_at, known.closed_at or closed_at)) if sent_at is not None else known


def erase_filed(session: Session, document_ids: Sequence[str]) -> int:
    """Empty the notices and dossiers in which these stand, in the transaction of their erasing; how many. Repeating it is harmless."""
    count = 0
    for part in chunks(document_ids):
        notices = session.scalars(select(NoticeItemRow.notice_id).where(NoticeItemRow.document_id.in_(part)).distinct()).all()
        dossiers = session.scalars(select(DossierItemRow.dossier_id).where(DossierItemRow.document_id.in_(part)).distinct()).all()
        session.execute(update(NoticeRow).where(NoticeRow.id.in_(notices)).values(content=null(), reference=None))
        session.execute(update(NoticeEventRow).where(NoticeEventRow.notice_id.in_(notices)).values(words=None))
        session.execute(update(ComplaintRow).where(ComplaintRow.notice_id.in_(notices)).values(text=None))
        session.execute(update(SendingRow).where(SendingRow.notice_id.in_(notices)).values(reference=None, reason=None))
        session.execute(update(DossierRow).where(DossierRow.id.in_(dossiers)).values(content=null(), annex=None, reference=None))
        session.execute(update(NoticeItemRow).where(NoticeItemRow.document_id.in_(part)).values(document_id=None, campaign=None))
        session.execute(update(DossierItemRow).where(DossierItemRow.document_id.in_(part)).values(document_id=None))
        erase_in(session, part)
        count += len(notices) + len(dossiers)
    return count
