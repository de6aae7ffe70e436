"""Dossiers for an authority, as rows: drafted, changed, and found by people of the organisation that owns them. See dossier_leaving.py for the rest.

Vigie sends nothing: a person downloads the papers, hands them over, and says here when, to whom and under which reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, ValidationError
from sqlalchemy import select

from cases import audit, duties
from cases.deciding import text_of
from cases.dossier import LEFT, Content, Kind, Outcome, State
from cases.dossier_drafting import drafted, texts_of
from cases.dossier_found import found_in, previous_in
from cases.dossier_kinds import KindSpec, kind_of
from cases.dossier_reasons import load_setting
from cases.dossier_rules import open_gates, problems_of
from cases.notice import digest_of
from cases.rounds import own_act
from cases.tables_notices import DossierItemRow, DossierRow
from core.errors import Conflict, Forbidden, Invalid, NotFound, nearest
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.deciding import Entry
    from cases.decisions import Act
    from cases.dossier import Problem
    from cases.people import Actor, Role

ROLES: tuple[Role, ...] = ("valide", "droit")  # who drafts and hands over
# what a person may change; the rest was taken from the index and the readings
CHANGEABLE = ("facts", "bases", "elements", "weighed", "exculpatory", "fields", "gates", "criteria", "addressee", "addressee_name")


class Dossier(Record):
    """One dossier as its organisation sees it; ``content`` is None once erased. ``annex``: whether there is a sealed one."""

    id: str
    organisation_id: str
    created_by: str
    created_at: AwareDatetime
    kind: Kind
    state: State
    version: int
    content: Content | None
    digest: str
    items: int
    markers: tuple[str, ...]
    bases: tuple[str, ...]
    sent_at: AwareDatetime | None
    sent_by: str | None
    addressee: str | None
    reference: str | None
    answered_at: AwareDatetime | None
    outcome: Outcome | None
    closed_at: AwareDatetime | None
    annex: bool

    @property
    def spec(self) -> KindSpec:
        """What its kind asks for."""
        return kind_of(self.kind)


def draft(database: Database, kind: str, entries: Sequence[Entry], *, actor: Actor, act: Act) -> Dossier:
    """A new dossier on these entries of the index, once an act. What art. 434-3 may ask about is asked now.

    Raises Forbidden, NotFound for an unknown kind, Conflict or Invalid for contents that may not be in it, Unavailable, ConfigError.
    """
    may(actor)
    spec, identifier = kind_of(kind), own_act(act, actor, "dossier").id
    with database.writing() as session:
        known = session.get(DossierRow, identifier)
        if known is not None:
            return dossier_of(known)
        names = list(dict.fromkeys(entry["id"] for entry in entries))
        once = [next(entry for entry in entries if entry["id"] == name) for name in names]
        found = found_in(session, {entry["id"]: text_of(entry) for entry in once}, wanted=spec.qualifications)
        content = drafted(spec, once, found, previous_in(session, names, organisation_id=actor.organisation_id))
        row = _row(identifier, content, actor=actor, at=act.at)
        session.add(row)
        session.flush()
        session.add_all(
            DossierItemRow(dossier_id=row.id, position=place, document_id=item.document_id) for place, item in enumerate(content.items, 1)
        )
        reasons = {item.document_id: why for item in content.items if (why := duties.why_of(item.qualification, item.flags))}
        asked = duties.ask_in(session, reasons, at=act.at, actor=actor)
        details = {"kind": row.kind, "items": row.items, "duties": asked}
        audit.record(session, actor=actor.id, action="dossier_drafted", subject=("dossier", row.id), details=details, at=act.at)
        return dossier_of(row)


def _row(identifier: str, content: Content, *, actor: Actor, at: datetime) -> DossierRow:
    return DossierRow(
        id=identifier, organisation_id=actor.organisation_id, created_by=actor.id, created_at=at, kind=content.kind, state="brouillon", version=1,
        content=content.model_dump(mode="json"), digest=digest_of(content), items=len(content.items), markers=list(content.markers), bases=[],
    )  # fmt: skip


def find(database: Database, identifier: str, *, actor: Actor) -> Dossier:
    """One of the actor's organisation. Raises NotFound."""
    with database.reading() as session:
        return dossier_of(own_row(session, identifier, actor))


def listed(
    database: Database, *, actor: Actor, state: str | None = None, kind: str | None = None, before: tuple[datetime, str] | None = None, size: int = 50
) -> tuple[Dossier, ...]:
    """The organisation's own, the newest first. ``before``: created_at and id of the last one of the page before."""
    wanted = select(DossierRow).where(DossierRow.organisation_id == actor.organisation_id)
    if state:
        wanted = wanted.where(DossierRow.state == state)
    if kind:
        wanted = wanted.where(DossierRow.kind == kind)
    if before:
        at, name = before
        wanted = wanted.where((DossierRow.created_at < at) | ((DossierRow.created_at == at) & (DossierRow.id < name)))
    with database.reading() as session:
        return tuple(map(dossier_of, session.scalars(wanted.order_by(DossierRow.created_at.desc(), DossierRow.id.desc()).limit(size))))


