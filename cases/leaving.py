"""What is being erased because its retention period has ended: counted once, then erased everywhere, then forgotten here too.

The counts, the list and the removal of the decisions are one transaction: a run that is killed after it counts nothing twice and knows what is left
to erase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select

from cases import audit
from cases.decisions import Past, decided_of, pasts, standing_rows
from cases.erasing import erase_work
from cases.filed import Filed, erase_filed, filed_in
from cases.retention import class_of
from cases.standing import Version, pending_of, standing_of
from cases.tables import DecisionRow, ErasedRow, LeavingRow
from cases.tables_work import UrgencyRow
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Decided
    from cases.retention import Rules

CHUNK = 500
ACTOR = "flow:erasing"  # in the audit trail: what acts by itself
ALL = "tous"  # each document once, whatever its markers


class Candidate(NamedTuple):
    """The newest version of a document whose period may have ended, and what its anonymous count needs."""

    batch: str
    version: Version
    platform: str
    markers: tuple[str, ...]  # that its scores flag


class Leaving(NamedTuple):
    """A document that is being erased: all of its versions up to this one."""

    batch: str
    collected_at: datetime
    since: datetime  # when its erasing began


class ErasedCount(Record):
    """How many documents of a month of collection (YYYY-MM) were erased. ``outcome``: a qualification, non_lu (flagged, never decided), ordinaire."""

    month: str
    platform: str
    marker: str
    outcome: str
    documents: int


def leave(database: Database, candidates: Mapping[str, Candidate], *, now: datetime, rules: Rules) -> dict[str, int]:
    """Begin to erase those whose period has ended, after what stands on them now; how many by outcome, those of earlier runs not counted.

    Raises Unavailable, ConfigError.
    """
    outcomes: dict[str, int] = {}
    names = sorted(candidates)
    for start in range(0, len(names), CHUNK):
        part = {name: candidates[name] for name in names[start : start + CHUNK]}
        with database.writing() as session:
            for outcome in _leave(session, part, now=now, rules=rules):
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def _leave(session: Session, candidates: Mapping[str, Candidate], *, now: datetime, rules: Rules) -> Iterator[str]:
    already = set(session.scalars(select(LeavingRow.document_id).where(LeavingRow.document_id.in_(candidates))))
    found = {row.document_id: decided_of(row) for row in standing_rows(session, candidates)}
    past = pasts(session, candidates)
    pending = pending_of(session, {name: one.version for name, one in candidates.items()}, found)
    filed = filed_in(session, candidates)
    gone: list[str] = []
    for name, candidate in candidates.items():
        decided, before = found.get(name), past.get(name, Past())
        standing = standing_of(decided, candidate.version, rules, before, pending=name in pending, filed=filed.get(name, Filed()))
        if name in already or standing.retain_until is None or standing.retain_until > now:
            continue
        kind = class_of(standing, lane=before.lane(candidate.version.lane))
        outcome = decided.qualification if decided and decided.qualification else "non_lu" if kind == "en_attente" else kind
        _count(session, candidate, outcome, decided)
        session.add(LeavingRow(document_id=name, batch=candidate.batch, collected_at=candidate.version.collected_at, since=now))
        gone.append(name)
        yield outcome
    erase_filed(session, gone)
    _tell(session, gone, decisions=_erased(session, gone), readings=erase_work(session, gone))


def _erased(session: Session, names: Sequence[str]) -> int:
    """Remove the decisions on these; how many."""
    numbers = session.scalars(select(DecisionRow.number).where(DecisionRow.document_id.in_(names))).all()
    session.execute(delete(DecisionRow).where(DecisionRow.document_id.in_(names)))
    return len(numbers)


def _tell(session: Session, names: Sequence[str], *, decisions: int, readings: int) -> None:
    """The trail says that something was erased, how much and whether an urgency waits on it; of what, its earlier entries say by id."""
    if not (decisions or readings):
        return
    urgent = select(func.count()).select_from(UrgencyRow).where(UrgencyRow.document_id.in_(names), UrgencyRow.closed_at.is_(None))
    details = {"documents": len(names), "decisions": decisions, "readings": readings, "urgencies_open": session.scalar(urgent) or 0}
    audit.record(session, actor=ACTOR, action="work_erased", subject=("erasing", "documents"), details=details)


def _count(session: Session, candidate: Candidate, outcome: str, decided: Decided | None) -> None:
    month = f"{candidate.version.collected_at:%Y-%m}"
    for marker in (ALL, *(decided.markers if decided else candidate.markers)):
        key = (month, candidate.platform[:255], marker, outcome)
        row = session.get(ErasedRow, key)
        if row is None:
            session.add(ErasedRow(month=key[0], platform=key[1], marker=marker, outcome=outcome, documents=1))
            session.flush()
        else:
            row.documents += 1


def leaving(database: Database, document_ids: Iterable[str] | None = None) -> dict[str, Leaving]:
    """What is being erased, or which of these documents are."""
    names = None if document_ids is None else list(document_ids)
    parts = [None] if names is None else [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]
    with database.reading() as session:
        wanted = (select(LeavingRow) if part is None else select(LeavingRow).where(LeavingRow.document_id.in_(part)) for part in parts)
        return {row.document_id: Leaving(row.batch, row.collected_at, row.since) for one in wanted for row in session.scalars(one)}


def left(database: Database, document_ids: Collection[str]) -> None:
    """Forget documents of which nothing is stored any more. Raises Unavailable, ConfigError."""
    names = sorted(document_ids)
    for start in range(0, len(names), CHUNK):
        with database.writing() as session:
            session.execute(delete(LeavingRow).where(LeavingRow.document_id.in_(names[start : start + CHUNK])))
    database.erase_traces()


def forget(database: Database, document_ids: Collection[str]) -> int:
    """Remove all that people decided and wrote on these documents at once, for a person's right to erasure; how many decisions and readings.

    Raises Unavailable, ConfigError.
    """
    count = 0
    names = sorted(document_ids)
    for start in range(0, len(names), CHUNK):
        with database.writing() as session:
            part = names[start : start + CHUNK]
            erase_filed(session, part)
            decisions, readings = _erased(session, part), erase_work(session, part)
            _tell(session, part, decisions=decisions, readings=readings)
            count += decisions + readings
    database.erase_traces()
    return count


def erased_counts(database: Database) -> tuple[ErasedCount, ...]:
    """The counts of all that was ever erased. For what leaves the house, suppress those below 5."""
    with database.reading() as session:
        rows = session.scalars(select(ErasedRow).order_by(ErasedRow.month, ErasedRow.platform, ErasedRow.marker, ErasedRow.outcome))
        return tuple(ErasedCount.model_validate({name: getattr(row, name) for name in ErasedCount.model_fields}) for row in rows)
