"""The archive: batches of documents, the WARC evidence they rest on, and what was set aside. It is the source of truth.

    open/<batch>/           a batch being written, locked by its process; a dead one is sealed by whoever comes next
    evidence/<batch>.warc.gz, set_aside/<batch>.jsonl.gz, documents/<batch>.jsonl.gz      a sealed batch, in the order of sealing

A response is on disk before the document that rests on it, so a process may be killed anywhere: what was cut short is cut off.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import time
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from core.files import disk_errors, read_lines, sync, write_lines
from core.records import Document, SetAside, WarcRef
from crawlers.evidence.ledger import Ledger
from crawlers.evidence.warc import EvidenceFile, address_of, payloads_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawlers.evidence.clock import ClockState
    from crawlers.fetching.capture import Capture

OLD_DRAFT = 3600  # seconds after which a batch that has no name yet is one that was killed


class Archive:
    """One process's view of the archive in ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """What the archive holds; opened at first use."""
        if self._ledger is None:
            with disk_errors(self.root):
                self.root.mkdir(parents=True, exist_ok=True, mode=0o700)  # evidence holds names as the sites show them
            self._ledger = Ledger(self.root / "ledger.sqlite")
        return self._ledger

    def batches(self) -> list[str]:
        """Names of the sealed batches, oldest first (a name starts with its time)."""
        return sorted(path.name.removesuffix(".jsonl.gz") for path in (self.root / "documents").glob("[0-9]*.jsonl.gz"))

    def documents(self, batch: str) -> Iterator[Document]:
        """The documents of a sealed batch, in order."""
        return (Document.model_validate(line) for line in read_lines(self.root / "documents" / f"{batch}.jsonl.gz"))

    def latest(self, document_id: str) -> Document | None:
        """The newest version of a document that a sealed batch holds."""
        batch = self.ledger.newest(document_id)
        if batch is None or not (self.root / "documents" / f"{batch}.jsonl.gz").exists():
            return None
        return next((document for document in self.documents(batch) if document.id == document_id), None)

    def set_aside(self, batch: str) -> Iterator[SetAside]:
        """What the crawl of a sealed batch could not process."""
        path = self.root / "set_aside" / f"{batch}.jsonl.gz"
        return (SetAside.model_validate(line) for line in read_lines(path)) if path.exists() else iter(())

    def open_batch(self, source: str, *, operator: str = "") -> OpenBatch:
        """A new batch, locked by this process. ``operator``: whom the evidence says to ask."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        return OpenBatch(self, f"{stamp}-{source}-{secrets.token_hex(2)}", operator=operator)

    def is_dead(self, batch: str) -> bool:
        """Whether a batch was neither sealed nor is being written by a living process."""
        return not (self.root / "documents" / f"{batch}.jsonl.gz").exists() and not _is_locked(self.root / "open" / batch / "lock")

    def recover(self) -> list[str]:
        """Seal the batches whose process died, and enter in the ledger all that it lacks. Returns the names of the sealed ones."""
        sealed = []
        for folder in sorted((self.root / "open").glob("[0-9]*")):
            with _held_if_dead(folder / "lock") as dead:
                if dead:
                    _cut_short(folder)
                    if self.seal(folder.name):
                        sealed.append(folder.name)
        for draft in (self.root / "open").glob(".[0-9]*"):  # killed before it had its name: it holds nothing
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < time.time() - OLD_DRAFT:
                    shutil.rmtree(draft)
        for batch in self.batches():
            if not self.ledger.holds(batch):
                self._enter(batch)
        return sealed

    def seal(self, batch: str, *, held: Held | None = None) -> bool:
        """Move a closed batch into place; harmless to repeat after a kill at any line. False if it held nothing. ``held``: what it holds."""
        folder, evidence = self.root / "open" / batch, self.root / "evidence" / f"{batch}.warc.gz"
        warc, set_aside, documents = (folder / name for name in ("evidence.warc.gz", "set_aside.jsonl", "documents.jsonl"))
        with disk_errors(folder):
            holds = any(path.exists() and path.stat().st_size for path in (set_aside, documents)) or evidence.exists()
            if holds:
                if warc.exists():
                    evidence.parent.mkdir(parents=True, exist_ok=True)
                    sync(warc)
                    warc.replace(evidence)
                    sync(evidence.parent)
                for path, place in ((set_aside, "set_aside"), (documents, "documents")):
                    _compress(path, self.root / place / f"{batch}.jsonl.gz")
                self._enter(batch, held=held)
            shutil.rmtree(folder)
        return holds

    def _enter(self, batch: str, *, held: Held | None = None) -> None:
        if held is not None:
            self.ledger.enter(batch, versions=held.versions, payloads=held.payloads)
            return
        evidence = self.root / "evidence" / f"{batch}.warc.gz"
        versions = ((document.id, document.content_sha256) for document in self.documents(batch))
        self.ledger.enter(batch, versions=versions, payloads=payloads_of(evidence) if evidence.exists() else ())


class Held(NamedTuple):
    """What a batch holds, for the ledger."""

    versions: list[tuple[str, str]]  # document, content
    payloads: list[tuple[str, str, str, WarcRef]]  # SHA-256, address, time and place of each body


class OpenBatch:
    """A batch being written; flushed line by line, sealed at the end."""

    def __init__(self, archive: Archive, name: str, *, operator: str = "") -> None:
        self.name = name
        self._ids: set[str] = set()
        self._versions: list[tuple[str, str]] = []
        self._archive = archive
        self._folder = archive.root / "open" / name
        draft = self._folder.with_name(f".{name}")  # locked before it gets the name of a batch
        with disk_errors(draft):
            archive.root.mkdir(parents=True, exist_ok=True, mode=0o700)  # evidence holds names as the sites show them
            draft.mkdir(parents=True)
            self._lock = os.open(draft / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            draft.replace(self._folder)
            self._files = {kind: (self._folder / f"{kind}.jsonl").open("a", encoding="utf-8") for kind in ("documents", "set_aside")}
            self._evidence = EvidenceFile(self._folder / "evidence.warc.gz", name=f"evidence/{name}.warc.gz", operator=operator)

    @property
    def documents(self) -> int:
        """How many documents it holds."""
        return len(self._ids)

    @property
    def size(self) -> int:
        """Bytes of evidence so far."""
        return self._evidence.size

    def add_response(self, capture: Capture, *, redacted: bytes | None = None) -> WarcRef:
        """Keep an exchange as evidence; a body already archived for this address is noted as seen again. Raises ConfigError.

        ``redacted``: the part of the body that may be kept, in its place.
        """
        earlier = self._archive.ledger.payload
        with disk_errors(self._folder):
            return self._evidence.add(capture, earlier=earlier, redacted=redacted)

    def holds_body(self, capture: Capture) -> bool:
        """Whether this very body is archived for this address."""
        return self._archive.ledger.payload(hashlib.sha256(capture.body).hexdigest(), url=address_of(capture.url)) is not None

    def add_not_modified(self, capture: Capture) -> None:
        """Note that the site says of an archived page that it did not change. Raises ConfigError."""
        with disk_errors(self._folder):
            self._evidence.not_modified(capture)

    def note_clock(self, state: ClockState) -> None:
        """Note how far this machine's clock can be trusted. Raises ConfigError."""
        with disk_errors(self._folder):
            self._evidence.note_clock(state)

    def is_new(self, document: Document) -> bool:
        """Whether ``add`` would store this version: nobody living or sealed holds it as the newest."""
        last = self._archive.ledger.last(document.id)
        held = last is not None and last[0] == document.content_sha256 and not self._archive.is_dead(last[1])
        return document.id not in self._ids and not held

    def add(self, document: Document) -> bool:
        """Keep a document; False if the archive already holds this version, or this batch another one. Raises ConfigError."""
        ledger, archive = self._archive.ledger, self._archive
        if document.id in self._ids:
            return False
        if not ledger.claim(document.id, document.content_sha256, batch=self.name, is_dead=archive.is_dead):
            return False
        self._write("documents", document.model_dump_json(exclude_none=True))
        self._ids.add(document.id)
        self._versions.append((document.id, document.content_sha256))
        return True

    def add_set_aside(self, entry: SetAside) -> None:
        """Keep what could not be processed, with its reason. Raises ConfigError."""
        self._write("set_aside", entry.model_dump_json(exclude_none=True))

    def _write(self, kind: str, line: str) -> None:
        with disk_errors(self._folder):
            self._files[kind].write(line + "\n")
            self._files[kind].flush()

    def seal(self) -> bool:
        """Close and move into place. False if nothing was kept. Raises ConfigError; the batch can then be recovered."""
        try:
            self._close_files()
            return self._archive.seal(self.name, held=Held(self._versions, self._evidence.payloads))
        finally:
            os.close(self._lock)  # only now may another process take it for dead

    def close(self) -> None:
        """Close the files and release the lock, leaving the batch to be recovered."""
        self._close_files()
        os.close(self._lock)

    def _close_files(self) -> None:
        with disk_errors(self._folder):
            for file in self._files.values():
                file.close()
            self._evidence.close()


