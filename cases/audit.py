"""The audit trail: who did what to which thing, each entry chained to the one before by its hash. Never a text, never a name.

An entry is written in the transaction of what it tells of: neither is there without the other. The last hash, printed or sent elsewhere from time to
time, proves that nothing before it was changed, removed or put in between; see ``verify``.
A document stands in the trail under a random alias, which is forgotten with the document: what is erased leaves no hole, and no trace of what it was.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from cases.tables_people import AliasRow, AuditRow
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database

START = "0" * 64  # what stands before the first entry
STEP = 1000
DOCUMENT = "document"


class Entry(Record):
    """One entry as it is stored; ``details`` is JSON in one spelling."""

    number: int
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str  # of a document: its alias
    document_id: str | None = None  # of that alias, while the document is kept
    details: str
    previous: str
    hash: str


class Verified(NamedTuple):
    """How many entries were read, the last hash, and the first number that is wrong with why; None where all is sound."""

    entries: int
    last: str
    wrong: int | None = None
    why: str = ""


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: tuple[str, str],
    details: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> None:
    """Add an entry in a writing transaction. ``subject``: (kind, id). ``details``: ids, counts, words of ours; never a text, a name or a secret.

    A document, as the subject or as the detail ``document``, is written under its alias.
    """
    kind, name = subject
    if kind == DOCUMENT:
        name = _alias(session, name)
    if details and DOCUMENT in details:
        details = {**details, DOCUMENT: _alias(session, str(details[DOCUMENT]))}
    last = session.scalars(select(AuditRow).order_by(AuditRow.number.desc()).limit(1)).first()
    row = AuditRow(
        number=last.number + 1 if last else 1, at=at or datetime.now(UTC), actor=actor, action=action, subject_kind=kind, subject_id=name,
        details=json.dumps(details or {}, sort_keys=True, ensure_ascii=True, separators=(",", ":")), previous=last.hash if last else START,
    )  # fmt: skip
    row.hash = _hash(row)
    session.add(row)
    session.flush()


def _alias(session: Session, document_id: str) -> str:
    row = session.get(AliasRow, document_id)
    if row is None:
        row = AliasRow(document_id=document_id, alias=uuid.uuid4().hex)
        session.add(row)
        session.flush()
    return row.alias


def alias_of(session: Session, document_id: str) -> str:
    """What the trail calls a document; itself where the trail never spoke of it, or where it was an alias."""
    row = session.get(AliasRow, document_id)
    return row.alias if row else document_id


def documents_of(session: Session, aliases: Iterable[str]) -> dict[str, str]:
    """The documents that are still known, by their aliases."""
    names = list(dict.fromkeys(aliases))
    return {row.alias: row.document_id for row in session.scalars(select(AliasRow).where(AliasRow.alias.in_(names)))}


def _hash(row: AuditRow) -> str:
    parts = (row.number, row.at.astimezone(UTC).isoformat(timespec="microseconds"), row.actor, row.action, row.subject_kind, row.subject_id,
             row.details, row.previous)  # fmt: skip
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def verify(database: Database, *, known: tuple[int, str] | None = None) -> Verified:
    """Compute the chain anew. ``known``: number and hash of an entry that was kept elsewhere. Raises Unavailable, ConfigError."""
    number, previous = 0, START
    with database.reading() as session:
        for row in session.scalars(select(AuditRow).order_by(AuditRow.number).execution_options(yield_per=STEP)):
            number += 1
            if row.number != number:
                return Verified(number - 1, previous, number, f"entry {number} is missing")
            if row.previous != previous or row.hash != _hash(row):
                return Verified(number - 1, previous, number, f"entry {number} was changed, or the one before it")
            if known and number == known[0] and row.hash != known[1]:
                return Verified(number - 1, previous, number, f"entry {number} is not the one that was kept elsewhere")
            previous = row.hash
    if known and known[0] > number:
        return Verified(number, previous, number + 1, f"the trail ends at entry {number}, but entry {known[0]} was kept elsewhere")
    return Verified(number, previous)


def entries(
    database: Database, *, subject: tuple[str, str] | None = None, actor: str | None = None, before: int | None = None, size: int = 100
) -> Sequence[Entry]:
    """The newest entries first, on one thing or by one actor where given; ``before``: only numbers below it."""
    wanted = select(AuditRow).order_by(AuditRow.number.desc()).limit(size)
    if actor:
        wanted = wanted.where(AuditRow.actor == actor)
    if before:
        wanted = wanted.where(AuditRow.number < before)
    with database.reading() as session:
        if subject:
            name = alias_of(session, subject[1]) if subject[0] == DOCUMENT else subject[1]
            wanted = wanted.where(AuditRow.subject_kind == subject[0], AuditRow.subject_id == name)
        rows = session.scalars(wanted).all()
        known = documents_of(session, [row.subject_id for row in rows if row.subject_kind == DOCUMENT])
        return tuple(_entry(row, known.get(row.subject_id) if row.subject_kind == DOCUMENT else None) for row in rows)


def _entry(row: AuditRow, document_id: str | None) -> Entry:
    fields = {name: getattr(row, name) for name in Entry.model_fields if name != "document_id"}
    return Entry.model_validate({**fields, "document_id": document_id})


def count(database: Database) -> int:
    """How many entries there are."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditRow)) or 0
