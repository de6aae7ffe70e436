"""Signatures of people under one version of a notice or a dossier, each sealed: a row that was written past the product does not count.

What "two different people" means here: two accounts of the house that owns it, both still allowed, with different names and mailboxes. Nothing in a
database can prove that two accounts are two human beings: who may make accounts can make two and sign with both. That is seen, not prevented:
``cautions`` says when one signer made the other's account, and the trail keeps who made which.
The seal is an HMAC with the console's secret. Who holds both the database and that secret can forge a signature; who holds one of them cannot.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit
from cases.rounds import own_act
from cases.signers import allowed, cautions, same_person
from cases.tables_notices import DossierRow, NoticeRow, SignatureRow
from cases.tables_people import PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.keys import key_file
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.people import Actor
    from core.settings import Settings

Kind = Literal["notice", "dossier"]
Gate = Literal["sante", "droit"]
GATES: tuple[Gate, ...] = ("sante", "droit")
NEEDED = 2  # people
MOST_INTERESTS = 1000  # characters
STATEMENT = (
    "Je déclare de bonne foi que, à ma connaissance, les informations et allégations de ce document sont exactes et complètes "
    "(règlement (UE) 2022/2065, art. 16, par. 2, point d). J'ai lu les contenus qu'il vise."
)
DOSSIER_STATEMENT = (
    "Je déclare de bonne foi que, à ma connaissance, les faits de ce document sont exacts, complets, et séparés de l'avis, et que ce qui parle en "
    "faveur de l'auteur y est. J'ai lu les contenus qu'il vise."
)
STATEMENTS: dict[Kind, str] = {"notice": STATEMENT, "dossier": DOSSIER_STATEMENT}


class Subject(NamedTuple):
    """What is signed: the version that stands now."""

    kind: Kind
    id: str
    organisation_id: str
    version: int
    digest: str


class Signature(Record):
    """One signature. ``current``: under the version that stands, and not withdrawn; whether it counts, ``valid_in`` alone says."""

    id: str
    person_id: str
    by: str  # the signer's name
    version: int
    digest: str
    gates: tuple[Gate, ...]
    statement: str
    interests: str
    at: AwareDatetime
    withdrawn_at: AwareDatetime | None = None
    current: bool = True


def signing_secret(settings: Settings) -> bytes:
    """The secret that seals signatures: the console's own, also for a worker and the command line. Raises ConfigError."""
    if settings.console_secret:
        return settings.console_secret.get_secret_value().encode()
    return key_file(settings.data_dir / "console.key", advice="put back the copy you kept: without it no signature counts any more")


def subject_of(session: Session, kind: Kind, identifier: str, *, organisation_id: str | None = None) -> Subject:
    """What stands under this id. Raises NotFound, also for what another organisation owns."""
    row: NoticeRow | DossierRow | None = session.get(NoticeRow, identifier) if kind == "notice" else session.get(DossierRow, identifier)
    if row is None or (organisation_id is not None and row.organisation_id != organisation_id):
        raise NotFound(f"{kind} {identifier[:40]!r} does not exist")
    return Subject(kind, row.id, row.organisation_id, row.version, row.digest)


def sign(
    database: Database, kind: Kind, identifier: str, *, digest: str, statement: str, interests: str, gates: Iterable[str], actor: Actor, act: Act,
    secret: bytes, check: Callable[[Session], None] | None = None,
) -> tuple[Signature, ...]:  # fmt: skip
    """Sign what was shown as ``digest``; all signatures under it. A notice is checked by its own rules, whatever ``check`` says.

    ``check``: refuses in the same transaction, for a dossier. ``gates``: the looks that the signer answers for, with the role of that name.
    Repeating it under the same act, or signing again what one signed, changes nothing. Raises NotFound, Conflict where another version stands now,
    Invalid, Forbidden; Unavailable, ConfigError.
    """
    if kind == "notice":
        from cases.notice_signing import sign_notice  # it builds upon this module

        sign_notice(database, identifier, digest=digest, statement=statement, interests=interests, gates=gates, actor=actor, act=act, secret=secret)
        return signatures(database, kind, identifier)
    with database.writing() as session:
        subject = subject_of(session, kind, identifier, organisation_id=actor.organisation_id)
        if check:
            check(session)
        sign_in(session, subject, digest=digest, statement=statement, interests=interests, gates=gates, actor=actor, act=act, secret=secret)
    return signatures(database, kind, identifier)


