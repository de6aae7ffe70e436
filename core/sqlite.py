"""What every SQLite file of the house needs."""

from __future__ import annotations

import sqlite3
import time

PAUSE = 0.02  # seconds between two attempts


def write_ahead(connection: sqlite3.Connection, *, wait: float) -> None:
    """Switch a file to write-ahead logging, so that readers and the writer do not stop each other.

    Who opens a new file beside another process is refused at once: SQLite's own waiting does not cover the switch
    (https://sqlite.org/c3ref/busy_handler.html), so it is tried again. Raises OperationalError after ``wait`` seconds.
    """
    until = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return
