"""What only the embedded index can do wrong: files, plans, locks, disks."""

from __future__ import annotations

import base64
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError, Unavailable
from index.documents import Entry
from index.fields import MAPPING_VERSION
from index.open import open_index
from index.protocol import Index
from index.queries import Query, Range
from index.sqlite_count import facets
from index.sqlite_marks import COMMON
from index.sqlite_match import matching
from index.sqlite_pages import in_order
from index.tables import Table
from tests.index.making import START


@pytest.fixture
def backend(sqlite_backend: Any) -> Any:
    return sqlite_backend


def current_file(backend: Any) -> Path:
    folder: Path = backend.settings.index_dir
    return folder / f"{(folder / f'{backend.settings.index_name}.current').read_text().strip()}.sqlite"


def plan(backend: Any, sql: str, parameters: Any) -> str:
    connection = sqlite3.connect(current_file(backend))
    rows = connection.execute("EXPLAIN QUERY PLAN " + sql, parameters).fetchall()
    connection.close()
    return " | ".join(row[3] for row in rows)


@pytest.mark.parametrize("sort", ["priority", "published_at", "collected_at"])
@pytest.mark.parametrize("after", [None, (1, "x"), (None, "x")])
def test_a_queue_is_read_from_its_index(filled: Index, backend: Any, sort: Any, after: Any) -> None:
    statements = list(in_order(sort, after))
    assert len(statements) == (3 if after == (1, "x") else 1)
    for sql, parameters in statements:
        found = plan(backend, sql, parameters)
        assert f"COVERING INDEX documents_by_{sort}" in found
        assert "TEMP B-TREE" not in found


def test_a_value_is_read_from_its_index(filled: Index, backend: Any) -> None:
    traced: list[str] = []
    connection = sqlite3.connect(current_file(backend))
    connection.set_trace_callback(traced.append)
    words = {"terms": {"markers": ("gourou",), "source": ("source-1",)}, "without": {"campaign": ("c",)}, "words": "gourou"}
    rows = matching(connection, Query(**words, present=("views",), ranges=(Range(field="published_at", lte=START),)))
    facets(connection, rows, ["source", "markers"], size=3)
    connection.close()
    assert len(traced) > 5
    for sql in traced:
        found = plan(backend, sql, ())
        assert "SCAN" not in found.replace("SCAN words VIRTUAL TABLE INDEX", "").replace("SCAN chosen VIRTUAL TABLE", ""), sql


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


def test_a_removed_embedding_and_its_values_are_gone_from_the_file(backend: Any, make_entry: Callable[..., Entry]) -> None:
    vectors = [bytes([number, 7, 77, 119]) * 96 for number in range(1, 5)]
    index = backend.open()
    fields = [{"channels": [f"telegram:t.me/canal{number}"], "campaign": f"campagne-{number}", "author": f"p-auteur-{number}"} for number in range(4)]
    index.write({**make_entry(n, embedding=base64.b64encode(vectors[n]).decode()), **fields[n]} for n in range(4))
    index.change([make_entry(1)["id"]], lambda entry: {**entry, "embedding": None, "campaign": None, "channels": [], "author": None})
    index.delete([make_entry(2)["id"]])
    files = b"".join(path.read_bytes() for path in backend.settings.index_dir.iterdir())
    for number, vector in enumerate(vectors):
        gone = number in (1, 2)
        traces = (vector[:12], base64.b64encode(vector), *(f"{name}{number}".encode() for name in ("canal", "campagne-", "p-auteur-")))
        assert [trace in files for trace in traces] == [not gone] * 5


def test_no_trace_of_many_versions(backend: Any, make_entry: Callable[..., Entry]) -> None:
    """Pages are parted and joined many times; each text, author and channel is its own."""
    chosen, index, living = random.Random(1), backend.open(), dict[int, str]()
    ever = set[str]()
    for _ in range(6):
        numbers = chosen.sample(range(400), 150)
        for number in numbers:
            living[number] = f"x{chosen.getrandbits(64):016x}"
        ever |= set(living.values())
        entries = []
        for number in numbers:
            mark = living[number]
            entry = make_entry(number, text=f"{mark} " * chosen.choice((1, 9, 40, 200)))
            entries.append({**entry, "author": mark, "channels": [mark], "platform_id": mark * chosen.choice((1, 5, 30))})
        index.write(entries)
    gone = chosen.sample(sorted(living), 60)
    assert index.delete([make_entry(number)["id"] for number in gone]) == 60
    kept = {mark for number, mark in living.items() if number not in gone}
    files = b"".join(path.read_bytes() for path in backend.settings.index_dir.iterdir())
    assert {mark for mark in ever if mark.encode() in files} == kept


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


