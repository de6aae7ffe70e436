"""Informing the people concerned of what a notice or a dossier discloses: a dated choice, at the latest when it first leaves the house.

GDPR (Regulation (EU) 2016/679 of 27/04/2016) art. 14(3)(c) and 14(5)(b); a lawyer should check. French texts: protection/information.yml.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit
from cases.decisions import MOST_REASON
from cases.protection.texts import text_of
from cases.tables_notices import DossierRow, InformationRow, NoticeRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor, Role

Choice = Literal["informe", "differe", "exception_14_5_b"]
Kind = Literal["notice", "dossier"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
CHOOSERS: tuple[Role, ...] = ("valide", "droit")  # who sends a notice or hands a dossier over
MAKE_IT = {
    "notice": "make one on its page of sending, by POST /api/v1/notices/{id}/information or by vigie notices inform {id}",
    "dossier": "make it on the page of information",
}
SLACK = timedelta(minutes=5)  # between a browser's clock and ours


class Information(Record):
    """One choice. ``due_at``: until when it is deferred; ``informed_at``: when the person was told."""

    id: str
    subject_kind: Kind
    subject_id: str
    choice: Choice
    reason: str
    due_at: AwareDatetime | None
    informed_at: AwareDatetime | None
    by: str
    at: AwareDatetime


class Missing(NamedTuple):
    """What is missing before something may be disclosed; ``says`` is French."""

    code: Literal["choix_absent", "echeance_passee"]
    says: str


class Due(NamedTuple):
    """Something whose information is due. ``says`` is French."""

    kind: Kind
    id: str
    due_at: datetime | None
    says: str


def texts() -> Mapping[str, Any]:
    """What people read, of protection/information.yml."""
    return text_of("information")


def letter() -> str:
    """The message that a person may be sent, ready to copy; what a person has to fill in stands in square brackets."""
    said, public = texts()["letter"], text_of("notice")
    parts = [
        said["title"], said["opening"], said["content"], "Pourquoi", *(f"- {one}" for one in public["purposes"]), said["source"],
        "Qui peut les recevoir", *(f"- {one}" for one in public["recipients"]), said["decision"],
        "Vos droits", *(f"- {one}" for one in public["rights"]), public["cnil"], said["closing"],
    ]  # fmt: skip
    return "\n\n".join(" ".join(str(part).split()) for part in parts).replace("\n\n- ", "\n- ")


def choose(
    database: Database, kind: str, identifier: str, *, choice: str, reason: str, actor: Actor, act: str, due_at: datetime | None = None,
    informed_at: datetime | None = None, now: datetime | None = None,
) -> Information:  # fmt: skip
    """Write a choice down, once an ``act``; the last one counts, whatever the version.

    Raises Invalid, Forbidden, and NotFound for what another organisation wrote.
    """
    at = now or datetime.now(UTC)
    row = _checked(kind, choice, reason, due_at=due_at, informed_at=informed_at, at=at)
    row.id = hashlib.sha256(f"{actor.id}\n{act}".encode()).hexdigest()[:32]
    row.subject_id, row.by, row.at = identifier, actor.id, at
    with database.writing() as session:
        _own(session, kind, identifier, actor)
        if not actor.has(*CHOOSERS):
            raise Forbidden(f"choosing how people are informed needs the role {' or '.join(CHOOSERS)}; ask somebody who has it")
        if (there := session.get(InformationRow, row.id)) is not None:
            return _information(there)
        session.add(row)
        audit.record(session, actor=actor.id, action="information_chosen", subject=(kind, identifier), details={"choice": choice}, at=at)
        return _information(row)


def _checked(kind: str, choice: str, reason: str, *, due_at: datetime | None, informed_at: datetime | None, at: datetime) -> InformationRow:
    if choice not in CHOICES:
        raise Invalid(f"a choice that does not exist, {choice[:40]!r}; expected one of: {', '.join(CHOICES)}")
    if not 1 <= len(reason.strip()) <= MOST_REASON:
        raise Invalid(f"a reason of {len(reason.strip())} characters; expected 1 to {MOST_REASON}")
    if choice == "informe" and (informed_at is None or informed_at > at + SLACK):
        raise Invalid("when the person was informed is missing or lies in the future; expected a past date")
    most = at + timedelta(days=texts()["most_deferred_days"])
    if choice == "differe" and (due_at is None or not at < due_at <= most):
        raise Invalid(f"the date until which informing is deferred is missing or wrong; expected a date up to {most:%Y-%m-%d}")
    kept = {"due_at": due_at if choice == "differe" else None, "informed_at": informed_at if choice == "informe" else None}
    return InformationRow(subject_kind=kind, choice=choice, reason=reason.strip(), **kept)


def _own(session: Session, kind: str, identifier: str, actor: Actor) -> None:
    row = session.get(NoticeRow, identifier) if kind == "notice" else session.get(DossierRow, identifier) if kind == "dossier" else None
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound(f"{kind[:16]} {identifier[:40]} does not exist")


def informations(database: Database, kind: str, identifier: str, *, actor: Actor) -> tuple[Information, ...]:
    """The choices made on a notice or a dossier, the newest first. Raises NotFound."""
    with database.reading() as session:
        _own(session, kind, identifier, actor)
        return tuple(map(_information, _rows(session, kind, identifier)))


def missing(database: Database, kind: str, identifier: str, *, now: datetime | None = None) -> tuple[Missing, ...]:
    """What is missing before this may be disclosed; nothing where a choice stands that has not run out."""
    with database.reading() as session:
        return missing_in(session, kind, identifier, now=now)


def missing_in(session: Session, kind: str, identifier: str, *, now: datetime | None = None) -> tuple[Missing, ...]:
    """The same in a transaction of the caller's, so that nothing leaves between looking and sending."""
    rows = _rows(session, kind, identifier)
    return _missing(rows[0] if rows else None, now or datetime.now(UTC))


