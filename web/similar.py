"""Contents that resemble a submitted one, as far as who submitted it may know of them: a count and a few titles, never a text.

What only another organisation submitted stays unseen and uncounted: that it was submitted is nobody else's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.overview import submitters
from index.queries import Query
from web.passages import shown

if TYPE_CHECKING:
    from index.documents import Entry
    from web.console import Console

COMPARED, SHOWN = 50, 5
NEAR = 0.7  # cosine of two embeddings from which texts speak of the same thing: measured on the demonstration web, unrelated ones stay below 0.5
UNTITLED = "Contenu sans titre"


class Similar(NamedTuple):
    """One of them. ``submission``: the organisation's own, where it submitted that too."""

    title: str
    platform: str
    day: str  # ISO 8601 time: when it was published, else collected
    submission: str | None


class Likeness(NamedTuple):
    """``number`` of all that resemble it; ``most``: there may be more, no more were compared."""

    number: int
    most: bool
    shown: tuple[Similar, ...]


def similar(console: Console, entry: Entry, *, organisation_id: str) -> Likeness | None:
    """Of an entry of the index; None where its model gave nothing to compare. Raises Unavailable, ConfigError."""
    if entry["embedding"] is None:
        return None
    found = console.index.similar(Query(without={"id": (entry["id"],)}), entry["embedding"], size=COMPARED)
    near = [other for other, cosine in found if cosine >= NEAR]
    who = submitters(console.database, [other["id"] for other in near], organisation_id=organisation_id)
    kept = [other for other in near if other["id"] not in who.others]
    shown = tuple(_similar(other, who.own.get(other["id"])) for other in kept[:SHOWN])
    return Likeness(len(kept), most=len(near) == COMPARED, shown=shown)


def _similar(entry: Entry, submission: str | None) -> Similar:
    return Similar(shown(entry["title"] or UNTITLED), entry["platform"], entry["published_at"] or entry["collected_at"], submission)
