"""Links that open one thing to whoever holds them, until they are withdrawn. Here stands their number alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import audit
from cases.tables_work import LinkRow

if TYPE_CHECKING:
    from cases.database import Database


def current(database: Database, subject: str) -> int:
    """The number that links to this carry now; 0 until some were withdrawn."""
    with database.reading() as session:
        row = session.get(LinkRow, subject)
        return row.number if row else 0


def withdraw(database: Database, subject: str, *, seen: int, by: str) -> int:
    """Links of number ``seen`` open nothing any more; the new number. Asking twice for the same ``seen`` withdraws once."""
    with database.writing() as session:
        row = session.get(LinkRow, subject)
        if row is None:
            row = LinkRow(subject=subject, number=0)
            session.add(row)
        if row.number == seen:
            row.number += 1
            kind, _, name = subject.partition(":")
            audit.record(session, actor=by, action="link_withdrawn", subject=(kind, name), details={"number": seen})
        return row.number
