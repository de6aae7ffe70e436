"""Where the case database speaks of documents or of words: what a request finds, and what an open case needs.

GDPR art. 17(3)(e), text adopted on 27/04/2016; a lawyer should check.

Tables are found by their columns, so that one that is added later is searched too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import JSON, String, Text, func, select

from cases.decisions import chunks, pasts
from cases.request import Kept
from cases.retention import load_rules
from cases.tables import Base
from cases.tables_notices import BundleItemRow, DossierItemRow, DossierRow, NoticeItemRow, NoticeRow
from cases.tables_work import UrgencyRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Session

    from cases.retention import Rules

COLUMN = "document_id"
NOT_SEARCHED = ("audit", "requests", "people", "organisations", "sessions", "tokens", "api_keys", "attempts")  # ids, digests, people of the house
LAW = "RGPD, art. 17(3)(e) : constatation, exercice ou défense de droits en justice ; article non vérifié (pas lu), à faire vérifier par un juriste."
CLOSING = "à la clôture du dossier"


class Needed(NamedTuple):
    """Documents that must stay now, and why, in words for people."""

    documents: frozenset[str]
    kept: tuple[Kept, ...]


class Subjects(NamedTuple):
    """Notices, dossiers and bundles in which documents stand."""

    notices: frozenset[str]
    dossiers: frozenset[str]
    bundles: frozenset[str]


def linked(session: Session, document_ids: Collection[str]) -> dict[str, int]:
    """How many rows of each table name one of these documents."""
    found: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        if COLUMN in table.columns:
            for part in chunks(sorted(document_ids)):
                number = session.scalar(select(func.count()).select_from(table).where(table.c[COLUMN].in_(part))) or 0
                if number:
                    found[table.name] = found.get(table.name, 0) + number
    return found


def subjects_of(session: Session, document_ids: Collection[str]) -> Subjects:
    """The notices, dossiers and bundles in which these stand."""
    columns = (NoticeItemRow.notice_id, DossierItemRow.dossier_id, BundleItemRow.bundle_id)
    found: list[set[str]] = []
    for column in columns:
        there = column.class_.document_id
        found.append({name for part in chunks(sorted(document_ids)) for name in session.scalars(select(column).where(there.in_(part)))})
    return Subjects(*map(frozenset, found))


def needed(session: Session, document_ids: Collection[str], *, now: datetime, rules: Rules | None = None) -> Needed:
    """Which of these an open case, notice, dossier or urgency needs, and until when."""
    names, rules = set(document_ids), rules or load_rules()
    decided = {name for name, past in pasts(session, names).items() if past.open}
    kept = [_kept("decision", "", decided, "Contenu jugé illicite présumé ou urgent : dossier ouvert", until=None)] if decided else []
    needs = set(decided)
    for kind, row, documents in _cases(session, names):
        end = rules.classes["notifie"].end(row.closed_at) if row.closed_at else None
        if (kind == "notice" and row.sent_at is None and row.state != "signee") or (end is not None and end <= now):
            continue
        what = "Notification à une plateforme" if kind == "notice" else "Dossier pour une autorité"
        kept.append(_kept(kind, row.id, documents, what, until=end))
        needs |= documents
    urgent = _in(session, UrgencyRow, names, UrgencyRow.closed_at.is_(None))
    if urgent:
        kept.append(_kept("urgence", "", urgent, "Urgence que personne n'a encore close", until=None))
    return Needed(frozenset(needs | urgent), tuple(kept))


def _kept(kind: str, identifier: str, documents: Collection[str], what: str, *, until: datetime | None) -> Kept:
    return Kept(kind=kind, id=identifier, documents=len(documents), what=what, why=LAW, until=until)


def _cases(session: Session, names: Collection[str]) -> Iterator[tuple[str, NoticeRow | DossierRow, set[str]]]:
    found = subjects_of(session, names)
    for notice in session.scalars(select(NoticeRow).where(NoticeRow.id.in_(found.notices)).order_by(NoticeRow.id)):
        yield "notice", notice, _in(session, NoticeItemRow, names, NoticeItemRow.notice_id == notice.id)
    for dossier in session.scalars(select(DossierRow).where(DossierRow.id.in_(found.dossiers)).order_by(DossierRow.id)):
        yield "dossier", dossier, _in(session, DossierItemRow, names, DossierItemRow.dossier_id == dossier.id)


def _in(session: Session, table: Any, names: Collection[str], condition: Any) -> set[str]:
    return {
        name for part in chunks(sorted(names)) for name in session.scalars(select(table.document_id).where(table.document_id.in_(part), condition))
    }


def mentions(session: Session, words: Sequence[str]) -> dict[str, set[str]]:
    """Which of these words stand in which column ("table.column"), in any row. Big and small letters are alike."""
    small = {word: word.casefold() for word in words}
    found: dict[str, set[str]] = {}
    for table, column in _columns():
        for value in session.execute(select(column).where(column.is_not(None)).execution_options(yield_per=500)).scalars():
            text = said(value).casefold()
            for word, form in small.items():
                if form in text:
                    found.setdefault(f"{table.name}.{column.name}", set()).add(word)
    return found


def holds_words(name: str) -> bool:
    """Whether a column ("table.column") holds what people wrote, and not an id or an address of ours."""
    table, _, column = name.partition(".")
    return isinstance(Base.metadata.tables[table].columns[column].type, Text | JSON)


def _columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        if table.name not in NOT_SEARCHED:
            yield from ((table, column) for column in table.columns if isinstance(column.type, String | Text | JSON))


def said(value: object) -> str:
    """All words of a value of a column, also of those that lie within lists and mappings."""
    if isinstance(value, dict):
        return "\n".join(said(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return "\n".join(map(said, value))
    return str(value)
