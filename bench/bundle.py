"""What a sealed bundle costs: making and verifying it, per document, and the memory that each takes.

    python -m bench.bundle [--counts 10,50,500] [--kilobytes 100]

Each step runs in a process of its own. No authority is asked: an answer takes what the network takes. Half of a page does not compress.
``vigie`` is ``vigie evidence verify``, which also compares each text with its record; ``verifier.py`` is the program in the bundle.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from core.records import Document
from core.settings import ROOT
from core.urls import document_id
from crawlers.evidence.archive import Archive
from crawlers.evidence.bundle import Case, seal
from crawlers.evidence.bundle_proof import prove
from crawlers.evidence.verifier import by_openssl, examine
from crawlers.fetching.capture import Capture
from crawlers.reading.drafts import Draft, content_digest

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)
WORDS = "Une phrase parmi d'autres, numéro {}, sur un protocole qui remplacerait tout traitement."


def fill(archive: Archive, count: int, kilobytes: int) -> list[Document]:
    """An archive of so many pages, and the documents in it; text of 2 kB, the rest what pages carry beside it."""
    found, batch = [], archive.open_batch("mesure")
    for number in range(count):
        url, text = f"https://mesure.example/page/{number}", "\n".join(WORDS.format(f"{number}-{line}") for line in range(25))
        filler = os.urandom(kilobytes * 500).hex()
        body = f"<html><body><p>{text.replace(chr(10), '</p><p>')}</p><!-- {filler} --></body></html>".encode()
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Date", "Sun, 01 Nov 2026 10:00:00 GMT")]
        capture = Capture(url, "GET", [("User-Agent", "Vigie")], b"", 200, headers, body, NOW, "203.0.113.7", None, None)
        known = {"id": document_id(url), "url": url, "source": "mesure", "kind": "post", "platform": "mesure.example", "text": text,
                 "access_mode": "open", "collected_at": NOW + timedelta(seconds=5),
                 "content_sha256": content_digest(Draft(url=url, kind="post", text=text))}  # fmt: skip
        document = Document.model_validate({**known, "evidence": batch.add_response(capture)})
        batch.add(document)
        found.append(document)
    batch.seal()
    return found


def measure(count: int, kilobytes: int, what: str, folder: Path) -> dict[str, float]:
    """Seconds and peak memory of one step, in this process."""
    archive, bundle = Archive(folder / "archive"), folder / "p.zip"
    if what == "fill":
        fill(archive, count, kilobytes)
        return {}
    documents = [one for batch in archive.batches() for one in archive.documents(batch)] if what == "seal" else []
    case, before = Case(kind="notice", identifier="n", asked_by="mesure", asked_at=NOW), time.perf_counter()
    if what == "seal":
        seal(archive, documents, bundle, case, stamper=lambda _: ())
    elif what == "vigie":
        if not prove(bundle).proved:
            raise SystemExit("not proved")
    else:
        examine(bundle, stamped=by_openssl)
    return {"seconds": time.perf_counter() - before, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


@click.command()
@click.option("--counts", default="10,50,500", show_default=True, help="Documents of a bundle.")
@click.option("--kilobytes", default=100, show_default=True, help="Size of a page.")
@click.option("--one", default="", hidden=True)
def main(counts: str, kilobytes: int, one: str) -> None:
    """Measure each count."""
    if one:
        what, number, folder = one.split(":", 2)
        print(json.dumps(measure(int(number), kilobytes, what, Path(folder))))
        return
    for count in map(int, counts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for what in ("fill", "seal", "vigie", "verifier.py"):
                show(count, kilobytes, what, folder)


def show(count: int, kilobytes: int, what: str, folder: str) -> None:
    """Measure one step and print it."""
    command = [sys.executable, "-m", "bench.bundle", "--kilobytes", str(kilobytes), "--one", f"{what}:{count}:{folder}"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    if found:
        weight, each = (Path(folder) / "p.zip").stat().st_size / 2**20, found["seconds"] / count * 1000
        print(f"{count:5} documents ({weight:6.1f} MB)  {what:12} {each:6.2f} ms a document, peak {found['megabytes']:3.0f} MB", flush=True)


if __name__ == "__main__":
    main()
