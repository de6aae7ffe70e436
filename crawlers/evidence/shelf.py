"""What a file of evidence holds beside an answer: the request, the certificate, the redirects that led there, the clock. One pass over the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawlers.evidence.members import Damaged, Record, members, parse, record_of
from crawlers.evidence.warc import REDIRECTED

if TYPE_CHECKING:
    from pathlib import Path

MAX_MEMBER = 64 * 2**20  # bytes


@dataclass(frozen=True)
class Place:
    """Where a member lies in its file, in bytes."""

    offset: int
    length: int


@dataclass(frozen=True)
class Request:
    """A request: its record, and those that it names."""

    record_id: str
    beside: tuple[str, ...]
    redirects: tuple[str, ...]


@dataclass
class Shelf:
    """The places of a file's records by their id, and what belongs to which answer."""

    path: Path
    places: dict[str, Place] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)  # by the answer's id
    originals: dict[str, str] = field(default_factory=dict)  # what is known of an answer kept in part, by its id
    certificates: set[str] = field(default_factory=set)
    info: str = ""
    clock: str = ""

    def raw(self, record_id: str) -> bytes:
        """The bytes of a record's member; none for one that is not here. Raises OSError."""
        place = self.places.get(record_id)
        return read_at(self.path, place.offset, place.length) if place else b""

    def record(self, record_id: str) -> Record | None:
        """A record of this file, or None. Raises OSError."""
        raw = self.raw(record_id)
        return record_of(raw) if raw else None

    def certificate_of(self, record_id: str) -> str:
        """The id of the certificate's record of an answer; "" where there is none."""
        request = self.requests.get(record_id)
        return next((one for one in request.beside if one in self.certificates), "") if request else ""

    def exhibit(self, record_id: str) -> list[str]:
        """The ids of all that belongs to an answer, and its own, in the file's order."""
        wanted = {self.info, self.clock, self.originals.get(record_id, ""), record_id}
        for answer in (*self.redirects_of(record_id), record_id):
            request = self.requests.get(answer)
            wanted |= {answer, self.certificate_of(answer), request.record_id if request else ""}
        return sorted(wanted & self.places.keys(), key=lambda one: self.places[one].offset)

    def redirects_of(self, record_id: str) -> tuple[str, ...]:
        """The ids of the redirects that led to an answer."""
        request = self.requests.get(record_id)
        return request.redirects if request else ()


def shelf_of(path: Path) -> Shelf:
    """Read a file once. A damaged member ends the reading: what lies after it is not found. Raises OSError."""
    shelf = Shelf(path)
    for offset, raw, data in members(path):
        try:
            _place(shelf, parse(data), Place(offset, len(raw)))
        except Damaged:
            continue
    return shelf


def _place(shelf: Shelf, record: Record, place: Place) -> None:
    identity, kind = record.get("WARC-Record-ID"), record.get("WARC-Type")
    shelf.places[identity] = place
    if kind == "warcinfo":
        shelf.info = shelf.info or identity
    elif kind == "request":
        answer, *beside = record.all("WARC-Concurrent-To") or [""]
        shelf.requests[answer] = Request(identity, tuple(beside), tuple(record.all(REDIRECTED)))
    elif kind == "metadata":
        _note(shelf, record, identity)


def _note(shelf: Shelf, record: Record, identity: str) -> None:
    told = record.fields
    if "certificate-sha256" in told:
        shelf.certificates.add(identity)
    elif "vigie-original-sha256" in told:
        shelf.originals[record.get("WARC-Refers-To")] = identity
    elif "vigie-clock" in told:
        shelf.clock = identity


def read_at(path: Path, offset: int, length: int) -> bytes:
    """Bytes of a file, fewer where it ends before. Raises OSError."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(min(length, MAX_MEMBER))
