"""Who takes part in decisions: how many people can, and whose decision it was, who does not answer for it alone when it is contested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from cases.progress import BLIND
from cases.tables import DecisionRow
from cases.tables_people import OrganisationRow, PersonRow
from cases.tables_work import ReviewRow
from core.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor


def parties(session: Session, decision_id: str) -> frozenset[str]:
    """Ids of those who read for a decision or adjudicated it; nobody where it was made outside the console, or is erased.

    Of what was adjudicated, its readers too: they take no part in undoing it. A reading that was withdrawn before the decision had no part in it.
    """
    made = session.scalars(select(DecisionRow).where(DecisionRow.id == decision_id)).first()
    if made is None:
        return frozenset()
    kept = or_(ReviewRow.withdrawn_at.is_(None), ReviewRow.withdrawn_at > made.decided_at)
    wanted = select(ReviewRow).where(ReviewRow.document_id == made.document_id, ReviewRow.text_sha256 == made.text_sha256, kept)
    rows = session.scalars(wanted.order_by(ReviewRow.number)).all()
    deciding = next((row for row in rows if row.act == made.act), None)
    if deciding is None:
        return frozenset()
    before = {row.person_id for row in rows if row.seat in BLIND and row.number < deciding.number}
    return frozenset({deciding.person_id, *before})


def readers(database: Database) -> int:
    """How many people can read and decide in the console. Raises Unavailable, ConfigError."""
    with database.reading() as session:
        return sum(bool({"analyse", "valide"} & set(person.roles)) for person in _active(session))


def refuse_party(session: Session, decision_id: str, actor: Actor) -> None:
    """Raises Forbidden for who took part, where somebody else with the role valide can answer; a small association may have nobody else."""
    bound = parties(session, decision_id)
    if actor.id not in bound:
        return
    if any("valide" in person.roles and person.id not in bound for person in _active(session)):
        raise Forbidden("you took part in the decision that is contested; another person with the role valide answers")


def _active(session: Session) -> Iterator[PersonRow]:
    open_ones = (PersonRow.disabled_at.is_(None), OrganisationRow.closed_at.is_(None))
    yield from session.scalars(select(PersonRow).join(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id).where(*open_ones))
