"""What saved searches found and what became of its delivery: one SQLite file, so that a kill at any moment loses nothing and repeats nothing.

A row of ``items`` is one version of one document found by one search; ``sendings`` says where it goes; a ``parcel`` is what is sent together,
fixed before the first try so that every further try carries the same ids; ``owed`` names the batches that a broken search missed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING, Literal, NamedTuple

from core.errors import ConfigError, Unavailable
from core.files import disk_errors
from core.sqlite import write_ahead
from flows.delivery_payload import parcel_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from flows.delivery_payload import Item

State = Literal["waiting", "sent", "failed", "withdrawn"]
WAIT = 10  # seconds for another process to finish
MAX_ITEMS = 100  # of a parcel: a message that is read, and a body of about 100 kB
FEED_ITEMS = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    delivery_id TEXT PRIMARY KEY, search TEXT NOT NULL, document TEXT NOT NULL, batch TEXT NOT NULL, found_at INTEGER NOT NULL, payload TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_of_search ON items (search, found_at);
CREATE INDEX IF NOT EXISTS items_of_document ON items (document);
CREATE TABLE IF NOT EXISTS sendings (delivery_id TEXT, target TEXT, parcel TEXT, PRIMARY KEY (delivery_id, target)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sendings_of_parcel ON sendings (parcel);
CREATE TABLE IF NOT EXISTS parcels (
    id TEXT PRIMARY KEY, search TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, first_try_at INTEGER,
    next_try_at INTEGER NOT NULL, sent_at INTEGER, error TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parcels_due ON parcels (state, next_try_at);
CREATE TABLE IF NOT EXISTS owed (search TEXT, batch TEXT, PRIMARY KEY (search, batch)) WITHOUT ROWID;
"""


class Parcel(NamedTuple):
    """What is sent together; times in seconds since 1970."""

    id: str
    search: str
    target: str
    state: State
    tries: int
    first_try_at: int | None
    next_try_at: int
    sent_at: int | None
    error: str | None


_PARCEL = ", ".join(Parcel._fields)


