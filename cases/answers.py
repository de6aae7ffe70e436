"""What was answered to a program under an idempotency key, to answer the same again for a day.

Bodies hold ids, states and addresses, nothing that was collected. A key is reserved before the act and filled after it. Who dies between
leaves a reservation that ends by itself: the act is then done again under the same act id, which is harmless.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete

from cases.tables_people import AnswerRow
from core.errors import Conflict, Invalid

if TYPE_CHECKING:
    from cases.database import Database

KEPT = timedelta(days=1)
LEASE = timedelta(seconds=60)  # longer than any act takes
RESERVED = 0  # the status of an answer that is being made


class BeingAnswered(Conflict):
    """The same request came before and its answer is being made."""

    kind = "in_progress"


class Answer(NamedTuple):
    """An answer as it was given."""

    status: int
    body: str


def answer_id(person_id: str, route: str, key: str) -> str:
    """Of a person's key on one route: 64 hexadecimal digits, which is also the id of the act."""
    return hashlib.sha256(f"{person_id}\n{route}\n{key}".encode()).hexdigest()


def reserve(database: Database, identifier: str, *, request: str, now: datetime | None = None) -> Answer | None:
    """The answer that was given, or None: then it is the caller's to make. ``request``: SHA-256 of what is asked.

    Raises Invalid where the key stands for another request, BeingAnswered while somebody else makes the answer, Unavailable, ConfigError.
    """
    moment = now or datetime.now(UTC)
    with database.writing() as session:
        session.execute(delete(AnswerRow).where(AnswerRow.at < moment - KEPT))
        row = session.get(AnswerRow, identifier)
        if row is None:
            session.add(AnswerRow(id=identifier, request=request, status=RESERVED, body="", at=moment))
            return None
        if row.request != request:
            raise Invalid("this Idempotency-Key was used with another request; take a new key for each act, and the same one only to repeat it")
        if row.status != RESERVED:
            return Answer(row.status, row.body)
        if row.at > moment - LEASE:
            raise BeingAnswered("the same request is being answered now; wait a second and repeat it with the same Idempotency-Key")
        row.at = moment
        return None


def fill(database: Database, identifier: str, answer: Answer) -> None:
    """Keep the answer to a reserved request. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        row = session.get(AnswerRow, identifier)
        if row is not None:
            row.status, row.body = answer


def release(database: Database, identifier: str) -> None:
    """Nothing was done: the same request may be tried again at once. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        session.execute(delete(AnswerRow).where(AnswerRow.id == identifier, AnswerRow.status == RESERVED))


def expire(database: Database, *, now: datetime | None = None) -> int:
    """Remove answers whose time is over; how many. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        return len(session.scalars(delete(AnswerRow).where(AnswerRow.at < (now or datetime.now(UTC)) - KEPT).returning(AnswerRow.id)).all())
