"""What Alembic runs; the connection is handed over by migrating.py, which holds the lock."""

from __future__ import annotations

from alembic import context

from cases import tables_notices, tables_people, tables_work  # noqa: F401 - their tables belong to the metadata
from cases.tables import Base


def run() -> None:
    """Run the steps on the connection that was handed over, within its transaction."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, transactional_ddl=True)
    context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file; importing it as a module does nothing
    run()
