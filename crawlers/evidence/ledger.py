"""Which version of which document, and which payload, the archive already holds. Derived: it is filled again from the batches."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from core.errors import ConfigError, Unavailable
from core.files import disk_errors
from core.records import WarcRef
from core.sqlite import write_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

WAIT = 30  # seconds for another process to finish
SCHEMA = """
CREATE TABLE IF NOT EXISTS versions
    (document_id TEXT, content_sha256 TEXT, batch TEXT NOT NULL, PRIMARY KEY (document_id, content_sha256)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS versions_by_batch ON versions (batch);
CREATE TABLE IF NOT EXISTS payloads (sha256 TEXT, url TEXT, at TEXT NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (sha256, url)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (batch TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Ledger:
    """One connection to ``<archive>/ledger.sqlite``; several processes may hold one each."""

    def __init__(self, path: Path) -> None:
        with disk_errors(path), _sqlite_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
            write_ahead(self._db, wait=WAIT)
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(SCHEMA)
        self._path = path

    def claim(self, document_id: str, content_sha256: str, *, batch: str, is_dead: Callable[[str], bool]) -> bool:
        """Whether this batch is the one to store this version: nobody holds it, or who held it died before storing it, or the page showed
        another version since and has come back to this one.
        """
        key = (document_id, content_sha256)
        with _sqlite_errors(self._path):
            if self._db.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?)", (*key, batch)).rowcount == 1:
                return True
            (owner,) = self._db.execute("SELECT batch FROM versions WHERE document_id = ? AND content_sha256 = ?", key).fetchone()
            (newest,) = self._db.execute("SELECT max(batch) FROM versions WHERE document_id = ?", (document_id,)).fetchone()
            if owner == batch or (owner == newest and not is_dead(owner)):
                return False
            taken = self._db.execute("UPDATE versions SET batch = ? WHERE document_id = ? AND content_sha256 = ? AND batch = ?", (batch, *key, owner))
            return taken.rowcount == 1

    def newest(self, document_id: str) -> str | None:
        """The batch with the newest version of a document."""
        with _sqlite_errors(self._path):
            (batch,) = self._db.execute("SELECT max(batch) FROM versions WHERE document_id = ?", (document_id,)).fetchone()
        return str(batch) if batch else None

    def last(self, document_id: str) -> tuple[str, str] | None:
        """The content digest and the batch of the version that was claimed last; the claim may be that of a dead batch, see ``claim``."""
        newest = "SELECT content_sha256, batch FROM versions WHERE document_id = ? ORDER BY batch DESC LIMIT 1"
        with _sqlite_errors(self._path):
            row = self._db.execute(newest, (document_id,)).fetchone()
        return (row[0], row[1]) if row else None

    def payload(self, sha256: str, *, url: str) -> tuple[str, WarcRef] | None:
        """When and where this body was archived for this address, if it was."""
        with _sqlite_errors(self._path):
            row = self._db.execute("SELECT at, ref FROM payloads WHERE sha256 = ? AND url = ?", (sha256, url)).fetchone()
        return (row[0], WarcRef.model_validate_json(row[1])) if row else None

    def holds(self, batch: str) -> bool:
        """Whether a sealed batch has been entered."""
        with _sqlite_errors(self._path):
            return self._db.execute("SELECT 1 FROM batches WHERE batch = ?", (batch,)).fetchone() is not None

    def enter(self, batch: str, *, versions: Iterable[tuple[str, str]], payloads: Iterable[tuple[str, str, str, WarcRef]]) -> None:
        """Write down a sealed batch in one transaction: its versions replace its claims. ``payloads``: sha256, url, time, place."""
        held = [(*version, batch) for version in versions]  # read before the transaction: others wait while it is open
        bodies = [(sha256, url, at, ref.model_dump_json()) for sha256, url, at, ref in payloads]
        newer = "INSERT INTO versions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET batch = excluded.batch WHERE excluded.batch > batch"
        with _sqlite_errors(self._path), self._db:  # commits, or rolls back whatever was raised
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM versions WHERE batch = ?", (batch,))
            self._db.executemany(newer, held)
            self._db.executemany("INSERT OR IGNORE INTO payloads VALUES (?, ?, ?, ?)", bodies)
            self._db.execute("INSERT OR IGNORE INTO batches VALUES (?)", (batch,))

    def versions(self, batch: str) -> set[tuple[str, str]]:
        """Id and content of what a batch stored or claims."""
        with _sqlite_errors(self._path):
            return {(row[0], row[1]) for row in self._db.execute("SELECT document_id, content_sha256 FROM versions WHERE batch = ?", (batch,))}

    def claimants(self) -> set[str]:
        """The batches that hold or claim a version."""
        with _sqlite_errors(self._path):
            return {row[0] for row in self._db.execute("SELECT DISTINCT batch FROM versions")}

    def payloads(self) -> Iterator[tuple[str, str, WarcRef]]:
        """SHA-256, address and place of each body."""
        with _sqlite_errors(self._path):
            for sha256, url, ref in self._db.execute("SELECT sha256, url, ref FROM payloads"):
                yield sha256, url, WarcRef.model_validate_json(ref)

    def forget(
        self, *, versions: Iterable[tuple[str, str, str]], payloads: Iterable[tuple[str, str]], new: Iterable[tuple[str, str, str, WarcRef]]
    ) -> None:
        """Take out versions (id, content, batch) and bodies (SHA-256, address), enter ``new`` bodies, and leave no trace in the file."""
        bodies = [(sha256, url, at, ref.model_dump_json()) for sha256, url, at, ref in new]
        with _sqlite_errors(self._path):
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany("DELETE FROM versions WHERE document_id = ? AND content_sha256 = ? AND batch = ?", versions)
                self._db.executemany("DELETE FROM payloads WHERE sha256 = ? AND url = ?", payloads)
                self._db.executemany("INSERT OR IGNORE INTO payloads VALUES (?, ?, ?, ?)", bodies)
            self._db.execute("VACUUM")
            (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise Unavailable(f"{self._path} is in use by another process, so that traces of what was erased stay in it; run the purge again")

    def close(self) -> None:
        """Give the file back."""
        self._db.close()


@contextlib.contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Unavailable(f"{path} is in use by another process; try again") from error
        if "full" in str(error) or "I/O" in str(error):
            raise ConfigError(f"disk full or failing at {path}: free some space and run the same command again; nothing is lost") from error
        raise ConfigError(f"cannot write {path} ({error}): give this user the right to write there, or set VIGIE_DATA_DIR") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"{path} is damaged ({error}): delete it, the next crawl fills it again from the batches") from error
