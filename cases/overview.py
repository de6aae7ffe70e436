"""What waits for whom, counted for the first page, and whose submissions name a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from cases.tables_work import ContestRow, SubmissionRow, UrgencyRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from cases.database import Database

UNREAD = ("recue", "en_cours", "collectee")


class Waiting(NamedTuple):
    """``stuck``: submissions that nothing has moved since a moment: the worker may be down."""

    urgencies: int
    contests: int
    stuck: int


class Submitters(NamedTuple):
    """Of some documents: the newest submission of one's own organisation, by document; and those that only others submitted."""

    own: dict[str, str]
    others: frozenset[str]


def submission_states(database: Database, *, organisation_id: str) -> dict[str, int]:
    """How many submissions of an organisation are in each state."""
    with database.reading() as session:
        counted = select(SubmissionRow.state, func.count()).where(SubmissionRow.organisation_id == organisation_id).group_by(SubmissionRow.state)
        return dict(session.execute(counted).tuples().all())


def waiting(database: Database, *, stuck_since: datetime) -> Waiting:
    """What waits for people, in the whole house."""
    with database.reading() as session:

        def count(*conditions: object) -> int:
            return session.scalar(select(func.count()).where(*conditions)) or 0  # type: ignore[arg-type]

        return Waiting(
            urgencies=count(UrgencyRow.closed_at.is_(None)),
            contests=count(ContestRow.outcome.is_(None)),
            stuck=count(SubmissionRow.state.in_(UNREAD), SubmissionRow.updated_at < stuck_since),
        )


def submitters(database: Database, document_ids: Collection[str], *, organisation_id: str) -> Submitters:
    """Who submitted these documents, as far as one organisation may know."""
    with database.reading() as session:
        rows = session.execute(
            select(SubmissionRow.document_id, SubmissionRow.organisation_id, SubmissionRow.id)
            .where(SubmissionRow.document_id.in_(document_ids))
            .order_by(SubmissionRow.created_at)
        ).all()
    own = {document: identifier for document, organisation, identifier in rows if organisation == organisation_id}
    return Submitters(own, frozenset(document for document, *_ in rows) - own.keys())
