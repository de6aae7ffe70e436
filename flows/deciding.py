"""What one decision may serve: the items of a campaign. Deciding itself is cases/deciding.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Invalid
from index.queries import Query

if TYPE_CHECKING:
    from index.documents import Entry
    from index.protocol import Index


def campaign_of(index: Index, entry: Entry) -> list[Entry]:
    """All entries of an item's campaign. Raises Invalid for an item of none, Unavailable, ConfigError."""
    if entry["campaign"] is None:
        raise Invalid(f"document {entry['id']} belongs to no campaign; decide without --campaign")
    return list(index.scan(Query(terms={"campaign": (entry["campaign"],)}, sort="collected_at")))
