"""The chain of custody of content items, as the audit trail has it: who read, decided, signed, sealed. People are ids, authors never appear."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import and_, or_, select

from cases.audit import DOCUMENT
from cases.tables_people import AliasRow, AuditRow, PersonRow
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from cases.bundles import Bundle
    from cases.database import Database

# what entries of the trail say to who reads a bundle; another action stands there under its own name
SAYS = {
    "submitted": "a signalé le contenu",
    "document_read": "a ouvert le contenu",
    "read": "a lu le contenu et noté sa lecture",
    "reading_withdrawn": "a retiré sa lecture",
    "adjudicated": "a arbitré deux lectures",
    "decided": "a décidé",
    "decision_undone": "a annulé une décision",
    "contested": "a contesté la décision",
    "contest_answered": "a répondu à la contestation",
    "commented": "a écrit un commentaire interne",
    "urgency_opened": "a ouvert une urgence",
    "urgency_closed": "a clos l'urgence",
    "evidence_downloaded": "a pris une copie de la preuve",
    "bundle_asked": "a demandé un paquet de preuves",
    "bundle_made": "a fait un paquet de preuves",
    "bundle_downloaded": "a pris une copie d'un paquet de preuves",
    "evidence_sealed": "a scellé la preuve du contenu",
    "notice_creee": "a préparé la notification",
    "notice_modifiee": "a changé la notification",
    "notice_signed": "a signé la notification",
    "signature_withdrawn": "a retiré sa signature",
    "notice_envoi_confirme": "a confirmé l'envoi de la notification",
    "notice_envoyee": "a envoyé la notification",
    "notice_accusee": "a noté l'accusé de réception",
    "notice_repondue": "a noté la décision de la plateforme",
    "notice_corrigee": "a noté une correction",
    "notice_retiree": "a retiré la notification",
    "notice_close": "a clos la notification",
    "dossier_drafted": "a préparé le dossier",
    "dossier_changed": "a changé le dossier",
    "dossier_signed": "a signé le dossier",
    "dossier_handed_over": "a noté la remise du dossier",
    "dossier_answered": "a noté la réponse au dossier",
    "dossier_closed": "a clos le dossier",
}
SUBJECTS = {"notice": "la notification", "dossier": "le dossier"}
COMMAND = "vigie"
CHUNK = 400


class Link(Record):
    """One entry of the audit trail. ``about``: "contenu 1" and so on, in the order of the documents, or the notice or dossier itself."""

    number: int
    at: AwareDatetime
    who: str
    says: str
    about: str
    hash: str


def custody(database: Database, documents: Sequence[str], *, bundle: Bundle | None = None) -> tuple[Link, ...]:
    """All that the trail says of these documents, and of the notice or dossier of a bundle, up to when the bundle was asked for; in order."""
    numbered = {name: f"contenu {number}" for number, name in enumerate(documents, 1)}
    with database.reading() as session:
        aliases = session.scalars(select(AliasRow).where(AliasRow.document_id.in_(list(numbered)))).all()
        about = {(DOCUMENT, row.alias): numbered[row.document_id] for row in aliases}
        if bundle and bundle.subject_kind in SUBJECTS:
            about[bundle.subject_kind, bundle.subject_id] = SUBJECTS[bundle.subject_kind]
        rows = _rows(session, list(about))
        last = _asked(rows, bundle)
        people = set(session.scalars(select(PersonRow.id).where(PersonRow.id.in_({row.actor for row in rows}))))
        return tuple(_link(row, about, known=row.actor in people) for row in rows if last is None or row.number <= last)


def _rows(session: Session, subjects: Sequence[tuple[str, str]]) -> list[AuditRow]:
    found: list[AuditRow] = []
    for start in range(0, len(subjects), CHUNK):
        part = [and_(AuditRow.subject_kind == kind, AuditRow.subject_id == name) for kind, name in subjects[start : start + CHUNK]]
        found += session.scalars(select(AuditRow).where(or_(*part)))
    return sorted(found, key=lambda row: row.number)


def _asked(rows: Sequence[AuditRow], bundle: Bundle | None) -> int | None:
    """The number of the entry by which a bundle was asked for: making it again later must give the same bytes."""
    if bundle is None:
        return None
    return next((row.number for row in rows if row.action == "bundle_asked" and json.loads(row.details).get("bundle") == bundle.id), None)


def _link(row: AuditRow, about: dict[tuple[str, str], str], *, known: bool) -> Link:
    kind = "la commande" if row.actor.startswith(COMMAND) else "le traitement"
    who = f"la personne {row.actor}" if known else f"{kind} « {row.actor} »"
    says = SAYS.get(row.action, f"a fait « {row.action} »")
    return Link(number=row.number, at=row.at, who=who, says=says, about=about[row.subject_kind, row.subject_id], hash=row.hash)
