"""The embedded index: documents a second against bare ``executemany`` into the same schema, growth, memory, and answers while a writer is at work.

The peer gets the same documents and makes the same rows of them with the same functions (columns, JSON, analysed words, embeddings); it writes each
kind of row with one ``executemany`` for 500 documents in one transaction, and the bitmaps once at the end of each chunk. It checks nothing,
replaces nothing and looks nothing up. Both write by turns in one process.
``python -m bench.index_sqlite [--documents N ...] [--compare N] [--folder F]``
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.entries import entries, vocabulary
from core.settings import ROOT
from index import sqlite_write
from index.fields import FACETS, sqlite_schema
from index.queries import Query, Range
from index.sqlite import SqliteIndex
from index.sqlite_marks import CHUNK, BitMap, marks_of
from index.sqlite_vectors import CHUNK as VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from index.documents import Entry

NAME = "bench"
PART = 5000  # documents written at a turn
BATCH = 500
ANSWERS = 60
GOALS = {200_000: 60, 1_000_000: 200}  # milliseconds at the 95th percentile


class Peer:
    """Bare ``executemany`` into the same schema."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32000"):
            self.connection.execute(f"PRAGMA {pragma}")
        for statement in sqlite_schema():
            self.connection.execute(statement)
        self.row, self.seconds = 0, 0.0
        self.marks: dict[tuple[str, str], list[int]] = {}

    def write(self, found: list[Entry]) -> None:
        """Rows made of documents, then written; ``seconds`` is the time that the writing took."""
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            texts = [(entry, json.dumps(entry, ensure_ascii=False, separators=(",", ":"))) for entry in batch]
            rows = range(self.row + 1, self.row + len(batch) + 1)
            documents = [(row, *sqlite_write.columns_of(entry)) for row, entry in zip(rows, batch, strict=True)]
            words = [(row, *sqlite_write.words_of(entry)) for row, entry in zip(rows, batch, strict=True)]
            for row, entry in zip(rows, batch, strict=True):
                for mark in marks_of(entry):
                    self.marks.setdefault(mark, []).append(row)
            vectors = self._vectors(rows, batch)
            began = time.perf_counter()
            self.connection.execute("BEGIN")
            self.connection.executemany(sqlite_write.ADD_DOCUMENT, documents)
            self.connection.executemany(sqlite_write.ADD_ENTRY, [(row, text) for row, (_, text) in zip(rows, texts, strict=True)])
            self.connection.executemany(sqlite_write.ADD_WORDS, words)
            self.connection.executemany("INSERT OR REPLACE INTO vectors (chunk, vectors) VALUES (?, ?)", vectors)
            self.connection.execute("COMMIT")
            self.seconds += time.perf_counter() - began
            if self.row // CHUNK != rows[-1] // CHUNK:
                self.finish()
            self.row = rows[-1]

    def _vectors(self, rows: Sequence[int], batch: list[Entry]) -> Iterator[tuple[int, bytes]]:
        blob: dict[int, bytearray] = {}
        for row, entry in zip(rows, batch, strict=True):
            found = blob.setdefault(row // VECTORS, bytearray(VECTORS * 384))
            found[row % VECTORS * 384 : row % VECTORS * 384 + 384] = b64decode(entry["embedding"])
        return ((chunk, bytes(found)) for chunk, found in blob.items())

    def finish(self) -> None:
        """Write the bitmaps and the counts."""
        rows = [(*mark, self.row // CHUNK, BitMap(found).serialize()) for mark, found in sorted(self.marks.items())]
        began = time.perf_counter()
        self.connection.execute("BEGIN")
        self.connection.executemany("INSERT OR REPLACE INTO marks (field, value, chunk, rows) VALUES (?, ?, ?, ?)", rows)
        counts = [(*mark, len(found)) for mark, found in self.marks.items()]
        self.connection.executemany("INSERT OR REPLACE INTO counts (field, value, documents) VALUES (?, ?, ?)", counts)
        self.connection.execute("COMMIT")
        self.seconds += time.perf_counter() - began
        self.marks = {}


def fill(folder: Path, count: int, *, compare: int) -> None:
    """Write ``count`` documents, the first ``compare`` of them by turns with the peer, and print what it took."""
    index, peer = SqliteIndex(folder, NAME), Peer(folder / "peer.sqlite")
    print(f"{count} documents")
    ours = theirs = made = 0.0
    parts: list[float] = []
    processor: list[float] = []
    for first in range(0, count, PART):
        found = list(entries(first, min(PART, count - first), every=count))
        turns: list[Callable[[], object]] = [lambda given=found: index.write(given)]  # type: ignore[misc]
        if first < compare:
            turns.append(lambda given=found: peer.write(given))  # type: ignore[misc]
            made += timed(lambda given=found: [row for entry in given for row in (sqlite_write.columns_of(entry), sqlite_write.words_of(entry))])  # type: ignore[misc]
        busy = []
        times = []
        for turn in turns if first // PART % 2 == 0 else turns[::-1]:
            began = time.process_time()
            times.append(timed(turn))
            busy.append(time.process_time() - began)
        if first // PART % 2:
            times.reverse()
            busy.reverse()
        parts.append(times[0] / len(found))
        processor.append(busy[0] / len(found))
        if first < compare:
            ours, theirs = ours + times[0], theirs + times[1]
    theirs += timed(peer.finish)
    compared = min(compare, count)
    bare = ours - (theirs - peer.seconds)
    print(f"  first {compared}: {compared / ours:.0f} documents/s, bare executemany {compared / theirs:.0f}: ratio {theirs / ours:.2f}")
    print(f"  without making rows in both: ratio {peer.seconds / bare:.2f} (rows take {1e6 * made / compared:.0f} us a document)")
    tenth = max(1, len(parts) // 10)
    for name, found_parts in (("us a document", parts), ("us of the processor a document", processor)):
        print(f"  {name}, by tenths: " + " ".join(f"{1e6 * sum(part) / len(part):.0f}" for part in chunked(found_parts, tenth)))
    size = sum(path.stat().st_size for path in folder.glob(f"{NAME}-v*"))
    print(f"  file {size / 1e6:.0f} MB, {size / count:.0f} bytes a document; peak memory {memory():.0f} MB")
    (folder / "peer.sqlite").unlink()


def chunked(parts: list[float], size: int) -> Iterator[list[float]]:
    """Neighbouring parts together."""
    return (parts[at : at + size] for at in range(0, len(parts), size))


def timed(run: Callable[[], object]) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def memory() -> float:
    """Peak of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_on(folder: str, first: int, stop: Any) -> None:
    """Write batches of documents without a pause: the writer at work."""
    index = SqliteIndex(Path(folder), NAME)
    while not stop.is_set():
        index.write(list(entries(first, BATCH)))
        first += BATCH


def ask(folder: Path, count: int) -> None:
    """Print the times of answers while another process writes."""
    index = SqliteIndex(folder, NAME)
    words, _ = vocabulary()
    stop = multiprocessing.Event()
    writer = multiprocessing.Process(target=write_on, args=(str(folder), count, stop))
    writer.start()
    time.sleep(1)
    ranks = (0, 1, 3, 8, 20, 50, 120, 300, 800, 3000, 15_000)
    searched = [Query(words=words[rank]) for rank in ranks]
    searched += [Query(words=f"{words[one]} {words[other]}") for one, other in ((0, 1), (2, 400), (60, 90), (30, 2000))]
    searched += [Query(words=words[rank], terms={"kind": ("post",)}, without={"status": ("decide",)}) for rank in (2, 100)]
    ids = [next(entries(count * number // ANSWERS, 1, every=count))["id"] for number in range(ANSWERS)]
    month = Range(field="published_at", gte=next(entries(count // 2, 1))["collected_at"])
    goal = GOALS.get(count)
    for name, asked in (
        ("queue and leaders", [lambda: queue(index)] * ANSWERS),
        ("search and all facets", [lambda query=query: found(index, query) for query in searched * 4]),
        ("item", [lambda identifier=identifier: index.get(identifier) for identifier in ids]),
        ("facets of everything", [lambda: found(index, Query())] * 20),
        ("half of the dates and all facets", [lambda: found(index, Query(ranges=(month,)))] * 10),
        ("quoted words", [lambda rank=rank: index.search(Query(words=f'"{words[rank]} {words[rank + 1]}"')) for rank in ranks]),
        ("by relevance, second to common words", [lambda rank=rank: index.search(Query(words=words[rank], sort="relevance")) for rank in ranks[4:]]),
        ("similar to one", [lambda: index.similar(Query(), next(entries(3, 1))["embedding"], size=20)] * 10),
        ("similar among a lane", [lambda: index.similar(Query(terms={"lane": ("signale",)}), next(entries(3, 1))["embedding"], size=20)] * 10),
    ):
        spent = time.process_time()
        times = sorted(1000 * timed(call) for call in asked)
        spent = 1000 * (time.process_time() - spent) / len(asked)
        middle, late = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.95))]
        aim = f", goal {goal}" if goal and name in ("queue and leaders", "search and all facets", "item") else ""
        print(f"  {name}: {middle:.1f} ms, 95 % in {late:.1f} ms{aim}; {spent:.1f} ms of the processor on average")
    stop.set()
    writer.join()
    print(f"  {index.health().documents - count} documents written meanwhile; peak memory of the reader {memory():.0f} MB")


def queue(index: SqliteIndex) -> None:
    """The first page of the reading queue."""
    query = Query(terms={"lane": ("signale",), "status": ("a_examiner", "en_cours")}, size=20)
    campaigns = [entry["campaign"] for entry in index.search(query).entries if entry["campaign"]]
    index.leaders(query, campaigns)


def found(index: SqliteIndex, query: Query) -> None:
    """A page of a search and what is counted beside it."""
    index.search(query)
    index.facets(query, FACETS)


def erase(folder: Path, count: int) -> None:
    """Print what it takes to delete 200 documents without a trace."""
    index = SqliteIndex(folder, NAME)
    ids = [entry["id"] for entry in entries(0, 200, every=count)]
    print(f"  delete 200 documents and every trace of them: {timed(lambda: index.delete(ids)):.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--compare", type=int, default=20_000, help="how many documents the peer writes too")
    parser.add_argument("--folder", type=Path, help="where the index is made; removed afterwards")
    parser.add_argument("--step", choices=("fill", "ask", "erase"), help="only this, in this process, with --folder and one size")
    given = parser.parse_args()
    if given.step:
        (size,) = given.documents
        {
            "fill": lambda: fill(given.folder, size, compare=given.compare),
            "ask": lambda: ask(given.folder, size),
            "erase": lambda: erase(given.folder, size),
        }[given.step]()
        sys.exit()
    for size in given.documents:
        place = Path(tempfile.mkdtemp(prefix="vigie-bench-", dir=given.folder))
        try:
            for step in ("fill", "ask", "erase"):  # a process each, so that memory is that of the step alone
                command = [
                    sys.executable,
                    "-m",
                    "bench.index_sqlite",
                    "--step",
                    step,
                    "--documents",
                    str(size),
                    "--compare",
                    str(given.compare),
                    "--folder",
                    str(place),
                ]
                subprocess.run(command, cwd=ROOT, check=True)
        finally:
            shutil.rmtree(place)
