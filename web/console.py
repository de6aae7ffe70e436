"""What every request shares: settings, case database, index, taxonomy, secret. Opened once, when the server starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from cases.database import Database, open_database
from cases.identity import bind
from core.keys import key_file
from core.settings import Settings
from core.taxonomy import Taxonomy, load_taxonomy
from index.open import open_index
from index.protocol import Index


@dataclass(frozen=True, slots=True)
class Console:
    """Shared by all threads."""

    settings: Settings
    database: Database
    index: Index
    taxonomy: Taxonomy
    secret: bytes

    def close(self) -> None:
        """Release connections."""
        self.index.close()
        self.database.close()


def open_console(settings: Settings) -> Console:
    """All that the settings name. Raises ConfigError, Unavailable."""
    database = open_database(settings)
    bind(settings.archive_dir, database)
    return Console(settings, database, open_index(settings), load_taxonomy(), load_secret(settings))


def load_secret(settings: Settings) -> bytes:
    """The secret of VIGIE_CONSOLE_SECRET, else of <data_dir>/console.key, made once and readable by its owner alone. Raises ConfigError."""
    if settings.console_secret:
        return settings.console_secret.get_secret_value().encode()
    return key_file(settings.data_dir / "console.key", advice="remove it, and everybody signs in again")


def console_of(request: Request) -> Console:
    """The console of a request's application; also a FastAPI dependency."""
    found: Console = request.app.state.console
    return found


ConsoleOf = Annotated[Console, Depends(console_of)]  # the type of a route's parameter
