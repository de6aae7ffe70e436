"""Notices (DSA art. 16) as people see and write them: drafting and changing. notice_rules says what is refused, notice_signing who signs.

A notice belongs to one organisation and goes to one provider. Each change is another version, under which nobody has signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import select

from cases.deciding import text_of
from cases.notice import Content, Item, digest_of
from cases.notice_drafting import carried_over, content_of, quotes_of, standing_of
from cases.notice_events import done_already, event_id, happen, may_write, needs_state, owned, refuse_other_version
from cases.notice_found import Found, found_in
from cases.notice_items import ask_duties, items_of, rearranged
from cases.notice_records import Complaint, Notice, NoticeItem, content_in, record_of, subject_of
from cases.notice_rules import Problem, load_setting, problems_of
from cases.profiles import notifier_in
from cases.providers import provider_of
from cases.tables_notices import NoticeItemRow, NoticeRow, SendingRow
from core.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.deciding import Entry
    from cases.decisions import Act
    from cases.notice_rules import Setting
    from cases.people import Actor

EDITABLE = ("brouillon", "signee")
# what a person may change; facts of the items are taken from the index and the decisions, and from nobody's hand
CHANGEABLE = frozenset(Content.model_fields) - {"items", "automated_detection"}
SIZE = 50


def draft(
    database: Database, entries: Sequence[Entry], *, platform: str | None = None, actor: Actor, act: Act, setting: Setting | None = None
) -> Notice:
    """A new notice on these items of an index: one provider, each decided as unlawful or urgent by two people. Its reasons are still empty.

    ``platform``: id of cases/platforms; by default that of the items' hosts. Repeating it under the same act gives the same notice.
    Raises Invalid for what can never become a notice; NotFound, Unavailable, ConfigError.
    """
    may_write(actor)
    if not entries:
        raise Invalid("no content; expected at least one document that was decided as illicite_presume or urgence")
    with database.writing() as session:
        identifier = event_id(act, actor, "creee", "")
        if session.get(NoticeRow, identifier) is not None:
            return record_of(session, owned(session, identifier, actor))
        setting = setting or load_setting(notifier_in(session, actor.organisation_id))
        content = _drafted(session, entries, platform or _platform(entries, setting), setting)
        row = NoticeRow(
            id=identifier, organisation_id=actor.organisation_id, created_by=actor.id, created_at=act.at, state="brouillon", version=1,
            source_type="SOURCE_ARTICLE_16", **_columns(content, setting, actor.organisation_id),
        )  # fmt: skip
        session.add(row)
        session.flush()
        _write_items(session, row, content)
        ask_duties(session, content.items, at=act.at, actor=actor)
        happen(session, row, "creee", actor=actor, act=act, data={"items": len(content.items), "digest": row.digest})
        return record_of(session, row)


def _platform(entries: Sequence[Entry], setting: Setting) -> str:
    keys = {setting.platforms.provider_key(entry["platform"]) for entry in entries}
    if len(keys) > 1:
        raise Invalid(f"content of {len(keys)} providers ({', '.join(sorted(keys))}); a notice goes to one: draft one for each")
    return keys.pop().partition(":")[0]


def _drafted(session: Session, entries: Sequence[Entry], platform: str, setting: Setting) -> Content:
    items, found, automated = items_of(session, entries)
    if all(set(item.markers) <= {"complotisme"} for item in items):
        raise Invalid("complotisme alone never becomes a notice: an opinion is lawful by default; a separate illegality must be shown")
    try:
        return content_of(setting.platforms.platform(platform).id, items, found, setting, automated=automated)
    except ValidationError as error:
        raise _invalid(error) from error


def _columns(content: Content, setting: Setting, organisation_id: str) -> dict[str, Any]:
    """What the row says of a content."""
    return {
        "content": content.model_dump(mode="json"), "digest": digest_of(content), "platform": content.platform, "items": len(content.items),
        "category": content.category, "keyword": content.keyword, "markers": list(content.markers), "bases": list(content.bases),
        "provider": provider_of(content, setting.platforms, organisation_id),
    }  # fmt: skip


def _write_items(session: Session, row: NoticeRow, content: Content) -> None:
    for old in session.scalars(select(NoticeItemRow).where(NoticeItemRow.notice_id == row.id)).all():
        session.delete(old)
    session.flush()
    for position, item in enumerate(content.items, 1):
        session.add(NoticeItemRow(notice_id=row.id, position=position, document_id=item.document_id, campaign=item.campaign))
    session.flush()


def find(database: Database, identifier: str, *, actor: Actor) -> Notice:
    """A notice of one's own organisation. Raises NotFound."""
    with database.reading() as session:
        return record_of(session, owned(session, identifier, actor))


def listed(
    database: Database, *, actor: Actor, state: str | None = None, before: str | None = None, size: int = SIZE, document_id: str | None = None
) -> tuple[Notice, ...]:
    """The notices of one's own organisation, the newest first. ``before``: id of the last one of the page before. Raises NotFound."""
    wanted = select(NoticeRow).where(NoticeRow.organisation_id == actor.organisation_id)
    if state:
        wanted = wanted.where(NoticeRow.state == state)
    if document_id:
        wanted = wanted.where(
            select(NoticeItemRow.position).where(NoticeItemRow.notice_id == NoticeRow.id, NoticeItemRow.document_id == document_id).exists()
        )
    with database.reading() as session:
        if before:
            last = owned(session, before, actor)
            older = NoticeRow.created_at < last.created_at
            wanted = wanted.where(older | ((NoticeRow.created_at == last.created_at) & (NoticeRow.id < last.id)))
        rows = session.scalars(wanted.order_by(NoticeRow.created_at.desc(), NoticeRow.id.desc()).limit(size)).all()
        return tuple(record_of(session, row) for row in rows)