def test_what_a_person_should_look_at(filled: Index, backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert filled.health().warnings == ()
    monkeypatch.setattr("index.sqlite_erase.SPARE_BYTES", 1000)
    monkeypatch.setattr("index.sqlite_erase.DOCUMENT_BYTES", 100)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 100_000))
    large, disk = filled.health().warnings
    assert "for 23 documents: run vigie reindex" in large
    assert "are left on the disk" in disk
    other = sqlite3.connect(current_file(backend))
    other.execute("CREATE TABLE filler AS SELECT zeroblob(1000000) AS zeros")
    other.execute("DROP TABLE filler")
    other.commit()
    other.close()
    assert any("are empty: run vigie reindex" in line for line in filled.health().warnings)


def test_runs_of_an_older_index_are_kept_as_far_as_they_can_be(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    row = {"id": "r", "at": "2026-01-01T00:00:00+00:00", "source": "s", "measure": "kept", "reason": None, "count": 3}
    filled.write_runs([row])
    other = sqlite3.connect(current_file(backend))
    other.execute("ALTER TABLE runs DROP COLUMN reason")
    other.close()
    filled.rebuild([make_entry(1)])
    assert filled.table(Query(), Table(by="source", measure="sum", of="count", over="runs")) == (("s", None, 3.0),)
    other = sqlite3.connect(current_file(backend))
    other.execute("DROP TABLE runs")
    other.close()
    assert filled.rebuild([make_entry(1)]) == 1
    assert filled.table(Query(), Table(by="source", over="runs")) == ()


def test_a_broken_bitmap_is_said(filled: Index, backend: Any) -> None:
    other = sqlite3.connect(current_file(backend))
    other.execute("UPDATE marks SET rows = x'00'")
    other.commit()
    other.close()
    with pytest.raises(ConfigError, match="damaged: run vigie reindex"):
        filled.search(Query())


def test_common_words_are_marked_when_a_chunk_is_full(backend: Any, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.sqlite_words.CHUNK", 40)
    monkeypatch.setattr("index.sqlite_words.SAMPLE", 20)
    index = backend.open()
    index.write(make_entry(number, text="maison jardin" if number % 2 else f"maison unique{number}") for number in range(100))
    connection = sqlite3.connect(current_file(backend))
    marked = connection.execute("SELECT value, chunk FROM marks WHERE field = ? ORDER BY 1, 2", (COMMON,)).fetchall()
    connection.close()
    assert marked == [("", 0), ("", 1), ("jardin", 0), ("jardin", 1), ("maison", 0), ("maison", 1)]
    asked: list[str] = []
    original = sqlite3.connect

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = original(*args, **options)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr("index.sqlite_files.sqlite3.connect", connect)
    assert [index.search(Query(words=words)).total for words in ("maison", "maison jardin", "unique42", "maison unique42")] == [100, 50, 1, 1]
    ranges = [sql.partition("BETWEEN ")[2] for sql in asked if "MATCH" in sql]
    assert ranges == ["80 AND 119", "80 AND 119", "0 AND 119", "0 AND 79", "80 AND 119"]


def test_a_rarer_value_takes_its_place_among_equals(backend: Any, make_entry: Callable[..., Entry]) -> None:
    index = backend.open()
    hosts = [["z.example"], ["z.example"], ["z.example", "a.example"], ["z.example", "a.example"]]
    index.write({**make_entry(n), "link_hosts": found, "views": n} for n, found in enumerate(hosts))
    assert index.facets(Query(ranges=(Range(field="views", gte=2.0),)), ["link_hosts"], size=1) == {"link_hosts": (("a.example", 2),)}


def test_a_value_that_goes_and_comes_in_one_write(backend: Any, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.batches.MAX_ENTRIES", 1)
    index = backend.open()
    first, other = ({**make_entry(number), "campaign": None} for number in (1, 2))
    index.write([{**first, "campaign": "c-1"}])
    index.write([{**first, "views": 1, "campaign": "c-1"}, first, {**other, "campaign": "c-1"}])
    assert index.facets(Query(), ["campaign"]) == {"campaign": (("c-1", 1),)}
    assert [entry["id"] for entry in index.search(Query(terms={"campaign": ("c-1",)})).entries] == [other["id"]]


def test_erasing_reaches_what_a_killed_rebuild_left(backend: Any, make_entry: Callable[..., Entry]) -> None:
    index = backend.open()
    index.write([make_entry(1, text="Un mot unique : grizoulette.")])
    (here,) = backend.generations()
    left = backend.settings.index_dir / f"{backend.settings.index_name}-v{MAPPING_VERSION}-20260101000000000000.sqlite"
    left.write_bytes((backend.settings.index_dir / f"{here}.sqlite").read_bytes())
    assert index.delete([make_entry(1)["id"]]) == 1
    assert backend.generations() == [here]
    assert not any(b"grizoulette" in path.read_bytes() for path in backend.settings.index_dir.iterdir())
