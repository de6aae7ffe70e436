"""Sealed evidence that people asked for in the console, made one after another. A worker may be killed anywhere: what it had taken is taken again.

The same goes for ``vigie evidence seal``, which makes one at once and writes it where it is told to.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cases import audit, bundles, sealing
from cases.custody import custody
from core.errors import ConfigError, Invalid, NotFound
from core.files import disk_errors
from core.logs import get_logger
from crawlers.evidence.archive import Archive
from crawlers.evidence.bundle import Case, Step, seal
from crawlers.evidence.proof import document_of
from crawlers.evidence.stamping import DEADLINE, authorities_of, certificates_in, stamps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cases.bundles import Bundle
    from cases.database import Database
    from core.records import Document
    from core.settings import Settings
    from crawlers.evidence.bundle import Sealed
    from crawlers.fetching.screenshot import Screenshot

log = get_logger(__name__)
LEASE = timedelta(minutes=30)  # longer than the largest takes
LATER = timedelta(minutes=15)  # before one is tried again that the disk had no room for
MOST = 4  # bundles of one look: other work waits meanwhile
OLD = 3600  # seconds after which a half-written file is what a killed process left
FULL = "Le disque est plein : la personne qui administre Vigie doit faire de la place, puis le paquet se fera tout seul."
GONE = "La preuve d'un des contenus n'est plus dans l'archive, ou s'y lit mal."
LARGE = "Ces preuves sont trop lourdes pour un seul paquet : faites-en plusieurs."
COMMAND = "vigie evidence seal"


class Made(NamedTuple):
    """What became of what waited."""

    done: int = 0
    impossible: int = 0
    waiting: int = 0


def make_bundles(settings: Settings, database: Database, *, most: int = MOST, deadline: float = DEADLINE) -> Made:
    """Make the bundles that wait, at most so many; a look at one table where none does. ``deadline``: seconds that an authority may take.

    Raises Unavailable (the case database), ConfigError (settings; a disk that refuses all).
    """
    counts = {"faite": 0, "impossible": 0, "demandee": 0}
    _tidy(settings, database)
    for _ in range(most):
        bundle = sealing.take(database, now=datetime.now(UTC), lease=LEASE)
        if bundle is None:
            break
        counts[_make(settings, database, bundle, deadline=deadline)] += 1
    return Made(*counts.values())


def _make(settings: Settings, database: Database, bundle: Bundle, *, deadline: float) -> str:
    """The state of a bundle after one try."""
    target = bundles.file_of(settings.data_dir, bundle.id)
    try:
        documents = [document_of(Archive(settings.archive_dir), name) for name in bundle.documents]
        steps = custody(database, bundle.documents, bundle=bundle)
        case = case_of(
            settings, kind=bundle.subject_kind, identifier=bundle.subject_id, asked_by=f"la personne {bundle.asked_by}", asked_at=bundle.asked_at,
            steps=[Step.model_validate(one.model_dump()) for one in steps],
        )  # fmt: skip
        sealed = make(settings, documents, target, case, deadline=deadline)
    except (NotFound, Invalid) as error:
        log.warning("bundle_impossible", bundle=bundle.id, error=str(error))
        sealing.give_up(database, bundle.id, reason=GONE if isinstance(error, NotFound) else LARGE)
        return "impossible"
    except ConfigError as error:
        log.warning("bundle_waits", bundle=bundle.id, error=str(error))
        full = "disk full" in str(error)
        sealing.put_back(database, bundle.id, until=datetime.now(UTC) + LATER, reason=FULL if full else "Vigie est mal réglé sur ce serveur.")
        return "demandee"
    tokens, missed = len(sealed.stamps), len(sealed.missed)
    if not sealing.finish(database, bundle.id, sha256=sealed.sha256, size=sealed.size, tokens=tokens, missed=missed):
        bundles.remove(settings.data_dir, bundle.id)  # erased while it was made
        return "impossible"
    log.info("bundle_made", bundle=bundle.id, bytes=sealed.size, tokens=tokens, missed=missed)
    return "faite"


def case_of(settings: Settings, *, kind: str, identifier: str, asked_by: str, asked_at: datetime, steps: Sequence[Step]) -> Case:
    """What a bundle is for, and whom it asks for time stamps. Raises ConfigError."""
    names = tuple(one.name for one in authorities_of(settings.timestamp_authorities))
    fields = {"kind": kind, "identifier": identifier, "asked_by": asked_by, "asked_at": asked_at, "house": settings.console_name}
    return Case.model_validate({**fields, "authorities": names, "steps": tuple(steps)})


def make(
    settings: Settings, documents: Sequence[Document], target: Path, case: Case, *, deadline: float = DEADLINE,
    pictures: Mapping[str, Screenshot] | None = None,
) -> Sealed:  # fmt: skip
    """Write a bundle. Raises NotFound, Invalid, ConfigError."""
    authorities, known = authorities_of(settings.timestamp_authorities), certificates_in(settings.timestamp_certificates)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return seal(
        Archive(settings.archive_dir), documents, target, case, pictures=pictures,
        stamper=lambda manifest: stamps(manifest, authorities, known=known, deadline=deadline),
    )  # fmt: skip


def note_sealed(database: Database, documents: Sequence[Document], sealed: Sealed) -> None:
    """Write into the trail that the command made a bundle of these documents. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        for document in documents:
            details = {"sha256": sealed.sha256, "tokens": len(sealed.stamps)}
            audit.record(session, actor=COMMAND, action="evidence_sealed", subject=("document", document.id), details=details)


def _tidy(settings: Settings, database: Database) -> None:
    """Remove what killed processes left, and files of bundles that were erased while they were made."""
    folder = settings.data_dir / bundles.FOLDER
    with disk_errors(folder):
        found = list(folder.iterdir()) if folder.is_dir() else []
        kept = sealing.made(database) if found else frozenset()
        for path in found:
            cut_short = path.name.startswith(".") and path.stat().st_mtime < time.time() - OLD
            if cut_short or path.name.lstrip(".").partition(".")[0] not in kept:
                path.unlink(missing_ok=True)
