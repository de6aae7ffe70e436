"""What soon reaches the end of its retention period without having been read, and what has no end yet, as the index shows it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime

from core.records import Marker, Record
from index.queries import Query, Range

if TYPE_CHECKING:
    from index.protocol import Index


class Due(Record):
    """An item that is to be read and soon goes."""

    document_id: str
    retain_until: AwareDatetime
    markers: tuple[Marker, ...]  # that its scores flag


class Deadlines(Record):
    """``due``: the first to go; ``total``: how many go; ``open``: cases without an end."""

    due: tuple[Due, ...]
    total: int
    open: int


def deadlines(index: Index, *, before: datetime, size: int = 20) -> Deadlines:
    """What waits in the queue and goes before a time. Raises Unavailable, ConfigError."""
    waiting = Query(terms={"lane": ("signale", "sondage"), "status": ("a_examiner",)}, ranges=(Range(field="retain_until", lte=before),))
    found = [
        Due(document_id=entry["id"], retain_until=datetime.fromisoformat(entry["retain_until"]), markers=tuple(entry["markers"]))
        for entry in index.scan(waiting)
    ]
    cases = index.search(Query(present=("qualification",), absent=("retain_until",), size=1)).total
    return Deadlines(due=tuple(sorted(found, key=lambda due: (due.retain_until, due.document_id))[:size]), total=len(found), open=cases)
