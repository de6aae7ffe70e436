"""How submissions stand, as Atom feeds: for one submission, or for an organisation. The same words as on the pages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from core import atom

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.following import Event
    from cases.submissions import Submission

MOST = 60  # entries of a feed
START = datetime(2026, 1, 1, tzinfo=UTC)  # of a feed without entries: it never changes


class Followed(NamedTuple):
    """One submission: its name, what became of it, and where people read it."""

    submission: Submission
    name: str
    events: tuple[Event, ...]
    page: str


def feed(urn: str, title: str, followed: Iterable[Followed], *, address: str) -> bytes:
    """The newest first. ``address``: of the feed itself."""
    entries = sorted((_entry(one, event) for one in followed for event in one.events), key=lambda entry: entry.updated, reverse=True)[:MOST]
    updated = entries[0].updated if entries else START
    return atom.feed(f"urn:vigie:{urn}", title=f"Vigie : {title}", updated=updated, entries=tuple(entries), address=address)


def _entry(followed: Followed, event: Event) -> atom.Entry:
    parts = f"{followed.submission.id} {event.kind} {event.at.isoformat()}"
    return atom.Entry(
        id=f"urn:vigie:evenement:{hashlib.sha256(parts.encode()).hexdigest()[:32]}",
        title=followed.name,
        updated=event.at,
        content=event.text,
        link=followed.page,
        categories=(atom.Category(event.kind, "urn:vigie:evenement"),),
    )
