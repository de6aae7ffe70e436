"""All that the page of one item shows of the case database: one session and one look at its rows, so that the page is as fast as its text is long."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, or_, select

from cases import reviews, seats
from cases.claims import Claim, claim_of
from cases.comments import Comment, record_of
from cases.decisions import Decided, decided_of
from cases.tables import DecisionRow
from cases.tables_people import PersonRow
from cases.tables_work import CommentRow, ReviewRow, SubmissionRow, UrgencyRow
from cases.urgencies import Urgency, urgency_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor
    from cases.reviews import Review
    from cases.seats import Seen


class Viewed(NamedTuple):
    """What one person may see of one item now. ``hidden``: what others made of it; then only their own is here."""

    claim: Claim | None  # their own lease
    can_take: bool
    also: bool  # may read it beside somebody who reads it, or after who decided alone
    hidden: bool
    silent: bool  # nobody says anything of it to them yet, nor they to others
    reader: str  # name of somebody else who reads it now
    reviews: tuple[Review, ...]
    history: tuple[Decided, ...]
    comments: tuple[Comment, ...]
    urgencies: tuple[Urgency, ...]  # of this item
    open_urgencies: tuple[Urgency, ...]  # of the house
    submissions: int
    houses: int  # organisations that submitted it


def viewed(database: Database, document_id: str, *, actor: Actor, text: str, now: datetime | None = None) -> Viewed:
    """Look at an item for a person. ``text``: digest of the text that the index shows, as cases.deciding.text_of. Raises Unavailable, ConfigError."""
    at = now or datetime.now(UTC)
    with database.reading() as session:
        seen = seats.look(session, {document_id: text}, actor=actor, now=at)[document_id]
        hidden, silent = reviews.hides(seen, actor), reviews.is_silent(seen, actor)
        own = claim_of(seen.own) if seen.own and seen.own.until > at else None
        can_take, also = _seats(seen, actor) if own is None and actor.has("analyse", "valide") else (False, False)
        urgencies = _urgencies(session, document_id, at)
        sent = select(func.count(), func.count(SubmissionRow.organisation_id.distinct())).where(SubmissionRow.document_id == document_id)
        number, houses = session.execute(sent).one()
        return Viewed(
            own, can_take, also, hidden, silent, "" if hidden else _reader(session, seen), _reviews(session, seen, actor),
            () if hidden else _history(session, document_id), () if silent else _comments(session, document_id),
            () if hidden else tuple(one for one in urgencies if one.document_id == document_id),
            tuple(one for one in urgencies if one.closed_at is None), number, houses,
        )  # fmt: skip


def _seats(seen: Seen, actor: Actor) -> tuple[bool, bool]:
    """Whether they may read it now, and whether they may if they ask for it although somebody else does or did."""
    seat = seats.free(seen, actor=actor)
    also = isinstance(seat, seats.Refusal) and not isinstance(seats.free(seen, actor=actor, also=True), seats.Refusal)
    return seat in ("premiere", "seconde", "repere"), also  # a golden item whose lease has ended looks like any other


def _reader(session: Session, seen: Seen) -> str:
    person = session.get(PersonRow, seen.others[-1].person_id) if seen.others else None
    return person.name if person else ""


def _reviews(session: Session, seen: Seen, actor: Actor) -> tuple[Review, ...]:
    rows = session.scalars(select(ReviewRow).where(ReviewRow.document_id == seen.document_id).order_by(ReviewRow.number)).all()
    shown = reviews.is_open(seen, actor)
    return tuple(reviews.records(session, [row for row in rows if row.person_id == actor.id or (shown and row.seat != "repere")]))


def _history(session: Session, document_id: str) -> tuple[Decided, ...]:
    return tuple(map(decided_of, session.scalars(select(DecisionRow).where(DecisionRow.document_id == document_id).order_by(DecisionRow.number))))


def _comments(session: Session, document_id: str) -> tuple[Comment, ...]:
    wanted = select(CommentRow, PersonRow.name).join(PersonRow, PersonRow.id == CommentRow.person_id).where(CommentRow.document_id == document_id)
    return tuple(record_of(row, name) for row, name in session.execute(wanted.order_by(CommentRow.at, CommentRow.id)).tuples())


def _urgencies(session: Session, document_id: str, now: datetime) -> tuple[Urgency, ...]:
    wanted = select(UrgencyRow).where(or_(UrgencyRow.document_id == document_id, UrgencyRow.closed_at.is_(None)))
    return tuple(urgency_of(row, now) for row in session.scalars(wanted.order_by(UrgencyRow.opened_at, UrgencyRow.id)))
