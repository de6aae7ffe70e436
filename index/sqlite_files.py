"""Files of the embedded index: one SQLite file a generation, and ``<name>.current``, a small file that names the one that answers."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from typing import TYPE_CHECKING

from core.errors import ConfigError, Unavailable
from core.files import disk_errors, sync, write_text
from index.fields import sqlite_schema
from index.generations import check_version, is_generation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".sqlite"
BUSY_MILLISECONDS = 5000
CACHE_KIB = 32_000  # SQLite's own 2 MB make a rebuild of 100,000 documents read its pages again and again
LOG_PAGES = 8000  # 32 MB: pages that each batch changes, like those of the latest bitmaps, go into the file once for many batches
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_REFUSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


class Generations:
    """The generations of one index in one folder."""

    def __init__(self, folder: Path, alias: str) -> None:
        self.folder = folder
        self.alias = alias
        self.pointer = folder / f"{alias}.current"

    def path(self, generation: str) -> Path:
        """The file of a generation."""
        return self.folder / f"{generation}{SUFFIX}"

    def named(self) -> str | None:
        """The generation that the pointer names, of any mapping version; None before the first write."""
        with disk_errors(self.pointer):
            try:
                return self.pointer.read_bytes()[:200].decode("ascii", "replace").strip()
            except FileNotFoundError:
                return None

    def current(self) -> str | None:
        """The generation that answers; None before the first write. Raises ConfigError for another mapping version."""
        name = self.named()
        return check_version(name, alias=self.alias) if name is not None else None

    def create(self, generation: str) -> None:
        """An empty generation, in place of what a killed process may have left under that name. Raises ConfigError."""
        self.remove(generation)
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self.connect(generation, mode="rwc") as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA application_id = {secrets.randbelow(2**31)}")  # tells this file from one made later under its name
            for statement in sqlite_schema():
                connection.execute(statement)

    def identity(self, generation: str) -> str:
        """What tells this generation from every other index that was ever made."""
        with self.connect(generation) as connection:
            (number,) = connection.execute("PRAGMA application_id").fetchone()
        return f"sqlite-{generation}-{number:08x}"

    def swap(self, generation: str) -> None:
        """Flush a generation to disk, let it answer, remove all others."""
        with self.connect(generation) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with disk_errors(self.folder):
            sync(self.path(generation))
        write_text(self.pointer, generation + "\n")
        self.remove_others(generation)

    def remove_others(self, kept: str | None) -> None:
        """Remove what killed rebuilds left and generations that no longer answer; readers that still hold one finish on it."""
        for path in self.folder.glob(f"{self.alias}-v*{SUFFIX}*"):
            generation = path.name.partition(SUFFIX)[0]
            if generation != kept and is_generation(generation, alias=self.alias):
                self.remove(generation)

    def remove(self, generation: str) -> None:
        """Remove the files of a generation, if any."""
        with disk_errors(self.folder):
            for ending in ("", "-wal", "-shm", "-journal"):
                self.path(generation).with_name(f"{generation}{SUFFIX}{ending}").unlink(missing_ok=True)

    @contextlib.contextmanager
    def connect(self, generation: str, *, mode: str = "rw", durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A connection in autocommit for one operation: opening costs 0.4 ms and always finds the generation that answers now."""
        path = self.path(generation)
        with sqlite_errors(path):
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False)
            try:
                connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
                connection.execute(f"PRAGMA synchronous = {'NORMAL' if durable else 'OFF'}")
                yield connection
            finally:
                connection.close()


@contextlib.contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours. Raises Unavailable, ConfigError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the low byte is the kind, the rest its detail
        if code in _LOCKED:
            raise Unavailable(f"index {path} is locked by another process; try again when it has finished") from error
        if code in _DAMAGED:
            raise ConfigError(f"index {path} is damaged ({error}): run vigie reindex, which builds it again from the archive") from error
        if code in _REFUSED:
            raise ConfigError(f"index {path} cannot be opened or written ({error}): allow this user to write there, or run vigie reindex") from error
        if code in _DISK:
            raise ConfigError(f"disk full or failing under index {path} ({error}): free some space and run the same command again") from error
        raise


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All of what follows or nothing of it; DEFERRED: several reads of one moment."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has already rolled it back
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
