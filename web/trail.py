"""The audit trail as people read it: details in French words; and what of it is kept from who reads blind."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from cases.people import READERS
from web.capacities import vocabulary
from web.naming import QUALIFICATION_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.audit import Entry
    from cases.people import Actor

# what would tell a reader how others read an item, that somebody did, or that its right reading is known
TELLING = ("read", "reading_withdrawn", "adjudicated", "decided", "decision_undone", "golden_set", "golden_retired", "urgency_opened",
           "duty_asked", "duty_answered")  # fmt: skip
NEVER_TOLD = ("read", "reading_withdrawn")  # to nobody, though it stays in the chain: a seat tells which items are golden ones
DOCUMENT = "document"


class Line(NamedTuple):
    """An entry, its details as (name, value) in French, and whether its subject is told."""

    entry: Entry
    details: tuple[tuple[str, str], ...]
    hidden: bool


@cache
def french() -> Mapping[str, Any]:
    """The words of trail.yml."""
    found: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "trail.yml").read_text(encoding="utf-8"))
    return found


def lines(entries: Sequence[Entry], *, names: Mapping[str, str], actor: Actor, of_document: bool) -> list[Line]:
    """Entries for this person. ``of_document``: they were asked for by a document, so that even an entry without its subject would tell."""
    reads = actor.has(*READERS)
    found = []
    for entry in entries:
        telling = reads and entry.action in TELLING
        if telling and of_document:
            continue
        quiet = telling or entry.action in NEVER_TOLD
        found.append(Line(entry, () if quiet else details_of(entry.details, names), telling))
    return found


def details_of(written: str, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The pairs of an entry's details; those without a value are left out."""
    known: Mapping[str, object] = json.loads(written)
    return tuple((_name(key), _said(value, names)) for key, value in known.items() if value not in (None, "", [], {}))


def warning(message: str) -> str:
    """What a warning of the index means."""
    return next(str(one["said"]) for one in french()["warnings"] if one["found"] in message)


def _name(key: str) -> str:
    return str(french()["details"].get(key, key.replace("_", " ")))


def _said(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ", ".join(_said(one, names) for one in value) or "aucun"
    if isinstance(value, dict):
        return ", ".join(f"{_name(str(key))} {_said(one, names)}" for key, one in value.items())
    return _word(str(value), names)


def _word(value: str, names: Mapping[str, str]) -> str:
    words = vocabulary()
    for group in (words.roles, words.capacities):
        if value in group:
            return group[value].name  # type: ignore[index]
    return names.get(value) or QUALIFICATION_NAMES.get(value) or str(french()["values"].get(value, value))
