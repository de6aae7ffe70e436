"""Contents of a draft dossier: another one is taken in, one is left out. What people wrote stays; facts and numbers follow the contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from cases import duties
from cases.deciding import text_of
from cases.dossier import LEFT, MOST_FACTS, Content
from cases.dossier_drafting import drafted
from cases.dossier_found import found_in, previous_in
from cases.dossier_kinds import kind_of
from cases.dossiers import content_of, dossier_of, may, own_row, put
from cases.notice import MOST_ITEMS
from cases.tables_notices import DossierItemRow
from core.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.deciding import Entry
    from cases.decisions import Act
    from cases.dossiers import Dossier
    from cases.people import Actor
    from cases.tables_notices import DossierRow


def add(database: Database, identifier: str, entries: Sequence[Entry], *, actor: Actor, act: Act) -> Dossier:
    """Take these entries in, after those that are there. Signatures fall. What is in it already changes nothing.

    Raises NotFound, Forbidden, Conflict once it was handed over or where a content may not be in it, Invalid, Unavailable, ConfigError.
    """
    may(actor)
    with database.writing() as session:
        row = _open(session, identifier, actor)
        content, spec = content_of(row), kind_of(row.kind)
        known = {item.document_id for item in content.items}
        new = list({entry["id"]: entry for entry in entries if entry["id"] not in known}.values())
        if not new:
            return dossier_of(row)
        if len(known) + len(new) > MOST_ITEMS:
            raise Invalid(f"a dossier of {len(known) + len(new)} items; expected 1 to {MOST_ITEMS}")
        found = found_in(session, {entry["id"]: text_of(entry) for entry in new}, wanted=spec.qualifications)
        made = drafted(spec, new, found, ())
        reasons = {item.document_id: why for item in made.items if (why := duties.why_of(item.qualification, item.flags))}
        duties.ask_in(session, reasons, at=act.at, actor=actor)
        _keep(session, row, joined(content, made), actor=actor, act=act)
        return dossier_of(row)


def remove(database: Database, identifier: str, document_id: str, *, actor: Actor, act: Act) -> Dossier:
    """Leave one content out, with the facts and passages that it shows. Signatures fall. What is not in it changes nothing.

    Raises NotFound, Forbidden, Conflict once it was handed over, Invalid for the last one.
    """
    may(actor)
    with database.writing() as session:
        row = _open(session, identifier, actor)
        content = content_of(row)
        if document_id not in {item.document_id for item in content.items}:
            return dossier_of(row)
        if len(content.items) == 1:
            raise Invalid("the last content of a dossier cannot be taken out; close the dossier instead")
        _keep(session, row, without(content, document_id), actor=actor, act=act)
        return dossier_of(row)


def joined(content: Content, more: Content) -> Content:
    """The contents of both, and what was found on each; the words are the first's. Pure."""
    shift = len(content.items)
    facts = (*content.facts, *(one.model_copy(update={"item": one.item + shift if one.item else None}) for one in more.facts))
    against = (*content.against, *(one.model_copy(update={"item": one.item + shift}) for one in more.against))
    return content.model_copy(update={"items": (*content.items, *more.items), "facts": facts[:MOST_FACTS], "against": against})


def without(content: Content, document_id: str) -> Content:
    """What is left when one content is taken out: what only it shows goes with it. Pure."""
    gone = next(place for place, item in enumerate(content.items, 1) if item.document_id == document_id)
    facts = (one for one in content.facts if one.item != gone)
    against = (one for one in content.against if one.item != gone)
    elements = (one.model_copy(update={"quotes": tuple(q for q in one.quotes if q.document_id != document_id)}) for one in content.elements)
    return content.model_copy(
        update={
            "items": tuple(item for item in content.items if item.document_id != document_id),
            "facts": tuple(one.model_copy(update={"item": one.item - 1}) if one.item and one.item > gone else one for one in facts),
            "against": tuple(one.model_copy(update={"item": one.item - 1}) if one.item > gone else one for one in against),
            "elements": tuple(elements),
        }
    )


def _open(session: Session, identifier: str, actor: Actor) -> DossierRow:
    row = own_row(session, identifier, actor)
    if row.state in LEFT:
        raise Conflict(f"dossier {row.id} was handed over or closed; what it says cannot be changed any more, draft another one")
    return row


def _keep(session: Session, row: DossierRow, content: Content, *, actor: Actor, act: Act) -> None:
    names = [item.document_id for item in content.items]
    made = content.model_copy(update={"previous": previous_in(session, names, organisation_id=row.organisation_id)})
    row.items, row.markers = len(names), list(made.markers)
    session.execute(delete(DossierItemRow).where(DossierItemRow.dossier_id == row.id))
    session.add_all(DossierItemRow(dossier_id=row.id, position=place, document_id=name) for place, name in enumerate(names, 1))
    put(session, row, made, actor=actor, at=act.at, changed=["items"])
