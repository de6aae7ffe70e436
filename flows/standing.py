"""How content items stand: what publishing and rebuilding ask of the case database, and what has to be done after them.

Publishing asks ``last_number`` first, then ``standings_of`` each batch, writes, and calls ``show`` with that number: what people decided in between
was shown on entries that the batch has just replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.leaving import leaving
from cases.standing import catch_up, standings, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.database import Database
    from core.records import Document, Lane, Standing
    from index.protocol import Index


def standings_of(database: Database, documents: Sequence[Document], lanes: Mapping[str, Lane | None] | None = None) -> dict[str, Standing]:
    """How these documents stand, by id; what is past its ``retain_until`` must not be indexed any more. Raises Unavailable, ConfigError.

    ``lanes``: of each document, by id; without them all get the period of what waits to be read, so that nothing goes too early.
    """
    versions = {document.id: version_of(document, lane=lanes[document.id] if lanes else "signale") for document in documents}
    found = standings(database, versions)
    for name, gone in leaving(database, versions).items():
        if versions[name].collected_at <= gone.collected_at:  # one that was collected again since is another document
            found[name] = found[name].model_copy(update={"retain_until": gone.since})
    return found


def show(index: Index, database: Database, *, since: int | None = None) -> int:
    """Let the index show every decision that it may lack; how many entries became different. Raises Unavailable, ConfigError."""
    identity = index.health().identity
    return catch_up(index, database, identity=identity, since=since) if identity else 0
