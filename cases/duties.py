"""Art. 434-3 of the penal code: where a minor, or somebody who cannot defend themselves, may be in danger, a person answers and dates it.

Asked of each organisation that knows such a content: of those whose people read it, when it is decided; of the one that drafts a notice or a dossier
with it. Each answers for itself and sees its own answer only; no dossier of an organisation that holds it is handed over before its answer.
Vigie answers nothing by itself: the question stays open until a person with the role ``valide`` or ``droit`` has answered.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import AwareDatetime
from sqlalchemy import select, update

from cases import audit
from cases.decisions import MOST_REASON, chunks
from cases.tables_notices import DutyRow
from cases.tables_people import OrganisationRow, PersonRow
from cases.tables_work import ReviewRow
from core.errors import Conflict, Forbidden, Invalid, NotFound, nearest
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor

# informe: we told the judicial or administrative authorities; deja_informe: they knew; pas_de_devoir: this is no case of the article
Answer = Literal["informe", "deja_informe", "pas_de_devoir"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
FLAGS = ("T7", "T1")  # of nlp/markers/flags.yml: a life in danger, minors
ASKED_BY = "flow:duties"  # in the audit trail: what asks by itself
FUTURE = timedelta(minutes=1)  # clocks differ


class Duty(Record):
    """The question on one content to one organisation. ``why``: urgence, T1 or T7.

    ``reason`` is None until it is answered, and once the content is erased.
    """

    id: str
    document_id: str
    organisation_id: str
    why: str
    asked_at: AwareDatetime
    answer: Answer | None
    reason: str | None
    informed_at: AwareDatetime | None
    answered_by: str | None
    answered_at: AwareDatetime | None


def why_of(qualification: str | None, flags: Iterable[str]) -> str | None:
    """What asks for an answer: the qualification urgence, else the flag T7 or T1 on what people did not set aside; None: nothing does. Pure."""
    if qualification == "urgence":
        return "urgence"
    if qualification in (None, "hors_champ"):
        return None
    return next((flag for flag in FLAGS if flag in flags), None)


def why_of_entry(entry: Mapping[str, object]) -> str | None:
    """The same, of an entry of an index as it stands. Pure."""
    flags = entry["flags"]
    return why_of(str(entry["qualification"]) if entry["qualification"] else None, flags if isinstance(flags, list | tuple) else ())


def ask(database: Database, reasons: Mapping[str, str], *, now: datetime | None = None) -> int:
    """Ask of these documents, by id, for these reasons, each organisation whose people read them; how many questions are new.

    Writes nothing where all were asked. Where nobody's reading is known, every organisation is asked: no question is lost. Raises Unavailable.
    """
    with database.reading() as session:
        new = _new(session, reasons)
    if not new:
        return 0
    with database.writing() as session:
        return _write(session, _new(session, reasons), reasons, at=now or datetime.now(UTC), actor=ASKED_BY)


def ask_in(session: Session, reasons: Mapping[str, str], *, at: datetime, actor: Actor) -> int:
    """Ask the actor's organisation, in a transaction that does more."""
    known = {row.document_id for row in rows_of(session, reasons, organisation_id=actor.organisation_id)}
    new = [(name, actor.organisation_id) for name in reasons if name not in known]
    return _write(session, new, reasons, at=at, actor=actor.id)


def _new(session: Session, reasons: Mapping[str, str]) -> list[tuple[str, str]]:
    """Documents and organisations that a question is still to be put to."""
    if not reasons:
        return []
    known = {(row.document_id, row.organisation_id) for row in rows_of(session, reasons)}
    concerned = _readers(session, reasons)
    every = () if reasons.keys() <= concerned.keys() else tuple(session.scalars(select(OrganisationRow.id).order_by(OrganisationRow.id)))
    pairs = [(name, one) for name in reasons for one in (sorted(concerned[name]) if name in concerned else every)]
    return [pair for pair in pairs if pair not in known]


def _readers(session: Session, names: Iterable[str]) -> dict[str, set[str]]:
    """The organisations whose people read each document."""
    found: dict[str, set[str]] = {}
    for part in chunks(list(names)):
        wanted = select(ReviewRow.document_id, PersonRow.organisation_id).join(PersonRow, PersonRow.id == ReviewRow.person_id)
        for name, organisation in session.execute(wanted.where(ReviewRow.document_id.in_(part)).distinct()):
            found.setdefault(name, set()).add(organisation)
    return found


