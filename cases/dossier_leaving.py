"""How a dossier leaves the house: two people sign it, a person hands it over and says so, the authority answers, somebody closes it.

Every step looks at the rows anew: a decision that was undone, a signature that fell, a question of art. 434-3 that waits stop it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cases import audit, duties, informing, signing
from cases.dossier import LEFT, OUTCOMES, Content
from cases.dossier_kinds import kind_of
from cases.dossier_reasons import load_setting
from cases.dossier_rules import gates_of
from cases.dossiers import Dossier, content_of, dossier_of, may, own_row, problems_in
from cases.notice import digest_of
from core.errors import Conflict, Forbidden, Invalid, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.people import Actor, Role
    from cases.signing import Signature
    from cases.tables_notices import DossierRow

SIGNERS: tuple[Role, ...] = ("valide", "sante", "droit")  # who may read a dossier to sign it
SLACK = timedelta(minutes=1)  # a form gives no seconds, and clocks differ
MOST_REFERENCE = 200  # characters


def sign(
    database: Database, identifier: str, *, digest: str, statement: str, interests: str, gates: Iterable[str], actor: Actor, act: Act, secret: bytes
) -> Dossier:
    """Sign what was shown as ``digest``, see cases.signing; of two different people that answer for all looks it takes, the second makes it signed.

    Raises NotFound, Forbidden, Invalid, Conflict where something is missing, where another version stands, or once it was handed over.
    """
    if not actor.has(*SIGNERS):
        raise Forbidden(f"this needs the role {' or '.join(SIGNERS)}; ask an administrator of Vigie")
    with database.writing() as session:
        row = own_row(session, identifier, actor)
        content = content_of(row)
        if row.state in LEFT:
            raise Conflict(f"dossier {row.id} was handed over or closed; it is signed already")
        _complete(session, row, content, without_duties=True)
        subject = signing.subject_of(session, "dossier", row.id)
        signing.sign_in(session, subject, digest=digest, statement=statement, interests=interests, gates=gates, actor=actor, act=act, secret=secret)
        if row.state == "brouillon" and not any(lacking(session, row, content, secret=secret)):
            row.state = "signe"
        return dossier_of(row)


def withdraw(database: Database, identifier: str, *, actor: Actor, act: Act, secret: bytes) -> Dossier:
    """Take one's own signature back. Raises NotFound, Conflict once it was handed over."""
    with database.writing() as session:
        row = own_row(session, identifier, actor)
        if row.state in LEFT:
            raise Conflict(f"dossier {row.id} was handed over or closed; its signatures stay")
        signing.withdraw_in(session, signing.subject_of(session, "dossier", row.id), actor=actor, act=act, secret=secret)
        row.state = "brouillon" if any(lacking(session, row, content_of(row), secret=secret)) else "signe"
        return dossier_of(row)


def signatures(database: Database, identifier: str, *, actor: Actor) -> tuple[Signature, ...]:
    """All that were ever given. Raises NotFound."""
    with database.reading() as session:
        own_row(session, identifier, actor)
        return signing.signatures_in(session, signing.subject_of(session, "dossier", identifier))


def counting(database: Database, identifier: str, *, actor: Actor, secret: bytes) -> tuple[Signature, ...]:
    """Those that count now, the first first; once it was handed over, also of people who left since. Raises NotFound."""
    with database.reading() as session:
        row = own_row(session, identifier, actor)
        subject = signing.subject_of(session, "dossier", row.id)
        valid = {one.id for one in signing.valid_in(session, subject, secret=secret, left=row.sent_at is not None)}
        return tuple(one for one in signing.signatures_in(session, subject) if one.id in valid)


def lacking(session: Session, row: DossierRow, content: Content, *, secret: bytes) -> tuple[int, tuple[str, ...]]:
    """How many signatures are missing, and which looks nobody answers for."""
    valid = signing.valid_in(session, signing.subject_of(session, "dossier", row.id), secret=secret)
    return signing.needs(valid, gates_of(content, load_setting()), signing.gates_in(session, valid))


def missing(database: Database, identifier: str, *, actor: Actor, secret: bytes) -> tuple[int, tuple[str, ...]]:
    """``lacking``, for a page. Raises NotFound."""
    with database.reading() as session:
        row = own_row(session, identifier, actor)
        return lacking(session, row, content_of(row), secret=secret)


def hand_over(
    database: Database, identifier: str, *, digest: str, sent_at: datetime, reference: str, actor: Actor, act: Act, secret: bytes, informs: str = ""
) -> Dossier:
    """Note that a person handed the signed dossier over at ``sent_at``; Vigie sends nothing.

    ``informs``: of a dossier for the prosecutor, why this meets the duty of art. 434-3 on the contents whose question waits: it is the dated answer.
    The same again changes nothing. Raises NotFound, Forbidden, Invalid, Conflict where anything is missing.
    """
    may(actor)
    if len(reference.strip()) > MOST_REFERENCE:
        raise Invalid(f"a reference of {len(reference.strip())} characters; expected at most {MOST_REFERENCE}")
    at = act.at
    with database.writing() as session:
        row = own_row(session, identifier, actor)
        if row.state in LEFT:
            if row.sent_by == actor.id and row.sent_at == sent_at:
                return dossier_of(row)
            raise Conflict(f"dossier {row.id} was handed over or closed already")
        content = content_of(row)
        if row.digest != digest:
            raise Conflict(f"dossier {row.id} has changed since it was opened; open it again, then sign what stands now")
        if informs.strip() and row.kind != "parquet":
            raise Invalid("only a dossier for the prosecutor can be the answer to art. 434-3; answer on the page of duties")
        _check_sent(session, row, content, sent_at, at=at, secret=secret)
        if informs.strip():
            _inform(session, content, informs, sent_at, actor=actor, at=at)
        _complete(session, row, content)
        _left(session, row, content, sent_at, reference.strip(), actor=actor, at=at)
        return dossier_of(row)


