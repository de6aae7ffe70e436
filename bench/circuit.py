"""What a document costs, and how that grows: archive, score, publish, search; time per document and peak memory, each size in its own process."""

from __future__ import annotations

import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.records import Document
from core.settings import ROOT, Settings
from core.urls import document_id
from crawlers.evidence.archive import Archive
from crawlers.fetching.capture import Capture
from flows.publishing import publish_waiting
from flows.results import Results
from flows.scoring import score_waiting
from index.open import open_index
from index.queries import Query
from nlp.corpus import load_rows
from nlp.score import Scorer

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (500, 2000)


def measure(size: int) -> dict[str, float]:
    """Seconds per document of each step on ``size`` texts of the corpus in random order, and the peak of memory in MB."""
    texts = [row.text for row in load_rows(ROOT / "nlp" / "corpus")]
    random.Random(1).shuffle(texts)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        archive, index, scorer = Archive(settings.archive_dir), open_index(settings), Scorer(settings)
        results = Results(archive, model=scorer.classifier.name, revision=scorer.classifier.revision)
        steps: dict[str, Callable[[], object]] = {
            "archive": lambda: fill(archive, texts, size),
            "score": lambda: score_waiting(archive, settings=settings, scorer=scorer),
            "publish": lambda: publish_waiting(results, index),
            "queue": lambda: index.search(Query(terms={"decision": ("alerte", "a_lire")})),
        }
        found = {}
        for name, step in steps.items():
            start = time.monotonic()
            step()
            found[name] = (time.monotonic() - start) / (1 if name == "queue" else size)
        index.close()
    return {**found, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def fill(archive: Archive, texts: list[str], size: int) -> None:
    """Batches of 500 documents, each resting on a response of its own."""
    now = datetime.now(UTC)
    for first in range(0, size, 500):
        batch = archive.open_batch("bench")
        for number in range(first, min(first + 500, size)):
            url, text = f"https://bench.example/{number}", f"{texts[number % len(texts)]} ({number})"
            evidence = batch.add_response(Capture(url=url, method="GET", request_headers=[], request_body=b"", status=200, body=text.encode(), at=now,
                                                  headers=[("Content-Type", "text/html")], address=None, certificate=None, tls=None))  # fmt: skip
            batch.add(
                Document(
                    id=document_id(url),
                    url=url,
                    source="bench",
                    kind="post",
                    platform="bench.example",
                    text=text,
                    collected_at=now,
                    access_mode="open",
                    evidence=evidence,
                    content_sha256=hashlib.sha256(text.encode()).hexdigest(),
                )
            )
        batch.seal()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        for size in SIZES:
            done = subprocess.run([sys.executable, __file__, str(size)], cwd=ROOT, capture_output=True, text=True, check=True)
            row = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{size} documents: "
                + ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in row.items() if name != "memory")
                + f", peak {row['memory']:.0f} MB"
            )
