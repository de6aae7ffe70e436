"""Wishes not to be read any more, until they are carried out: GDPR (Regulation (EU) 2016/679 of 27/04/2016) art. 21 and 17; a lawyer should check.

A wish waits first for a flow that counts what it covers (flows/optouts.py), then for a person who agrees after seeing the count: another one than who
asked where evidence of an open case would go (art. 17(3)(e)), or very much. What it names is removed from here when it is done, refused or withdrawn.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, StringConstraints
from sqlalchemy import select

from cases import audit
from cases.tables_work import OptOutRow
from core.accounts import named_account
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.records import Record
from core.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor

Outcome = Literal["faite", "refusee", "retiree", "illisible"]
State = Literal["a_examiner", "a_confirmer", "a_executer", "faite", "refusee", "retiree", "illisible"]
FLOW = "flow:optouts"  # who acts where no person does
MOST_ALONE = 50  # documents that one person alone may erase: a mistyped host would be a whole site
MOST_REASON, MOST_WISH = 2000, 2000  # characters
HOST = re.compile(r"[\w-]+(\.[\w-]+)+\.?", re.ASCII)
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_REASON)]


class Wish(Record):
    """What is not to be read: an address (a page, a profile, a site), or an account of a platform."""

    address: str = ""
    platform: str = ""  # its host
    account: str = ""

    def model_post_init(self, _context: object) -> None:
        """Raises Invalid for what names neither."""
        if bool(self.address) == bool(self.account) or bool(self.account) != bool(self.platform):
            raise Invalid("a wish names an address, or an account with its platform's host; fill in one of the two")
        if len(self.address) + len(self.account) + len(self.platform) > MOST_WISH:
            raise Invalid(f"a wish of more than {MOST_WISH} characters; give the shortest address that names it")
        if self.account:
            named_account(self.account, platform=self.platform)
        elif not HOST.fullmatch(self.address):
            canonical(self.address)


class OptOutRequest(Record):
    """A wish and what became of it. ``wish`` is None once it is over."""

    id: str
    wish: Wish | None
    reason: str
    asked_by: str
    asked_at: AwareDatetime
    covered: int | None
    open_cases: int | None
    examined_at: AwareDatetime | None
    agreed_by: str | None
    agreed_at: AwareDatetime | None
    outcome: Outcome | None
    done_at: AwareDatetime | None
    result: str | None

    @property
    def state(self) -> State:
        """Where it is."""
        if self.outcome:
            return self.outcome
        return "a_examiner" if self.covered is None else "a_executer" if self.agreed_by else "a_confirmer"

    @property
    def needs_two(self) -> bool:
        """Whether another person than who asked must agree."""
        return bool(self.open_cases) or (self.covered or 0) > MOST_ALONE

    @property
    def erased(self) -> Mapping[str, int]:
        """How much was erased, by kind; empty before."""
        found: Mapping[str, int] = json.loads(self.result) if self.outcome == "faite" and self.result else {}
        return found


def ask(database: Database, wish: Wish, *, reason: str, actor: Actor, act: str | None = None, now: datetime | None = None) -> OptOutRequest:
    """Write a wish down, once an ``act``. ``reason``: how and when it arrived, without a name. Raises Invalid."""
    reason, at = _reason(reason), now or datetime.now(UTC)
    identifier = hashlib.sha256(f"{actor.id}\n{act}".encode()).hexdigest()[:32] if act else uuid.uuid4().hex
    with database.writing() as session:
        row = session.get(OptOutRow, identifier)
        if row is None:
            row = OptOutRow(id=identifier, wish=wish.model_dump_json(exclude_defaults=True), reason=reason, asked_by=actor.id, asked_at=at)
            session.add(row)
            kind = "account" if wish.account else "address"
            audit.record(session, actor=actor.id, action="opt_out_asked", subject=("opt_out", identifier), details={"kind": kind}, at=at)
        return _request_of(row)


def find(database: Database, identifier: str) -> OptOutRequest:
    """Raises NotFound."""
    with database.reading() as session:
        return _request_of(_row(session, identifier))


def listed(database: Database, *, is_open: bool, size: int = 100) -> tuple[OptOutRequest, ...]:
    """Those that wait, the oldest first; or those that are over, the newest first."""
    order = OptOutRow.asked_at if is_open else OptOutRow.done_at.desc()
    over = OptOutRow.outcome.is_(None) if is_open else OptOutRow.outcome.is_not(None)
    with database.reading() as session:
        return tuple(map(_request_of, session.scalars(select(OptOutRow).where(over).order_by(order, OptOutRow.id).limit(size))))


def examined(database: Database, identifier: str, *, covered: int, open_cases: int, now: datetime | None = None) -> OptOutRequest:
    """A flow has counted what a wish covers; an agreement that what was found since makes too weak is asked for again. Raises NotFound, Conflict."""

    def change(row: OptOutRow, at: datetime) -> dict[str, object]:
        alone = not _request_of(row).needs_two  # who agreed, whoever it was, saw nothing that takes two
        row.covered, row.open_cases, row.examined_at = covered, open_cases, at
        if (alone or row.agreed_by == row.asked_by) and _request_of(row).needs_two:
            row.agreed_by = row.agreed_at = None
        return {"covered": covered, "open_cases": open_cases}

    return _change(database, identifier, change, actor=FLOW, action="opt_out_examined", now=now)


def agree(database: Database, identifier: str, *, seen: int, actor: Actor, now: datetime | None = None) -> OptOutRequest:
    """Let it be carried out. ``seen``: the count of documents that the person was shown. Raises NotFound, Conflict, Forbidden."""

    def change(row: OptOutRow, at: datetime) -> dict[str, object]:
        request = _request_of(row)
        if request.state == "a_executer" and row.agreed_by == actor.id:
            return {"again": True}
        if request.state != "a_confirmer":
            raise Conflict(f"opt-out {identifier} is {request.state}; it can be agreed to once it is counted, and once")
        if row.covered != seen:
            raise Conflict(f"opt-out {identifier} covers {row.covered} documents now, {seen} were shown; look again")
        if request.needs_two and actor.id == row.asked_by:
            raise Forbidden("evidence of an open case would go, or very much: another person than who asked must agree (GDPR art. 17(3)(e))")
        row.agreed_by, row.agreed_at = actor.id, at
        return {"covered": row.covered, "open_cases": row.open_cases}

    return _change(database, identifier, change, actor=actor.id, action="opt_out_agreed", now=now)


def refuse(database: Database, identifier: str, *, reason: str, actor: Actor, now: datetime | None = None) -> OptOutRequest:
    """End it without erasing: withdrawn by who asked, refused by another. Who wished is to be told why (GDPR art. 12(4)). Raises as ``agree``."""
    reason = _reason(reason)

    def change(row: OptOutRow, at: datetime) -> dict[str, object]:
        outcome: Outcome = "retiree" if actor.id == row.asked_by else "refusee"
        _end(row, outcome, result=reason, at=at)
        return {"outcome": outcome}

    return _over(database, identifier, change, actor=actor.id, now=now)


def carried_out(database: Database, identifier: str, *, erased: Mapping[str, int], now: datetime | None = None) -> OptOutRequest:
    """A flow has erased what an agreed wish covers, and proved it. Raises NotFound, Conflict."""

    def change(row: OptOutRow, at: datetime) -> dict[str, object]:
        if row.agreed_by is None:
            raise Conflict(f"opt-out {identifier} was carried out without an agreement; expected one")
        _end(row, "faite", result=json.dumps(dict(erased), sort_keys=True), at=at)
        return {"outcome": "faite", **erased}

    return _over(database, identifier, change, actor=FLOW, now=now)


def unreadable(database: Database, identifier: str, *, now: datetime | None = None) -> OptOutRequest:
    """What it names is no host, address or account after all. Raises NotFound, Conflict."""

    def change(row: OptOutRow, at: datetime) -> dict[str, object]:
        _end(row, "illisible", result=None, at=at)
        return {"outcome": "illisible"}

    return _over(database, identifier, change, actor=FLOW, now=now)


def _over(
    database: Database, identifier: str, change: Callable[[OptOutRow, datetime], dict[str, object]], *, actor: str, now: datetime | None
) -> OptOutRequest:
    ended = _change(database, identifier, change, actor=actor, action="opt_out_ended", now=now)
    database.erase_traces()
    return ended


def _end(row: OptOutRow, outcome: Outcome, *, result: str | None, at: datetime) -> None:
    row.outcome, row.result, row.done_at, row.wish = outcome, result, at, None


def _change(
    database: Database, identifier: str, change: Callable[[OptOutRow, datetime], dict[str, object]], *, actor: str, action: str, now: datetime | None
) -> OptOutRequest:
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _row(session, identifier)
        if row.outcome:
            raise Conflict(f"opt-out {identifier} is over ({row.outcome}); ask anew")
        details = change(row, at)
        audit.record(session, actor=actor, action=action, subject=("opt_out", identifier), details=details, at=at)
        return _request_of(row)


def _row(session: Session, identifier: str) -> OptOutRow:
    row = session.get(OptOutRow, identifier)
    if row is None:
        raise NotFound(f"opt-out {identifier[:40]} does not exist")
    return row


def _reason(text: str) -> str:
    if not 1 <= len(text.strip()) <= MOST_REASON:
        raise Invalid(f"a reason of {len(text.strip())} characters; expected 1 to {MOST_REASON}")
    return text.strip()


def _request_of(row: OptOutRow) -> OptOutRequest:
    values = {name: getattr(row, name) for name in OptOutRequest.model_fields}
    return OptOutRequest.model_validate({**values, "wish": Wish.model_validate_json(row.wish) if row.wish else None})
