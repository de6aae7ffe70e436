"""The next item for a person: the first of the queue, as they filter it, that they may read, or one that an association reported."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cases import claims, reported
from core.errors import Invalid
from index.queue import read_queue
from index.search_form import to_query
from index.search_url import from_url, to_url
from web.reading.reported import FILTER, take_reported, texts_of

if TYPE_CHECKING:
    from cases.people import Actor
    from index.queries import Query
    from index.search_form import Search
    from web.console import Console

STEP, MOST = 50, 20  # items looked at together, and how often


def next_for(console: Console, actor: Actor, *, filtered: str = "", without: str = "") -> str | None:
    """The id of the item that is now theirs to read; None where there is none. Raises Invalid, Conflict, Unavailable, ConfigError.

    Without a filter, what associations reported and the model did not flag comes at its turn, and as soon as nothing flagged is left.
    """
    if filtered == FILTER:
        return take_reported(console, actor, without=without)
    search = _search_of(filtered)
    mixed = not to_url(search)
    if mixed and reported.is_turn(console.database, actor=actor) and (found := take_reported(console, actor, without=without)):
        return found
    return _queued(console, actor, to_query(search), mixed=mixed, without=without)


def _queued(console: Console, actor: Actor, query: Query, *, mixed: bool, without: str) -> str | None:
    """The first of the queue. ``mixed``: what was reported goes before what was drawn by lot."""
    after = None
    for _ in range(MOST):
        page = read_queue(console.index, query, size=STEP, after=after)
        if mixed and all(item.entry["lane"] != "signale" for item in page.items):
            if found := take_reported(console, actor, without=without):
                return found
            mixed = False
        texts = texts_of(item.entry for item in page.items if item.entry["id"] != without)
        claim = claims.take_next(console.database, texts, actor=actor, texts=texts)
        if claim:
            return claim.document_id
        if page.next is None:
            break
        after = page.next
    return take_reported(console, actor, without=without) if mixed else None


def _search_of(filtered: str) -> Search:
    """A filter as addresses have it; one that cannot be read is none."""
    try:
        return from_url(filtered)
    except Invalid:
        return from_url("")


def item_address(identifier: str, filtered: str, **more: str) -> str:
    """The page of an item, with the filter of the queue that it was opened from."""
    said = urlencode({**({"file": filtered} if filtered else {}), **more})
    return f"/contenus/{identifier}" + (f"?{said}" if said else "")


def queue_address(filtered: str, **more: str) -> str:
    """The queue, filtered."""
    said = "&".join(part for part in (filtered, urlencode(more)) if part)
    return "/file" + (f"?{said}" if said else "")
