"""Items in a list: of the queue, of a search, of a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from index.highlights import snippets
from index.queue import OPEN
from web.passages import Mark, cut, shown
from web.reading import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.documents import Entry
    from index.highlights import Span
    from index.search_run import Hit
    from web.passages import Piece
    from web.reading.words import Score


class Row(NamedTuple):
    """One item. ``hidden``: nothing of its own words is shown before somebody asks. ``reader``: who reads it now."""

    id: str
    heading: str
    words: tuple[Piece, ...]  # its title or how it begins
    hidden: bool
    published_at: str | None
    scores: tuple[Score, ...]
    flags: tuple[str, ...]
    drawn: bool  # of the random sample
    why: str
    copies: int  # others of its campaign that one decision may serve
    campaign: str | None
    money: str
    status: str  # "" while it is open: that one person has read it would tell the second one so
    qualification: str
    reader: str
    passages: tuple[tuple[Piece, ...], ...] = ()
    similarity: float | None = None


def row_of(
    entry: Entry, *, copies: int = 0, blur: bool = True, readers: Mapping[str, str] | None = None, spans: Sequence[Span] = (), reported: bool = False
) -> Row:
    """The row of an entry. ``blur``: whether distressing words are hidden; ``readers``: who reads which item now; ``reported``: by an association."""
    line = words.excerpt(entry)
    return Row(
        id=entry["id"],
        heading=words.heading(entry),
        words=cut(line, [Mark(start, end, "cherche") for start, end in spans] if entry["title"] and line == shown(entry["title"]) else ()),
        hidden=blur and words.is_distressing(entry),
        published_at=entry["published_at"],
        scores=tuple(one for one in words.scores(entry) if one.level != words.LEVELS["rien"]),
        flags=tuple(words.value_name("flags", name) for name in entry["flags"]),
        drawn=entry["lane"] == "sondage",
        why=words.why(entry, reported=reported),
        copies=copies,
        campaign=entry["campaign"],
        money=words.money(entry),
        status="" if entry["status"] in OPEN else words.value_name("status", entry["status"]),
        qualification=words.value_name("qualification", entry["qualification"]) if entry["qualification"] else "",
        reader=(readers or {}).get(entry["id"], ""),
    )


def row_of_hit(hit: Hit, *, copies: int = 0, blur: bool = True) -> Row:
    """The row of a result, with the passages that were found."""
    row = row_of(hit.entry, copies=copies, blur=blur, spans=hit.title)
    found = snippets(hit.entry["text"], hit.text) if hit.text else ()
    passages = tuple(cut(shown(one.text), [Mark(start, end, "cherche") for start, end in one.spans]) for one in found)
    return row._replace(passages=passages, similarity=hit.similarity)