def change(database: Database, identifier: str, changes: Mapping[str, Any], *, version: int, actor: Actor, act: Act) -> Dossier:
    """Put other values into fields of CHANGEABLE. Signatures fall, for they stand under another version. The same change again changes nothing.

    Raises NotFound, Forbidden, Conflict for another version or for what was handed over, Invalid.
    """
    may(actor)
    unknown = next((name for name in changes if name not in CHANGEABLE), None)
    if unknown is not None:
        raise Invalid(f"field {str(unknown)[:40]!r} of a dossier cannot be changed; {nearest(str(unknown)[:40], CHANGEABLE)}")
    with database.writing() as session:
        row = own_row(session, identifier, actor)
        content = changed(content_of(row), changes)
        if row.digest == digest_of(content):
            return dossier_of(row)
        if row.state in LEFT:
            raise Conflict(f"dossier {row.id} was handed over or closed; what it says cannot be changed any more, draft another one")
        if row.version != version:
            raise Conflict(f"dossier {row.id} has changed since it was opened; open it again and repeat what is missing")
        put(session, row, content, actor=actor, at=act.at, changed=sorted(changes))
        return dossier_of(row)


def changed(content: Content, changes: Mapping[str, Any]) -> Content:
    """The content with these values. Raises Invalid for what does not fit, and where the first questions are not answered. Pure."""
    try:
        made = Content.model_validate({**content.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"dossier: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    waiting = open_gates(made, first=True)
    if waiting and kind_of(made.kind).gates_first and set(changes) - {"gates"}:
        raise Invalid(f"the first question {waiting[0]} of a dossier of kind {made.kind} is not answered so that it may go on; answer it first")
    return made


def put(session: Session, row: DossierRow, content: Content, *, actor: Actor, at: datetime, changed: Sequence[str]) -> None:
    """Write another version of a dossier in a transaction that does more."""
    row.content, row.digest, row.version, row.state = content.model_dump(mode="json"), digest_of(content), row.version + 1, "brouillon"
    row.bases = list(content.bases)
    session.flush()
    details = {"version": row.version, "changed": list(changed)}
    audit.record(session, actor=actor.id, action="dossier_changed", subject=("dossier", row.id), details=details, at=at)


def problems(database: Database, dossier: Dossier) -> tuple[Problem, ...]:
    """What is missing before it may be handed over, in French; signatures apart. Raises Unavailable, ConfigError."""
    with database.reading() as session:
        return problems_in(session, dossier.content, dossier.organisation_id)


def problems_in(session: Session, content: Content | None, organisation_id: str, *, without_duties: bool = False) -> tuple[Problem, ...]:
    """The same in a transaction. ``without_duties``: for what art. 434-3 does not keep from being done."""
    if content is None:
        return problems_of(None, {}, load_setting())
    found = found_in(session, texts_of(content), wanted=kind_of(content.kind).qualifications)
    waiting = () if without_duties else duties.blocking_in(session, texts_of(content), organisation_id=organisation_id)
    return problems_of(content, found, load_setting(), duties=waiting)


def own_row(session: Session, identifier: str, actor: Actor) -> DossierRow:
    """Raises NotFound, also for what another organisation owns."""
    row = session.get(DossierRow, identifier)
    if row is None or row.organisation_id != actor.organisation_id:
        raise NotFound(f"dossier {identifier[:40]!r} does not exist")
    return row


def content_of(row: DossierRow) -> Content:
    """What it says. Raises Conflict once it is erased."""
    if row.content is None:
        raise Conflict(f"what dossier {row.id} said is erased; only what became of it is kept")
    return Content.model_validate(row.content)


def dossier_of(row: DossierRow) -> Dossier:
    """The record of a row."""
    said = {name: getattr(row, name) for name in Dossier.model_fields if name not in ("content", "annex")}
    content = None if row.content is None else Content.model_validate(row.content)
    return Dossier.model_validate({**said, "content": content, "annex": row.annex is not None})


def may(actor: Actor) -> None:
    """Raises Forbidden for who neither drafts nor hands over."""
    if not actor.has(*ROLES):
        raise Forbidden(f"this needs the role {' or '.join(ROLES)}; ask an administrator of Vigie")


__all__ = ["CHANGEABLE", "Dossier", "change", "draft", "find", "listed", "problems"]
