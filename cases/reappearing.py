"""Content that is online again after a provider took a measure: the same item, or another one of its campaign. Noted, and told; nothing is sent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases.notice import NO_ACTION
from cases.notice_events import happen_by_itself
from cases.tables_notices import NoticeItemRow, NoticeRow
from core.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cases.database import Database

log = get_logger(__name__)
FLOW = "flow:reappearing"
GONE = ("retire", "desactive", "compte_suspendu", "compte_ferme")  # measures after which it should not be there at all


class Watch(NamedTuple):
    """An item on which a measure was taken. ``gone``: it should not be online any more."""

    notice_id: str
    position: int
    document_id: str | None
    campaign: str | None
    acted_at: datetime
    gone: bool
    own: frozenset[str] = frozenset()  # all documents of the notice


class Again(NamedTuple):
    """An item of an index that was seen online after the measure."""

    notice_id: str
    position: int
    document_id: str
    same: bool  # the item itself, not another one of its campaign


def reappeared(watched: Iterable[Watch], entries: Iterable[Mapping[str, object]]) -> tuple[Again, ...]:
    """Which of these entries of an index show what a measure was taken on, collected after it. Pure."""
    seen = [(entry, datetime.fromisoformat(str(entry["collected_at"]))) for entry in entries if not entry.get("deleted_at")]
    found = []
    for one in watched:
        for entry, at in seen:
            same = entry["id"] == one.document_id
            copy = one.campaign is not None and entry["campaign"] == one.campaign and entry["id"] not in one.own
            if at > one.acted_at and ((same and one.gone) or copy):
                found.append(Again(one.notice_id, one.position, str(entry["id"]), same))
    return tuple(dict.fromkeys(found))


def watched(database: Database) -> tuple[Watch, ...]:
    """All items on which a measure was taken and of which something is still kept. Raises Unavailable, ConfigError."""
    wanted = select(NoticeItemRow, NoticeRow.acted_at).join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id)
    wanted = wanted.where(NoticeRow.acted_at.is_not(None), NoticeItemRow.action.is_not(None), NoticeItemRow.action.not_in(NO_ACTION))
    with database.reading() as session:
        found = session.execute(wanted.order_by(NoticeItemRow.notice_id, NoticeItemRow.position))
        rows = [(item, at) for item, at in found if item.document_id is not None and at is not None]
    own: dict[str, set[str]] = {}
    for item, _ in rows:
        own.setdefault(item.notice_id, set()).add(str(item.document_id))
    return tuple(
        Watch(item.notice_id, item.position, item.document_id, item.campaign, at, item.action in GONE, frozenset(own[item.notice_id]))
        for item, at in rows
    )


def note_reappeared(database: Database, found: Iterable[Again], *, now: datetime | None = None) -> int:
    """Write down what was not noted before; how many. A closed notice is told of too: its content may deserve another one.

    The event does not name the document, so that nothing of it is left once it is erased. Raises Unavailable, ConfigError.
    """
    at, count = now or datetime.now(UTC), 0
    for one in found:
        with database.writing() as session:
            row = session.get(NoticeRow, one.notice_id)
            name = hashlib.sha256(f"reapparue\n{one.notice_id}\n{one.position}\n{one.document_id}".encode()).hexdigest()
            data: dict[str, object] = {"position": one.position, "same": one.same}
            if row is not None and happen_by_itself(session, row, "reapparue", by=FLOW, name=name, at=at, data=data):
                count += 1
    if count:
        log.info("content_reappeared", noted=count)
    return count
