"""Searches that a person keeps for the queue. Nobody else's are shown or changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import delete, func, select

from cases.tables_people import SavedFilterRow
from core.errors import Invalid
from core.records import Record

if TYPE_CHECKING:
    from cases.database import Database
    from cases.people import Actor

MOST = 50  # of one person
MOST_NAME, MOST_SEARCH = 80, 8000  # characters


class Filter(Record):
    """One of them; ``search`` as index.search_url writes it."""

    id: str
    name: str
    search: str
    at: AwareDatetime


def keep(database: Database, *, name: str, search: str, actor: Actor) -> Filter:
    """Keep a search under a name; one of the same name is replaced. Raises Invalid, Unavailable, ConfigError."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable():
        raise Invalid(f"a name of {len(name)} characters; expected 1 to {MOST_NAME}, all printable")
    if not search or len(search) > MOST_SEARCH:
        raise Invalid(f"a filter of {len(search)} characters; expected 1 to {MOST_SEARCH}: choose something to filter by first")
    identifier = hashlib.sha256(f"{actor.id}\n{name.casefold()}".encode()).hexdigest()[:32]
    with database.writing() as session:
        row = session.get(SavedFilterRow, identifier)
        if row is None:
            if (session.scalar(select(func.count()).where(SavedFilterRow.person_id == actor.id)) or 0) >= MOST:
                raise Invalid(f"{MOST} filters are kept already; remove one first")
            row = SavedFilterRow(id=identifier, person_id=actor.id)
            session.add(row)
        row.name, row.search, row.at = name, search, datetime.now(UTC)
        return _filter_of(row)


def kept(database: Database, *, actor: Actor) -> tuple[Filter, ...]:
    """Those of this person, by name."""
    with database.reading() as session:
        rows = session.scalars(select(SavedFilterRow).where(SavedFilterRow.person_id == actor.id)).all()
        return tuple(sorted(map(_filter_of, rows), key=lambda one: one.name.casefold()))


def drop(database: Database, identifier: str, *, actor: Actor) -> None:
    """Remove one of this person's. Harmless to repeat."""
    with database.writing() as session:
        session.execute(delete(SavedFilterRow).where(SavedFilterRow.id == identifier, SavedFilterRow.person_id == actor.id))


def _filter_of(row: SavedFilterRow) -> Filter:
    return Filter.model_validate({name: getattr(row, name) for name in Filter.model_fields})
