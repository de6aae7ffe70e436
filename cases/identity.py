"""Which case database belongs to an archive. An empty one, or another one, knows nothing of the open cases, and their evidence would be erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from cases.tables import IdentityRow
from core.errors import ConfigError
from core.files import disk_errors, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from cases.database import Database

FILE = "cases.id"


def check(root: Path, database: Database) -> str:
    """The id of the database. Raises ConfigError where the archive in ``root`` names another one, Unavailable."""
    with database.reading() as session:
        found = session.scalars(select(IdentityRow.id)).one()
    path = root / FILE
    with disk_errors(path):
        named = path.read_text(encoding="utf-8").strip() if path.exists() else found
    if named != found:
        raise ConfigError(
            f"{database.name} is case database {found[:8]}, but the decisions on this archive are in {named[:8]} ({path}): set VIGIE_DATABASE_URL to "
            "that one, or restore it from its backup; remove that file only if it is lost for good, for open cases are then no longer protected"
        )
    return found


def bind(root: Path, database: Database) -> None:
    """Let the archive in ``root`` know its database, from the first time on. Raises ConfigError, see ``check``, Unavailable."""
    found = check(root, database)
    if not (root / FILE).exists():
        write_text(root / FILE, found)
