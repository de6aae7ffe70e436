"""Sealed evidence that a person asks for in the console: a row that a flow makes a file of, which its organisation may take.

The file of a bundle is ``<data_dir>/preuves/<id>.zip``. Repeating what stands here under the same act is harmless, and so is a kill in between.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import AwareDatetime
from sqlalchemy import delete, or_, select

from cases import audit
from cases.notice import MOST_ITEMS
from cases.tables_notices import BundleItemRow, BundleRow, DossierItemRow, DossierRow, NoticeItemRow, NoticeRow
from cases.tables_people import PersonRow
from core.errors import Conflict, Invalid, NotFound, nearest
from core.files import disk_errors
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.people import Actor, Role

SubjectKind = Literal["notice", "dossier", "document"]
State = Literal["demandee", "en_cours", "faite", "impossible", "effacee"]
KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)
WAITING = ("demandee", "en_cours")
DOSSIERS: tuple[Role, ...] = ("valide", "droit")  # who may see a dossier may take its evidence
FOLDER = "preuves"  # below data_dir
ERASER = "flow:erasing"  # in the audit trail: what acts by itself
CHUNK = 500


class Bundle(Record):
    """Sealed evidence that was asked for. ``documents``: those whose evidence it holds; of an erased one, those that are left."""

    id: str
    subject_kind: SubjectKind
    subject_id: str
    asked_by: str  # id of a person
    asked_at: AwareDatetime
    state: State
    reason: str | None  # why it cannot be made, or why it waits; French
    sha256: str | None
    size: int | None  # bytes
    tokens: int | None  # time stamps
    made_at: AwareDatetime | None
    documents: tuple[str, ...]


def documents_of(database: Database, kind: str, identifier: str, *, actor: Actor) -> tuple[str, ...]:
    """The content items of a notice or a dossier of the actor's organisation, in their order.

    Raises NotFound, Conflict where they are erased.
    """
    rows, items, key = (
        (NoticeRow, NoticeItemRow, NoticeItemRow.notice_id) if kind == "notice" else (DossierRow, DossierItemRow, DossierItemRow.dossier_id)
    )
    with database.reading() as session:
        row = session.get(rows, identifier)
        if row is None or row.organisation_id != actor.organisation_id:  # type: ignore[attr-defined]
            raise NotFound(f"no {kind} {identifier[:80]!r}; the list of them shows their ids")
        named = session.scalars(select(items.document_id).where(key == identifier).order_by(items.position))
        found = tuple(dict.fromkeys(one for one in named if one))
    if not found:
        raise Conflict(f"the contents of {kind} {identifier} are erased; there is no evidence left to seal")
    return found


def ask(database: Database, kind: SubjectKind, identifier: str, documents: Sequence[str], *, actor: Actor, act: Act) -> Bundle:
    """Ask for the sealed evidence of these documents, once an ``act``; the one that waits already for the same subject is given back.

    Raises Invalid, Unavailable, ConfigError.
    """
    names = tuple(dict.fromkeys(documents))
    if kind not in KINDS:
        raise Invalid(f"kind {kind!r} is unknown; {nearest(kind, KINDS)}")
    if not 1 <= len(names) <= MOST_ITEMS:
        raise Invalid(f"{len(names)} documents; expected 1 to {MOST_ITEMS} in one bundle")
    made = hashlib.sha256(f"preuves\n{act.id}\n{kind}\n{identifier}".encode()).hexdigest()[:32]
    with database.writing() as session:
        row = session.get(BundleRow, made) or _waiting(session, kind, identifier)
        if row is None:
            row = BundleRow(id=made, subject_kind=kind, subject_id=identifier, asked_by=actor.id, asked_at=act.at, state="demandee")
            session.add(row)
            session.flush()
            session.add_all(BundleItemRow(bundle_id=made, document_id=name) for name in names)
            session.flush()
            details = {"bundle": made, "documents": len(names)}
            audit.record(session, actor=actor.id, action="bundle_asked", subject=(kind, identifier), details=details, at=act.at)
        return bundle_of(session, row)


def _waiting(session: Session, kind: str, identifier: str) -> BundleRow | None:
    same = BundleRow.subject_kind == kind, BundleRow.subject_id == identifier, BundleRow.state.in_(WAITING)
    return session.scalars(select(BundleRow).where(*same)).first()


def of_subject(database: Database, kind: SubjectKind, identifier: str) -> tuple[Bundle, ...]:
    """All of a notice, a dossier or a document, the newest first. Who may see the subject is the caller's to ask."""
    wanted = select(BundleRow).where(BundleRow.subject_kind == kind, BundleRow.subject_id == identifier)
    with database.reading() as session:
        rows = session.scalars(wanted.order_by(BundleRow.asked_at.desc(), BundleRow.id)).all()
        return tuple(bundle_of(session, row) for row in rows)