def change(
    database: Database, identifier: str, changes: Mapping[str, Any], *, version: int, actor: Actor, act: Act, entries: Sequence[Entry] = (),
    setting: Setting | None = None,
) -> Notice:  # fmt: skip
    """Write these fields of a content anew: those of ``CHANGEABLE``, and ``items``: ids of its documents, in their order.

    An item that is not among them leaves; one that the notice has not yet enters by its entry of an index, see notice_items.
    What stands on the items is taken from the decisions again. Signatures under what was there before fall.
    Raises NotFound, Conflict for another version or once it has left, Invalid; Unavailable, ConfigError.
    """
    with database.writing() as session:
        may_write(actor)
        row = owned(session, identifier, actor)
        if done_already(session, row.id, "modifiee", actor=actor, act=act):
            return record_of(session, row)
        needs_state(row, *EDITABLE, what="changing it")
        refuse_other_version(row, version)
        _refuse_on_its_way(session, row)
        setting = setting or load_setting(notifier_in(session, row.organisation_id))
        content = _changed(session, row, changes, entries, setting, actor=actor, at=act.at)
        if digest_of(content) != row.digest:
            row.version, row.state = row.version + 1, "brouillon"
            for name, value in _columns(content, setting, row.organisation_id).items():
                setattr(row, name, value)
            session.flush()
            _write_items(session, row, content)
            happen(session, row, "modifiee", actor=actor, act=act, data={"version": row.version, "fields": sorted(changes), "digest": row.digest})
        return record_of(session, row)


def _refuse_on_its_way(session: Session, row: NoticeRow) -> None:
    states = session.scalars(select(SendingRow.state).where(SendingRow.notice_id == row.id)).all()
    if any(state != "refusee" for state in states):
        raise Conflict(f"notice {row.id} is on its way: a person confirmed that it leaves; what was confirmed is not changed")


def _changed(
    session: Session, row: NoticeRow, changes: Mapping[str, Any], entries: Sequence[Entry], setting: Setting, *, actor: Actor, at: datetime
) -> Content:
    content = content_in(row)
    if content is None:
        raise Conflict(f"the content of notice {row.id} was erased; draft another one")
    unknown = sorted(set(changes) - CHANGEABLE - {"items"})
    if unknown:
        raise Invalid(f"field {unknown[0][:40]!r} cannot be changed; expected one of: items, {', '.join(sorted(CHANGEABLE))}")
    said = {**content.model_dump(mode="json"), **{name: value for name, value in changes.items() if name != "items"}}
    try:
        made = Content.model_validate(said)
    except ValidationError as error:
        raise _invalid(error) from error
    for name in made.bases:
        setting.legal.basis(name)
    setting.platforms.platform(made.platform)
    made = rearranged(session, made, changes.get("items"), entries, setting, at=at, actor=actor)
    found = found_in(session, {item.document_id: item.text_sha256 for item in made.items})
    fresh = tuple(_as_decided(item, found[item.document_id]) for item in made.items)
    return carried_over(made.model_copy(update={"items": fresh}), setting, quotes_of(fresh, found))


def _as_decided(item: Item, found: Found) -> Item:
    return Item.model_validate({**item.model_dump(), **standing_of(found)}) if found.decision else item


def _invalid(error: ValidationError) -> Invalid:
    first = error.errors()[0]
    return Invalid(f"{'.'.join(map(str, first['loc'])) or 'content'}: {first['msg']}")


def problems(database: Database, notice: Notice, *, entries: Sequence[Entry] | None = None, setting: Setting | None = None) -> tuple[Problem, ...]:
    """What keeps it from being signed, by what stands now; empty: it may be. ``entries``: the index, to see whether a text has changed since."""
    with database.reading() as session:
        return (*problems_in(session, notice.content, notice.organisation_id, setting=setting), *_drifted(notice, entries or ()))


def problems_in(session: Session, content: Content | None, organisation_id: str, *, setting: Setting | None = None) -> tuple[Problem, ...]:
    """The same in a transaction."""
    setting = setting or load_setting(notifier_in(session, organisation_id))
    found = found_in(session, {item.document_id: item.text_sha256 for item in content.items} if content else {})
    return problems_of(content, found, setting)


def _drifted(notice: Notice, entries: Sequence[Entry]) -> tuple[Problem, ...]:
    texts = {entry["id"]: text_of(entry) for entry in entries}
    items = notice.content.items if notice.content else ()
    return tuple(
        Problem(code="perime", field=f"items.{number}", says=f"Contenu {number} : son texte a changé depuis ; il faut le relire.")
        for number, item in enumerate(items, 1)
        if texts.get(item.document_id, item.text_sha256) != item.text_sha256
    )


__all__ = ["CHANGEABLE", "Complaint", "Notice", "NoticeItem", "Problem", "change", "draft", "find", "listed", "problems", "subject_of"]
