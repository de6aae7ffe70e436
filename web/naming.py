"""Names that pages show: of the people of the house, of items by title and place, of markers. Items only to those who may read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from cases import accounts
from core.records import MARKERS
from index.values import VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.taxonomy import Taxonomy
    from web.console import Console

MOST_TITLE = 90  # characters
QUALIFICATION_NAMES = VALUE_NAMES["qualification"]
FLOWS = {"flow:": "Traitement automatique", "vigie": "Commande", "test": "Commande", "demo": "Démonstration"}


class ItemLabel(NamedTuple):
    """An item in a list; crawled words in ``title``."""

    title: str
    platform: str
    collected_at: str


@cache
def action_names() -> dict[str, str]:
    """What the actions of the audit trail mean, of actions.yml."""
    found: dict[str, str] = yaml.safe_load((Path(__file__).parent / "actions.yml").read_text(encoding="utf-8"))
    return found


def people_names(console: Console) -> dict[str, str]:
    """The name of every person of the house, by id."""
    return {person.id: person.name for person in accounts.people(console.database)}


def item_labels(console: Console, ids: Iterable[str]) -> dict[str, ItemLabel]:
    """How items are named in lists, for those that the index still holds."""
    found = {}
    for name in dict.fromkeys(ids):
        entry = console.index.get(name)
        if entry:
            words = " ".join((entry["title"] or entry["text"]).split())
            short = words if len(words) <= MOST_TITLE else f"{words[:MOST_TITLE].rstrip()}…"
            found[name] = ItemLabel(short or "(sans texte)", entry["platform"], entry["collected_at"])
    return found


def marker_names(taxonomy: Taxonomy) -> dict[str, str]:
    """French names of markers and sub-markers, by id."""
    names: dict[str, str] = {marker: marker for marker in MARKERS}
    for marker in taxonomy.markers:
        names[marker.id] = marker.name
        names |= {one.id: f"{one.id} {one.name}" for one in marker.submarkers}
    return names
