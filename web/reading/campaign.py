"""Copies and rewordings of one text, counted."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from index.queries import Query
from index.queue import OPEN
from index.tables import Table

if TYPE_CHECKING:
    from index.documents import Entry
    from index.protocol import Index

MOST = 1000  # items that one decision may serve, and campaigns that are remembered
FRESH = 60.0  # seconds


class Place(NamedTuple):
    """A platform on which it stands, and from how many accounts."""

    name: str
    accounts: int


Spread = tuple[tuple[Place, ...], str, str]
_known: dict[tuple[int, str], tuple[float, Spread]] = {}


class Campaign(NamedTuple):
    """``worst``: the open item of highest priority, None where all is decided; ``first`` and ``last``: days of publication, as people read them."""

    id: str
    members: int
    open: int
    worst: str | None
    platforms: tuple[Place, ...]
    first: str
    last: str


def campaign_counted(index: Index, identifier: str) -> Campaign:
    """Of the index. An unknown one has no members."""
    everything = Query(terms={"campaign": (identifier,)})
    members = index.leaders(everything, [identifier]).get(identifier, ("", 0))[1]
    worst, waiting = index.leaders(Query(terms={"status": OPEN}), [identifier]).get(identifier, (None, 0))
    platforms, first, last = _spread(index, everything)
    return Campaign(identifier, members, waiting, worst, platforms, first, last)


def _spread(index: Index, query: Query) -> Spread:
    """Where and when it was published; remembered for a while, for it costs more than all else on an item's page."""
    key = (id(index), query.terms["campaign"][0])
    at, found = _known.get(key, (0.0, None))
    if found is None or time.monotonic() - at > FRESH:
        accounts = index.table(query, Table(by="platform", measure="distinct", of="author"))
        days = [day for day, number in index.histogram(query, "published_at", interval="day") if number]
        first, last = (f"{date.fromisoformat(day):%d/%m/%Y}" for day in (days[0], days[-1])) if days else ("", "")
        found = tuple(Place(name, int(number)) for name, _, number in accounts), first, last
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = (time.monotonic(), found)
    return found


def open_entries(index: Index, entry: Entry) -> list[Entry]:
    """The item itself, then the others of its campaign that nobody has decided yet, at most MOST."""
    page = index.search(Query(terms={"campaign": (entry["campaign"],), "status": OPEN}, without={"id": (entry["id"],)}, size=MOST - 1))
    return [entry, *page.entries]
