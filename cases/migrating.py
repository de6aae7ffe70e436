"""Brings the case database up to date when it is opened: each step once, in one transaction, whoever else opens it at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from core.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FOLDER = Path(__file__).parent / "migrations"
HEAD = "0005"  # the last step; known without importing Alembic, so that opening stays fast


def migrate(engine: Engine, writer: Engine) -> None:
    """Run the steps that are missing. ``writer``: the same database, where writers take turns. Raises ConfigError for one of a later Vigie."""
    with engine.connect() as connection:
        if revision_of(connection) == HEAD:
            return
    with writer.begin() as connection:
        found = revision_of(connection)  # another process may have been faster
        if found != HEAD:
            _upgrade(connection, found)


def revision_of(connection: Connection) -> str | None:
    """The last step that was run; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigError(f"the case database is at step {found}, which this Vigie does not know; it was used by a later one: update Vigie")
    command.upgrade(config, "head")
