"""What people wrote on a document that is erased goes with it: readings, quotes, comments, texts of contests and urgencies, what was submitted.

Of a submission, a contest and an urgency the row stays without its words: an association still sees that it asked and what came of it, and nobody is
rid of an urgency by an erasing. The audit trail stays as it is: it has ids and counts only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from cases.decisions import chunks
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
    UrgencyRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

GONE = (ReviewRow, AdjudicationRow, CommentRow, ClaimRow, DeclinedRow, GoldenRow, IdentificationRow)


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
        blank = {"url": "", "given": "", "title": None, "text": None, "note": ""}
        session.execute(update(SubmissionRow).where(SubmissionRow.document_id.in_(part)).values(**blank))
    return count
