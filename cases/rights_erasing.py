"""Empties what the case database still says of documents whose author asked for erasure, where their own erasing (cases/erasing.py) does not reach.

Of notices and dossiers the register stays: numbers, dates, words of ours. Run before the documents themselves go; repeating it is harmless.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select, update

from cases import audit
from cases.decisions import chunks
from cases.erasing import BLANK
from cases.filed import erase_filed
from cases.rights_found import subjects_of
from cases.tables_notices import ComplaintRow, DutyRow, InformationRow, NoticeEventRow
from cases.tables_people import AnswerRow, SavedFilterRow
from cases.tables_work import CommentRow, ContestRow, GoldenRow, IdentificationRow, OptOutRow, ReviewRow, SubmissionRow, UrgencyRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database

ACTOR = "flow:rights"
GONE = "[effacé]"
NOBODY = "efface"  # in place of the id of a document
# what people wrote in their own words, wherever they wrote it: a name in it is replaced; a decision on something else is never changed
WORDS = (
    (CommentRow, "text"), (ReviewRow, "reason"), (SubmissionRow, "note"), (ContestRow, "reason"), (ContestRow, "answer"),
    (UrgencyRow, "action"), (GoldenRow, "note"), (IdentificationRow, "reason"), (OptOutRow, "reason"), (DutyRow, "reason"),
    (InformationRow, "reason"),
    (NoticeEventRow, "words"), (ComplaintRow, "text"),
)  # fmt: skip


class Emptied(NamedTuple):
    """How many notices and dossiers were emptied, words replaced."""

    notices: int
    dossiers: int
    words: int


def empty(database: Database, document_ids: Collection[str], *, words: Sequence[str], but: Collection[str] = ()) -> Emptied:
    """Empty what stands on these documents, and replace ``words`` wherever people wrote them. ``but``: documents on which all stays as it is.

    Raises Unavailable, ConfigError.
    """
    with database.writing() as session:
        found = subjects_of(session, document_ids)
        erase_filed(session, sorted(document_ids))
        for kind, names in (("notice", found.notices), ("dossier", found.dossiers)):
            these = InformationRow.subject_kind == kind, InformationRow.subject_id.in_(names)
            session.execute(update(InformationRow).where(*these).values(reason=None))
        for part in chunks(sorted(document_ids)):
            session.execute(delete(DutyRow).where(DutyRow.document_id.in_(part)))
            # these rows stay without their words, and an id that an address gives again would say of what
            session.execute(update(SubmissionRow).where(SubmissionRow.document_id.in_(part)).values(document_id=NOBODY, **BLANK))
            session.execute(update(ContestRow).where(ContestRow.document_id.in_(part)).values(document_id=NOBODY, reason=""))
            session.execute(update(UrgencyRow).where(UrgencyRow.document_id.in_(part)).values(document_id=NOBODY, action=None))
        replaced = _replace(session, words, but=but)
        done = Emptied(len(found.notices), len(found.dossiers), replaced)
        if any(done):
            details = {"notices": done.notices, "dossiers": done.dossiers, "words": replaced}
            audit.record(session, actor=ACTOR, action="right_emptied", subject=("erasing", "rights"), details=details)
    return done


def _replace(session: Session, words: Sequence[str], *, but: Collection[str]) -> int:
    """Replace words in what people wrote; how many rows changed. Searches that name them go, and answers kept for repeated requests."""
    if not words:
        return 0
    said, count = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE), 0
    for table, name in WORDS:
        column = getattr(table, name)
        for row in session.scalars(select(table).where(column.is_not(None))):
            old, on = getattr(row, name), getattr(row, "document_id", None)
            if said.search(old) and not (but and (on is None or on in but)):
                setattr(row, name, said.sub(GONE, old))
                count += 1
    kept = [(row, f"{row.name}\n{row.search}") for row in session.scalars(select(SavedFilterRow))]
    answers = [(row, row.body) for row in session.scalars(select(AnswerRow))]
    gone = [row for row, text in (*kept, *answers) if said.search(text)]
    for row in gone:
        session.delete(row)
    return count + len(gone)
