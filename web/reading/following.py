"""The next item for a person: the first of the queue, as they filter it, that they may read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cases import claims
from cases.deciding import text_of
from core.errors import Invalid
from index.queue import read_queue
from index.search_form import to_query
from index.search_url import from_url

if TYPE_CHECKING:
    from cases.people import Actor
    from index.queries import Query
    from web.console import Console

STEP, MOST = 50, 20  # items looked at together, and how often


def next_for(console: Console, actor: Actor, *, filtered: str = "", without: str = "") -> str | None:
    """The id of the item that is now theirs to read; None where there is none. Raises Invalid, Conflict, Unavailable, ConfigError."""
    query, after = query_of(filtered), None
    for _ in range(MOST):
        page = read_queue(console.index, query, size=STEP, after=after)
        texts = {item.entry["id"]: text_of(item.entry) for item in page.items if item.entry["id"] != without}
        claim = claims.take_next(console.database, texts, actor=actor, texts=texts)
        if claim or page.next is None:
            return claim.document_id if claim else None
        after = page.next
    return None


def query_of(filtered: str) -> Query:
    """The query of a filter as addresses have it; one that cannot be read is none."""
    try:
        return to_query(from_url(filtered))
    except Invalid:
        return to_query(from_url(""))


def item_address(identifier: str, filtered: str, **more: str) -> str:
    """The page of an item, with the filter of the queue that it was opened from."""
    said = urlencode({**({"file": filtered} if filtered else {}), **more})
    return f"/contenus/{identifier}" + (f"?{said}" if said else "")


def queue_address(filtered: str, **more: str) -> str:
    """The queue, filtered."""
    said = "&".join(part for part in (filtered, urlencode(more)) if part)
    return "/file" + (f"?{said}" if said else "")
