"""What lists keep from who is to read an item blind: what others made of it, and that anybody has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import reviews
from cases.deciding import text_of
from index.queue import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cases.people import Actor
    from index.documents import Entry
    from index.search_form import Search
    from web.console import Console

HIDDEN = ("status", "qualification", "decided_at", "notice_state", "notified_at")  # what others made of it


def blind(entry: Entry) -> Entry:
    """As if nobody had read or decided."""
    return untimed({**entry, **dict.fromkeys(HIDDEN), "status": "a_examiner"})


def untimed(entry: Entry) -> Entry:
    """Without the end of its retention where it is not decided: a first reading moves that end."""
    return entry if entry["status"] == "decide" else {**entry, "retain_until": None}


def blinded(console: Console, entries: Sequence[Entry], actor: Actor) -> list[Entry]:
    """Entries of a list, without what must not be told of them to this person. Raises Unavailable, ConfigError."""
    told = {entry["id"]: text_of(entry) for entry in entries if entry["qualification"] or entry["status"] != "a_examiner"}
    hidden = reviews.hidden_among(console.database, told, actor=actor) if told else frozenset()
    return [blind(entry) if entry["id"] in hidden else untimed(entry) for entry in entries]


def untelling(search: Search) -> Search:
    """The same search, where what one person has read counts as open: a filter must not tell what the items do not."""
    if not set(search.statuses) & set(OPEN):
        return search
    return search.model_copy(update={"statuses": (*OPEN, *(one for one in search.statuses if one not in OPEN))})


def folded(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Counts by status, where what one person has read counts as open."""
    found: dict[str, int] = {}
    for status, number in counts:
        name = "a_examiner" if status in OPEN else status
        found[name] = found.get(name, 0) + number
    return tuple(found.items())
