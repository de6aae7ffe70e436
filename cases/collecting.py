"""The submissions that wait, as the flow that fetches them picks them up. Who dies in between is waited for, then another one goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select, update

from cases import audit
from cases.submissions import OPEN, Submission, move, submission_of
from cases.tables_work import SubmissionRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from sqlalchemy import ColumnElement

    from cases.database import Database
    from cases.submissions import State

ACTOR = "soumissions"  # in the audit trail: what acts by itself


class Taken(NamedTuple):
    """A submission as it was when it was taken, with the text that it brings; ``tries``: how often it was taken to be fetched, this time too."""

    submission: Submission
    text: str | None
    tries: int


def waits(database: Database, *, now: datetime) -> bool:
    """Whether anything can be taken; nobody waits for this."""
    with database.reading() as session:
        return session.scalar(select(SubmissionRow.id).where(_free(now)).limit(1)) is not None


def take(database: Database, *, size: int, now: datetime, lease: timedelta) -> tuple[Taken, ...]:
    """Take what waits, what was tried least first; nobody else takes it before ``lease`` is over. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        rows = session.scalars(select(SubmissionRow).where(_free(now)).order_by(SubmissionRow.tries, SubmissionRow.created_at).limit(size)).all()
        found = []
        for row in rows:
            row.taken_until = now + lease
            if row.state != "collectee":  # what is fetched already waits for the index alone, however long
                row.tries += 1
            found.append(Taken(submission_of(row), row.text, row.tries))
            if row.state == "recue":
                move(session, row, "en_cours", at=now)
        return tuple(found)


def _free(now: datetime) -> ColumnElement[bool]:
    return SubmissionRow.state.in_(OPEN) & or_(SubmissionRow.taken_until.is_(None), SubmissionRow.taken_until <= now)


def finish(
    database: Database, identifier: str, state: State, reason: str | None = None, *, document_id: str | None = None, now: datetime | None = None
) -> None:
    """Bring a submission to a state; harmless to repeat. A text that was given leaves the row: it is in the archive, or is not wanted.

    ``document_id``: of what its address led to. Raises Unavailable, ConfigError.
    """
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = session.get(SubmissionRow, identifier)
        if row is None or row.state not in OPEN or row.state == state:  # erased meanwhile, or done by another
            return
        row.text = None
        row.document_id = document_id or row.document_id
        if state != "collectee":
            row.taken_until = None
        move(session, row, state, at=at, reason=reason)
        details = {"state": state, "reason": reason, "document": row.document_id}
        audit.record(session, actor=ACTOR, action="submission_moved", subject=("submission", identifier), details=details, at=at)


def put_back(database: Database, identifiers: Iterable[str], *, until: datetime, reason: str | None = None) -> None:
    """Let submissions wait until a moment; ``reason``: why, for those who follow them. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        chosen = SubmissionRow.id.in_(list(identifiers)) & SubmissionRow.state.in_(OPEN)
        session.execute(update(SubmissionRow).where(chosen).values(taken_until=until, reason=reason))


def release(database: Database) -> None:
    """Let everything be taken at once. For a worker that begins and knows that no other one works."""
    with database.writing() as session:
        session.execute(update(SubmissionRow).where(SubmissionRow.state.in_(OPEN)).values(taken_until=None))
