"""Publishing while the node stops and starts: what is scored waits in the archive, and the index ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unavailable
from core.files import read_lines
from core.records import MARKERS, Assessment, Document
from core.settings import Settings
from crawlers.evidence.archive import Archive
from flows.publishing import PublishReport, publish_waiting
from flows.results import Results
from index.documents import Entry
from index.elastic import ElasticIndex, bulk
from index.elastic.vectors import source_text
from index.queries import Query
from tests.conftest import make_document

BATCHES, EACH = 9, 40
VOLATILE = ("indexed_at",)


class Restartable:
    """A noida-db on a port and a folder that stay the same from one start to the next."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(files("noida_db") / "noida-db"), "start", "--only", "elasticsearch", "--elasticsearch-port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--data-dir", str(self.folder / "data")], stdout=log, stderr=log)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.url, timeout=1).close()
                return
            time.sleep(0.02)
        pytest.fail("the node did not start again")

    def stop(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(timeout=15)
            self.process = None


class Gate:
    """A way to a node that can be cut in the middle of anything."""

    def __init__(self, port: int) -> None:
        self.port, self.broken = port, 0
        self.open: set[socket.socket] = set()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                self.open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while some := one.recv(4096):
                other.sendall(some)
        self._end(one, other)

    def _end(self, *ends: socket.socket) -> None:
        for end in ends:
            self.open.discard(end)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        self.broken += bool(self.open)
        self._end(*list(self.open))

    def close(self) -> None:
        self.server.close()
        self.cut()


@pytest.fixture
def node(tmp_path: Path, elastic_url: str) -> Iterator[Restartable]:
    made = Restartable(tmp_path)
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LONGEST_PAUSE", 0.2)


def filled_archive(folder: Path) -> Results:
    """BATCHES scored batches; the last one has again what the first one had, with another text."""
    archive = Archive(folder)
    results = Results(archive, model="m", revision="r")
    for number in range(BATCHES):
        first = 0 if number == BATCHES - 1 else number * EACH
        batch = archive.open_batch("essai")
        for at in range(first, first + EACH):
            batch.add(make_document(f"https://exemple.test/{at}", text=f"Le texte {at} du lot {number}."))
        batch.seal()
        results.write(batch.name, assessments=map(_assessed, archive.documents(batch.name)), set_aside=[])
    return results


def _assessed(document: Document) -> Assessment:
    return Assessment(document_id=document.id, model="m", revision="r", scores=dict.fromkeys(MARKERS, 0.1), decision=dict.fromkeys(MARKERS, "rien"))


def held(index: ElasticIndex) -> dict[str, Entry]:
    entries = list(index.scan(Query()))
    assert len(entries) == index.search(Query()).total == len({entry["id"] for entry in entries}), "a document stands twice"
    return {entry["id"]: {name: value for name, value in entry.items() if name not in VOLATILE} for entry in entries}


def opened(folder: Path, url: str) -> ElasticIndex:
    return ElasticIndex(Settings(data_dir=folder, elasticsearch_url=url, index_name="vigie-test"))


def publish_until_done(results: Results, index: ElasticIndex) -> tuple[list[PublishReport], int]:
    """As a schedule does it: again and again."""
    reports, unavailable, until = list[PublishReport](), 0, time.monotonic() + 120
    while time.monotonic() < until:
        try:
            reports.append(publish_waiting(results, index))
            if not results.publishable(identity=index.health().identity):
                return reports, unavailable
        except Unavailable:
            unavailable += 1
            time.sleep(0.05)
    pytest.fail("publishing never came to an end")


def undisturbed(folder: Path, node: Restartable) -> dict[str, Entry]:
    index = ElasticIndex(Settings(data_dir=folder, elasticsearch_url=node.url, index_name="vigie-other"))
    results = filled_archive(folder / "archive")
    publish_until_done(results, index)
    found = held(index)
    index.close()
    assert len(found) == (BATCHES - 1) * EACH
    return {identifier: {**entry, "batch": entry["batch"].rpartition("-")[2]} for identifier, entry in found.items()}


def same(index: ElasticIndex, expected: dict[str, Entry]) -> None:
    found = {identifier: {**entry, "batch": entry["batch"].rpartition("-")[2]} for identifier, entry in held(index).items()}
    timeless = {"collected_at", "batch", "reasons", "priority", "harm"}
    assert [{name: entry[name] for name in entry.keys() - timeless} for _, entry in sorted(found.items())] == [
        {name: entry[name] for name in entry.keys() - timeless} for _, entry in sorted(expected.items())
    ]


def test_a_node_that_stops_and_starts_in_mid_publish(tmp_path: Path, node: Restartable) -> None:
    node.start()
    expected = undisturbed(tmp_path / "u", node)
    results, index = filled_archive(tmp_path / "archive"), opened(tmp_path / "d", node.url)
    stopped: list[int] = []

    def trouble() -> None:
        for held_now in (40, 160, 240):  # documents: always in mid-publish, however slow the machine
            while index_count(node.url) < held_now:
                time.sleep(0.005)
            stopped.append(index_count(node.url))
            node.stop(signal.SIGTERM)  # noida-db keeps only what it could write at its stop; Elasticsearch all that it has acknowledged
            time.sleep(0.3)
            node.start()

    thread = threading.Thread(target=trouble)
    thread.start()
    publish_until_done(results, index)
    thread.join()
    publish_until_done(results, index)
    assert len(stopped) == 3
    assert stopped[0] < len(expected)
    same(index, expected)
    index.close()


def index_count(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/vigie-test/_count", timeout=1) as answer:
            return int(json.load(answer)["count"])
    except (OSError, ValueError):
        return 0


def test_connections_that_break_while_requests_are_under_way(tmp_path: Path, node: Restartable) -> None:
    """What a killed node looks like from here: a request is done or not, and nobody says which."""
    node.start()
    expected = undisturbed(tmp_path / "u", node)
    gate = Gate(node.port)
    results, index = filled_archive(tmp_path / "archive"), opened(tmp_path / "d", gate.url)
    over = threading.Event()

    def trouble() -> None:
        chosen = random.Random(7)
        for _ in range(25):  # bounded: on a slow machine nothing would ever get through
            if over.wait(chosen.uniform(0.01, 0.12)):
                return
            gate.cut()

    thread = threading.Thread(target=trouble)
    thread.start()
    publish_until_done(results, index)
    over.set()
    thread.join()
    assert gate.broken > 3
    publish_until_done(results, index)
    same(index, expected)
    index.close()
    gate.close()


def test_a_node_that_comes_back_empty_is_filled_again(tmp_path: Path, node: Restartable) -> None:
    node.start()
    expected = undisturbed(tmp_path / "u", node)
    results, index = filled_archive(tmp_path / "archive"), opened(tmp_path / "d", node.url)
    publish_until_done(results, index)
    node.stop(signal.SIGTERM)
    shutil.rmtree(node.folder / "data")
    node.start()
    reports, _ = publish_until_done(results, index)
    assert reports[0].batches == BATCHES
    same(index, expected)
    index.close()


def test_what_was_scored_waits_for_a_node_that_is_down_for_hours(tmp_path: Path, node: Restartable) -> None:
    """The archive is the spool: nothing is marked until the node has taken it, and more may be scored meanwhile."""
    folder = tmp_path / "archive"
    results, index = filled_archive(folder), opened(tmp_path / "d", node.url)
    for hour in range(5):
        with pytest.raises(Unavailable, match="does not answer"):
            publish_waiting(results, index)
        batch = results.archive.open_batch("essai")
        batch.add(make_document(f"https://exemple.test/heure/{hour}", text=f"Heure {hour}."))
        batch.seal()
        results.write(batch.name, assessments=map(_assessed, results.archive.documents(batch.name)), set_aside=[])
        assert len(results.publishable(identity=None)) == BATCHES + hour + 1
    index.close()
    node.start()
    later = opened(tmp_path / "d", node.url)  # another process, after a restart of this machine
    report = publish_waiting(results, later)
    assert report.batches == BATCHES + 5
    assert len(held(later)) == (BATCHES - 1) * EACH + 5
    assert publish_waiting(results, later).batches == 0
    later.close()


def test_exactly_what_the_node_refuses_is_set_aside(tmp_path: Path, elastic_backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 %: here the mapping takes no such vector, which Vigie's own check cannot know."""
    results = filled_archive(tmp_path / "archive")
    index = ElasticIndex(elastic_backend.settings)
    ids = sorted({document.id for batch in results.archive.batches()[:-1] for document in results.archive.documents(batch)})
    wrong = set(ids[::100])

    def spoilt(entry: Entry) -> str:
        return source_text(entry)[:-1] + ',"unknown":1}' if entry["id"] in wrong else source_text(entry)

    monkeypatch.setattr("index.elastic.adapter.source_text", spoilt)
    report = publish_waiting(results, index)
    again = {document.id for document in results.archive.documents(results.archive.batches()[-1])}
    assert (report.failed, report.indexed) == (len(wrong) + len(wrong & again), BATCHES * EACH - len(wrong) - len(wrong & again))
    aside = [line for path in (results.archive.root / "set_aside").glob("*.index-*.jsonl.gz") for line in read_lines(path)]
    assert {line["document_id"] for line in aside} == wrong
    assert {line["reason"] for line in aside} == {"index_refused"}
    assert all("strict_dynamic_mapping_exception" in line["detail"] for line in aside)
    assert held(index).keys() == set(ids) - wrong
    index.close()