def find(database: Database, identifier: str, *, actor: Actor) -> Bundle:
    """One bundle that somebody of the actor's organisation asked for; of a dossier, for those who may see dossiers. Raises NotFound."""
    with database.reading() as session:
        row = session.get(BundleRow, identifier)
        asker = session.get(PersonRow, row.asked_by) if row else None
        known = row is not None and asker is not None and asker.organisation_id == actor.organisation_id
        if row is None or not known or (row.subject_kind == "dossier" and not actor.has(*DOSSIERS)):
            raise NotFound(f"no evidence bundle {identifier[:80]!r}; the page of its notice or dossier names it")
        return bundle_of(session, row)


def taken(database: Database, identifier: str, folder: Path, *, actor: Actor, now: datetime | None = None) -> Path:
    """The file of a bundle that is handed to the actor, which is written down. ``folder``: data_dir.

    Raises NotFound (also once it is erased), Conflict while it is not made.
    """
    found = find(database, identifier, actor=actor)
    path = file_of(folder, found.id)
    if found.state != "faite":
        raise (NotFound if found.state == "effacee" else Conflict)(f"evidence bundle {found.id} is {found.state}; there is no file to take")
    if not path.is_file():
        raise NotFound(f"the file of evidence bundle {found.id} is gone; ask for another one, or restore it from a backup")
    with database.writing() as session:
        details = {"bundle": found.id, "sha256": found.sha256}
        audit.record(
            session, actor=actor.id, action="bundle_downloaded", subject=(found.subject_kind, found.subject_id), details=details,
            at=now or datetime.now(UTC),
        )  # fmt: skip
    return path


def file_of(folder: Path, identifier: str) -> Path:
    """Where the file of a bundle lies. ``folder``: data_dir."""
    return folder / FOLDER / f"{identifier}.zip"


def bundle_of(session: Session, row: BundleRow) -> Bundle:
    """The record of a row; the documents in the order of their notice or dossier."""
    names = session.scalars(select(BundleItemRow.document_id).where(BundleItemRow.bundle_id == row.id)).all()
    places: dict[str | None, int] = {}
    for items, key in ((NoticeItemRow, NoticeItemRow.notice_id), (DossierItemRow, DossierItemRow.dossier_id)):
        places |= dict(session.execute(select(items.document_id, items.position).where(key == row.subject_id)).tuples().all())
    fields = {name: getattr(row, name) for name in Bundle.model_fields if name != "documents"}
    return Bundle.model_validate({**fields, "documents": tuple(sorted(names, key=lambda name: (places.get(name, len(places)), name)))})


def erase(database: Database, folder: Path, document_ids: Iterable[str]) -> int:
    """Remove every bundle that holds the evidence of one of these documents, made or asked for; how many. ``folder``: data_dir.

    The row stays as ``effacee``, with the digest of what was handed over, and forgets these documents. A kill anywhere is mended by repeating it.
    Raises Unavailable, ConfigError.
    """
    count, names = 0, sorted(set(document_ids))
    for start in range(0, len(names), CHUNK):
        part = names[start : start + CHUNK]
        holds = select(BundleItemRow.bundle_id).where(BundleItemRow.document_id.in_(part))
        with database.writing() as session:
            about = (BundleRow.subject_kind == "document") & BundleRow.subject_id.in_(part)
            rows = session.scalars(select(BundleRow).where(or_(BundleRow.id.in_(holds), about))).all()
            identifiers = [row.id for row in rows]
            for row in rows:
                row.state, row.file, row.taken_until, row.reason = "effacee", None, None, None
        for identifier in identifiers:
            remove(folder, identifier)
        _forget(database, part, identifiers)
        count += len(identifiers)
    if count:
        database.erase_traces()
    return count


def _forget(database: Database, names: list[str], identifiers: list[str]) -> None:
    """Once the files are gone: which documents the bundles held."""
    if not identifiers:
        return
    with database.writing() as session:
        session.execute(delete(BundleItemRow).where(BundleItemRow.document_id.in_(names)))
        for row in session.scalars(select(BundleRow).where(BundleRow.id.in_(identifiers), BundleRow.subject_kind == "document")):
            row.subject_id = ""
        details = {"bundles": len(identifiers)}
        audit.record(session, actor=ERASER, action="bundles_erased", subject=("erasing", "bundles"), details=details)


def remove(folder: Path, identifier: str) -> None:
    """Remove the file of a bundle, and the time stamps beside it. Raises ConfigError."""
    path = file_of(folder, identifier)
    with disk_errors(path):
        for one in (path, *path.parent.glob(f"{path.name}.*"), *path.parent.glob(f".{path.name}.*")):
            one.unlink(missing_ok=True)
