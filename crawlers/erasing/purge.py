"""Erases from the archive what the opt-out list covers. Safe against a kill anywhere, and repeatable: the documents, by which all else is known,
go last, and what an earlier purge left half done is seen in the files themselves.

Right to erasure and right to object: GDPR art. 17 and 21 (in force on 25/05/2018); to be checked by a lawyer.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from core.files import disk_errors, locked, read_lines, write_lines, write_text
from core.logs import get_logger
from core.records import Assessment, Document, Record, SetAside
from core.urls import host_of
from crawlers import cursor_items
from crawlers.erasing.sweep import Sweep
from crawlers.erasing.traces import Traces
from crawlers.evidence.gaps import WHY
from crawlers.evidence.members import Damaged, record_of
from crawlers.evidence.shelf import read_at

if TYPE_CHECKING:
    from pathlib import Path

    from crawlers.erasing.optout import OptOuts
    from crawlers.evidence.archive import Archive

Rests = TypeVar("Rests", Document, SetAside)
HOSTS = "hosts.json"  # in the workshop
WORKSHOP = "erasing"  # folder of copies being made; what a killed purge left there is removed by the next one
LOG = "erasures.jsonl"
LOCK = ".purge.lock"
OLD = 3600  # seconds after which a temporary file is one that a killed process left
log = get_logger(__name__)


class Erased(Record):
    """What a purge erased; numbers only. ``open``: batches that other processes are writing, which must be purged when they are done."""

    documents: int = 0  # versions
    records: int = 0  # of evidence, wholly
    rewritten: int = 0  # records of evidence that others share, without the covered items
    assessments: int = 0
    set_aside: int = 0
    cursors: int = 0  # entries by which sources are read on
    open: int = 0
    damaged: tuple[str, ...] = ()  # files of evidence that cannot be read to their end

    @property
    def nothing(self) -> bool:
        """Whether nothing was there to erase."""
        return not any((self.documents, self.records, self.rewritten, self.assessments, self.set_aside, self.cursors))


class Compared(NamedTuple):
    """A batch as it will be. ``stale``: rows of the ledger that nothing stands behind; ``held``: documents that a cursor remembers."""

    changes: bool
    stale: list[tuple[str, str, str]]
    held: set[str]


@dataclass
class Purge:
    """One run over the archive. ``traces`` tell what was erased, for a proof that nothing of it is left."""

    archive: Archive
    opt_outs: OptOuts
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    traces: Traces = field(default_factory=Traces)
    why: str = WHY  # stands in place of what is erased
    counts: Counter[str] = field(default_factory=Counter)
    sweep: Sweep = field(init=False)  # through the evidence

    def __post_init__(self) -> None:
        self.sweep = Sweep(self.archive.root, self.opt_outs, self.traces, self.at, self.why)
        self._gone: dict[Path, set[int]] = {}  # lines of what was set aside

    def run(self) -> Erased:
        """Erase; what was erased. Raises ConfigError for a damaged archive or a full disk, Unavailable while another purge runs."""
        root = self.archive.root
        with disk_errors(root):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)  # evidence holds names as the sites show them
        with locked(root / LOCK, what="erasing what the opt-out list covers"), disk_errors(root):
            erased = self._run()
            if not erased.nothing:
                self._write_down(erased)
            shutil.rmtree(root / WORKSHOP)
        log.info("purged", **erased.model_dump(exclude={"damaged"}))
        return erased

    def _run(self) -> Erased:
        clean(self.archive.root)
        self.archive.recover()
        living = len(living_batches(self.archive.root))
        remembered = cursor_items.remembered(self.archive.root)  # before the batches: what a cursor names lies in one of them
        batches = self.archive.batches()
        self._collect(batches)
        for batch in batches:
            self.sweep.look(batch)
        found = [self._compare(batch, remembered) for batch in batches]
        for batch in batches:
            self.sweep.exchange(batch, workshop=self.archive.root / WORKSHOP)
        self._set_aside()
        lost = remembered.difference(*(one.held for one in found))
        self.counts["cursors"] = cursor_items.forget(self.archive.root, self._is_gone, lost=lost)
        self._ledger([row for one in found for row in one.stale], batches)
        for batch, one in zip(batches, found, strict=True):
            if one.changes:
                self._documents(batch)
        return Erased(**self.counts, records=self.sweep.erased, rewritten=self.sweep.rewritten, open=living, damaged=tuple(self.sweep.damaged))

    def _collect(self, batches: list[str]) -> None:
        """Learn what is to go, and on which hosts it may be seen; these are written down, for the files that tell are the first to change."""
        for batch in batches:
            for document in self.archive.documents(batch):
                if self.opt_outs.covers(document):
                    self.traces.add(document)
                elif document.id in self.opt_outs.held:
                    self.sweep.held |= {ref.payload_sha256 for ref in (document.evidence, document.deletion) if ref}
        note = self.archive.root / WORKSHOP / HOSTS
        if note.exists():
            self.traces.hosts |= set(json.loads(note.read_text(encoding="utf-8")))
        self.traces.hosts |= {host for file, offset in self.traces.places if (host := self._host_at(file, offset))}
        write_text(note, json.dumps(sorted(self.traces.hosts)))

    def _host_at(self, file: str, offset: int) -> str:
        """The host that gave a record of evidence."""
        with contextlib.suppress(Damaged, OSError):
            raw = read_at(self.archive.root / file, offset, self.traces.lengths[file, offset])
            return host_of(record_of(raw).get("WARC-Target-URI"))
        return ""

    def _compare(self, batch: str, remembered: set[str]) -> Compared:
        """Look at a batch once more, note what stays of it, and erase the assessments of what goes."""
        staying, changes = dict[str, str](), False
        for document in self.archive.documents(batch):
            if self.opt_outs.covers(document):
                changes = True
            else:
                staying[document.id] = document.content_sha256
                changes = self._rests(document) or changes
        stale = self.archive.ledger.versions(batch) - set(staying.items())
        self._assessments(batch, staying)
        for path in set_aside_files(self.archive.root, batch):
            entries = [SetAside.model_validate(line) for line in read_lines(path)]
            self._gone[path] = {number for number, entry in enumerate(entries) if self._goes(entry, staying)}
            changed = [self._rests(entry) for number, entry in enumerate(entries) if number not in self._gone[path]]
            if not self._gone[path] and not any(changed):
                del self._gone[path]
        return Compared(changes, [(*version, batch) for version in sorted(stale)], remembered & staying.keys())

    def _goes(self, entry: SetAside, staying: dict[str, str]) -> bool:
        """Whether something set aside must go: it is of an erased document, or it is covered."""
        return (entry.document_id is not None and entry.document_id not in staying) or self._is_gone(entry.url) or self.opt_outs.covers_entry(entry)

    def _is_gone(self, name: str) -> bool:
        """Whether an address, or a platform's id, is one of what goes."""
        return bool(self.traces.at(name)) or self.traces.is_id(name) or self.opt_outs.covers_address(name)

    def _rests(self, on: Document | SetAside) -> bool:
        """Remember what rests on a record that changes; whether its reference changes too."""
        if self.sweep.is_hit(on.evidence) and on.evidence:
            self.sweep.others.setdefault((on.evidence.file, on.evidence.offset), []).append(on)
            return True
        return self.sweep.moved(on.evidence) != on.evidence

    def _assessments(self, batch: str, staying: dict[str, str]) -> None:
        """Those of a document that the batch does not hold are of an erased one: a scorer may have been at work when it went."""
        for path in sorted((self.archive.root / "assessments").glob(f"*/{batch}.jsonl.gz")):
            found = [Assessment.model_validate(line) for line in read_lines(path)]
            kept = [assessment.model_dump_json() for assessment in found if assessment.document_id in staying]
            if len(kept) < len(found):
                write_lines(path, kept)
                self.counts["assessments"] += len(found) - len(kept)

    def _set_aside(self) -> None:
        for path, gone in self._gone.items():
            kept = [SetAside.model_validate(line) for number, line in enumerate(read_lines(path)) if number not in gone]
            self.counts["set_aside"] += len(gone)
            if kept:
                write_lines(path, (self._refreshed(entry).model_dump_json(exclude_none=True) for entry in kept))
            else:
                path.unlink()

    def _documents(self, batch: str) -> None:
        found = list(self.archive.documents(batch))
        kept = [document for document in found if not self.opt_outs.covers(document)]
        write_lines(self.archive.root / "documents" / f"{batch}.jsonl.gz", (self._refreshed(one).model_dump_json(exclude_none=True) for one in kept))
        self.counts["documents"] += len(found) - len(kept)

    def _refreshed(self, on: Rests) -> Rests:
        return on.model_copy(update={"evidence": self.sweep.moved(on.evidence)})

    def _ledger(self, stale: list[tuple[str, str, str]], batches: list[str]) -> None:
        """Take out what nothing stands behind any more, also the claims of batches that died before they stored anything."""
        ledger, left = self.archive.ledger, self.sweep.left
        recent = (self.at - timedelta(minutes=1)).strftime("%Y%m%dT%H%M%S%f")
        alive = {*batches, *living_batches(self.archive.root), *self.archive.batches()}
        dead = [(*version, batch) for batch in ledger.claimants() - alive if batch < recent for version in ledger.versions(batch)]
        bodies = [(sha256, url) for sha256, url, ref in ledger.payloads() if self.sweep.moved(ref) != ref or self.opt_outs.covers_address(url)]
        new = [(one.ref.payload_sha256, one.target, one.date, one.ref) for one in left.values() if one.ref]
        ledger.forget(versions=[*stale, *dead], payloads=bodies, new=new)

    def _write_down(self, erased: Erased) -> None:
        """Note that something was erased, in numbers alone."""
        path, kinds = self.archive.root / LOG, Counter(wish.kind for wish in self.opt_outs.wishes)
        line = json.dumps({"at": self.at.isoformat(), "why": self.why, "wishes": dict(kinds), **erased.model_dump(exclude={"open", "damaged"})})
        write_text(path, (path.read_text(encoding="utf-8") if path.exists() else "") + line + "\n")


def clean(root: Path) -> None:
    """Remove what killed processes left half written."""
    workshop = root / WORKSHOP
    workshop.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (*(path for path in workshop.iterdir() if path.name != HOSTS), *old_temporaries(root)):
        path.unlink(missing_ok=True)


def old_temporaries(root: Path) -> list[Path]:
    """Temporary files that killed processes left; a living one needs its own for minutes at most."""
    return [path for path in root.rglob(".*.tmp") if path.stat().st_mtime < time.time() - OLD]


def living_batches(root: Path) -> list[str]:
    """Batches that other processes are writing."""
    return [folder.name.removeprefix(".") for folder in (root / "open").glob("*")]


def set_aside_files(root: Path, batch: str) -> list[Path]:
    """What the crawl, the scoring and the publishing of a batch set aside."""
    return sorted((root / "set_aside").glob(f"{batch}.*jsonl.gz"))
