"""What a person concerned asks: access, rectification, erasure, objection. GDPR (Regulation (EU) 2016/679 of 27/04/2016) art. 15, 16, 17, 21.

A lawyer should check. A request waits for a flow that looks everywhere (flows/rights.py), then for a person who agrees after seeing what was found; a
second one where evidence of an open case would go. What it names is kept encrypted, and removed when it is done or refused.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases import audit
from cases.decisions import MOST_REASON
from cases.optouts import MOST_ALONE
from cases.request import ERASING, KINDS, Found, Kept, Request, keys_of, lines_of, opened, sealed
from cases.retention import Rule
from cases.tables_notices import RequestRow
from core.errors import Conflict, Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor

    Change = Callable[[Session, RequestRow, datetime], dict[str, object]]

FLOW = "flow:rights"  # who acts where no person does
MONTH = Rule(label="un mois", since="collecte", months=1, why="RGPD, art. 12(3)")
SLACK = timedelta(minutes=5)


def ask(
    database: Database, kind: str, subject: str, *, received_at: datetime, identity_checked: str, actor: Actor, act: str, secret: bytes,
    now: datetime | None = None,
) -> Request:  # fmt: skip
    """Write a request down, once an ``act``. ``identity_checked``: how, without a copy of a document. Raises Invalid."""
    at, lines = now or datetime.now(UTC), lines_of(subject)
    if kind not in KINDS:
        raise Invalid(f"kind {kind[:40]!r}; expected one of: {', '.join(KINDS)}")
    if received_at > at + SLACK:
        raise Invalid("the request was received in the future; expected a past date")
    checked = _words(identity_checked)
    identifier = hashlib.sha256(f"{actor.id}\n{act}".encode()).hexdigest()[:32]
    with database.writing() as session:
        row = session.get(RequestRow, identifier)
        if row is None:
            row = RequestRow(id=identifier, kind=kind, subject=sealed(lines, secret), received_at=received_at,
                             due_at=MONTH.end(received_at), noted_by=actor.id,
                             identity_checked=checked, state="recue")  # fmt: skip
            session.add(row)
            _tell(session, row, {"kind": kind}, actor=actor.id, action="right_asked", at=at)
        return _request(row, secret)


def find(database: Database, identifier: str, *, secret: bytes) -> Request:
    """Raises NotFound."""
    with database.reading() as session:
        return _request(_row(session, identifier), secret)


def listed(database: Database, *, is_open: bool, secret: bytes, size: int = 200) -> tuple[Request, ...]:
    """Those that wait for something, the most urgent first; or those answered or refused, the newest first."""
    over = RequestRow.answered_at.is_(None) if is_open else RequestRow.answered_at.is_not(None)
    order = RequestRow.due_at if is_open else RequestRow.answered_at.desc()
    with database.reading() as session:
        return tuple(_request(row, secret) for row in session.scalars(select(RequestRow).where(over).order_by(order, RequestRow.id).limit(size)))


def beside(database: Database, request: Request, *, secret: bytes) -> tuple[Request, ...]:
    """Requests of the same person that this one meets: an erasure those for access without an answer, such a one the erasures."""
    with database.reading() as session:
        return _beside(session, request, secret)


def _beside(session: Session, request: Request, secret: bytes) -> tuple[Request, ...]:
    kinds = ("acces",) if request.kind in ERASING else ERASING if request.kind == "acces" else ()
    names = keys_of(request.subject) if kinds and request.answered_at is None else frozenset()
    rows = session.scalars(select(RequestRow).where(RequestRow.kind.in_(kinds), RequestRow.answered_at.is_(None)).order_by(RequestRow.id))
    return tuple(one for row in rows if names and names & keys_of((one := _request(row, secret)).subject))


def waiting(database: Database, *, secret: bytes) -> tuple[Request, ...]:
    """Those that wait for a flow: to be examined, or to be carried out. One whose names cannot be read any more waits for a person."""
    with database.reading() as session:
        rows = session.scalars(select(RequestRow).where(RequestRow.state.in_(("recue", "accordee"))).order_by(RequestRow.due_at, RequestRow.id))
        return tuple(request for row in rows if (request := _request(row, secret)).subject)


def examined(database: Database, identifier: str, *, found: Found, kept: Sequence[Kept], secret: bytes, now: datetime | None = None) -> Request:
    """A flow has looked everywhere; an agreement that what was found since makes too weak is asked for again. Raises NotFound, Conflict."""

    def change(session: Session, row: RequestRow, at: datetime) -> dict[str, object]:
        before, first = _found(row), row.examined_at is None
        unseen = row.kind in ERASING and not before.unread and bool(_beside(session, _request(row, secret), secret))
        weak = row.state == "accordee" and (unseen or found.held > before.held or (found.documents > MOST_ALONE >= before.documents))
        if row.state == "recue" or weak:
            row.state, row.agreed_by, row.agreed_at = "examinee", None, None
        said = {name: getattr(before, name) and not weak for name in ("everything", "unread")}
        row.found = found.model_copy(update=said).model_dump(mode="json")
        row.kept, row.examined_at = [one.model_dump(mode="json") for one in kept], at
        return {"documents": found.documents, "held": found.held} if first or weak else {}

    return _change(database, identifier, change, actor=FLOW, action="right_examined", secret=secret, now=now)


def agree(
    database: Database, identifier: str, *, seen: int, everything: bool = False, unread: bool = False, actor: Actor, secret: bytes,
    now: datetime | None = None,
) -> Request:  # fmt: skip
    """Let it be carried out. ``seen``: the content items that the page showed; ``everything``: also what an open case needs; ``unread``: the person
    wants no answer any more to what they asked to see.

    Raises Conflict where the count changed or an answer would be erased unread, Forbidden where another person must agree.
    """

    def change(session: Session, row: RequestRow, at: datetime) -> dict[str, object]:
        request = _request(row, secret)
        if row.state != "examinee" or row.kind == "rectification":
            raise Conflict(f"request {identifier} is {row.state}; it can be agreed to once it is examined")
        if request.found.documents != seen:
            raise Conflict(f"request {identifier} covers {request.found.documents} documents now, {seen} were shown; look again")
        if request.needs_two(everything=everything) and actor.id == row.noted_by:
            raise Forbidden("evidence of an open case would go, or very much; another person than who noted the request must agree")
        if not unread and request.kind in ERASING and _beside(session, request, secret):
            raise Conflict(f"request {identifier} would erase an answer that nobody gave yet; answer the request for access of the same person first")
        row.state, row.agreed_by, row.agreed_at = "accordee", actor.id, at
        row.found = request.found.model_copy(update={"everything": everything, "unread": unread}).model_dump(mode="json")
        return {"documents": seen, "everything": everything, "unread": unread}

    return _change(database, identifier, change, actor=actor.id, action="right_agreed", secret=secret, now=now)


def refuse(database: Database, identifier: str, *, reason: str, actor: Actor, secret: bytes, now: datetime | None = None) -> Request:
    """End it without doing it; the person is to be told why (art. 12(4)). Raises as ``agree``, Invalid."""
    words = _words(reason)

    def change(_session: Session, row: RequestRow, at: datetime) -> dict[str, object]:
        if row.state in ("faite", "refusee"):
            raise Conflict(f"request {identifier} is over ({row.state})")
        row.state, row.subject, row.answer, row.answered_at = "refusee", None, words, at
        return {}

    return _over(database, identifier, change, actor=actor.id, action="right_refused", secret=secret, now=now)


def done(
    database: Database, identifier: str, *, proof: Mapping[str, Any], kept: Sequence[Kept], secret: bytes, now: datetime | None = None
) -> Request:
    """A flow has carried it out and proved it; what it names is forgotten here; of a request for access with its answer.

    Raises NotFound, Conflict.
    """

    def change(session: Session, row: RequestRow, _at: datetime) -> dict[str, object]:
        if row.state != "accordee":
            raise Conflict(f"request {identifier} was carried out without an agreement; expected one")
        for other in _beside(session, _request(row, secret), secret) if row.kind in ERASING else ():
            if other.state == "faite":  # its answer is gone, as the person wished: it names nobody any more
                _row(session, other.id).subject = None
        row.state, row.proof = "faite", dict(proof)
        row.subject = row.subject if row.kind == "acces" else None  # an erasure must find an answer that nobody gave yet: named until it is given
        row.kept = [one.model_dump(mode="json") for one in kept]
        return {"kind": row.kind, "sha256": proof.get("sha256", "")}

    return _over(database, identifier, change, actor=FLOW, action="right_done", secret=secret, now=now)


def answer(database: Database, identifier: str, *, words: str, actor: Actor, secret: bytes, now: datetime | None = None) -> Request:
    """Note that the person was answered; a rectification ends with it. Raises NotFound, Conflict, Invalid."""
    said = _words(words)

    def change(_session: Session, row: RequestRow, at: datetime) -> dict[str, object]:
        if row.answered_at is not None or (row.state != "faite" and not (row.kind == "rectification" and row.state == "examinee")):
            raise Conflict(f"request {identifier} is {row.state}; it can be answered once it is done, and once only")
        row.state, row.subject, row.answer, row.answered_at = "faite", None, said, at
        return {"kind": row.kind}

    return _over(database, identifier, change, actor=actor.id, action="right_answered", secret=secret, now=now)


def _over(
    database: Database, identifier: str, change: Change, *, actor: str, action: str, secret: bytes,
    now: datetime | None,
) -> Request:  # fmt: skip
    ended = _change(database, identifier, change, actor=actor, action=action, secret=secret, now=now)
    database.erase_traces()
    return ended


def _change(
    database: Database, identifier: str, change: Change, *, actor: str, action: str, secret: bytes,
    now: datetime | None,
) -> Request:  # fmt: skip
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _row(session, identifier)
        details = change(session, row, at)
        if details or actor != FLOW:
            _tell(session, row, details, actor=actor, action=action, at=at)
        return _request(row, secret)


def _tell(session: Session, row: RequestRow, details: Mapping[str, object], *, actor: str, action: str, at: datetime) -> None:
    audit.record(session, actor=actor, action=action, subject=("request", row.id), details=details, at=at)


def _row(session: Session, identifier: str) -> RequestRow:
    row = session.get(RequestRow, identifier)
    if row is None:
        raise NotFound(f"request {identifier[:40]} does not exist")
    return row


def _words(text: str) -> str:
    if not 1 <= len(text.strip()) <= MOST_REASON:
        raise Invalid(f"a reason of {len(text.strip())} characters; expected 1 to {MOST_REASON}")
    return text.strip()


def _found(row: RequestRow) -> Found:
    return Found.model_validate(row.found or {})


def _request(row: RequestRow, secret: bytes) -> Request:
    plain = {name: getattr(row, name) for name in Request.model_fields if name not in ("subject", "found", "kept", "proof")}
    try:
        subject = opened(row.subject, secret)
    except Conflict:  # the console's secret was changed: a person refuses it and notes it anew
        subject = ()
    return Request.model_validate({**plain, "subject": subject, "found": row.found or {}, "kept": row.kept or (), "proof": row.proof or {}})
