"""The readings that were made, for those who may see them: one's own, and all once nobody has to read the item blind any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import seats
from cases.checking import Answer, Quote
from cases.progress import Seat
from cases.tables_people import PersonRow
from cases.tables_work import ReviewRow
from core.records import Marker, Qualification, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor
    from cases.seats import Seen


class Review(Record):
    """One reading as it was made. ``by``: the reader's name, for those who decide between two readings and for the reader."""

    id: str
    act: str
    document_id: str
    text_sha256: str
    campaign: str | None
    seat: Seat
    person_id: str
    by: str
    qualification: Qualification
    markers: tuple[Marker, ...]
    submarkers: dict[str, Answer]
    exclusions: tuple[str, ...]
    quotes: tuple[Quote, ...]
    reason: str
    taxonomy: str
    at: AwareDatetime
    withdrawn_at: AwareDatetime | None


def reviews(database: Database, document_id: str) -> tuple[Review, ...]:
    """All readings of an item, withdrawn ones too, without those of golden items; for who decides between them."""
    with database.reading() as session:
        wanted = select(ReviewRow).where(ReviewRow.document_id == document_id, ReviewRow.seat != "repere").order_by(ReviewRow.number)
        return tuple(records(session, session.scalars(wanted).all()))


def seen_by(database: Database, document_id: str, *, actor: Actor, text: str | None = None) -> tuple[Review, ...]:
    """The readings of an item that this person may see: their own, and all of them once it is decided and they do not read it themselves.

    ``text``: digest of the text that the index shows, see cases.claims.take. Who may decide between two readings sees them too.
    """
    with database.reading() as session:
        wanted = select(ReviewRow).where(ReviewRow.document_id == document_id).order_by(ReviewRow.number)
        rows = session.scalars(wanted).all()
        seen = look(session, document_id, actor, text)
        return tuple(records(session, [row for row in rows if row.person_id == actor.id or (is_open(seen, actor) and row.seat != "repere")]))


def hidden_from(database: Database, document_id: str, *, actor: Actor, text: str | None = None) -> bool:
    """Whether what others made of an item, its qualification too, must not be shown to this person: somebody is still to read it blind.

    For a page that shows an item: what the index says of it (status, qualification, decided_at) is then left out.
    """
    with database.reading() as session:
        return hides(look(session, document_id, actor, text), actor)


def hidden_among(database: Database, texts: Mapping[str, str], *, actor: Actor) -> frozenset[str]:
    """Those of these items, each with the digest of its text, of which ``hidden_from`` holds; for lists, by one look."""
    with database.reading() as session:
        found = seats.look(session, texts, actor=actor, now=datetime.now(UTC))
    return frozenset(name for name, seen in found.items() if hides(seen, actor))


def hides(seen: Seen, actor: Actor) -> bool:
    """The same, of what one look found."""
    alone = actor.id in seen.readers and seen.progress.state == "seconde"  # there is nothing but their own
    return not is_open(seen, actor) and not alone and (seen.progress.pending or seen.own is not None)


def is_silent(seen: Seen, actor: Actor) -> bool:
    """Whether nothing is said yet: what somebody says of an item that nobody has read would be in the ears of all who read it blind."""
    return seen.progress.state == "premiere" or hides(seen, actor)


def look(session: Session, document_id: str, actor: Actor, text: str | None) -> Seen:
    """What this person's look at one item finds now."""
    return seats.look(session, {document_id: text}, actor=actor, now=datetime.now(UTC))[document_id]


def is_open(seen: Seen, actor: Actor) -> bool:
    """Nothing is hidden from who cannot read it blind any more, or who is to decide between two readings."""
    if seen.progress.state == "decide":
        return seen.own is None or actor.id in seen.readers
    return seen.progress.state == "arbitrage" and actor.has("valide") and actor.id not in seen.readers and not seen.withdrew


def records(session: Session, rows: Sequence[ReviewRow]) -> Iterable[Review]:
    """The records of rows, with the readers' names."""
    if not rows:
        return
    names = {row.id: row.name for row in session.scalars(select(PersonRow).where(PersonRow.id.in_({row.person_id for row in rows})))}
    for row in rows:
        yield Review.model_validate(
            {"by": names.get(row.person_id, "?"), **{name: getattr(row, name) for name in Review.model_fields if name != "by"}}
        )
