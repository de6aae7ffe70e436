"""Erases from the archive the documents whose retention period has ended. Unlike an opt-out, an end of period covers no address and no author: a
record of evidence on which another document still rests stays whole, for it proves that one, and goes with it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from core.files import disk_errors, locked, read_lines
from core.records import SetAside, WarcRef
from crawlers.erasing.optout import OptOuts
from crawlers.erasing.purge import LOCK, Erased, Purge, set_aside_files
from crawlers.erasing.remains import remains
from crawlers.erasing.traces import Traces
from crawlers.evidence.gaps import is_erased
from crawlers.evidence.members import Damaged, record_of
from crawlers.evidence.shelf import read_at

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from core.records import Document
    from crawlers.evidence.archive import Archive

WHY = "end of the retention period (GDPR art. 5(1)(e))"


class Expired(OptOuts):
    """Documents up to a version (by time of collection), and what was set aside ``before`` a time and is no document."""

    def __init__(self, until: Mapping[str, datetime], *, before: datetime) -> None:
        super().__init__()
        self._until, self._before = until, before

    def covers(self, document: Document) -> bool:
        """Whether this version goes."""
        return document.id in self._until and document.collected_at <= self._until[document.id]

    def covers_entry(self, entry: SetAside) -> bool:
        """Whether something set aside goes by itself."""
        return entry.document_id is None and entry.at <= self._before


class Places(Traces):
    """Knows what goes by where its evidence lies, and by nothing else. ``kept``: SHA-256 of the payloads on which something that stays rests."""

    def __init__(self, kept: Collection[str]) -> None:
        super().__init__()
        self._kept = kept

    def add(self, document: Document) -> None:
        """One version of a document that goes."""
        self.ids.add(document.id)
        for ref in (document.evidence, document.deletion):
            self.add_ref(ref)

    def add_ref(self, ref: WarcRef | None) -> None:
        """A record that goes, unless something else rests on what it holds."""
        if ref is not None and ref.payload_sha256 not in self._kept:
            place = (ref.file, ref.offset)
            self.places.setdefault(place, {})[len(self.places)] = ref.record_id
            self.lengths[place] = ref.length

    def names(self, numbers: Collection[int]) -> set[str]:
        """None: nothing is looked for in what others share."""
        return set()


class ExpiredErased(NamedTuple):
    """What was erased, how many batches went as a whole, and what was found to be left, by kind. ``stuck``: ids of their documents."""

    erased: Erased
    batches: int
    left: Counter[str]
    stuck: frozenset[str] = frozenset()


class _Split(NamedTuple):
    """References of what goes, payloads and files of what stays."""

    going: list[WarcRef]
    places: dict[str, set[tuple[str, int]]]  # of what goes, by document
    payloads: set[str]
    files: set[str]


def erase_expired(archive: Archive, expired: Expired) -> ExpiredErased:
    """Erase and prove. Safe against a kill anywhere; repeating it is harmless. Raises ConfigError, Unavailable."""
    archive.recover()
    split = _split(archive, expired)
    places = Places(split.payloads)
    for ref in split.going:
        places.add_ref(ref)
    erased = Purge(archive, expired, traces=places, why=WHY).run()
    batches = _drop_empty(archive, split.files)
    left = remains(archive, expired, evidence=False)
    standing = {place for place, length in places.lengths.items() if _stands(archive.root, *place, length)}
    left["evidence"] = len(standing)
    stuck = {name for name, own in split.places.items() if own & standing}
    stuck |= {document.id for batch in archive.batches() for document in archive.documents(batch) if expired.covers(document)}
    return ExpiredErased(erased, batches, +left, frozenset(stuck))


def has_old_entries(archive: Archive, expired: Expired) -> bool:
    """Whether anything set aside is old enough to go."""
    return any(expired.covers_entry(entry) for batch in archive.batches() for entry in _entries(archive, batch))


def _split(archive: Archive, expired: Expired) -> _Split:
    split = _Split([], {}, set(), set())
    for batch in archive.batches():
        for document in archive.documents(batch):
            refs, goes = (document.evidence, document.deletion), expired.covers(document)
            _sort(split, refs, goes=goes)
            if goes:
                split.places.setdefault(document.id, set()).update((ref.file, ref.offset) for ref in refs if ref)
        for entry in _entries(archive, batch):
            _sort(split, (entry.evidence,), goes=expired.covers_entry(entry))
    for ref in _being_written(archive.root):
        _sort(split, (ref,), goes=False)
    return split


def _sort(split: _Split, refs: tuple[WarcRef | None, ...], *, goes: bool) -> None:
    for ref in refs:
        if ref is not None and goes:
            split.going.append(ref)
        elif ref is not None:
            split.payloads.add(ref.payload_sha256)
            split.files.add(ref.file)


def _entries(archive: Archive, batch: str) -> Iterator[SetAside]:
    for path in set_aside_files(archive.root, batch):
        yield from (SetAside.model_validate(line) for line in read_lines(path))


def _being_written(root: Path) -> Iterator[WarcRef]:
    """What living batches rest on already: their notes may lead to earlier records."""
    for path in sorted((root / "open").glob("*/*.jsonl")):
        with suppress(FileNotFoundError):  # sealed meanwhile
            for line in path.read_text(encoding="utf-8").split("\n"):
                with suppress(ValueError):  # the last one is half written
                    found = json.loads(line)
                    yield from (WarcRef.model_validate(found[name]) for name in ("evidence", "deletion") if found.get(name))


def _drop_empty(archive: Archive, files: set[str]) -> int:
    """Remove the files of batches that hold nothing any more: records that were erased one by one still take their room. The documents go last."""
    root, count = archive.root, 0
    with locked(root / LOCK, what="erasing from the archive"), disk_errors(root):
        for batch in archive.batches():
            documents = root / "documents" / f"{batch}.jsonl.gz"
            lists = (documents, *set_aside_files(root, batch))
            if f"evidence/{batch}.warc.gz" in files or any(next(read_lines(path), None) is not None for path in lists):
                continue
            (root / "evidence" / f"{batch}.warc.gz").unlink(missing_ok=True)
            for path in (*root.glob(f"assessments/*/{batch}.jsonl.gz"), *root.glob(f"published/*/{batch}.json"), *lists[1:], documents):
                path.unlink()
            count += 1
    return count


def _stands(root: Path, file: str, offset: int, length: int) -> bool:
    """Whether a record that had to go is still there."""
    try:
        return not is_erased(record_of(read_at(root / file, offset, length)))
    except FileNotFoundError:
        return False
    except (Damaged, OSError):
        return True
