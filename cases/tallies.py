"""How many readings there are of each kind, and how many items wait for another one. Numbers alone; nobody is counted by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cases.progress import BLIND
from cases.tables import DecisionRow
from cases.tables_work import AdjudicationRow, ReviewRow

if TYPE_CHECKING:
    from cases.database import Database


class Tally(NamedTuple):
    """``first``, ``second``, ``golden``: readings that stand; ``waiting``: items read once, on which nothing is decided yet."""

    first: int
    second: int
    golden: int
    withdrawn: int
    adjudicated: int
    waiting: int
    decided: dict[str, int]  # standing decisions by qualification


def tally(database: Database) -> Tally:
    """Of the whole house. Raises Unavailable, ConfigError."""
    with database.reading() as session:
        stands = ReviewRow.withdrawn_at.is_(None)
        seats = dict(session.execute(select(ReviewRow.seat, func.count()).where(stands).group_by(ReviewRow.seat)).tuples().all())
        withdrawn = session.scalar(select(func.count()).select_from(ReviewRow).where(~stands)) or 0
        adjudicated = session.scalar(select(func.count()).select_from(AdjudicationRow)) or 0
        later = aliased(DecisionRow)
        undone = select(later.id).where(later.undoes == DecisionRow.id).exists()
        made = DecisionRow.qualification.is_not(None) & ~undone
        last = select(func.max(DecisionRow.number)).where(made).group_by(DecisionRow.document_id)
        by = select(DecisionRow.qualification, func.count()).where(DecisionRow.number.in_(last)).group_by(DecisionRow.qualification)
        decided = {name: number for name, number in session.execute(by).tuples() if name}
        known = select(DecisionRow.id).where(DecisionRow.document_id == ReviewRow.document_id, made).exists()
        once = (
            select(ReviewRow.document_id).where(stands, ReviewRow.seat.in_(BLIND), ~known).group_by(ReviewRow.document_id).having(func.count() == 1)
        )
        waiting = session.scalar(select(func.count()).select_from(once.subquery())) or 0
    return Tally(seats.get("premiere", 0), seats.get("seconde", 0), seats.get("repere", 0), withdrawn, adjudicated, waiting, decided)