def _compress(source: Path, target: Path) -> None:
    """Write the lines of ``source`` compressed; an absent source was compressed before a kill, or never had a line."""
    if source.exists():
        with source.open(encoding="utf-8") as lines:
            write_lines(target, (line.rstrip("\n") for line in lines))


def _cut_short(folder: Path) -> None:
    """Cut off the half-written end of each file of a dead batch."""
    for path in folder.glob("*.jsonl"):
        whole = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, whole)
    warc = folder / "evidence.warc.gz"
    if warc.exists():
        os.truncate(warc, whole_members(warc))


def whole_members(path: Path) -> int:
    """Bytes up to the end of the last complete gzip member."""
    end = offset = 0
    inflate = zlib.decompressobj(wbits=31)
    with path.open("rb") as file:
        while chunk := file.read(1 << 16):
            while chunk:
                try:
                    inflate.decompress(chunk)
                except zlib.error:
                    return end
                if not inflate.eof:
                    offset += len(chunk)
                    break
                offset += len(chunk) - len(inflate.unused_data)
                end, chunk = offset, inflate.unused_data
                inflate = zlib.decompressobj(wbits=31)
    return end


def _is_locked(path: Path) -> bool:
    """Whether a living process holds a batch. Askers share the lock, so that they do not take each other for the holder."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextlib.contextmanager
def _held_if_dead(path: Path) -> Iterator[bool]:
    """Hold the lock of a dead batch; false if it lives, was just sealed, or is being recovered by another process."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield path.exists()  # sealed and removed between opening and locking
    finally:
        os.close(handle)
