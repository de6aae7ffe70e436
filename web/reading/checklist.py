"""The checklist of the taxonomy as a page shows it. Blank, it is the same for everybody: written once, then kept."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from core.taxonomy import load_taxonomy
from web.pages import environment
from web.reading.form import Entered

if TYPE_CHECKING:
    from index.documents import Entry

BLANK = Entered("", "")


def checklist(entry: Entry, entered: Entered, *, hints: str = "apres") -> Markup:
    """A group for each marker, those of the item's own markers open. ``hints``: when what the model noted is told, see Preferences."""
    noted = frozenset(entry["submarkers"]) if hints != "jamais" else frozenset[str]()
    blank = not (entered.markers or entered.submarkers or entered.exclusions)
    groups = []
    for marker in load_taxonomy().markers:
        own = {one.id for one in marker.submarkers}
        is_open = marker.id in entry["markers"] or marker.id in entered.markers or bool(own & entered.submarkers.keys())
        told = (marker.id, noted & own, hints == "toujours")
        groups.append(_blank(*told, is_open=is_open) if blank else _group(*told, is_open=is_open, entered=entered))
    return Markup("").join(groups)


@lru_cache(maxsize=1024)
def _blank(marker: str, noted: frozenset[str], always: bool, *, is_open: bool) -> Markup:  # noqa: FBT001 - a value of the key
    return _group(marker, noted, always, is_open=is_open, entered=BLANK)


def _group(marker: str, noted: frozenset[str], always: bool, *, is_open: bool, entered: Entered) -> Markup:  # noqa: FBT001
    macros: Any = environment().get_template("lecture/grille.html").module
    written: Markup = macros.group(load_taxonomy().marker(marker), is_open, noted, always, entered)
    return written


@cache
def options() -> Markup:
    """The sub-markers as choices of a list."""
    return Markup("").join(Markup('<option value="{}">{} {}</option>').format(one.id, one.id, one.name) for one in load_taxonomy().submarkers())
