"""A person's decision on items of an index: written down first, then shown. The index is known here by the two things it must do only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cases import decisions
from cases.decisions import Item, text_digest
from cases.standing import Shown, project
from core.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cases.database import Database
    from cases.decisions import Act, Choice, Decided

Entry = dict[str, Any]  # of index/documents.py
Drawn = tuple[str, float]  # stratum, and probability with which an item of it is drawn


class Readable(Shown, Protocol):
    """The part of an index that gives entries and shows decisions."""

    def get(self, document_id: str) -> Entry | None:
        """See index/protocol.py."""


class Outcome(NamedTuple):
    """What was written down, and whether the index shows it already; if not, the next ``vigie publish`` does."""

    rows: tuple[Decided, ...]
    shown: bool


def entries_named(index: Readable, document_ids: Sequence[str]) -> list[Entry]:
    """The entries of these ids, once each. Raises NotFound, Unavailable, ConfigError."""
    found = []
    for name in dict.fromkeys(document_ids):
        entry = index.get(name)
        if entry is None:
            raise NotFound(f"document {name} is not in the index; vigie queue shows identifiers, vigie publish indexes what was scored")
        found.append(entry)
    return found


def text_of(entry: Mapping[str, Any]) -> str:
    """Digest of the text that an entry shows, by which readings and decisions know a text again."""
    return text_digest(entry["title"], entry["text"])


def item_of(entry: Entry, *, drawn: Callable[[Entry], Drawn]) -> Item:
    """What a person read, and how it came into the queue. ``drawn``: asked for an item of the random sample only."""
    stratum, inclusion = drawn(entry) if entry["lane"] == "sondage" else (None, 1.0 if entry["lane"] == "signale" else None)
    return Item(
        document_id=entry["id"],
        content_sha256=entry["content_sha256"],
        text_sha256=text_of(entry),
        lane=entry["lane"],
        stratum=stratum,
        inclusion=inclusion,
    )


def decide_on(
    index: Readable,
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
    return Outcome(rows, show(index, database, [row.document_id for row in rows]))


def undo(index: Readable, database: Database, document_ids: Sequence[str], *, reason: str, by: str, act: Act) -> Outcome:
    """Undo the decisions that stand on these documents, all or none, then show it. Raises NotFound, Invalid, Unavailable, ConfigError."""
    rows = decisions.undo(database, document_ids, reason=reason, by=by, act=act)
    return Outcome(rows, show(index, database, [row.document_id for row in rows]))


def show(index: Shown, database: Database, document_ids: Iterable[str]) -> bool:
    """Let the index show how these items stand; False where it does not answer now: then the next publication shows it."""
    try:
        project(index, database, document_ids)
    except Unavailable:  # what was written is kept, and the index is told later
        return False
    return True
