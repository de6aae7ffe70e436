"""The archive: evidence that can be proved, batches that survive a kill, nothing stored twice."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from core.errors import ConfigError, VigieError
from core.records import SetAside
from crawlers.evidence.archive import Archive, whole_members
from tests.conftest import make_document
from tests.crawlers.captures import make_capture

if TYPE_CHECKING:
    from crawlers.evidence.archive import OpenBatch

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://exemple.test/a"


def respond(batch: OpenBatch, body: bytes = b"<p>page</p>", url: str = URL):
    return batch.add_response(make_capture(url, body))


def is_sound(path: str) -> bool:
    checker = Checker(type("Options", (), {"verbose": False, "inputs": [path]})())
    checker.process_one(path)
    return checker.exit_value == 0


def test_evidence_is_found_where_the_document_says(archive: Archive) -> None:
    batch = archive.open_batch("essai")
    respond(batch, b"before")
    ref = respond(batch, b"<p>page</p>")
    assert batch.add(make_document(evidence=ref))
    assert batch.seal()
    (document,) = archive.documents(batch.name)
    assert document.evidence == ref
    path = archive.root / ref.file
    with path.open("rb") as file:
        file.seek(ref.offset)
        record = next(iter(ArchiveIterator(gzip.io.BytesIO(file.read(ref.length)))))
        body = record.content_stream().read()
    assert record.rec_headers.get_header("WARC-Record-ID") == ref.record_id
    assert hashlib.sha256(body).hexdigest() == ref.payload_sha256
    assert is_sound(str(path))


def test_a_version_is_stored_once_and_an_edit_is_a_new_one(archive: Archive) -> None:
    first, second = archive.open_batch("a"), archive.open_batch("b")
    assert first.add(make_document())
    assert not first.add(make_document())
    assert not second.add(make_document())  # another source, at the same time
    first.seal()
    assert not second.add(make_document())
    edited = make_document(text="Le même, corrigé.")
    assert second.add(edited.model_copy(update={"content_sha256": "0" * 64}))
    second.seal()
    assert [document.text for name in archive.batches() for document in archive.documents(name)] == ["Un texte ordinaire.", "Le même, corrigé."]


def test_an_unchanged_body_is_noted_not_stored_again(archive: Archive) -> None:
    first = archive.open_batch("a")
    ref = respond(first, b"x" * 50_000)
    first.add(make_document(evidence=ref))
    first.seal()
    second = archive.open_batch("a")
    assert respond(second, b"x" * 50_000) == ref
    second.add(make_document("https://exemple.test/b"))
    second.seal()
    with (archive.root / f"evidence/{second.name}.warc.gz").open("rb") as file:
        types = [record.rec_type for record in ArchiveIterator(file)]
    assert types == ["warcinfo", "metadata", "request", "revisit"]
    assert is_sound(str(archive.root / f"evidence/{second.name}.warc.gz"))


def test_a_dead_batch_is_cut_to_what_is_whole_and_sealed(archive: Archive) -> None:
    batch = archive.open_batch("a")
    batch.add(make_document(evidence=respond(batch)))
    respond(batch, os.urandom(5000), "https://exemple.test/cut")
    batch.add_set_aside(SetAside(source="a", url=URL, reason="http_404", detail="x", at=NOW))
    batch.close()
    folder = archive.root / "open" / batch.name
    os.truncate(folder / "evidence.warc.gz", (folder / "evidence.warc.gz").stat().st_size - 100)
    with (folder / "documents.jsonl").open("a") as file:
        file.write('{"id": "half')
    assert archive.recover() == [batch.name]
    assert [document.id for document in archive.documents(batch.name)] == [make_document().id]
    assert [entry.reason for entry in archive.set_aside(batch.name)] == ["http_404"]
    assert is_sound(str(archive.root / f"evidence/{batch.name}.warc.gz"))
    assert list((archive.root / "open").iterdir()) == []
    assert archive.recover() == []


def test_a_living_batch_is_left_alone(archive: Archive) -> None:
    batch = archive.open_batch("a")
    batch.add(make_document())
    assert Archive(archive.root).recover() == []
    assert batch.seal()


def test_a_claim_of_a_dead_batch_that_stored_nothing_is_taken_over(archive: Archive) -> None:
    document = make_document()
    assert archive.ledger.claim(document.id, document.content_sha256, batch="20000101T000000-dead-0000", is_dead=lambda _: False)
    batch = archive.open_batch("a")
    assert batch.is_new(document), "its evidence must be written"
    assert batch.add(document)  # archive.is_dead: neither sealed nor being written
    batch.seal()
    other = archive.open_batch("b")
    assert not other.is_new(document)
    assert not other.add(document)
    other.seal()


def test_the_newest_version_of_a_document_is_found(archive: Archive) -> None:
    for text in ("A", "B"):
        batch = archive.open_batch("a")
        batch.add(make_document(text=text, content_sha256=hashlib.sha256(text.encode()).hexdigest()))
        batch.seal()
    found = archive.latest(make_document().id)
    assert found is not None
    assert found.text == "B"
    assert archive.latest("0" * 32) is None


def test_a_lost_ledger_is_filled_again(archive: Archive) -> None:
    batch = archive.open_batch("a")
    batch.add(make_document(evidence=respond(batch)))
    batch.seal()
    archive.ledger.close()
    for path in archive.root.glob("ledger.sqlite*"):
        path.unlink()
    again = Archive(archive.root)
    again.recover()
    assert not again.open_batch("b").add(make_document())
    assert again.ledger.payload(hashlib.sha256(b"<p>page</p>").hexdigest(), url=URL) is not None


def test_sealing_tells_the_ledger_what_the_files_hold(archive: Archive) -> None:
    """A batch knows what it wrote; the file read again says the same, redirects and kept parts among it."""
    batch = archive.open_batch("essai")
    hop = make_capture(body=b"", url=f"{URL}ancien")
    for number, redacted in enumerate((None, b"[]", None)):
        capture = replace(
            make_capture(body=b"<p>page</p>" if number else b"<p>autre</p>", url=f"{URL}{number % 2}"), redirects=(hop,) if number else ()
        )
        ref = batch.add_response(capture, redacted=redacted)
        batch.add(make_document(url=f"{URL}{number}", evidence=ref))
    batch.seal()
    told = sorted(archive.ledger.payloads()), archive.ledger.versions(batch.name)
    for path in archive.root.glob("ledger.sqlite*"):
        path.unlink()
    again = Archive(archive.root)
    again.recover()
    assert (sorted(again.ledger.payloads()), again.ledger.versions(batch.name)) == told
    assert (len(told[0]), len(told[1])) == (4, 3)


def test_an_empty_batch_leaves_nothing(archive: Archive) -> None:
    batch = archive.open_batch("a")
    respond(batch)
    assert not batch.seal()
    assert archive.batches() == []
    assert not list((archive.root / "open").iterdir())


def test_a_damaged_ledger_says_what_to_do(archive: Archive) -> None:
    archive.root.mkdir(parents=True)
    (archive.root / "ledger.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(ConfigError, match="delete it"):
        _ = archive.ledger


def test_whole_members_of_rubbish(tmp_path) -> None:
    path = tmp_path / "x.gz"
    for body, whole in ((b"", 0), (b"rubbish", 0), (gzip.compress(b"a") + b"rub", len(gzip.compress(b"a")))):
        path.write_bytes(body)
        assert whole_members(path) == whole


def test_a_page_that_comes_back_to_an_earlier_version_is_stored_again(archive: Archive) -> None:
    kept = []
    for text in ("A", "B", "A", "A"):
        batch = archive.open_batch("a")
        kept.append(batch.add(make_document(text=text, content_sha256=hashlib.sha256(text.encode()).hexdigest())))
        batch.seal()
    assert kept == [True, True, True, False]


def test_redacted_evidence_is_no_response(archive: Archive) -> None:
    batch = archive.open_batch("a")
    ref = batch.add_response(make_capture(body=b"[1]"), redacted=b"[]")
    batch.add(make_document(evidence=ref))
    batch.seal()
    with (archive.root / ref.file).open("rb") as file:
        records = [(record.rec_type, record.content_stream().read()) for record in ArchiveIterator(file)]
    assert ("conversion", b"[]") in records
    assert not [body for kind, body in records if kind == "response" or body == b"[1]"]
    assert archive.root.stat().st_mode & 0o077 == 0


def test_sealing_and_recovering_at_once_disturb_nobody(archive: Archive) -> None:
    archive.recover()
    stop = threading.Event()
    failures: list[BaseException] = []

    def recover() -> None:
        other = Archive(archive.root)
        while not stop.is_set():
            try:
                other.recover()
            except (OSError, VigieError) as error:
                failures.append(error)

    thread = threading.Thread(target=recover, daemon=True)
    thread.start()
    try:
        for number in range(40):
            batch = archive.open_batch("a")
            batch.add(make_document(f"https://exemple.test/{number}"))
            assert batch.seal()
    finally:
        stop.set()
        thread.join()
    assert not failures
    assert len(archive.batches()) == 40
