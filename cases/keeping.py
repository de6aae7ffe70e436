"""How long what is not a content item is kept, of protection/periods.yml: requests and dossiers that are closed.

Content goes by cases/retention.py, notices and sealed evidence with it; the register and published reports stay: they name nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, null, select

from cases import audit
from cases.protection.texts import text_of
from cases.retention import Rule
from cases.tables_notices import DossierRow, RequestRow

if TYPE_CHECKING:
    from datetime import datetime

    from cases.database import Database

ACTOR = "flow:retention"


class Kept(NamedTuple):
    """What went: requests whose proof is too old, closed dossiers emptied."""

    requests: int = 0
    dossiers: int = 0


def end_of(name: str, start: datetime | None) -> datetime | None:
    """When a class of periods.yml ends; None: it does not, or has not begun."""
    said = text_of("periods")["classes"][name]
    if start is None or (said.get("days") is None and said.get("months") is None):
        return None
    if said.get("days") == 0:
        return start
    return Rule(label=name, since="cloture", days=said.get("days"), months=said.get("months"), why=name).end(start)


def expire(database: Database, *, now: datetime) -> Kept:
    """Let go what is over. Repeating it is harmless. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        answered = session.scalars(select(RequestRow).where(RequestRow.answered_at.is_not(None)))
        old = [row.id for row in answered if (end := end_of("requests", row.answered_at)) and end <= now]
        session.execute(delete(RequestRow).where(RequestRow.id.in_(old)))
        closed = session.scalars(select(DossierRow).where(DossierRow.closed_at.is_not(None)))
        over = [row for row in closed if row.content and (end := end_of("dossiers", row.closed_at)) and end <= now]
        for row in over:
            row.content, row.annex, row.reference = null(), None, None
        kept = Kept(len(old), len(over))
        if any(kept):
            audit.record(session, actor=ACTOR, action="kept_too_long_erased", subject=("erasing", "periods"), details=kept._asdict(), at=now)
    if any(kept):
        database.erase_traces()
    return kept
