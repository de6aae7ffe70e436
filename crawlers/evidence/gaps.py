"""What stands in a file of evidence in place of a record that was erased: a gzip member of exactly the same length, so that no other record moves.

The length is made up by the comment of the gzip header (RFC 1952), which every reader skips. ``Vigie-Erased`` tells such records from others.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

from core.errors import ConfigError
from core.files import sync
from core.records import WarcRef
from crawlers.evidence.members import CHUNK, fields, label, lines, new_id, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from crawlers.evidence.members import Pairs, Record

MARK = "Vigie-Erased"
WHY = "on request (GDPR art. 17 and 21)"
HEADER = b"\x1f\x8b\x08%b\x00\x00\x00\x00\x02\xff"  # gzip, deflate, flags, no time, best compression, system unknown
COMMENT = b"\x10"


def gap(record: Record, length: int, *, at: datetime, why: str = WHY) -> bytes:
    """The member in place of an erased record: a note that something was erased, and why. Raises ConfigError where not even that fits."""
    head = [("WARC-Type", "metadata"), ("WARC-Record-ID", new_id()), ("WARC-Date", stamp(at)), (MARK, stamp(at))]
    old = [("WARC-Refers-To", first_id(record))]
    note = fields([("vigie-erased", stamp(at)), ("vigie-reason", why)])
    media = [("Content-Type", "application/warc-fields")]
    for tried, block in (([*head, *old, *media], note), ([*head, *old], b""), (head, b"")):
        found = fitted(tried, block, length)
        if found:
            return found
    raise ConfigError(f"a record of {length} bytes is too short to be erased in place; it was not written by Vigie: move its file out of the archive")


def part(record: Record, payload: bytes, length: int, *, at: datetime, target: str) -> bytes | None:
    """The member in place of an answer of which only a part may be kept, as JSON; None where it does not fit."""
    info = record.get("WARC-Warcinfo-ID")
    head = [
        ("WARC-Type", "conversion"),
        ("WARC-Record-ID", new_id()),
        ("WARC-Date", record.get("WARC-Date")),
        ("WARC-Target-URI", target),
        *([("WARC-Warcinfo-ID", info)] if info else []),
        ("WARC-Refers-To", first_id(record)),
        (MARK, stamp(at)),
        ("Content-Type", "application/json"),
        ("WARC-Payload-Digest", label(hashlib.sha256(payload).hexdigest())),
        ("WARC-Block-Digest", label(hashlib.sha256(payload).hexdigest())),
    ]
    return fitted(head, payload, length)


def fitted(head: Pairs, block: bytes, length: int) -> bytes | None:
    """A record as a gzip member of exactly this length; None where it takes more."""
    data = b"WARC/1.1\r\n" + lines([*head, ("Content-Length", str(len(block)))]) + block + b"\r\n\r\n"
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(data) + deflate.flush() + struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    room = length - len(HEADER % b"\x00") - len(packed)
    if room < 0:
        return None
    comment = b" " * (room - 1) + b"\x00" if room else b""
    return HEADER % (COMMENT if room else b"\x00") + comment + packed


def is_erased(record: Record) -> bool:
    """Whether a record stands in place of one that was erased, wholly or in part."""
    return bool(record.get(MARK))


def first_id(record: Record) -> str:
    """The id of the record that first stood here: what belongs to it names it so."""
    return record.get("WARC-Refers-To" if is_erased(record) else "WARC-Record-ID")


def ref_of(record: Record, raw: bytes, *, file: str, offset: int) -> WarcRef | None:
    """Where what is left of a record lies; None where nothing is left."""
    if record.get("WARC-Type") != "conversion":
        return None
    sha256 = hashlib.sha256(record.block).hexdigest()
    return WarcRef(file=file, offset=offset, length=len(raw), record_id=record.get("WARC-Record-ID"), payload_sha256=sha256,
                   record_sha256=hashlib.sha256(raw).hexdigest())  # fmt: skip


def exchange(path: Path, new: Mapping[int, bytes], *, workshop: Path) -> None:
    """Put members of the same length in place of those at these offsets: in a copy, which then takes the file's place. Raises OSError."""
    copy = workshop / path.name
    with path.open("rb") as old, copy.open("wb") as out:
        for offset in sorted(new):
            _copy(old, out, until=offset)
            out.write(new[offset])
            old.seek(len(new[offset]), 1)
        _copy(old, out, until=None)
        out.flush()
    copy.chmod(path.stat().st_mode & 0o777)
    sync(copy)
    copy.replace(path)
    sync(path.parent)


def _copy(old: BinaryIO, out: BinaryIO, *, until: int | None) -> None:
    """Copy on, up to an offset of the old file or to its end."""
    while (wanted := CHUNK if until is None else min(CHUNK, until - old.tell())) > 0 and (piece := old.read(wanted)):
        out.write(piece)