def sign_in(
    session: Session, subject: Subject, *, digest: str, statement: str, interests: str, gates: Iterable[str], actor: Actor, act: Act, secret: bytes
) -> SignatureRow:
    """``sign`` in a transaction that does more; the caller has checked what is signed. Raises Conflict, Invalid, Forbidden."""
    if digest != subject.digest:
        raise Conflict(f"{subject.kind} {subject.id} has changed since it was read; read it again, then sign what stands now")
    person = signer(session, actor.id, organisation_id=subject.organisation_id)
    answered = _answered(person, gates)
    _said(subject.kind, statement, interests)
    if own := _own(session, subject, person.id):
        if own.withdrawn_at:
            raise Conflict(
                f"this version of {subject.kind} {subject.id} was signed by the same account and withdrawn; change it, then sign what is new"
            )
        return own
    for other in valid_in(session, subject, secret=secret):
        _different(session, person, other.person_id)
    row = SignatureRow(
        id=own_act(act, actor, f"signature {subject.id}").id, subject_kind=subject.kind, subject_id=subject.id, version=subject.version,
        digest=digest,
        person_id=person.id, gates=answered, statement=statement.strip(), interests=interests.strip(), at=act.at, seal="",
    )  # fmt: skip
    row.seal = seal_of(row, secret)
    session.add(row)
    session.flush()
    details = {
        "signature": row.id,
        "version": row.version,
        "digest": digest,
        "gates": answered,
        "key": actor.key_id,
        **_origin(session, subject, secret),
    }
    audit.record(session, actor=actor.id, action=f"{subject.kind}_signed", subject=(subject.kind, subject.id), details=details, at=act.at)
    return row


def signer(session: Session, person_id: str, *, organisation_id: str) -> PersonRow:
    """The account, as it stands now, if it may sign for this house. Raises Forbidden."""
    person = session.get(PersonRow, person_id)
    if person is None or not allowed(session, person, organisation_id):
        raise Forbidden(
            "signing needs an open account of the organisation that the document belongs to, with the role analyse, valide, sante or droit"
        )
    return person


def _answered(person: PersonRow, gates: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(gates))
    for gate in found:
        if gate not in GATES:
            raise Invalid(f"gate {gate[:40]!r} is unknown; expected one of: {', '.join(GATES)}")
        if gate not in person.roles:
            raise Forbidden(f"answering for the look {gate} needs the role {gate}")
    return sorted(found)


def _said(kind: Kind, statement: str, interests: str) -> None:
    if statement.strip() != STATEMENTS[kind]:
        raise Invalid("the good-faith statement is not the one that is signed; read it and confirm it as it stands")
    if not 0 < len(interests.strip()) <= MOST_INTERESTS:
        raise Invalid(f"interests of {len(interests.strip())} characters; expected 1 to {MOST_INTERESTS}: declare yours, or write aucun")


def _own(session: Session, subject: Subject, person_id: str) -> SignatureRow | None:
    mine = (SignatureRow.subject_id == subject.id, SignatureRow.digest == subject.digest, SignatureRow.person_id == person_id)
    return session.scalars(select(SignatureRow).where(SignatureRow.subject_kind == subject.kind, *mine)).first()


def _different(session: Session, person: PersonRow, other_id: str) -> None:
    """Raises Conflict for two accounts that are one person by all that can be seen."""
    other = session.get(PersonRow, other_id)
    if other is not None and same_person(person, other):
        raise Conflict("two accounts with one name or one mailbox sign as one person; the second signature must be another person's")


def seal_of(row: SignatureRow, secret: bytes) -> str:
    """HMAC-SHA256 over the whole row, its withdrawal too: putting an old row back as it was breaks it."""
    said = (
        row.id, row.subject_kind, row.subject_id, row.version, row.digest, row.person_id, sorted(row.gates), row.statement, row.interests,
        _spelt(row.at), _spelt(row.withdrawn_at) if row.withdrawn_at else None,
    )  # fmt: skip
    return hmac.new(secret, b"signature\n" + json.dumps(said, ensure_ascii=True).encode(), hashlib.sha256).hexdigest()


