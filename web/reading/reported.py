"""What associations reported and the model did not flag: a list of its own, for no queue of scores would ever come to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from cases import claims, reported
from cases.deciding import text_of
from core.errors import Invalid
from index.queries import MAX_SIZE, Query
from index.queue import OPEN
from web.blindness import blinded
from web.reading.rows import Row, row_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.people import Actor
    from index.documents import Entry
    from web.console import Console

FILTER = "lane=soumis"  # as addresses have it: a list of this console, no lane of an index
FEW, SIZE = 3, 20  # shown above the queue; on a page of its own
Place = tuple[datetime, str]  # when it was first reported, and its id


class Waiting(NamedTuple):
    """One item, and when it was first reported."""

    entry: Entry
    since: datetime


class Shown(NamedTuple):
    """Some of them, how many there are in all, and the address of the next ones; "" after the last one."""

    rows: list[Row]
    total: int
    next: str


def waiting(console: Console, actor: Actor) -> list[Waiting]:
    """All that this person may read, the first reported first. Raises Unavailable, ConfigError."""
    since = dict(reported.reported(console.database))
    names, entries = list(since), dict[str, "Entry"]()
    for start in range(0, len(names), MAX_SIZE):
        terms = {"id": tuple(names[start : start + MAX_SIZE]), "status": OPEN}
        page = console.index.search(Query(terms=terms, without={"lane": ("signale",)}, size=MAX_SIZE))
        entries |= {entry["id"]: entry for entry in page.entries}
    mine = reported.readable(console.database, texts_of(entries.values()), actor=actor) if entries else frozenset()
    return [Waiting(entries[name], at) for name, at in since.items() if name in mine]


def texts_of(entries: Iterable[Entry]) -> dict[str, str]:
    """Digests of the texts that entries show, by id."""
    return {entry["id"]: text_of(entry) for entry in entries}


def take_reported(console: Console, actor: Actor, *, without: str = "") -> str | None:
    """Reserve the first one that nobody reads now; its id, or None. Raises Conflict, Unavailable, ConfigError."""
    texts = texts_of(one.entry for one in waiting(console, actor) if one.entry["id"] != without)
    claim = claims.take_next(console.database, texts, actor=actor, texts=texts)
    return claim.document_id if claim else None


def shown(console: Console, actor: Actor, *, blur: bool, size: int = SIZE, after: str = "") -> Shown:
    """A page of them. ``after``: where the page before ended. Raises Invalid, Unavailable, ConfigError."""
    found = waiting(console, actor)
    place = _place(after) if after else None
    rest = [one for one in found if place is None or _place_of(one) > place]
    part = rest[:size]
    readers = readers_of(console, actor, [one.entry["id"] for one in part])
    entries = blinded(console, [one.entry for one in part], actor)
    more = f"{FILTER}&{urlencode({'apres': _written(part[-1])})}" if len(rest) > size else ""
    return Shown([row_of(entry, blur=blur, readers=readers, reported=True) for entry in entries], len(found), more)


def readers_of(console: Console, actor: Actor, ids: Iterable[str]) -> dict[str, str]:
    """What a list says of items that are being read now: never by whom."""
    held = claims.claims_on(console.database, ids)
    return {name: "Réservé pour vous" if one.person_id == actor.id else "En cours de lecture" for name, one in held.items()}


def _place_of(one: Waiting) -> Place:
    return one.since, one.entry["id"]


def _written(one: Waiting) -> str:
    return json.dumps([one.since.isoformat(), one.entry["id"]], separators=(",", ":"))


def _place(written: str) -> Place:
    try:
        since, name = json.loads(written)
        at = datetime.fromisoformat(since)
        return at.astimezone(UTC), str(name)  # one without a zone too: no two kinds of moments are compared
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Invalid(f"apres {written[:100]!r} cannot be read; expected the value that the page before gave") from error
