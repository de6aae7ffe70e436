"""What must not stay in the files of the embedded index, and what a person should look at."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from core.errors import Unavailable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

SPARE_BYTES = 100_000_000  # of an index so small nobody needs to think
FREE_SHARE = 3  # one part in so many of the file that holds nothing
DOCUMENT_BYTES = 100_000  # ten times what a long article takes


def scrub(connection: sqlite3.Connection) -> None:
    """Leave no trace of what was removed in the files. Raises Unavailable while another process reads.

    secure_delete alone is not enough: pages that were parted keep copies of rows until they are written anew. The cost is that of
    writing the index anew, about 8 s for each 100,000 documents.
    """
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")  # merges away the words of removed entries
    connection.execute("VACUUM")
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise Unavailable("the index is being read, so that traces of what was deleted stay in its files; try again")


def warnings(connection: sqlite3.Connection, path: Path, *, documents: int) -> Iterator[str]:
    """What a person should look at, one line each."""
    pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
    if free * size > SPARE_BYTES and free * FREE_SHARE > pages:
        yield f"{free * size / 1e6:.0f} MB of the index's {pages * size / 1e6:.0f} MB are empty: run vigie reindex, which makes it small again"
    elif pages * size > SPARE_BYTES + documents * DOCUMENT_BYTES:
        yield f"the index takes {pages * size / 1e6:.0f} MB for {documents} documents: run vigie reindex, which makes it small again"
    log = path.with_name(path.name + "-wal")
    waiting = log.stat().st_size if log.exists() else 0
    if waiting > SPARE_BYTES + pages * size // 2:
        yield f"{waiting / 1e6:.0f} MB wait in {log.name}: a program has been reading the index for long; end it"
    left = shutil.disk_usage(path.parent).free
    if left < pages * size * 2:
        yield f"{left / 1e6:.0f} MB are left on the disk and vigie reindex needs {pages * size * 2 / 1e6:.0f} MB: free some space"
