"""Finds in the files of evidence what an opt-out covers, and exchanges it for what may stay.

A record on which only covered documents rest is erased with all of its exchange: request, redirects, what is known of the original. One that other
documents share is kept without the covered items if it is JSON; else the others' own documents stand for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from core.records import Document
from core.urls import host_of
from crawlers.erasing.redact import without_items
from crawlers.erasing.traces import Payload, payload_of
from crawlers.evidence.gaps import WHY, exchange, first_id, gap, is_erased, part, ref_of
from crawlers.evidence.members import Damaged, label, members, parse, record_of
from crawlers.evidence.shelf import shelf_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from core.records import SetAside, WarcRef
    from crawlers.erasing.optout import OptOuts
    from crawlers.erasing.traces import Traces
    from crawlers.evidence.members import Record
    from crawlers.evidence.shelf import Shelf

Place = tuple[str, int]  # file, relative to the archive, and offset
ANSWERS = ("response", "resource", "conversion")
SLIM = {"id", "url", "platform_id", "title", "text", "published_at", "author"}  # of a document, where all of it does not fit


class Left(NamedTuple):
    """What is left of a record; no ``ref`` where nothing is."""

    ref: WarcRef | None
    target: str = ""
    date: str = ""


@dataclass
class Hit:
    """A record that an opt-out covers. ``covered``: its address is; ``numbers``: the erased documents that it shows; ``rows``: addresses of other
    covered objects in it; ``follows``: it goes if this record goes.
    """

    record_id: str
    covered: bool
    numbers: set[int]
    rows: set[str]
    follows: str = ""

    @property
    def certain(self) -> bool:
        """Whether it goes whatever becomes of others."""
        return bool(self.covered or self.numbers or self.rows)


@dataclass
class Sweep:
    """One search through all files, oldest first, and what came of it."""

    root: Path
    opt_outs: OptOuts
    traces: Traces
    at: datetime
    why: str = WHY  # stands in place of what is erased
    left: dict[Place, Left] = field(default_factory=dict)  # of what this and earlier purges erased
    hits: dict[str, dict[int, Hit]] = field(default_factory=dict)  # by file and offset
    damaged: list[str] = field(default_factory=list)
    others: dict[Place, list[Document | SetAside]] = field(default_factory=dict)  # that rest on a hit and stay
    erased: int = 0
    rewritten: int = 0
    held: set[str] = field(default_factory=set)  # SHA-256 of payloads that stay whole, with all of their exchange
    _gone: set[str] = field(default_factory=set)
    _found: set[str] = field(default_factory=set)

    def look(self, batch: str) -> None:
        """Search one batch's file."""
        path, end = self.path(batch), 0
        if not path.exists():
            return
        held = held_in(path, self.held)
        for offset, raw, data in members(path):
            end = offset + len(raw)
            try:
                record = parse(data)
            except Damaged:
                continue
            if record.get("WARC-Record-ID") in held and not is_erased(record):
                continue
            hit = self._judged(record, raw, (name_of(path), offset))
            if hit:
                self.hits.setdefault(name_of(path), {})[offset] = hit
                self._found.add(hit.record_id)
        if end < path.stat().st_size:
            self.damaged.append(name_of(path))

    def path(self, batch: str) -> Path:
        """The file of a batch."""
        return self.root / "evidence" / f"{batch}.warc.gz"

    def is_hit(self, ref: WarcRef | None) -> bool:
        """Whether something rests on a record that is going to be exchanged."""
        return ref is not None and ref.offset in self.hits.get(ref.file, ())

    def moved(self, ref: WarcRef | None) -> WarcRef | None:
        """Where what is left of a record lies; None where nothing is."""
        left = self.left.get((ref.file, ref.offset)) if ref else None
        return left.ref if left else ref

    def _judged(self, record: Record, raw: bytes, place: Place) -> Hit | None:
        marked, identity, target = is_erased(record), record.get("WARC-Record-ID"), record.get("WARC-Target-URI")
        if marked:
            self.left[place] = _left(record, raw, place)
            if record.get("WARC-Type") != "conversion":
                self._gone.add(record.get("WARC-Refers-To"))
                return None
        covered = bool(target) and self.opt_outs.covers_address(target)
        rest = {number for number, known in self.traces.places.get(place, {}).items() if not marked or known == identity}
        numbers = rest | self._shown(record, target, marked=marked)
        earlier = record.get("WARC-Refers-To") if record.get("WARC-Type") == "revisit" else ""
        follows = earlier if earlier in self._gone or earlier in self._found else ""
        hit = Hit(identity, covered, numbers, self._rows(record), follows)
        return hit if hit.certain or follows else None

    def _rows(self, record: Record) -> set[str]:
        """Addresses of the covered objects of an answer that was kept in part."""
        payload = payload_of(record) if record.get("WARC-Type") == "conversion" else None
        return {str(row["url"]) for row in payload.rows() if row.get("url") and self.opt_outs.covers_row(row)} if payload else set()

    def _shown(self, record: Record, target: str, *, marked: bool) -> set[int]:
        """The erased documents that a record shows. What was left by an earlier purge is others' own, who may quote them."""
        kind = record.get("WARC-Type")
        if kind not in (*ANSWERS, "revisit") or not self.traces:
            return set()
        found = self.traces.at(target)
        if kind != "revisit" and host_of(target) in self.traces.hosts and (payload := payload_of(record)):
            found |= self.traces.named_in(payload) if marked else self.traces.found_in(payload)
        return found

    def exchange(self, batch: str, *, workshop: Path) -> None:
        """Exchange what was found in one batch's file."""
        path = self.path(batch)
        hits = self.hits.get(name_of(path))
        if not hits:
            return
        shelf, new = shelf_of(path), dict[int, bytes]()
        for offset, hit in sorted(hits.items()):
            if offset not in new:
                self._exchange(shelf, hit, (name_of(path), offset), new)
        if new:
            exchange(path, new, workshop=workshop)

    def _exchange(self, shelf: Shelf, hit: Hit, place: Place, new: dict[int, bytes]) -> None:
        """Put into ``new`` what stands from now on in place of a record and of what belongs to it alone."""
        others, record = self.others.get(place, []), shelf.record(hit.record_id)
        if record is None or not (hit.certain or hit.follows in self._gone):
            return
        kept = self._part(record, hit, others, length=shelf.places[hit.record_id].length) if others else None
        if kept:
            self.rewritten += 1
            self._place(kept, place, new)
            return
        for identity in [hit.record_id] if others else _chain(shelf, hit.record_id, record):
            spot, gone = shelf.places[identity], shelf.record(identity)
            where = (place[0], spot.offset)
            if gone is not None and spot.offset not in new and (identity == hit.record_id or not self.others.get(where)):
                self.erased += 1
                self._gone |= {identity, first_id(gone)}
                self._place(gap(gone, spot.length, at=self.at, why=self.why), where, new)

    def _place(self, raw: bytes, place: Place, new: dict[int, bytes]) -> None:
        new[place[1]] = raw
        self.left[place] = _left(record_of(raw), raw, place)

    def _part(self, record: Record, hit: Hit, others: list[Document | SetAside], *, length: int) -> bytes | None:
        """What may stay of an answer that others share; None where nothing can, or it does not fit."""
        documents = [one for one in others if isinstance(one, Document)]
        target = record.get("WARC-Target-URI")
        if hit.covered:
            target = next((one.url for one in documents), "")
        for payload in self._payloads(record, hit, documents):
            kept = part(record, payload, length, at=self.at, target=target)
            if kept:
                return kept
        return None

    def _payloads(self, record: Record, hit: Hit, documents: list[Document]) -> Iterator[bytes]:
        if not hit.covered and record.get("WARC-Type") in ANSWERS and (shown := payload_of(record)):
            redacted = _without(shown, self.traces.names(hit.numbers) | hit.rows)
            if redacted is not None and self._is_clean(shown, Payload(redacted), documents):
                yield redacted
        if documents:
            whole = [one.model_dump(mode="json", exclude_none=True, exclude={"evidence"}) for one in documents]
            yield json.dumps(whole, ensure_ascii=False).encode()
            yield json.dumps([{name: value for name, value in one.items() if name in SLIM} for one in whole], ensure_ascii=False).encode()

    def _is_clean(self, before: Payload, after: Payload, documents: Iterable[Document]) -> bool:
        """Whether an answer without the covered items shows nothing more of them, and still all the others."""
        wanted = {name for one in documents for name in (one.url, one.platform_id) if name} & before.identities()
        return wanted <= after.identities() and not self.traces.found_in(after)


