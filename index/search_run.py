"""A search answered: results with their highlights, how many there are, what they are counted by, where the next page starts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid, NotFound
from index.fields import MULTIVALUED
from index.highlights import highlights, wanted
from index.queries import check_facets
from index.search_form import to_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.documents import Entry
    from index.highlights import Span
    from index.protocol import Counts, Index
    from index.queries import Cursor, Query
    from index.search_form import Search

# what people narrow a search by, the most telling first
FACETS = ("decision", "markers", "submarkers", "flags", "kind", "platform", "source", "language", "status", "qualification", "campaign")


class Hit(NamedTuple):
    """One result: where the words stand in its title and its text, and how near it is to the document that was asked for, -1 to 1."""

    entry: Entry
    title: tuple[Span, ...]
    text: tuple[Span, ...]
    similarity: float | None = None


class Found(NamedTuple):
    """``total`` counts all results; of a search by similarity, those given."""

    hits: tuple[Hit, ...]
    total: int
    next: Cursor | None
    facets: dict[str, Counts]


def run(index: Index, search: Search, *, facets: Iterable[str] = (), values: int = 20) -> Found:
    """Answer a search; ``facets`` are fields, ``values`` how many of each. Raises Invalid, NotFound, Unavailable, ConfigError."""
    query, counted = to_query(search), tuple(facets)
    check_facets(counted, size=values)
    if search.similar_to:
        return _similar(index, search, query, counted, values)
    page = index.search(query)
    sought = wanted(search.words)
    hits = tuple(Hit(entry, highlights(entry["title"] or "", sought), highlights(entry["text"], sought)) for entry in page.entries)
    return Found(hits, page.total, page.next, index.facets(query, counted, size=values) if counted else {})


def _similar(index: Index, search: Search, query: Query, counted: Sequence[str], values: int) -> Found:
    identifier = str(search.similar_to)
    entry = index.get(identifier)
    if entry is None:
        raise NotFound(f"document {identifier} is not in the index; take the id that vigie queue or vigie search shows")
    if entry["embedding"] is None:
        raise Invalid(f"document {identifier} cannot be compared: its model gave no embedding; score it with one that does, then vigie reindex")
    others = query.model_copy(update={"without": {"id": (identifier,)}})
    sought = wanted(search.words)
    found = index.similar(others, entry["embedding"], size=search.size)
    hits = tuple(Hit(near, highlights(near["title"] or "", sought), highlights(near["text"], sought), cosine) for near, cosine in found)
    return Found(hits, len(hits), None, {name: _count(hits, name, values) for name in counted})


def _count(hits: Iterable[Hit], name: str, values: int) -> Counts:
    """Counts of the results themselves: the index would count all that it compared."""
    found = (hit.entry[name] for hit in hits)
    counts = Counter(one for value in found for one in (value if name in MULTIVALUED else (value,)) if one is not None)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:values])
