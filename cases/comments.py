"""What people who read an item say to each other about it. Who is still to read it blind neither writes nor sees any."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import func, select

from cases import audit
from cases.decisions import refuse_leaving
from cases.reviews import is_silent, look
from cases.rounds import own_act
from cases.tables_people import PersonRow
from cases.tables_work import CommentRow
from core.errors import Conflict, Invalid, TooMany
from core.records import Record

if TYPE_CHECKING:
    from cases.database import Database
    from cases.decisions import Act
    from cases.people import Actor

MOST = 2000  # characters
MOST_COMMENTS = 500  # on one item


class Comment(Record):
    """One comment; ``by`` is its author's name."""

    id: str
    document_id: str
    person_id: str
    by: str
    text: str
    at: AwareDatetime


def add(database: Database, document_id: str, text: str, *, actor: Actor, act: Act | None = None, digest: str | None = None) -> Comment:
    """Say something about an item. ``act``: repeating it adds nothing. ``digest``: of the text that the index shows.

    Raises Invalid, Conflict where this person may still read the item blind, TooMany, Unavailable, ConfigError.
    """
    said = text.strip()
    if not said or len(said) > MOST:
        raise Invalid(f"a comment of {len(said)} characters; expected 1 to {MOST}")
    at = act.at if act else datetime.now(UTC)
    name = own_act(act, actor, "commentaire").id if act else hashlib.sha256(f"{actor.id}\n{document_id}\n{at}\n{said}".encode()).hexdigest()[:32]
    with database.writing() as session:
        refuse_leaving(session, [document_id])
        if is_silent(look(session, document_id, actor, digest), actor):
            raise Conflict(f"{document_id} is still to be read blind; comment once it is decided")
        row = session.get(CommentRow, name)
        if row is None:
            if (session.scalar(select(func.count()).select_from(CommentRow).where(CommentRow.document_id == document_id)) or 0) >= MOST_COMMENTS:
                raise TooMany(f"{MOST_COMMENTS} comments on one item; talk about it elsewhere", wait=3600)
            row = CommentRow(id=name, document_id=document_id, person_id=actor.id, text=said, at=at)
            session.add(row)
            audit.record(session, actor=actor.id, action="commented", subject=("document", document_id), details={"comment": name}, at=at)
        return record_of(row, actor.name)


def listed(database: Database, document_id: str, *, actor: Actor, digest: str | None = None) -> tuple[Comment, ...]:
    """The comments on an item, the first first; none for who is still to read it blind."""
    wanted = select(CommentRow, PersonRow.name).join(PersonRow, PersonRow.id == CommentRow.person_id).where(CommentRow.document_id == document_id)
    with database.reading() as session:
        if is_silent(look(session, document_id, actor, digest), actor):
            return ()
        return tuple(record_of(row, name) for row, name in session.execute(wanted.order_by(CommentRow.at, CommentRow.id)).tuples())


def record_of(row: CommentRow, by: str) -> Comment:
    """The record of a row."""
    return Comment(id=row.id, document_id=row.document_id, person_id=row.person_id, by=by, text=row.text, at=row.at)
