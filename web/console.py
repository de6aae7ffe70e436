"""What every request shares: settings, case database, index, taxonomy, secret. Opened once, when the server starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from cases.database import Database, open_database
from cases.identity import bind
from cases.signing import signing_secret
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
    return Console(settings, database, open_index(settings), load_taxonomy(), signing_secret(settings))


def console_of(request: Request) -> Console:
    """The console of a request's application; also a FastAPI dependency."""
    found: Console = request.app.state.console
    return found


ConsoleOf = Annotated[Console, Depends(console_of)]  # the type of a route's parameter
