"""Golden items: decided items whose right reading is known, mixed into the queue so that people see how they read. They decide nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit
from cases.checking import ANSWERS, Answer
from cases.decisions import MOST_REASON, standing_rows
from cases.tables_work import GoldenRow, ReviewRow
from core.errors import Invalid, NotFound, nearest
from core.records import QUALIFICATIONS, Qualification, Record
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor
    from core.taxonomy import Taxonomy


class Golden(Record):
    """One golden item. ``note`` is shown after the reading; ``readings``, ``right``: how often it was read, and with the right qualification."""

    document_id: str
    qualification: Qualification
    submarkers: dict[str, Answer]
    note: str
    set_by: str  # id of a person
    at: AwareDatetime
    retired_at: AwareDatetime | None
    readings: int = 0
    right: int = 0


class Own(Record):
    """How one person read golden items; for that person alone."""

    readings: int
    right: int


def set_golden(
    database: Database, document_id: str, *, qualification: str, note: str, actor: Actor, submarkers: Mapping[str, str] | None = None,
    taxonomy: Taxonomy | None = None, now: datetime | None = None,
) -> Golden:  # fmt: skip
    """Make an item golden, or correct what is right. Raises Invalid for one that is not decided, or words that are unknown."""
    at, signs = now or datetime.now(UTC), {one.id for one in (taxonomy or load_taxonomy()).submarkers()}
    if qualification not in QUALIFICATIONS:
        raise Invalid(f"qualification {qualification[:100]!r} is unknown; {nearest(qualification, QUALIFICATIONS)}")
    if not note.strip() or len(note) > MOST_REASON:
        raise Invalid(f"a note of {len(note.strip())} characters; expected 1 to {MOST_REASON}: it explains the right reading")
    for name, answer in (submarkers or {}).items():
        if name not in signs:
            raise Invalid(f"sub-marker {name[:40]!r} is unknown; {nearest(name, signs)}")
        if answer not in ANSWERS:
            raise Invalid(f"{name}: {answer[:40]!r} is no answer; {nearest(answer, ANSWERS)}")
    said = {
        "qualification": qualification,
        "submarkers": dict(submarkers or {}),
        "note": note.strip(),
        "set_by": actor.id,
        "at": at,
        "retired_at": None,
    }
    made = Golden.model_validate({"document_id": document_id, **said})
    with database.writing() as session:
        if not list(standing_rows(session, [document_id])):
            raise Invalid(f"{document_id} is not decided; a golden item is one whose right reading is known: decide it first")
        session.merge(GoldenRow(**made.model_dump(exclude={"readings", "right"})))
        audit.record(session, actor=actor.id, action="golden_set", subject=("document", document_id), details={"qualification": qualification}, at=at)
    return made


def retire(database: Database, document_id: str, *, actor: Actor, now: datetime | None = None) -> None:
    """Ask nobody any more. Harmless to repeat. Raises NotFound."""
    with database.writing() as session:
        row = session.get(GoldenRow, document_id)
        if row is None:
            raise NotFound(f"{document_id} is no golden item")
        if row.retired_at is None:
            row.retired_at = now or datetime.now(UTC)
            audit.record(session, actor=actor.id, action="golden_retired", subject=("document", document_id), at=row.retired_at)


def listed(database: Database) -> tuple[Golden, ...]:
    """All of them, the last set first, each with how it was read by all together; no person's answers."""
    with database.reading() as session:
        rows = session.scalars(select(GoldenRow).order_by(GoldenRow.at.desc(), GoldenRow.document_id)).all()
        said = _answers(session)
        return tuple(_record(row, said.get(row.document_id, [])) for row in rows)


def own(database: Database, *, actor: Actor) -> Own:
    """How this person read golden items."""
    with database.reading() as session:
        right = dict(session.execute(select(GoldenRow.document_id, GoldenRow.qualification)).tuples().all())
        rows = session.execute(
            select(ReviewRow.document_id, ReviewRow.qualification).where(ReviewRow.seat == "repere", ReviewRow.person_id == actor.id)
        ).all()
        return Own(readings=len(rows), right=sum(right.get(row.document_id) == row.qualification for row in rows))


def note_of(session: Session, document_id: str) -> str | None:
    """What is shown after the reading of a golden item."""
    row = session.get(GoldenRow, document_id)
    return row.note if row else None


def _answers(session: Session) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in session.execute(select(ReviewRow.document_id, ReviewRow.qualification).where(ReviewRow.seat == "repere")):
        found.setdefault(row.document_id, []).append(row.qualification)
    return found


def _record(row: GoldenRow, said: list[str]) -> Golden:
    fields = {name: getattr(row, name) for name in Golden.model_fields if name not in ("readings", "right")}
    return Golden.model_validate({**fields, "readings": len(said), "right": said.count(row.qualification)})
