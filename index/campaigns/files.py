"""The SQLite file of the campaigns: its tables, how it is opened, how it forgets."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.files import disk_errors
from core.sqlite import write_ahead
from index.campaigns.fingerprint import VERSION
from index.sqlite_files import sqlite_errors, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT = 30  # seconds for another process to finish
CACHE_KIB = 64_000
FORGET, REMEMBER = "PRAGMA application_id = 1", "PRAGMA application_id = 0"  # a kill between an erasure and ``forget`` is made good by the next one
MAGIC = 0x56430000 + VERSION  # "VC": another version's file is not read but made again from the archive

# form: the documents that are heard the same; knot: forms that are joined, directly or over others; reader: an index that is told the changes
_TABLES = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY, version BLOB NOT NULL, batch TEXT NOT NULL, form INTEGER, account BLOB, platform TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX documents_of_form ON documents (form, batch, id) WHERE form IS NOT NULL;
CREATE TABLE forms (form INTEGER PRIMARY KEY, knot INTEGER NOT NULL, documents INTEGER NOT NULL, sketch BLOB NOT NULL);
CREATE INDEX forms_of_knot ON forms (knot);
CREATE TABLE buckets (bucket INTEGER, form INTEGER, PRIMARY KEY (bucket, form)) WITHOUT ROWID;
CREATE TABLE edges (form INTEGER, other INTEGER, PRIMARY KEY (form, other)) WITHOUT ROWID;
CREATE TABLE knots (knot INTEGER PRIMARY KEY, documents INTEGER NOT NULL, batch TEXT, founder TEXT, campaign TEXT);
CREATE INDEX knots_of_campaign ON knots (campaign) WHERE campaign IS NOT NULL;
CREATE TABLE readers (reader INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);
CREATE TABLE told (reader INTEGER, id TEXT, campaign TEXT NOT NULL, PRIMARY KEY (reader, id)) WITHOUT ROWID;
CREATE TABLE news (reader INTEGER, id TEXT, PRIMARY KEY (reader, id)) WITHOUT ROWID;
"""


class File:
    """One SQLite file, opened at the first question."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()  # one transaction at a time on one connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection in a writing transaction: all of it or nothing is kept. Raises Unavailable, ConfigError."""
        with self._lock, sqlite_errors(self.path):
            connection = self._open()
            with transaction(connection):
                yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one moment. Raises Unavailable, ConfigError."""
        with self._lock, sqlite_errors(self.path):
            connection = self._open()
            with transaction(connection, "DEFERRED"):
                yield connection

    def forget(self) -> None:
        """Leave no byte of what a transaction under ``FORGET`` deleted: in free pages, beside other rows, in the log. Raises Unavailable."""
        with self._lock, sqlite_errors(self.path):
            connection = self._open()
            if not connection.execute("PRAGMA application_id").fetchone()[0]:
                return
            connection.execute("VACUUM")  # secure_delete alone leaves what was moved within a page
            connection.execute(REMEMBER)
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                connection.execute(FORGET)
                raise Unavailable(f"{self.path} is being read, so what was erased cannot be cleared yet; run the same command again")

    def close(self) -> None:
        """Release the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def remove(self) -> None:
        """Delete the file."""
        self.close()
        with disk_errors(self.path):
            for ending in ("", "-wal", "-shm", "-journal"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            with disk_errors(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _prepare(connection: sqlite3.Connection) -> None:
    write_ahead(connection, wait=WAIT)
    for pragma in (f"cache_size = -{CACHE_KIB}", "synchronous = NORMAL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")
    with transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] != MAGIC:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
                connection.execute(f'DROP TABLE "{name}"')
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {MAGIC}")
        connection.execute("CREATE TABLE IF NOT EXISTS complete (yes INTEGER PRIMARY KEY)")  # beside _TABLES: files made before it stay good