def _check_sent(session: Session, row: DossierRow, content: Content, sent_at: datetime, *, at: datetime, secret: bytes) -> None:
    _check_time(sent_at, at)
    people, gates = lacking(session, row, content, secret=secret)
    if people or gates:
        looks = f", and nobody answers for the look {' and '.join(gates)}" if gates else ""
        raise Conflict(f"dossier {row.id} lacks {people} signatures of different people{looks}; it leaves once it is signed")
    valid = signing.valid_in(session, signing.subject_of(session, "dossier", row.id), secret=secret)
    if sent_at + SLACK < sorted(one.at for one in valid)[signing.NEEDED - 1]:
        raise Invalid("the time lies before the second signature; a dossier is handed over once it is signed")
    informing.refuse_missing_in(session, "dossier", row.id, now=at)


def _check_time(moment: datetime, at: datetime) -> None:
    if moment.tzinfo is None:
        raise Invalid("the time has no zone; expected one such as 2026-11-22T14:05+01:00")
    if moment > at + SLACK:
        raise Invalid("the time lies in the future; say when it was done, once it is done")


def _inform(session: Session, content: Content, why: str, sent_at: datetime, *, actor: Actor, at: datetime) -> None:
    held = duties.rows_of(session, [item.document_id for item in content.items], organisation_id=actor.organisation_id)
    waiting = [row for row in held if row.answer is None]
    for row in waiting:
        duties.answer_in(session, row, said="informe", reason=why, informed_at=sent_at, actor=actor, at=at)


def _complete(session: Session, row: DossierRow, content: Content, *, without_duties: bool = False) -> None:
    if digest_of(content) != row.digest:
        raise Conflict(f"what dossier {row.id} says is not what was signed: it was changed past the product; draft another one")
    found = problems_in(session, content, row.organisation_id, without_duties=without_duties)
    if any(one.code == "devoir" for one in found):
        raise Conflict(f"dossier {row.id} holds contents on which the question of art. 434-3 waits; answer it on the page of duties")
    if found:
        raise Conflict(
            f"dossier {row.id} is not complete: {len(found)} things are missing, first {found[0].code} in {found[0].field}; its page names them"
        )


def _left(session: Session, row: DossierRow, content: Content, sent_at: datetime, reference: str, *, actor: Actor, at: datetime) -> None:
    row.state, row.sent_at, row.sent_by, row.reference = "transmis", sent_at, actor.id, reference or None
    to = kind_of(row.kind).addressee(content.addressee or "")
    row.addressee = f"{to.name} : {content.addressee_name}"[:200] if to.named else to.name
    session.flush()
    details = {"kind": row.kind, "addressee": to.id, "version": row.version, "digest": row.digest, "key": actor.key_id}
    audit.record(session, actor=actor.id, action="dossier_handed_over", subject=("dossier", row.id), details=details, at=at)


def answered(
    database: Database, identifier: str, *, outcome: str, answered_at: datetime, actor: Actor, act: Act, reference: str = ""
) -> Dossier:  # fmt: skip
    """Note what the authority answered; a later answer takes its place, and the trail keeps both. Raises NotFound, Forbidden, Invalid, Conflict."""
    may(actor)
    if outcome not in OUTCOMES:
        raise Invalid(f"outcome {outcome[:40]!r} is unknown; {nearest(outcome, OUTCOMES)}")
    _check_time(answered_at, act.at)
    with database.writing() as session:
        row = own_row(session, identifier, actor)
        if row.sent_at is None or row.state == "clos":
            raise Conflict(f"dossier {row.id} was not handed over, or is closed; there is no answer to note")
        if answered_at + SLACK < row.sent_at:
            raise Invalid("the answer lies before the dossier was handed over; check date and time")
        row.state, row.answered_at, row.outcome = "repondu", answered_at, outcome
        row.reference = reference.strip()[:MOST_REFERENCE] or row.reference
        session.flush()
        audit.record(session, actor=actor.id, action="dossier_answered", subject=("dossier", row.id), details={"outcome": outcome}, at=act.at)
        return dossier_of(row)


def close(database: Database, identifier: str, *, actor: Actor, act: Act) -> Dossier:
    """Nothing more is awaited, or it is given up before it left: from now on its retention period runs. Harmless to repeat."""
    may(actor)
    with database.writing() as session:
        row = own_row(session, identifier, actor)
        if row.state != "clos":
            details = {"before": row.state}
            row.state, row.closed_at = "clos", act.at
            session.flush()
            audit.record(session, actor=actor.id, action="dossier_closed", subject=("dossier", row.id), details=details, at=act.at)
        return dossier_of(row)