def refuse_missing_in(session: Session, kind: str, identifier: str, *, now: datetime) -> None:
    """In the transaction in which something leaves. Raises Conflict where no choice stands."""
    for one in missing_in(session, kind, identifier, now=now)[:1]:
        where = MAKE_IT[kind].format(id=identifier)
        raise Conflict(f"{kind} {identifier} has no choice that stands on informing the people concerned ({one.code}); {where}")


def _missing(row: InformationRow | None, now: datetime) -> tuple[Missing, ...]:
    if row is None:
        return (Missing("choix_absent", texts()["missing"]["choix_absent"]),)
    if row.choice == "differe" and row.due_at is not None and row.due_at <= now:
        return (Missing("echeance_passee", texts()["missing"]["echeance_passee"]),)
    return ()


def due(database: Database, *, organisation_id: str, now: datetime | None = None) -> tuple[Due, ...]:
    """What left the house, or is about to, without a choice that stands, and what is deferred, of one organisation; the most urgent first."""
    at, found = now or datetime.now(UTC), list[Due]()
    with database.reading() as session:
        last = {(row.subject_kind, row.subject_id): row for row in session.scalars(select(InformationRow).order_by(InformationRow.at))}
        notices = select(NoticeRow).where(NoticeRow.organisation_id == organisation_id, NoticeRow.closed_at.is_(None))
        dossiers = select(DossierRow).where(DossierRow.organisation_id == organisation_id, DossierRow.closed_at.is_(None))
        for row in (*session.scalars(notices), *session.scalars(dossiers)):
            kind: Kind = "notice" if isinstance(row, NoticeRow) else "dossier"
            choice = last.get((kind, row.id))
            told = _missing(choice, at)
            if row.content and (told or (choice is not None and choice.due_at is not None)):
                says = told[0].says if told else texts()["choices"]["differe"]["name"]
                found.append(Due(kind, row.id, choice.due_at if choice else row.sent_at, says))
    return tuple(sorted(found, key=lambda one: (one.due_at is None, one.due_at or at, one.id)))


def _rows(session: Session, kind: str, identifier: str) -> list[InformationRow]:
    wanted = InformationRow.subject_kind == kind, InformationRow.subject_id == identifier
    return list(session.scalars(select(InformationRow).where(*wanted).order_by(InformationRow.at.desc(), InformationRow.id)))


def _information(row: InformationRow) -> Information:
    return Information.model_validate(
        {name: getattr(row, name) or "" if name == "reason" else getattr(row, name) for name in Information.model_fields}
    )
