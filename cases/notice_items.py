"""The items of a draft notice: taken in, kept, left out. What enters was decided by people who read it, and is of the notice's own provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases import duties
from cases.deciding import text_of
from cases.decisions import OPEN, refuse_leaving
from cases.notice import MOST_ITEMS, Content, Element, Item
from cases.notice_drafting import item_of, quotes_of
from cases.notice_found import Found, found_in
from cases.notice_rules import counting
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.deciding import Entry
    from cases.notice import Quoted
    from cases.notice_rules import Setting
    from cases.people import Actor


class Items(NamedTuple):
    """Items by the date of their publication, what stands on each, and whether a model drew attention to one."""

    items: tuple[Item, ...]
    found: Mapping[str, Found]
    automated: bool


def items_of(session: Session, entries: Iterable[Entry]) -> Items:
    """These entries of an index as items. Raises Invalid for what two people have not read as unlawful or urgent."""
    unique = {entry["id"]: entry for entry in entries}
    refuse_leaving(session, list(unique))
    found = found_in(session, {name: text_of(entry) for name, entry in unique.items()})
    for name, entry in unique.items():
        _refuse_undecided(name, entry, found[name])
    made = (item_of(entry, found[name]) for name, entry in unique.items())
    dated = sorted(made, key=lambda item: (item.published_at or item.collected_at, item.url))
    return Items(tuple(dated), found, any(entry["markers"] or entry["alerts"] for entry in unique.values()))


def _refuse_undecided(name: str, entry: Entry, found: Found) -> None:
    decision = found.decision
    if decision is None or decision.qualification not in OPEN or decision.text_sha256 != text_of(entry):
        raise Invalid(f"no decision illicite_presume or urgence stands on the text of {name}; two people read it first")
    if not found.settled or len(found.readers) < 2:
        raise Invalid(f"{name} was not read alike by two different people; a notice needs two readings in the console")


def ask_duties(session: Session, items: Iterable[Item], *, at: datetime, actor: Actor) -> None:
    """The question of art. 434-3 on what asks for it."""
    reasons = {item.document_id: why for item in items if (why := duties.why_of(item.qualification, item.flags))}
    duties.ask_in(session, reasons, at=at, actor=actor)


def rearranged(
    session: Session, content: Content, names: Sequence[str] | None, entries: Iterable[Entry], setting: Setting, *, at: datetime, actor: Actor
) -> Content:
    """With the items of these names, in their order; None: those that are there. ``entries``: of those that the notice has not yet.

    What only an item left out shows goes with it; what readers took from one that enters is proposed where a draft would put it, unless it is
    quoted already.
    Raises Invalid for a name that is neither, for none at all or too many, for another provider, for what two people have not read alike.
    """
    if names is None:
        return content
    known = {item.document_id: item for item in content.items}
    taken = items_of(session, [entry for entry in entries if entry["id"] in names and entry["id"] not in known])
    every = known | {item.document_id: item for item in taken.items}
    chosen = tuple(dict.fromkeys(names))
    if not chosen or len(chosen) > MOST_ITEMS or any(name not in every for name in chosen):
        raise Invalid(f"items: expected 1 to {MOST_ITEMS} ids of documents of this notice, or of the index that two people decided")
    _refuse_elsewhere(content, taken.items, setting)
    ask_duties(session, taken.items, at=at, actor=actor)
    items = tuple(every[name] for name in chosen)
    elements = without(content.elements, set(known) - set(chosen))
    made = content.model_copy(update={"items": items, "elements": elements, "automated_detection": content.automated_detection or taken.automated})
    quoted = {quote.document_id for one in elements for quote in one.quotes}
    new = [item for item in taken.items if item.document_id not in quoted]
    quotes = quotes_of(new, taken.found, counting(made, setting.taxonomy))
    return made.model_copy(update={"elements": tuple(proposed(made, quotes, setting))})


def _refuse_elsewhere(content: Content, taken: Iterable[Item], setting: Setting) -> None:
    """A notice of mixed providers, which a draft for a named service may be until it is put right, takes in those of the ones that it has."""
    keys = {setting.platforms.provider_key(item.platform) for item in content.items}
    strange = sorted({setting.platforms.provider_key(item.platform) for item in taken} - keys)
    if strange:
        raise Invalid(f"content of {', '.join(strange)}; this notice goes to {', '.join(sorted(keys))}, and to one provider: draft another one")


def without(elements: Iterable[Element], names: set[str]) -> tuple[Element, ...]:
    """Elements without the quotes of these documents. Pure."""
    return tuple(one.model_copy(update={"quotes": tuple(quote for quote in one.quotes if quote.document_id not in names)}) for one in elements)


def proposed(content: Content, quotes: Sequence[Quoted], setting: Setting) -> Iterator[Element]:
    """The elements, the first one of each basis with those of these quotes that carry it, as in a draft. Pure."""
    carrying = {
        (basis.id, basis.elements[0].id): tuple(one for one in quotes if one.submarker in basis.submarkers)
        for basis in map(setting.legal.basis, content.bases)
        if basis.elements
    }
    for one in content.elements:
        new = carrying.pop((one.basis, one.element), ())
        yield one.model_copy(update={"quotes": (*one.quotes, *new)})
    for (basis_id, element), new in carrying.items():
        if new and any(one.basis == basis_id for one in content.elements):  # a basis without any is filled whole, see carried_over
            yield Element(basis=basis_id, element=element, quotes=new)
