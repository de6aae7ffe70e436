"""All that the page of a draft shows: facts, legal bases with what shows each element, exclusions to weigh, what is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cases.legal import load_legal, printable
from cases.notice import MEASURES, Recipient
from cases.notice_rules import to_weigh
from cases.notices import problems
from cases.platforms import load_platforms
from core.errors import Conflict
from core.numbers import french
from core.taxonomy import load_taxonomy
from index.fields import BY_NAME
from web.naming import people_names
from web.noticing.picking import others
from web.noticing.quoting import for_basis, passages, value_of
from web.noticing.words import categories, name_of
from web.passages import shown
from web.reading.preferences import preferences_of
from web.reading.words import label, value_name, value_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cases.database import Database
    from cases.legal import Basis, LegalElement
    from cases.notice import Content, Quoted
    from cases.notice_rules import Problem
    from cases.notices import Notice
    from cases.people import Actor
    from core.records import Record
    from web.console import Console
    from web.noticing.quoting import Passage


class ElementView(NamedTuple):
    """One element in the form: what is said of it, and each passage with whether it is ticked."""

    element: LegalElement
    field: str  # basis:element
    says: str
    options: tuple[tuple[Passage, bool], ...]


class BasisView(NamedTuple):
    """One legal basis. ``elements``: of a chosen one; ``line``: as documents print it."""

    basis: Basis
    line: str
    chosen: bool
    elements: tuple[ElementView, ...]


class Weighing(NamedTuple):
    """One exclusion, and why it does not apply. ``origin``: why it is asked for, "" where it may be left out."""

    id: str
    name: str
    definition: str
    why: str
    origin: str


BESIDE = {"keyword": "category", "recipient": "provider"}  # fields that another one of the form stands for


def anchor(field: str) -> str:
    """The id of a form's field."""
    return "f-" + re.sub(r"[^a-z0-9_]+", "-", field.lower()).strip("-")


