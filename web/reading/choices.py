"""What a search may be narrowed by: value and name of each list, for the fields of a form."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.taxonomy import load_taxonomy
from index.queries import Query
from index.values import VALUE_NAMES
from web.passages import shown

if TYPE_CHECKING:
    from index.protocol import Index

PLATFORMS = 60  # the most frequent
FRESH = 60.0  # seconds for which platforms are remembered
Choices = dict[str, list[tuple[str, str]]]
_known: dict[str, tuple[float, list[tuple[str, str]]]] = {}  # platforms by index and query: counting them takes longer than all else on a page


def choices_of(index: Index, query: Query = Query()) -> Choices:  # noqa: B008 - frozen
    """Of the taxonomy, the records, and the platforms of what fits ``query``."""
    taxonomy = load_taxonomy()
    return {
        "markers": [(marker.id, marker.name) for marker in taxonomy.markers],
        "submarkers": [(one.id, f"{one.id} {one.name}") for one in taxonomy.submarkers()],
        "flags": [(flag.id, flag.name) for flag in taxonomy.flags],
        "platforms": _platforms(index, query),
        **{name: list(VALUE_NAMES[field].items()) for name, field in (("kinds", "kind"), ("qualifications", "qualification"), ("lanes", "lane"))},
        "statuses": [("a_examiner", "À examiner"), ("decide", "Décidé")],
    }


def _platforms(index: Index, query: Query) -> list[tuple[str, str]]:
    key = f"{id(index)} {query.model_dump_json()}"
    at, found = _known.get(key, (0.0, []))
    if not at or time.monotonic() - at > FRESH:
        counts = index.facets(query, ["platform"], size=PLATFORMS)["platform"]
        found = [(name, f"{shown(name)} ({number})") for name, number in counts]
        _known.clear()
        _known[key] = (time.monotonic(), found)
    return found
