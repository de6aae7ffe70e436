"""The campaigns of one index: copies and rewordings of one text, whoever posts them wherever. One SQLite file, a projection of the archive.

It holds hashes, never texts or names. A campaign is what is joined, directly or over others, by being alike (compare.py); its id comes from its
founder, the member of the earliest batch, then of the smallest id. The same documents give the same campaigns in whatever order and portions
they come, and whatever was killed in between.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from index.campaigns.files import FORGET, File
from index.campaigns.fingerprint import fingerprint
from index.campaigns.graph import CROWD
from index.campaigns.knots import Weaving

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

AT_ONCE = 500  # ids in one question
PAGE = 1000  # changes told at once
READERS = 4  # indexes whose state is known: the embedded one, Elasticsearch, and the ones before them
_SUMMARY = """
    SELECT COUNT(*), MIN(at), MAX(at), COUNT(DISTINCT account), GROUP_CONCAT(DISTINCT platform)
    FROM knots JOIN forms USING (knot) JOIN documents USING (form) WHERE campaign = ?
"""
_CAMPAIGNS = "SELECT id, campaign FROM documents JOIN forms USING (form) JOIN knots USING (knot) WHERE campaign IS NOT NULL"
_CHANGES = """
    SELECT news.id, knots.campaign, told.campaign FROM news LEFT JOIN documents USING (id) LEFT JOIN forms USING (form) LEFT JOIN knots USING (knot)
    LEFT JOIN told ON told.reader = news.reader AND told.id = news.id WHERE news.reader = ? AND news.id > ? ORDER BY news.id LIMIT ?
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Text(NamedTuple):
    """One version of a document. ``batch`` names sort by time; ``at`` has an offset; ``embedding`` as in core.records.Assessment."""

    id: str
    content_sha256: str
    text: str
    batch: str
    author: str | None
    platform: str
    at: datetime
    embedding: str | None = None


class Summary(NamedTuple):
    """A campaign: its documents, when the first and the last were published, how many pseudonyms posted them, on which platforms."""

    members: int
    first: datetime
    last: datetime
    accounts: int
    platforms: tuple[str, ...]


class Campaigns:
    """The campaigns of the index ``name``, in ``folder``. Every method raises Unavailable and ConfigError."""

    def __init__(self, folder: Path, name: str, *, crowd: int = CROWD) -> None:
        self._file = File(folder / f"{name}.campaigns.sqlite")
        self._crowd = crowd

    def add(self, texts: Iterable[Text]) -> None:
        """Add documents, or newer versions of them; all or, when something fails, none. Repeating it is harmless."""
        with self._file.transaction() as connection:
            weaving = Weaving(connection, crowd=self._crowd)
            for text in texts:
                _add(connection, weaving, text)
            weaving.finish()

    def is_complete(self) -> bool:
        """Whether the whole archive was told; not so where the file is new, was damaged, or is of an earlier version that compared otherwise."""
        with self._file.reading() as connection:
            return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM complete)").fetchone()[0])

    def complete(self) -> None:
        """The whole archive was told: what is added from now on is all that is missing."""
        with self._file.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO complete VALUES (1)")

    def of(self, ids: Iterable[str]) -> dict[str, str]:
        """The campaigns of those that are in one, with at least one other document."""
        found: dict[str, str] = {}
        with self._file.reading() as connection:
            for some in _portions(ids):
                found |= connection.execute(f"{_CAMPAIGNS} AND id IN ({_marks(some)})", some).fetchall()
        return found

    def pending(self, *, identity: str) -> dict[str, str | None]:
        """Up to PAGE documents whose campaign is not what the index ``identity`` was told last; empty when it knows all.

        ``confirm`` each page, with the documents too that the index does not hold, before asking for the next.
        """
        with self._file.transaction() as connection:
            reader, after = _reader(connection, identity), ""
            while rows := connection.execute(_CHANGES, (reader, after, PAGE)).fetchall():
                changed = {identifier: campaign for identifier, campaign, told in rows if campaign != told}
                known = [(reader, identifier) for identifier, campaign, told in rows if campaign == told]
                connection.executemany("DELETE FROM news WHERE reader = ? AND id = ?", known)
                if changed:
                    return changed
                after = rows[-1][0]
        return {}

    def confirm(self, told: Mapping[str, str | None], *, identity: str) -> None:
        """The index ``identity`` now says this of these documents; what changed meanwhile stays pending."""
        with self._file.transaction() as connection:
            reader = _reader(connection, identity)
            for some in _portions(told):
                current = dict(connection.execute(f"{_CAMPAIGNS} AND id IN ({_marks(some)})", some))
                connection.executemany("DELETE FROM told WHERE reader = ? AND id = ?", [(reader, one) for one in some])
                here = {one for (one,) in connection.execute(f"SELECT id FROM documents WHERE id IN ({_marks(some)})", some)}  # noqa: S608 - marks
                said = [(reader, one, told[one]) for one in some if told[one] is not None and one in here]
                connection.executemany("INSERT INTO told VALUES (?, ?, ?)", said)
                for one in some:
                    if told[one] == current.get(one):
                        connection.execute("DELETE FROM news WHERE reader = ? AND id = ?", (reader, one))
                    elif one in here:
                        connection.execute("INSERT OR IGNORE INTO news VALUES (?, ?)", (reader, one))

    def remove(self, ids: Iterable[str]) -> int:
        """Erase documents so that no byte of them stays in the file, and part what only they held together; how many there were."""
        erased = 0
        with self._file.transaction() as connection:
            weaving = Weaving(connection, crowd=self._crowd)
            for identifier in ids:
                erased += _drop(connection, weaving, identifier)
                connection.execute("DELETE FROM told WHERE id = ?", (identifier,))
                connection.execute("DELETE FROM news WHERE id = ?", (identifier,))
            weaving.finish()
            if erased:
                connection.execute(FORGET)
        self._file.forget()
        return erased

    def summary(self, campaigns: Iterable[str]) -> dict[str, Summary]:
        """What is to be said of these campaigns; unknown ones are left out."""
        found = {}
        with self._file.reading() as connection:
            for campaign in campaigns:
                members, first, last, accounts, platforms = connection.execute(_SUMMARY, (campaign,)).fetchone()
                if members:
                    found[campaign] = Summary(members, _time(first), _time(last), accounts, tuple(sorted(platforms.split(","))))
        return found

    def reset(self) -> None:
        """Forget everything: the index is about to be built again."""
        self._file.remove()

    def close(self) -> None:
        """Release the file; the next question opens it again."""
        self._file.close()


