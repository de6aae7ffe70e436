"""What people wrote on a document that is erased goes with it: readings, quotes, comments, texts of contests and urgencies, what was submitted.

Of a submission, a contest and an urgency the row stays without its words: an association still sees that it asked and what came of it, and nobody is
rid of an urgency by an erasing. The audit trail stays as it is: what it called the document is forgotten here.
A submission that never became a document goes so by itself: no erasing of a document would ever reach it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from cases import audit
from cases.decisions import chunks
from cases.submissions import OPEN, move
from cases.tables_people import AliasRow
from cases.tables_work import (
    AdjudicationRow,
    ClaimRow,
    CommentRow,
    ContestRow,
    DeclinedRow,
    GoldenRow,
    IdentificationRow,
    ReviewRow,
    SubmissionRow,
    SubmissionStepRow,
    UrgencyRow,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.retention import Rules

GONE = (ReviewRow, AdjudicationRow, CommentRow, ClaimRow, DeclinedRow, GoldenRow, IdentificationRow, AliasRow)
BLANK = {"url": "", "given": "", "title": None, "text": None, "note": ""}  # of a submission: what it asked for
ACTOR = "flow:erasing"  # in the audit trail: what acts by itself


def erase_work(session: Session, document_ids: Sequence[str]) -> int:
    """Remove in the transaction of the erasing; how many readings went. Repeating it is harmless."""
    count = 0
    for part in chunks(document_ids):
        count += session.scalar(select(func.count()).select_from(ReviewRow).where(ReviewRow.document_id.in_(part))) or 0
        for table in GONE:
            session.execute(delete(table).where(table.document_id.in_(part)))
        session.execute(update(ContestRow).where(ContestRow.document_id.in_(part)).values(reason=""))
        answered = ContestRow.document_id.in_(part) & ContestRow.answer.is_not(None)
        session.execute(update(ContestRow).where(answered).values(answer=""))
        session.execute(update(UrgencyRow).where(UrgencyRow.document_id.in_(part)).values(action=None))
        session.execute(update(SubmissionRow).where(SubmissionRow.document_id.in_(part)).values(**BLANK))
    return count


def erase_unread(database: Database, *, now: datetime, rules: Rules) -> int:
    """Remove the words of submissions that could not be read, once what waits unread would go (en_attente) after their last change; how many.

    Repeating it is harmless. Raises Unavailable, ConfigError.
    """
    kept = (SubmissionStepRow.submission_id == SubmissionRow.id) & SubmissionStepRow.state.in_(("collectee", "visible"))
    never = SubmissionRow.state == "ecartee", SubmissionRow.url != "", ~select(SubmissionStepRow.number).where(kept).exists()
    period = rules.classes["en_attente"]
    with database.writing() as session:
        rows = session.scalars(select(SubmissionRow).where(*never)).all()
        count = _blank(session, [row for row in rows if (end := period.end(row.updated_at)) and end <= now], at=now)
    if count:
        database.erase_traces()
    return count


def erase_wished(database: Database, covers: Callable[[str], bool], *, now: datetime) -> int:
    """Remove the words of submissions whose address somebody asked not to be read, whatever became of them; how many. What waits is set aside.

    ``covers``: whether an address is one of those. Repeating it is harmless. Raises Unavailable, ConfigError.
    """
    with database.writing() as session:
        rows = session.scalars(select(SubmissionRow).where(SubmissionRow.url != "")).all()
        found = [row for row in rows if covers(row.url) or (row.given and covers(row.given))]
        for row in found:
            if row.state in OPEN:
                row.taken_until = None
                move(session, row, "ecartee", at=now, reason="opted_out")
        count = _blank(session, found, at=now)
    if count:
        database.erase_traces()
    return count


def _blank(session: Session, rows: Sequence[SubmissionRow], *, at: datetime) -> int:
    for row in rows:
        for name, value in BLANK.items():
            setattr(row, name, value)
    if rows:
        details = {"submissions": len(rows)}
        audit.record(session, actor=ACTOR, action="submissions_erased", subject=("erasing", "submissions"), details=details, at=at)
    return len(rows)
