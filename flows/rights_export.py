"""The answer to a request for access, readable by a person and by a program. Written once, removed when it is given."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import yaml

from cases.rights_export import Told, paper_of, told_of
from core.files import atomic, disk_errors
from flows.rights_bytes import found_in

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from cases.request import Request
    from core.settings import Settings
    from flows.rights_places import Desk, Looked
    from flows.rights_tokens import Token

FOLDER = "rights"  # below data_dir
KEPT = timedelta(days=30)  # what nobody fetched goes
DAY = (1980, 1, 1, 0, 0, 0)  # of the members, so that the same content gives the same file


def export(desk: Desk, request: Request, looked: Looked, *, now: datetime) -> dict[str, Any]:
    """Write the file; the proof of what it holds. Raises ConfigError."""
    newest = list({one.id: one for one in sorted(looked.documents, key=lambda one: one.collected_at)}.values())
    sources = {name: _source(desk.settings, name) for name in {one.source for one in newest}}
    told = told_of(desk.database, newest, versions=len(looked.documents), sources=sources, places=looked.places, subject=request.subject, now=now)
    made = _zip(told)
    path = file_of(desk.settings, request.id)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic(path) as draft:
            draft.write_bytes(made)
            draft.chmod(0o600)
    return {
        "made_at": now.isoformat(), "request": request.id, "kind": request.kind, "before": looked.places, "documents": len(newest),
        "sha256": hashlib.sha256(made).hexdigest(), "omitted": told.omitted,
    }  # fmt: skip


def file_of(settings: Settings, request: str) -> Any:
    """Where the answer to a request lies."""
    return settings.data_dir / FOLDER / f"{request}.zip"


def drop_old(settings: Settings, *, now: datetime) -> int:
    """Remove the answers that nobody gave for 30 days; how many. They are made again on a new request."""
    old = [path for path in (settings.data_dir / FOLDER).glob("*.zip") if path.stat().st_mtime < (now - KEPT).timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def drop_those_with(settings: Settings, tokens: Collection[Token]) -> int:
    """Remove the answers in which one of these stands; how many."""
    found = found_in(settings.data_dir / FOLDER, tokens)
    for name in found:
        (settings.data_dir / FOLDER / name).unlink(missing_ok=True)
    return len(found)


def _source(settings: Settings, name: str) -> dict[str, str]:
    """What a source file says of itself; nothing where it is gone."""
    path = settings.sources_dir / f"{name}.yml"
    said = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {key: " ".join(str(said.get(key) or "").split()) for key in ("title", "purpose", "legal_basis")}


def _zip(told: Told) -> bytes:
    from cases.papers.pdf import paper_pdf

    files = {
        "donnees.json": json.dumps(told.data, ensure_ascii=False, indent=2, sort_keys=True).encode(),
        "donnees.pdf": paper_pdf(paper_of(told)),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, DAY), body, zipfile.ZIP_DEFLATED)
    return made.getvalue()