def _add(connection: sqlite3.Connection, weaving: Weaving, text: Text) -> None:
    version = blake2b(f"{text.content_sha256} {text.embedding}".encode(), digest_size=16).digest()
    known = connection.execute("SELECT batch, version FROM documents WHERE id = ?", (text.id,)).fetchone()
    if known and (known[0] > text.batch or known == (text.batch, version)):
        return
    if known:
        _drop(connection, weaving, text.id)
        connection.execute("INSERT OR IGNORE INTO news SELECT reader, ? FROM readers", (text.id,))
    form = fingerprint(text.text, text.embedding)
    account = blake2b(text.author.encode(), digest_size=8).digest() if text.author else None
    at = (text.at - _EPOCH) // timedelta(milliseconds=1)
    row = (text.id, version, text.batch, form.key if form else None, account, text.platform, at)
    connection.execute("INSERT INTO documents (id, version, batch, form, account, platform, at) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    if form:
        weaving.enter(text.id, text.batch, form)


def _drop(connection: sqlite3.Connection, weaving: Weaving, identifier: str) -> int:
    found = connection.execute("SELECT form FROM documents WHERE id = ?", (identifier,)).fetchone()
    if found is None:
        return 0
    connection.execute("DELETE FROM documents WHERE id = ?", (identifier,))
    if found[0] is not None:
        weaving.leave(found[0])
    return 1


def _reader(connection: sqlite3.Connection, identity: str) -> int:
    """The number of an index. One that is new knows nothing: all campaigns are news to it."""
    found = connection.execute("SELECT reader FROM readers WHERE identity = ?", (identity,)).fetchone()
    if found:
        return int(found[0])
    reader = connection.execute("INSERT INTO readers (identity) VALUES (?)", (identity,)).lastrowid or 0
    connection.execute(f"INSERT INTO news SELECT ?, id FROM ({_CAMPAIGNS})", (reader,))  # noqa: S608 - our own names
    for table in ("readers", "told", "news"):
        connection.execute(f"DELETE FROM {table} WHERE reader <= ?", (reader - READERS,))  # noqa: S608 - our own names
    return reader


def _marks(some: list[str]) -> str:
    return ", ".join("?" * len(some))


def _time(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _portions(ids: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(ids)
    while some := list(islice(waiting, AT_ONCE)):
        yield some
