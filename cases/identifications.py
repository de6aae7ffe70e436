"""Whether an account that somebody names is the author of one item: two people ask, yes or no is answered, and a trace stays.

Never a list and never a search: a question is about one item with an open case, the account is turned into its pseudonyms before it comes here, and
what was kept to compare is removed with the answer. Domain rules, section 4.1: no register of suspected persons.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import func, or_, select, update

from cases import audit
from cases.decisions import pasts
from cases.tables_people import OrganisationRow
from cases.tables_work import IdentificationRow
from core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor

MOST_A_DAY = 5  # questions of one person: whoever guesses names learns little
MOST_ON_ONE = 10  # questions on one item in KEEP
KEEP = timedelta(days=30)  # for which a question waits for its second person
DAY = timedelta(days=1)
MOST_REASON = 2000  # characters
GONE = ""  # of a candidate that was compared


class Question(Record):
    """A question and its answer; what it named is not in it."""

    id: str
    document_id: str
    reason: str
    asked_by: str
    asked_at: AwareDatetime
    agreed_by: str | None
    refused_by: str | None
    answered_at: AwareDatetime | None
    matches: bool | None


def ask(
    database: Database, document_id: str, *, candidate: str, reason: str, actor: Actor, act: str | None = None, now: datetime | None = None
) -> Question:
    """Ask, once an ``act``, whether the author of ``document_id`` is the account of pseudonym ``candidate``.

    Raises Invalid (no reason), Conflict (no open case), Forbidden (an organisation without a legal capacity), TooMany.
    """
    at = now or datetime.now(UTC)
    if not 1 <= len(reason.strip()) <= MOST_REASON:
        raise Invalid(f"a reason of {len(reason.strip())} characters; expected 1 to {MOST_REASON}")
    identifier = hashlib.sha256(f"{actor.id}\n{act}".encode()).hexdigest()[:32] if act else uuid.uuid4().hex
    with database.writing() as session:
        row = session.get(IdentificationRow, identifier)
        if row is None:
            _may_ask(session, document_id, actor, at)
            row = IdentificationRow(
                id=identifier, document_id=document_id, candidate=candidate, reason=reason.strip(), asked_by=actor.id, asked_at=at
            )
            session.add(row)
            _record(session, row, "identification_asked", actor, at)
        return _question_of(row)


def _may_know(session: Session, document_id: str, actor: Actor) -> None:
    """Raises Forbidden for an organisation without a legal capacity, Conflict where no case is open."""
    organisation = session.get(OrganisationRow, actor.organisation_id)
    if organisation is None or organisation.capacity == "aucune":
        raise Forbidden("data on offences need a legal capacity (loi 78-17, art. 46); this organisation declares none; ask an administrator")
    past = pasts(session, [document_id]).get(document_id)
    if past is None or not past.open:
        raise Conflict(f"document {document_id} has no open case; who wrote it is asked only of what was decided illicite_presume or urgence")


def _may_ask(session: Session, document_id: str, actor: Actor, at: datetime) -> None:
    _forget_old(session, at)
    _may_know(session, document_id, actor)
    mine = _count(session, IdentificationRow.asked_by == actor.id, IdentificationRow.asked_at > at - DAY)
    if mine >= MOST_A_DAY:
        raise TooMany(f"{mine} questions in a day; expected at most {MOST_A_DAY}, wait until tomorrow", wait=int(DAY.total_seconds()))
    on_it = _count(session, IdentificationRow.document_id == document_id, IdentificationRow.asked_at > at - KEEP)
    if on_it >= MOST_ON_ONE:
        raise TooMany(f"{on_it} questions on {document_id} in {KEEP.days} days; expected at most {MOST_ON_ONE}", wait=int(DAY.total_seconds()))


def _count(session: Session, *where: object) -> int:
    return session.scalar(select(func.count()).select_from(IdentificationRow).where(*where)) or 0  # type: ignore[arg-type]


def _forget_old(session: Session, at: datetime) -> None:
    """What nobody agreed to in time is not compared any more, and not kept."""
    old = IdentificationRow.answered_at.is_(None) & (IdentificationRow.asked_at <= at - KEEP)
    session.execute(update(IdentificationRow).where(old).values(candidate=GONE))


def agree(database: Database, identifier: str, *, authors: Collection[str], actor: Actor, now: datetime | None = None) -> Question:
    """The second person agrees: yes or no. ``authors``: pseudonyms of the item's author and organiser; empty where the page names none.

    Raises NotFound, Conflict (answered, too old, no author, no open case any more), Forbidden (who asked, or without a legal capacity).
    """
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _open(session, identifier, actor, at)
        _may_know(session, row.document_id, actor)  # the answer is theirs too, and the case may have been closed meanwhile
        if not authors:
            raise Conflict(f"document {row.document_id} names no author, or is gone; there is nothing to compare, refuse the question")
        row.matches, row.agreed_by = row.candidate in authors, actor.id
        return _answered(session, row, "identification_agreed", actor, at)


def refuse(database: Database, identifier: str, *, actor: Actor, now: datetime | None = None) -> Question:
    """The second person refuses, or who asked withdraws: nothing is compared. Raises NotFound, Conflict."""
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _open(session, identifier, None, at)
        row.refused_by = actor.id
        return _answered(session, row, "identification_refused", actor, at)


def _answered(session: Session, row: IdentificationRow, action: str, actor: Actor, at: datetime) -> Question:
    row.answered_at, row.candidate = at, GONE
    _record(session, row, action, actor, at)
    return _question_of(row)


def _open(session: Session, identifier: str, other_than: Actor | None, at: datetime) -> IdentificationRow:
    row = session.get(IdentificationRow, identifier)
    if row is None:
        raise NotFound(f"question {identifier[:40]} does not exist")
    if row.answered_at is not None:
        raise Conflict(f"question {identifier} was answered already")
    if other_than and row.asked_by == other_than.id:
        raise Forbidden("who asked cannot agree too: it takes two people")
    if other_than and (row.asked_at <= at - KEEP or row.candidate == GONE):
        raise Conflict(f"question {identifier} waited more than {KEEP.days} days; ask anew")
    return row


def find(database: Database, identifier: str) -> Question:
    """Raises NotFound."""
    with database.reading() as session:
        row = session.get(IdentificationRow, identifier)
        if row is None:
            raise NotFound(f"question {identifier[:40]} does not exist")
        return _question_of(row)


def waiting(database: Database, *, actor: Actor, now: datetime | None = None) -> tuple[Question, ...]:
    """Questions of others that this person may agree to, the oldest first."""
    since = (now or datetime.now(UTC)) - KEEP
    wanted = select(IdentificationRow).where(
        IdentificationRow.answered_at.is_(None), IdentificationRow.asked_at > since, IdentificationRow.asked_by != actor.id
    )
    with database.reading() as session:
        return tuple(map(_question_of, session.scalars(wanted.order_by(IdentificationRow.asked_at))))


def own(database: Database, *, actor: Actor, size: int = 50) -> tuple[Question, ...]:
    """Questions that this person asked, agreed to or refused, the newest first: the answer is shown to nobody else."""
    mine = or_(IdentificationRow.asked_by == actor.id, IdentificationRow.agreed_by == actor.id, IdentificationRow.refused_by == actor.id)
    with database.reading() as session:
        return tuple(
            map(_question_of, session.scalars(select(IdentificationRow).where(mine).order_by(IdentificationRow.asked_at.desc()).limit(size)))
        )


def _record(session: Session, row: IdentificationRow, action: str, actor: Actor, at: datetime) -> None:
    """Never the answer nor the pseudonym: the trail says who asked about which item, no more."""
    audit.record(session, actor=actor.id, action=action, subject=("identification", row.id), details={"document": row.document_id}, at=at)


def _question_of(row: IdentificationRow) -> Question:
    return Question.model_validate({name: getattr(row, name) for name in Question.model_fields})
