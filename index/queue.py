"""The reading queue: worst expected harm first, one item a campaign, and a few drawn among what was not flagged. Pure but for the index's answers.

Copies of one text are one decision, so a campaign shows its worst item only, whatever page its copies would stand on. Every SAMPLE_EVERY-th item
is one of the random sample, in order of collection and never of score: who reads only the beginning still reads at random, which the estimate of
missed cases relies on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid
from index.documents import milliseconds
from index.queries import MAX_SIZE, MAX_VALUES, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.documents import Entry
    from index.protocol import Index
    from index.queries import Cursor

SAMPLE_EVERY = 10
OPEN = ("a_examiner", "en_cours")  # what nobody has decided yet
LEAST_FETCH = 50  # copies are left out after they are read


class QueueItem(NamedTuple):
    """One item to read, and how many other open items of its campaign one decision would serve."""

    entry: Entry
    copies: int


class QueueCursor(NamedTuple):
    """Where a page ended: among the flagged, among the sample (None: nothing read of it yet), and how many items were shown before."""

    flagged: Cursor | None
    sample: Cursor | None
    shown: int


class QueuePage(NamedTuple):
    """Some items, how many flagged ones are open in all (copies included), and where the next page starts; None after the last one."""

    items: tuple[QueueItem, ...]
    total: int
    next: QueueCursor | None


def read_queue(index: Index, query: Query, *, size: int = 20, after: QueueCursor | None = None) -> QueuePage:
    """One page of what is open and fits ``query``, whose ``status``, ``sort``, ``size`` and ``after`` do not count.

    Of its ``lane``, one alone leaves the other out.

    Raises Invalid, and what the index raises.
    """
    if not 1 <= size <= MAX_SIZE:
        raise Invalid(f"{size} items of the queue asked; expected 1 to {MAX_SIZE}")
    start = after or QueueCursor(None, None, 0)
    flagged, sample = _Lane(index, _lane(query, "signale")), _Lane(index, _lane(query, "sondage"))
    wanted = query.terms.get("lane") or ("signale", "sondage")
    worst = flagged.leaders(start.flagged) if "signale" in wanted else iter(())
    drawn = sample.leaders(start.sample) if "sondage" in wanted else iter(())
    items: list[QueueItem] = []
    for place in range(start.shown + 1, start.shown + size + 1):
        first, second = (drawn, worst) if place % SAMPLE_EVERY == 0 else (worst, drawn)
        item = next(first, None) or next(second, None)
        if item is None:
            break
        items.append(item)
    ends = QueueCursor(flagged.after or start.flagged, sample.after or start.sample, start.shown + len(items))
    total = index.search(flagged.query.model_copy(update={"size": 1})).total
    return QueuePage(tuple(items), total, ends if len(items) == size else None)


def _lane(query: Query, lane: str) -> Query:
    terms = {**query.terms, "lane": (lane,), "status": OPEN}
    return query.model_copy(update={"terms": terms, "sort": "priority" if lane == "signale" else "collected_at", "after": None})


class _Lane:
    """The items of one lane in order, without copies of what ranks above them. ``after``: the cursor of the last one given."""

    def __init__(self, index: Index, query: Query) -> None:
        self.query = query
        self.after: Cursor | None = None
        self._index = index

    def leaders(self, after: Cursor | None) -> Iterator[QueueItem]:
        unwanted = self.query.without.get("campaign", ())
        seen: list[str] = []
        while True:
            hidden = {**self.query.without, "campaign": (*unwanted, *seen)[-MAX_VALUES:]} if seen else self.query.without
            page = self._index.search(self.query.model_copy(update={"size": LEAST_FETCH, "after": after, "without": hidden}))
            campaigns = {entry["campaign"] for entry in page.entries if entry["campaign"]}
            leads = self._index.leaders(self.query, campaigns) if campaigns else {}
            for entry in page.entries:
                first, count = leads.get(entry["campaign"] or "", (entry["id"], 1))
                if first == entry["id"]:
                    self.after = cursor_of_entry(entry, self.query)
                    yield QueueItem(entry, count - 1)
            seen += sorted(campaigns)
            if page.next is None:
                return
            after = page.next


def cursor_of_entry(entry: Entry, query: Query) -> Cursor:
    """The cursor after an entry, in a query's order by priority or by date."""
    value = entry[query.sort]
    return (milliseconds(value) if isinstance(value, str) else value, entry["id"])