class Outbox:
    """The file of one installation; each method is one transaction. Raises ConfigError, and Unavailable while another process writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)  # a webhook's address may be all that guards it
        with _errors(self.path), contextlib.closing(sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)) as connection:
            write_ahead(connection, wait=WAIT)
            connection.execute("PRAGMA synchronous = FULL")  # what counts as sent is sent, after a power cut too
            connection.execute("PRAGMA secure_delete = ON")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'owed'").fetchone():
                connection.executescript(_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            with connection:  # commits, or rolls back what an error cuts short
                yield connection

    def add(self, items: Iterable[Item], *, search: str, batch: str, targets: Sequence[str], now: int) -> int:
        """Put what a search found in a batch; how many are new. What is there already is left as it is."""
        added = 0
        with self._open() as connection:
            for item in items:
                row = (item["delivery_id"], search, item["document"], batch, now, json.dumps(item, ensure_ascii=False))
                if connection.execute("INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?)", row).rowcount:
                    connection.executemany("INSERT OR IGNORE INTO sendings VALUES (?, ?, NULL)", [(item["delivery_id"], one) for one in targets])
                    added += 1
        return added

    def owe(self, search: str, batch: str) -> None:
        """A search could not be run over a batch."""
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO owed VALUES (?, ?)", (search, batch))

    def owed(self) -> list[tuple[str, str]]:
        """Searches, each with a batch that it could not be run over."""
        with self._open() as connection:
            return connection.execute("SELECT search, batch FROM owed ORDER BY search, batch").fetchall()

    def settle(self, search: str, batch: str) -> None:
        """A search was run over a batch that it had missed."""
        with self._open() as connection:
            connection.execute("DELETE FROM owed WHERE search = ? AND batch = ?", (search, batch))

    def pack(self, now: int) -> None:
        """Put what waits into parcels, search by search and target by target."""
        waiting = """SELECT i.search, s.target, i.delivery_id FROM sendings s JOIN items i USING (delivery_id)
                     WHERE s.parcel IS NULL ORDER BY i.search, s.target, i.found_at, i.delivery_id"""
        with self._open() as connection:
            groups: dict[tuple[str, str], list[str]] = {}
            for search, target, identifier in connection.execute(waiting):
                groups.setdefault((search, target), []).append(identifier)
            for (search, target), ids in groups.items():
                for at in range(0, len(ids), MAX_ITEMS):
                    chunk = ids[at : at + MAX_ITEMS]
                    parcel = parcel_id(target, chunk)
                    added = "INSERT INTO parcels (id, search, target, state, next_try_at) VALUES (?, ?, ?, 'waiting', ?)"
                    connection.execute(added, (parcel, search, target, now))
                    connection.executemany(
                        "UPDATE sendings SET parcel = ? WHERE delivery_id = ? AND target = ?", [(parcel, one, target) for one in chunk]
                    )

    def due(self, now: int) -> list[Parcel]:
        """The parcels to send now, the one that waits longest first."""
        return self._parcels("state = 'waiting' AND next_try_at <= ? ORDER BY next_try_at, id", (now,))

    def parcels(self, *states: State) -> list[Parcel]:
        """The parcels of these states, the oldest try first."""
        return self._parcels(f"state IN ({', '.join('?' * len(states))}) ORDER BY next_try_at, id", states)

    def _parcels(self, where: str, parameters: Sequence[object]) -> list[Parcel]:
        with self._open() as connection:
            return [Parcel(*row) for row in connection.execute(f"SELECT {_PARCEL} FROM parcels WHERE {where}", parameters)]  # noqa: S608 - fixed text

    def begin(self, parcel: Parcel, *, now: int, next_try_at: int) -> None:
        """Note a try before it is made: who is killed in it tries again later, not at once and for ever."""
        sql = "UPDATE parcels SET tries = tries + 1, first_try_at = coalesce(first_try_at, ?), next_try_at = ? WHERE id = ?"
        with self._open() as connection:
            connection.execute(sql, (now, next_try_at, parcel.id))

    def end(self, parcel: Parcel, state: State, *, now: int, error: str | None = None) -> None:
        """Note how a try ended."""
        sent = now if state == "sent" else None
        with self._open() as connection:
            connection.execute("UPDATE parcels SET state = ?, sent_at = ?, error = ? WHERE id = ?", (state, sent, error, parcel.id))

    def items_of(self, parcel: Parcel) -> list[Item]:
        """What a parcel holds, in a fixed order."""
        sql = """SELECT payload FROM sendings JOIN items USING (delivery_id) WHERE parcel = ? AND payload IS NOT NULL
                 ORDER BY found_at, delivery_id"""
        return self._payloads(sql, (parcel.id,))

    def newest(self, search: str, target: str) -> list[tuple[int, Item]]:
        """The last FEED_ITEMS items for one target of a search, the newest first, each with when it was found."""
        sql = """SELECT found_at, payload FROM items JOIN sendings USING (delivery_id) WHERE search = ? AND target = ? AND payload IS NOT NULL
                 ORDER BY found_at DESC, delivery_id LIMIT ?"""
        with self._open() as connection:
            return [(found_at, json.loads(payload)) for found_at, payload in connection.execute(sql, (search, target, FEED_ITEMS))]

    def _payloads(self, sql: str, parameters: Sequence[object]) -> list[Item]:
        with self._open() as connection:
            return [json.loads(payload) for (payload,) in connection.execute(sql, parameters)]

    def retry(self, *, now: int, search: str | None = None) -> int:
        """Let what failed or waits be tried now, as if never tried; how many parcels."""
        sql = """UPDATE parcels SET state = 'waiting', tries = 0, first_try_at = NULL, next_try_at = ?
                 WHERE state IN ('waiting', 'failed') AND (search = ? OR ? IS NULL)"""
        with self._open() as connection:
            return connection.execute(sql, (now, search, search)).rowcount

    def drop_search(self, search: str) -> int:
        """Forget all of a search that was removed; how many items."""
        with self._open() as connection:
            connection.execute("DELETE FROM owed WHERE search = ?", (search,))
        return self._drop("search = ?", [(search,)])

    def drop_documents(self, ids: Iterable[str]) -> int:
        """Forget all of documents that must not be told of any longer; how many items."""
        return self._drop("document = ?", [(one,) for one in ids])

    def _drop(self, where: str, values: list[tuple[str]]) -> int:
        with self._open() as connection:
            connection.executemany(f"DELETE FROM sendings WHERE delivery_id IN (SELECT delivery_id FROM items WHERE {where})", values)  # noqa: S608
            count = connection.executemany(f"DELETE FROM items WHERE {where}", values).rowcount  # noqa: S608
            connection.execute("DELETE FROM parcels WHERE id NOT IN (SELECT parcel FROM sendings WHERE parcel IS NOT NULL)")
            return count

    def prune(self, before: int) -> int:
        """Forget what was said of items found before that and no longer waiting; their ids stay, so that none is told of again."""
        sql = """UPDATE items SET payload = NULL WHERE found_at < ? AND payload IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM sendings s LEFT JOIN parcels p ON p.id = s.parcel
                 WHERE s.delivery_id = items.delivery_id AND coalesce(p.state, 'waiting') IN ('waiting', 'failed'))"""
        with self._open() as connection:
            return connection.execute(sql, (before,)).rowcount

    def last_found(self) -> dict[str, int]:
        """When each search last found something."""
        with self._open() as connection:
            return dict(connection.execute("SELECT search, max(found_at) FROM items GROUP BY search").fetchall())


@contextlib.contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Unavailable(f"{path} is being written by another process; try again") from error
        raise ConfigError(f"{path} cannot be read or written ({error}): free some disk, or allow this user to write there") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"{path} is damaged ({error}): move it away; alerts that were not delivered are lost, new ones work") from error