def draft_page(console: Console, notice: Notice, actor: Actor, *, entered: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """For notifications/modifier.html. ``entered``: what was typed and not kept. Raises Conflict for an erased notice, Unavailable, ConfigError."""
    if notice.content is None:
        raise Conflict(f"the content of notice {notice.id} was erased; there is nothing left to change")
    content, signs = notice.content, value_names()["submarkers"]
    entries = [entry for item in content.items if (entry := console.index.get(item.document_id))]
    values = _values(console.database, content, problems(console.database, notice, entries=entries), entered or {})
    code = f"{values['said']['category'] or ''}:{values['said']['keyword'] or ''}"
    return {
        **values, "content": content, "signs": signs, "category": code,
        "proposed": {one.id for one in load_legal().serving(content.submarkers)},
        "headings": [f"{value_name('kind', item.kind)} sur {shown(item.platform)}" for item in content.items],
        "state": name_of("states", notice.state),
        "reach": [[(label(name), french(number)) for name, number in item.reach.items() if name in BY_NAME] for item in content.items],
        "by": people_names(console).get(notice.created_by, "?"), "signed": [one.by for one in notice.signed],
        "others": others(console, entries, actor) if entries else [],
        "channel": name_of("channels", load_platforms().platform(notice.platform).channel), "blur": preferences_of(console.database, actor).blur,
    }  # fmt: skip


def _values(database: Database, content: Content, found: Sequence[Problem], entered: Mapping[str, Any]) -> dict[str, Any]:
    """What the form holds."""
    said = {**{name: getattr(content, name) for name in type(content).model_fields}, **entered}
    elements = [_plain(one) for one in said["elements"]]
    quoted = [quote for one in elements for quote in one["quotes"]]
    known = passages(database, content.items, also=quoted)
    weighed = {one["exclusion"]: one["why"] for one in map(_plain, said["weighed"])}
    return {
        "said": said,
        "bases": _bases(content, said["bases"], elements, known),
        "weighing": weighing(content, said["bases"], weighed),
        "categories": categories(content.submarkers, said["bases"]),
        "measures": [(word, name_of("measures", word)) for word in MEASURES],
        "missing": missing(found),
        "faults": _faults(found),
        "kept": said["items"] if "items" in entered else [item.document_id for item in content.items],
        "recipient": _plain(said["recipient"] or Recipient()),
    }


def _plain(one: Record | dict[str, Any]) -> dict[str, Any]:
    """A record of the notice, or the same as the form brought it: its fields by name."""
    return one if isinstance(one, dict) else {name: getattr(one, name) for name in type(one).model_fields}


def missing(found: Iterable[Problem], *, page: str = "") -> list[tuple[str, str]]:
    """Where each is put right, and in words. ``page``: address of the draft, from elsewhere."""
    return [(_place(one.field, page), one.says) for one in found]


def _place(field: str, page: str) -> str:
    if field.startswith("profile"):
        return "/notifications/profil"
    return f"{page}#{anchor(BESIDE.get(field, field))}" if field else ""


def _faults(found: Iterable[Problem]) -> dict[str, str]:
    """What is wrong with each field, by anchor."""
    faults: dict[str, str] = {}
    for one in found:
        name = anchor(one.field)
        faults[name] = f"{faults[name]} {one.says}" if name in faults else one.says
    return faults


def _bases(content: Content, chosen: Iterable[str], elements: Sequence[Mapping[str, Any]], known: Mapping[str, Passage]) -> tuple[BasisView, ...]:
    """The chosen ones, then what the taxonomy proposes, then the rest."""
    picked = set(chosen)
    serving = load_legal().serving(content.submarkers)
    every = [*serving, *(one for one in load_legal().bases if one not in serving)]
    said = {(one["basis"], one["element"]): one for one in elements}
    views = [_basis(one, picked, said, known, content) for one in every]
    return tuple(sorted(views, key=lambda view: not view.chosen))


def _basis(basis: Basis, chosen: set[str], said: Mapping[tuple[str, str], Mapping[str, Any]], known: Mapping[str, Passage],
           content: Content) -> BasisView:  # fmt: skip
    if basis.id not in chosen:
        return BasisView(basis, printable(basis), chosen=False, elements=())
    options = for_basis(known, basis.submarkers)
    made = []
    for one in basis.elements:
        found = said.get((basis.id, one.id), {"says": "", "quotes": ()})
        ticked = {_value(quote, content) for quote in found["quotes"]}
        made.append(ElementView(one, f"{basis.id}:{one.id}", found["says"], tuple((each, each.value in ticked) for each in options)))
    return BasisView(basis, printable(basis), chosen=True, elements=tuple(made))


def _value(quote: Quoted, content: Content) -> str:
    return value_of(quote, content.items)


def weighing(content: Content, bases: Iterable[str], weighed: Mapping[str, str]) -> tuple[Weighing, ...]:
    """What must be weighed: the exceptions of the law that is cited, and what a reader ticked; then the other exclusions of the markers."""
    must = to_weigh(content.model_copy(update={"bases": tuple(bases)}), load_legal())
    known = _exclusions(content, bases)
    order = dict.fromkeys([*must, *weighed, *known])
    return tuple(Weighing(name, *known[name][:2], weighed.get(name, ""), known[name][2] if name in must else "") for name in order if name in known)


def _exclusions(content: Content, bases: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """By id as the rules name it: name, definition, and why it is asked for."""
    legal = {
        f"{basis.id}/{one.id}": (one.name, one.definition, basis.article) for basis in map(load_legal().basis, bases) for one in basis.exclusions
    }
    taxonomy = load_taxonomy()
    signs = (
        taxonomy.exclusions()
        if not content.markers
        else {name: one for marker in content.markers for name, one in taxonomy.exclusions(marker).items()}
    )
    ticked = {name: taxonomy.exclusions()[name] for item in content.items for name in item.exclusions if name in taxonomy.exclusions()}
    return {**legal, **{name: (one.name, one.definition, "cochée par une lecture") for name, one in {**ticked, **signs}.items()}}