def _spelt(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def valid_in(session: Session, subject: Subject, *, secret: bytes, left: bool = False) -> tuple[SignatureRow, ...]:
    """The signatures that count now: sealed, under the version that stands, not withdrawn, of accounts that are still allowed; one a person.

    ``left``: of what has left the house; accounts that were closed since had signed.
    """
    wanted = select(SignatureRow).where(SignatureRow.subject_kind == subject.kind, SignatureRow.subject_id == subject.id)
    found: list[tuple[SignatureRow, PersonRow]] = []
    for row in session.scalars(wanted.order_by(SignatureRow.at, SignatureRow.id)):
        person = session.get(PersonRow, row.person_id)
        stands = row.digest == subject.digest and row.version == subject.version and row.withdrawn_at is None
        stands = stands and row.statement == STATEMENTS[subject.kind]
        if (
            not stands
            or not hmac.compare_digest(row.seal, seal_of(row, secret))
            or person is None
            or not (left or allowed(session, person, subject.organisation_id))
        ):
            continue
        if not any(same_person(person, other) for _, other in found):
            found.append((row, person))
    return tuple(row for row, _ in found)


def valid_signatures(database: Database, kind: Kind, identifier: str, *, secret: bytes) -> tuple[Signature, ...]:
    """The same, as people see them. Raises NotFound."""
    with database.reading() as session:
        subject = subject_of(session, kind, identifier)
        return tuple(_record(session, row, subject) for row in valid_in(session, subject, secret=secret))


def gates_in(session: Session, rows: Iterable[SignatureRow]) -> frozenset[str]:
    """The gates that these signatures answer for, by accounts that still have the role."""
    held = ((gate, session.get(PersonRow, row.person_id)) for row in rows for gate in row.gates)
    return frozenset(gate for gate, person in held if person is not None and gate in person.roles)


def signatures(database: Database, kind: Kind, identifier: str) -> tuple[Signature, ...]:
    """All that were ever given, the first first, also those of earlier versions."""
    with database.reading() as session:
        return signatures_in(session, subject_of(session, kind, identifier))


def signatures_in(session: Session, subject: Subject) -> tuple[Signature, ...]:
    """The same in a transaction."""
    wanted = select(SignatureRow).where(SignatureRow.subject_kind == subject.kind, SignatureRow.subject_id == subject.id)
    return tuple(_record(session, row, subject) for row in session.scalars(wanted.order_by(SignatureRow.at, SignatureRow.id)))


def _record(session: Session, row: SignatureRow, subject: Subject) -> Signature:
    person = session.get(PersonRow, row.person_id)
    said = {name: getattr(row, name) for name in Signature.model_fields if name not in ("by", "current")}
    current = row.digest == subject.digest and row.version == subject.version and row.withdrawn_at is None
    return Signature.model_validate({**said, "by": person.name if person else "?", "current": current})


def withdraw_in(session: Session, subject: Subject, *, actor: Actor, act: Act, secret: bytes) -> SignatureRow:
    """Take one's own signature back. Repeating it changes nothing. Raises NotFound."""
    row = _own(session, subject, actor.id)
    if row is None:
        raise NotFound(f"{subject.kind} {subject.id}: this account has not signed the version that stands now")
    if row.withdrawn_at is None:
        sound = hmac.compare_digest(row.seal, seal_of(row, secret))
        row.withdrawn_at = act.at
        row.seal = seal_of(row, secret) if sound else row.seal
        session.flush()
        audit.record(
            session, actor=actor.id, action="signature_withdrawn", subject=(subject.kind, subject.id), details={"signature": row.id}, at=act.at
        )
    return row


def withdraw(database: Database, kind: Kind, identifier: str, *, actor: Actor, act: Act, secret: bytes) -> tuple[Signature, ...]:
    """Take one's own signature back; all signatures. A notice that has left keeps them. Raises NotFound, Conflict; Unavailable, ConfigError."""
    if kind == "notice":
        from cases.notice_signing import withdraw_signature  # it builds upon this module

        withdraw_signature(database, identifier, actor=actor, act=act, secret=secret)
        return signatures(database, kind, identifier)
    with database.writing() as session:
        withdraw_in(session, subject_of(session, kind, identifier, organisation_id=actor.organisation_id), actor=actor, act=act, secret=secret)
    return signatures(database, kind, identifier)


def _origin(session: Session, subject: Subject, secret: bytes) -> dict[str, object]:
    return {"cautions": len(cautions(session, valid_in(session, subject, secret=secret)))}


def needs(rows: Sequence[SignatureRow], wanted: Iterable[str], answered: frozenset[str]) -> tuple[int, tuple[str, ...]]:
    """How many signatures are missing, and which gates nobody answers for. Pure."""
    return max(0, NEEDED - len(rows)), tuple(gate for gate in GATES if gate in set(wanted) - answered)
