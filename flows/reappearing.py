"""Looks now and then whether what a provider took a measure on is online again. It notes it on the notice; a person decides what follows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cases.reappearing import note_reappeared, reappeared, watched
from core.files import write_text
from index.open import open_index
from index.queries import Query

if TYPE_CHECKING:
    from cases.database import Database
    from core.settings import Settings

EVERY = 3600  # seconds
MARK = "reappearing.at"  # below data_dir: when it was last looked
STEP = 50  # campaigns of one question


def look(settings: Settings, database: Database, *, every: int = EVERY) -> int:
    """How many were noted; nothing where it was looked within ``every`` seconds. Raises Unavailable, ConfigError."""
    mark = settings.data_dir / MARK
    if mark.exists() and time.time() - mark.stat().st_mtime < every:
        return 0
    found = 0
    if watches := watched(database):
        index = open_index(settings)
        try:
            campaigns = sorted({one.campaign for one in watches if one.campaign})
            entries = [entry for one in watches if one.document_id and (entry := index.get(one.document_id))]
            for start in range(0, len(campaigns), STEP):
                entries += index.scan(Query(terms={"campaign": tuple(campaigns[start : start + STEP])}))
        finally:
            index.close()
        found = note_reappeared(database, reappeared(watches, entries))
    write_text(mark, "")
    return found
