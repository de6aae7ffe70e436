"""What associations reported and nobody has decided: somebody reads it, whatever the model makes of it. No names of who reported it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cases import seats
from cases.decisions import chunks
from cases.tables import DecisionRow
from cases.tables_work import DeclinedRow, ReviewRow, SubmissionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cases.database import Database
    from cases.people import Actor
    from cases.seats import Seen

EVERY = 3  # of a person's readings, one in so many is of what was reported: both queues move, whichever is longer


class Reported(NamedTuple):
    """A document, and when it was first reported."""

    document_id: str
    since: datetime


def reported(database: Database) -> tuple[Reported, ...]:
    """Documents that the index shows and on which no decision stands, or none since they were last reported; the first reported first.

    What the model flagged is among them, and an urgency, which is decided at once and read again: only an index knows.
    Raises Unavailable, ConfigError.
    """
    undoing = aliased(DecisionRow)
    undone = select(undoing.id).where(undoing.undoes == DecisionRow.id).exists()
    later = (DecisionRow.document_id == SubmissionRow.document_id) & (DecisionRow.decided_at >= SubmissionRow.updated_at)
    decided = select(DecisionRow.id).where(later, DecisionRow.qualification != "urgence", ~undone).exists()  # of an undoing it is None
    first = func.min(SubmissionRow.created_at)
    wanted = select(SubmissionRow.document_id, first).where(SubmissionRow.state == "visible", SubmissionRow.url != "", ~decided)
    with database.reading() as session:
        rows = session.execute(wanted.group_by(SubmissionRow.document_id).order_by(first, SubmissionRow.document_id)).tuples()
        return tuple(Reported(name, since) for name, since in rows)


def readable(database: Database, texts: Mapping[str, str], *, actor: Actor, now: datetime | None = None) -> frozenset[str]:
    """Those of these items that this person may read, now or once somebody's lease has ended; who writes no readings: what is not decided.

    ``texts``: digests of the texts that the index shows, by id. Raises Unavailable, ConfigError.
    """
    with database.reading() as session:
        found = seats.look(session, texts, actor=actor, now=now or datetime.now(UTC))
        return frozenset(name for name, seen in found.items() if _may(seen, actor))


def _may(seen: Seen, actor: Actor) -> bool:
    if not actor.has("analyse", "valide"):
        return seen.progress.state != "decide"
    return not seen.declined and seats.free(seen._replace(others=()), actor=actor) in ("premiere", "seconde")


def is_turn(database: Database, *, actor: Actor) -> bool:
    """Whether this person's next item is one that was reported: by how many they have read, so that opening a page twice changes nothing."""
    with database.reading() as session:
        done = session.scalar(select(func.count()).select_from(ReviewRow).where(ReviewRow.person_id == actor.id)) or 0
    return done % EVERY == EVERY - 1


def declined(database: Database, ids: Iterable[str], *, actor: Actor) -> frozenset[str]:
    """Those of these items that this person would rather not read; for that person's own lists alone."""
    with database.reading() as session:
        mine = select(DeclinedRow.document_id).where(DeclinedRow.person_id == actor.id)
        return frozenset(name for part in chunks(list(ids)) for name in session.scalars(mine.where(DeclinedRow.document_id.in_(part))))


def notes(database: Database, document_id: str) -> tuple[str, ...]:
    """What was said of a document when it was reported, each once, the first first; nothing of who said it."""
    wanted = select(SubmissionRow.note).where(SubmissionRow.document_id == document_id, SubmissionRow.note != "")
    with database.reading() as session:
        return tuple(dict.fromkeys(session.scalars(wanted.order_by(SubmissionRow.created_at, SubmissionRow.id))))