def _write(session: Session, pairs: Iterable[tuple[str, str]], reasons: Mapping[str, str], *, at: datetime, actor: str) -> int:
    rows = [
        DutyRow(id=duty_id(name, organisation), document_id=name, organisation_id=organisation, why=reasons[name], asked_at=at)
        for name, organisation in pairs
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        audit.record(
            session, actor=actor, action="duty_asked", subject=("duty", row.id), details={"document": row.document_id, "why": row.why}, at=at
        )
    return len(rows)


def answer(
    database: Database, identifier: str, *, said: str, reason: str, informed_at: datetime | None, actor: Actor, again: bool = False,
    now: datetime | None = None,
) -> Duty:  # fmt: skip
    """Answer one question. ``informed_at``: when the authorities were told, for all answers but pas_de_devoir. ``again``: over an earlier answer.

    Raises NotFound (also of another organisation), Conflict (answered meanwhile), Forbidden (neither valide nor droit), Invalid.
    """
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _own(session, identifier, actor)
        if row.answer and not again:
            raise Conflict(f"duty {row.id} was answered meanwhile; look at the answer, then answer anew if it is wrong")
        return answer_in(session, row, said=said, reason=reason, informed_at=informed_at, actor=actor, at=at)


def answer_in(session: Session, row: DutyRow, *, said: str, reason: str, informed_at: datetime | None, actor: Actor, at: datetime) -> Duty:
    """``answer`` in a transaction that does more. Raises Forbidden, Invalid."""
    if not actor.has("valide", "droit"):
        raise Forbidden("this needs the role valide or droit; ask an administrator of Vigie")
    _check(said, reason, informed_at, at)
    details = {"document": row.document_id, "answer": said, "before": row.answer or ""}
    row.answer, row.reason, row.informed_at, row.answered_by, row.answered_at = said, reason.strip(), informed_at, actor.id, at
    session.flush()
    audit.record(session, actor=actor.id, action="duty_answered", subject=("duty", row.id), details=details, at=at)
    return duty_of(row)


def _check(said: str, reason: str, informed_at: datetime | None, at: datetime) -> None:
    if said not in ANSWERS:
        raise Invalid(f"answer {said[:40]!r} is unknown; {nearest(said, ANSWERS)}")
    if not 1 <= len(reason.strip()) <= MOST_REASON:
        raise Invalid(f"a reason of {len(reason.strip())} characters; expected 1 to {MOST_REASON}")
    if said == "pas_de_devoir" and informed_at is not None:
        raise Invalid("a time beside the answer that there is no duty; leave it empty, or say that the authorities were informed")
    if said != "pas_de_devoir" and informed_at is None:
        raise Invalid("the time does not fit the answer; expected when the authorities were informed")
    if informed_at is not None and informed_at.tzinfo is None:
        raise Invalid("the time has no zone; expected one such as 2026-11-22T14:05+01:00")
    if informed_at is not None and informed_at > at + FUTURE:
        raise Invalid("the time lies in the future; say when they were informed, once they are")


def unanswered(database: Database, *, actor: Actor | None = None, size: int | None = None) -> tuple[Duty, ...]:
    """The questions to the actor's organisation that wait, the oldest first; None: to any. Raises Unavailable, ConfigError."""
    wanted = select(DutyRow).where(DutyRow.answer.is_(None)).order_by(DutyRow.asked_at, DutyRow.id).limit(size)
    if actor is not None:
        wanted = wanted.where(DutyRow.organisation_id == actor.organisation_id)
    with database.reading() as session:
        return tuple(map(duty_of, session.scalars(wanted)))


def answered_since(database: Database, moment: datetime, *, actor: Actor) -> tuple[Duty, ...]:
    """What the actor's organisation answered at this moment or later, the last first."""
    own = (DutyRow.organisation_id == actor.organisation_id, DutyRow.answered_at >= moment)
    with database.reading() as session:
        return tuple(map(duty_of, session.scalars(select(DutyRow).where(*own).order_by(DutyRow.answered_at.desc(), DutyRow.id))))


def find(database: Database, identifier: str, *, actor: Actor) -> Duty:
    """One question to the actor's organisation. Raises NotFound."""
    with database.reading() as session:
        return duty_of(_own(session, identifier, actor))


def _own(session: Session, identifier: str, actor: Actor) -> DutyRow:
    row = session.get(DutyRow, identifier)
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound(f"no duty {identifier[:40]!r}; the page of duties shows them")
    return row


def of_documents(database: Database, document_ids: Iterable[str], *, actor: Actor) -> dict[str, Duty]:
    """The questions to the actor's organisation on these documents, by document."""
    with database.reading() as session:
        return {row.document_id: duty_of(row) for row in rows_of(session, document_ids, organisation_id=actor.organisation_id)}


def rows_of(session: Session, document_ids: Iterable[str], *, organisation_id: str | None = None) -> list[DutyRow]:
    """The rows on these documents; ``organisation_id``: those of one organisation alone."""
    wanted = select(DutyRow) if organisation_id is None else select(DutyRow).where(DutyRow.organisation_id == organisation_id)
    names = list(dict.fromkeys(document_ids))
    return [row for part in chunks(names) for row in session.scalars(wanted.where(DutyRow.document_id.in_(part)))]


def blocking_in(session: Session, document_ids: Iterable[str], *, organisation_id: str) -> tuple[str, ...]:
    """Ids of the questions on these documents that nobody of the organisation has answered: while there is one, it hands over no dossier with them.

    A notice is not kept back: delaying a removal would be worse for who is in danger. The page that sends it warns, with a link.
    """
    return tuple(row.id for row in rows_of(session, document_ids, organisation_id=organisation_id) if row.answer is None)


def erase_in(session: Session, document_ids: Iterable[str]) -> None:
    """Remove the words of answers on documents that are erased; that it was asked and answered, and when, stays: it proves that the duty was met."""
    for part in chunks(list(document_ids)):
        session.execute(update(DutyRow).where(DutyRow.document_id.in_(part)).values(reason=None))


def duty_id(document_id: str, organisation_id: str) -> str:
    """Of the question to one organisation on one document: asking twice is asking once."""
    return hashlib.sha256(f"434-3\n{organisation_id}\n{document_id}".encode()).hexdigest()[:32]


def duty_of(row: DutyRow) -> Duty:
    """The record of a row."""
    return Duty.model_validate({name: getattr(row, name) for name in Duty.model_fields})
