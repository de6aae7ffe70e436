"""What people read, in French, for the values of fields: of the records, of the taxonomy, and of the reasons that reports count by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def value_names() -> Mapping[str, Mapping[str, str]]:
    """Field: value: name, of every field whose values are not their own names. Raises ConfigError."""
    from core.taxonomy import load_taxonomy
    from crawlers.expect import known_reasons, meaning
    from index.values import VALUE_NAMES

    taxonomy = load_taxonomy()
    markers: dict[str, str] = {marker.id: marker.name for marker in taxonomy.markers}
    reasons = {reason: meaning(reason).partition(" ; ")[0] for reason in known_reasons()}  # what it is; after it, what to do
    return {
        **VALUE_NAMES,
        "markers": markers,
        "alerts": markers,
        "submarkers": {one.id: f"{one.id} {one.name}" for one in taxonomy.submarkers()},
        "flags": {flag.id: f"{flag.id} {flag.name}" for flag in taxonomy.flags},
        "reason": reasons,
    }
