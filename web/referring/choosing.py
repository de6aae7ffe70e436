"""Choosing the contents of a dossier: by address, among what is decided, for a new one or for a draft that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases import dossiers
from cases.decisions import OPEN
from core.errors import Invalid, Unavailable
from core.urls import document_id
from index.search_form import Search
from index.search_run import run
from web.blindness import blinded
from web.noticing.picking import Pick, choices

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cases.people import Actor
    from index.documents import Entry
    from web.console import Console

MOST_CONFIRMED = 20  # contents that are offered
MOST_DRAFTS = 20
TO = "dossier:"  # before the id of a draft, where the form's "nature" names one and not a kind


class Draft(NamedTuple):
    """A draft that may take another content."""

    word: str
    name: str
    items: int
    number: str


def named(console: Console, lines: Iterable[str]) -> tuple[list[Entry], list[str]]:
    """The entries of these addresses or ids, one a line, and the lines that name none."""
    found, unknown = [], []
    for line in dict.fromkeys(one.strip() for one in lines):
        if not line:
            continue
        entry = console.index.get(line) or _at(console, line)
        if entry is None:
            unknown.append(line)
        else:
            found.append(entry)
    return found, unknown


def _at(console: Console, line: str) -> Entry | None:
    try:
        return console.index.get(document_id(line))
    except Invalid:
        return None


def confirmed(console: Console, actor: Actor, chosen: Collection[str]) -> list[Pick]:
    """What people found unlawful or urgent, without what is chosen already."""
    try:
        hits = run(console.index, Search(statuses=("decide",), qualifications=OPEN, size=MOST_CONFIRMED)).hits
    except Unavailable:
        return []
    found = blinded(console, [hit.entry for hit in hits], actor)
    return choices(one for one in found if one["id"] not in chosen and one["qualification"] in OPEN)


def drafts(console: Console, actor: Actor) -> list[Draft]:
    """The organisation's own drafts, the newest first."""
    found = dossiers.listed(console.database, actor=actor, state="brouillon", size=MOST_DRAFTS)
    return [Draft(f"{TO}{one.id}", one.spec.name, one.items, one.id[:8]) for one in found if one.content is not None]