def held_in(path: Path, payloads: Collection[str]) -> set[str]:
    """Ids of the records of a file that belong to an exchange whose payload must stay."""
    if not payloads or not path.exists():
        return set()
    shelf, found, labels = shelf_of(path), set[str](), {label(one) for one in payloads}
    for identity in shelf.places:
        record = shelf.record(identity)
        if record is not None and record.get("WARC-Payload-Digest") in labels:
            found |= {identity, *shelf.exhibit(identity), *shelf.exhibit(first_id(record))}
    return found


def _chain(shelf: Shelf, identity: str, record: Record) -> list[str]:
    """All that belongs to an answer alone: not the certificate, which others share, nor what is said of the whole file."""
    parts = {one for name in (identity, first_id(record)) for one in shelf.exhibit(name)}
    return sorted((parts & shelf.places.keys()) - shelf.certificates - {shelf.info, shelf.clock} | {identity})


def _without(shown: Payload, names: set[str]) -> bytes | None:
    try:
        return without_items(shown.body, out=names, url="")
    except RecursionError:  # an answer that nests too deep to be taken apart
        return None


def name_of(path: Path) -> str:
    """A file of evidence as references name it."""
    return f"evidence/{path.name}"


def _left(record: Record, raw: bytes, place: Place) -> Left:
    ref = ref_of(record, raw, file=place[0], offset=place[1])
    return Left(ref, record.get("WARC-Target-URI"), record.get("WARC-Date")) if ref else Left(None)
