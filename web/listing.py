"""The list of an organisation's submissions, as its people see it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from cases import decisions
from core.errors import Unavailable
from core.logs import get_logger
from index.queries import MAX_SIZE, Query
from web.passages import shown
from web.progress import DECIDED, STATES
from web.reading.words import value_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.submissions import State, Submission
    from index.documents import Entry
    from web.console import Console

log = get_logger(__name__)
# what the list may be narrowed to: word of the address, name, states
FILTERS: tuple[tuple[str, str, tuple[State, ...]], ...] = (
    ("en-cours", "En cours", ("recue", "en_cours", "collectee")),
    ("lues", "Lus par Vigie", ("visible",)),
    ("non-lues", "Non lus", ("ecartee",)),
)
WAITING = "En attente d'une lecture humaine"


class Row(NamedTuple):
    """One submission. ``css``: how its state looks."""

    submission: Submission
    name: str
    address: str
    state: str
    css: str
    decided: str | None
    decided_at: datetime | None


def rows(console: Console, found: Sequence[Submission]) -> tuple[Row, ...]:
    """Of some submissions, in their order. Raises Unavailable, ConfigError."""
    entries = _entries(console, found)
    stand = decisions.standing(console.database, [one.document_id for one in found])
    made = []
    for one in found:
        decided = stand.get(one.document_id)
        known = decided is not None and decided.qualification is not None
        state = "Décidé" if known else WAITING if one.state == "visible" else STATES[one.state][0]
        said = DECIDED[decided.qualification][0] if decided and decided.qualification else None
        made.append(
            Row(one, name_of(one, entries.get(one.document_id)), address_of(one), state, "decidee" if known else one.state, said,
                decided.decided_at if decided else None)
        )  # fmt: skip
    return tuple(made)


def name_of(submission: Submission, entry: Entry | None) -> str:
    """A title: the page's, the given one, else what it is and where. ``entry``: of the index."""
    given = (entry["title"] if entry else None) or submission.title
    if given:
        return shown(given)
    kind = value_name("kind", entry["kind"]) if entry else "Page"
    return "Un texte copié" if submission.is_text else f"{kind} sur {urlsplit(submission.url).hostname or submission.url}"


def address_of(submission: Submission) -> str:
    """Where it is, for people."""
    return (submission.given or "Texte envoyé sans adresse") if submission.is_text else submission.url


def _entries(console: Console, found: Sequence[Submission]) -> dict[str, Entry]:
    ids = tuple(dict.fromkeys(one.document_id for one in found if one.state == "visible"))[:MAX_SIZE]
    if not ids:
        return {}
    try:
        found_there = console.index.search(Query(terms={"id": ids}, sort="collected_at", size=len(ids))).entries
    except Unavailable as error:
        log.warning("index_unavailable", error=str(error))
        return {}
    return {entry["id"]: entry for entry in found_there}
