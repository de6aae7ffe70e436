"""What only the embedded index can do wrong: files, plans, locks, disks."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError, Unavailable
from index.documents import Entry
from index.open import open_index
from index.protocol import Index
from index.queries import Query, to_sqlite


@pytest.fixture
def backend(sqlite_backend: Any) -> Any:
    return sqlite_backend


def current_file(backend: Any) -> Path:
    folder: Path = backend.settings.index_dir
    return folder / f"{(folder / f'{backend.settings.index_name}.current').read_text().strip()}.sqlite"


def plan(backend: Any, query: Query) -> str:
    page = to_sqlite(query).page
    connection = sqlite3.connect(current_file(backend))
    rows = connection.execute("EXPLAIN QUERY PLAN " + page.sql, page.parameters).fetchall()
    connection.close()
    return " | ".join(row[3] for row in rows)


@pytest.mark.parametrize("sort", ["priority", "published_at", "collected_at"])
def test_a_queue_is_read_from_its_index(filled: Index, backend: Any, sort: Any) -> None:
    after = filled.search(Query(sort=sort, size=1)).next
    for query in (Query(sort=sort), Query(sort=sort, after=after)):
        found = plan(backend, query)
        assert f"documents_by_{sort}" in found
        assert "TEMP B-TREE" not in found


def test_a_filter_is_read_from_its_index(filled: Index, backend: Any) -> None:
    assert "documents_decision" in plan(backend, Query(terms={"decision": ("alerte",)}))
    assert "SEARCH many" in plan(backend, Query(terms={"markers": ("gourou",)}))
    assert "SCAN words VIRTUAL TABLE INDEX" in plan(backend, Query(words="gourou"))


def test_durability(filled: Index, backend: Any) -> None:
    connection = sqlite3.connect(current_file(backend))
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    connection.close()


def test_deleted_words_are_gone_from_the_file(backend: Any, make_entry: Callable[..., Entry]) -> None:
    index = backend.open()
    index.write([make_entry(1, text="horlogette"), make_entry(2)])
    index.write([make_entry(1, text="pendulette")])  # an earlier version leaves traces too
    index.delete([make_entry(1)["id"]])
    connection = sqlite3.connect(current_file(backend))
    for table in ("documents", "entries", "words"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
    connection.close()
    for path in backend.settings.index_dir.iterdir():
        assert not any(word in path.read_bytes() for word in (b"pendulet", b"horloget"))
    assert index.search(Query()).total == 1


def test_deleting_waits_for_readers_and_says_so(backend: Any, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.sqlite_files.BUSY_MILLISECONDS", 50)
    index = backend.open()
    index.write([make_entry(1, text="pendulette"), make_entry(2)])
    reader = sqlite3.connect(current_file(backend))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM documents").fetchone()
    with pytest.raises(Unavailable, match="try again"):
        index.delete([make_entry(1)["id"]])
    reader.close()
    assert index.delete([]) == 0
    assert not any(b"pendulet" in path.read_bytes() for path in backend.settings.index_dir.iterdir())


def test_damaged_file(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    current_file(backend).write_bytes(b"not a database" * 1000)
    for ask in (lambda: filled.search(Query()), lambda: filled.write([make_entry(1)]), filled.health):
        with pytest.raises(ConfigError, match="damaged .*: run vigie reindex"):
            ask()
    assert filled.rebuild([make_entry(1)]) == 1
    assert filled.search(Query()).total == 1


def test_damaged_pointer(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    (backend.settings.index_dir / f"{backend.settings.index_name}.current").write_bytes(b"\xff/../../etc/passwd")
    with pytest.raises(ConfigError, match="run vigie reindex"):
        filled.search(Query())
    assert "run vigie reindex" in filled.health().detail
    assert filled.rebuild([make_entry(1)]) == 1
    assert len(backend.generations()) == 1


def test_missing_file(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    current_file(backend).unlink()
    with pytest.raises(ConfigError, match="vigie reindex"):
        filled.search(Query())
    assert filled.rebuild([make_entry(1)]) == 1


def test_locked_by_another_program(filled: Index, backend: Any, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.sqlite_files.BUSY_MILLISECONDS", 50)
    other = sqlite3.connect(current_file(backend), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked by another process"):
        filled.write([make_entry(1)])
    assert filled.search(Query()).total == 23  # readers do not wait
    other.execute("ROLLBACK")
    other.close()
    assert filled.write([make_entry(1)]).indexed == 1


FULL_DISK = """
import json, resource, signal, sys
from pathlib import Path
from core.errors import ConfigError
from index.sqlite import SqliteIndex
given = json.loads(sys.stdin.read())
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
index = SqliteIndex(Path(given["folder"]), given["name"])
for attempt in (index.write, index.rebuild):
    try:
        attempt(given["entries"])
    except ConfigError as error:
        print(error)
"""


def test_full_disk(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    entries = [make_entry(number, text=f"mot{number} " * 500) for number in range(300)]
    given = {"folder": str(backend.settings.index_dir), "name": backend.settings.index_name, "entries": entries}
    ran = subprocess.run([sys.executable, "-c", FULL_DISK], input=json.dumps(given), capture_output=True, text=True, check=True)
    lines = ran.stdout.splitlines()
    assert len(lines) == 2, ran
    assert all("disk full" in line for line in lines)
    assert filled.search(Query()).total == 23
    assert len(backend.generations()) == 1
    assert filled.rebuild(entries) == 300


def test_folder_that_cannot_be_made(tmp_path: Path, backend: Any, make_entry: Callable[..., Entry]) -> None:
    (tmp_path / "file").write_text("")
    settings = backend.settings.model_copy(update={"data_dir": tmp_path / "file"})
    with pytest.raises(ConfigError, match="cannot write"):
        open_index(settings).write([make_entry(1)])


def test_other_names_are_left_alone(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    folder, name = backend.settings.index_dir, backend.settings.index_name
    kept = [folder / f"{name}-v1-notes.sqlite", folder / f"{name}-v1-other-v1-{'0' * 20}.sqlite", folder / f"other-v1-{'0' * 20}.sqlite"]
    left = folder / f"{name}-v0-{'0' * 20}.sqlite-wal"
    for path in [*kept, left]:
        path.write_text("")
    filled.rebuild([make_entry(1)])
    assert all(path.exists() for path in kept)
    assert not left.exists()
