"""A person's decision on items of the index, or on a whole campaign: written down first, then shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases import decisions
from cases.decisions import Item, text_digest
from cases.standing import project
from core.errors import Invalid, NotFound, Unavailable
from index.queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cases.database import Database
    from cases.decisions import Act, Choice, Decided
    from index.documents import Entry
    from index.protocol import Index

Drawn = tuple[str, float]  # stratum, and probability with which an item of it is drawn


class Outcome(NamedTuple):
    """What was written down, and whether the index shows it already; if not, the next ``show`` does."""

    rows: tuple[Decided, ...]
    shown: bool


def entries_named(index: Index, document_ids: Sequence[str]) -> list[Entry]:
    """The entries of these ids, once each. Raises NotFound, Unavailable, ConfigError."""
    found = []
    for name in dict.fromkeys(document_ids):
        entry = index.get(name)
        if entry is None:
            raise NotFound(f"document {name} is not in the index; vigie queue shows identifiers, vigie publish indexes what was scored")
        found.append(entry)
    return found


def campaign_of(index: Index, entry: Entry) -> list[Entry]:
    """All entries of an item's campaign. Raises Invalid for an item of none, Unavailable, ConfigError."""
    if entry["campaign"] is None:
        raise Invalid(f"document {entry['id']} belongs to no campaign; decide without --campaign")
    return list(index.scan(Query(terms={"campaign": (entry["campaign"],)}, sort="collected_at")))


def item_of(entry: Entry, *, drawn: Callable[[Entry], Drawn]) -> Item:
    """What a person read, and how it came into the queue. ``drawn``: asked for an item of the random sample only."""
    stratum, inclusion = drawn(entry) if entry["lane"] == "sondage" else (None, 1.0 if entry["lane"] == "signale" else None)
    return Item(
        document_id=entry["id"],
        content_sha256=entry["content_sha256"],
        text_sha256=text_digest(entry["title"], entry["text"]),
        lane=entry["lane"],
        stratum=stratum,
        inclusion=inclusion,
    )


def decide_on(
    index: Index,
    database: Database,
    entries: Sequence[Entry],
    choice: Choice,
    *,
    act: Act,
    drawn: Callable[[Entry], Drawn],
    campaign: str | None = None,
) -> Outcome:
    """Write a decision down for these entries, all or none, then show it. Raises Invalid, Unavailable, ConfigError: then nothing was decided."""
    rows = decisions.decide(database, [item_of(entry, drawn=drawn) for entry in entries], choice, act=act, campaign=campaign)
    return Outcome(rows, _shown(index, database, rows))


def undo(index: Index, database: Database, document_ids: Sequence[str], *, reason: str, by: str, act: Act) -> Outcome:
    """Undo the decisions that stand on these documents, all or none, then show it. Raises NotFound, Invalid, Unavailable, ConfigError."""
    rows = decisions.undo(database, document_ids, reason=reason, by=by, act=act)
    return Outcome(rows, _shown(index, database, rows))


def _shown(index: Index, database: Database, rows: Sequence[Decided]) -> bool:
    try:
        project(index, database, [row.document_id for row in rows])
    except Unavailable:  # the decision is kept, and the index is told later
        return False
    return True
