"""Documents a second of the Elasticsearch adapter against a bare helpers.parallel_bulk: same node, documents and mapping, turn by turn.

The node is noida-db, started here, or that of VIGIE_TEST_ELASTICSEARCH_URL. What the adapter does more: it checks each entry, packs the embedding
and waits for a busy node; both end when all of it is searchable. The median of the turns' ratios counts: what else the machine does slows both.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elasticsearch import Elasticsearch, helpers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.entries import entries
from core.settings import Settings
from index.elastic.templates import documents_plan
from index.elastic.vectors import numbers_of
from index.open import open_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.documents import Entry

GOAL = 0.9


@contextmanager
def node() -> Iterator[str]:
    """The address of a node."""
    given = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL")
    if given:
        yield given
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = Path(str(files("noida_db") / "noida-db"))
    binary.chmod(binary.stat().st_mode | 0o100)
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        command = [str(binary), "start", "--only", "elasticsearch", "--elasticsearch-port", str(port), "--data-dir", folder]
        with subprocess.Popen(command, stdout=log, stderr=log) as process:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield url
            process.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 15
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def adapter(url: str, given: list[Entry], *, name: str) -> float:
    """Documents a second of the adapter."""
    with tempfile.TemporaryDirectory() as folder:
        index = open_index(Settings(data_dir=Path(folder), elasticsearch_url=url, index_name=name))
        index.write(given[:1])  # templates and index are made once, not for each write
        start = time.perf_counter()
        result = index.write(given)
        seconds = time.perf_counter() - start
        index.close()
    if result.indexed != len(given):
        raise SystemExit(f"{result.indexed} of {len(given)} indexed")
    return len(given) / seconds


def bare(client: Elasticsearch, sources: list[dict[str, Any]], *, name: str, body: dict[str, Any]) -> float:
    """Documents a second of the client's own helper, with its own defaults: 4 threads, 500 documents a request."""
    client.indices.create(index=name, **body)
    actions = ({"_index": name, "_id": source["id"], "_source": source} for source in sources)
    start = time.perf_counter()
    done = sum(good for good, _ in helpers.parallel_bulk(client, actions))
    client.indices.refresh(index=name)
    seconds = time.perf_counter() - start
    if done != len(sources):
        raise SystemExit(f"{done} of {len(sources)} indexed")
    return len(sources) / seconds


def measure(given: list[Entry], *, turns: int) -> list[tuple[float, float]]:
    """(adapter, parallel_bulk) of each turn; who begins alternates."""
    sources = [{**entry, "embedding": numbers_of(entry["embedding"]) if entry["embedding"] else None} for entry in given]
    components = documents_plan("bench", lifecycle=False, hides_vectors=False).components
    body = {key: value for component in components for key, value in component.body["template"].items()}
    found = []
    with node() as url, Elasticsearch(url, request_timeout=60) as client:
        for turn in range(turns):
            name = f"vigie-bench-{uuid.uuid4().hex[:8]}"
            if turn % 2:
                ours = adapter(url, given, name=name)
                found.append((ours, bare(client, sources, name=f"{name}-bare", body=body)))
            else:
                theirs = bare(client, sources, name=f"{name}-bare", body=body)
                found.append((adapter(url, given, name=name), theirs))
            for index in client.indices.get_alias(index=f"{name}*"):
                client.indices.delete(index=index)
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    found = measure(list(entries(0, options.documents)), turns=options.turns)
    for kind, speeds in zip(("adapter", "parallel_bulk"), zip(*found, strict=True), strict=True):
        print(f"{kind:<14} {statistics.median(speeds):8.0f} documents a second (median of {len(speeds)}: {min(speeds):.0f} to {max(speeds):.0f})")
    ratio = statistics.median(ours / theirs for ours, theirs in found)
    print(f"median ratio {ratio:.2f}, goal {GOAL}: {'reached' if ratio >= GOAL else 'not reached'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
