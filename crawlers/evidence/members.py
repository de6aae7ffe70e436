"""One WARC record as one gzip member: from values to bytes and back. A file of evidence is a row of such members (WARC 1.1, annex D)."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

LEVEL = 4  # of zlib: less than half the time of level 9, for 5 % more space
STORED = 0  # for a body that the site compressed: nothing more can be gained
CHUNK = 1 << 16
MAX_RECORD = 64 * 2**20  # bytes unpacked: a page takes 10 MB at most, so more is an attack on the reader
BREAKS = re.compile(r"[\r\n\x00]+")
Pairs = list[tuple[str, str]]


class Damaged(ValueError):  # noqa: N818 - a finding, not a mistake of the program
    """These bytes are not one whole WARC record in one gzip member."""


@dataclass(frozen=True)
class Record:
    """A record as read. ``headers`` have lower-case names, in the file's order."""

    headers: tuple[tuple[str, str], ...]
    block: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name: str) -> str:
        """The first value of a header; "" where there is none."""
        return next(iter(self.all(name)), "")

    @property
    def is_http(self) -> bool:
        """Whether the block is a message of HTTP: a status or request line, headers, a body."""
        return self.get("Content-Type").lower().startswith("application/http")

    @property
    def message(self) -> tuple[str, dict[str, str], bytes]:
        """The first line, the headers (lower-case names, the last value of each) and the payload; without HTTP, the payload alone."""
        if not self.is_http:
            return "", {}, self.block
        head, _, payload = self.block.partition(b"\r\n\r\n")
        first, *lines = text_of(head).split("\r\n")
        return first, {key.lower(): value for key, value in _pairs(lines)}, payload

    @property
    def fields(self) -> dict[str, str]:
        """The block as application/warc-fields; the lines of a folded value keep their line breaks."""
        return dict(_pairs(text_of(self.block).replace("\r\n ", "\n").split("\r\n")))


def member(headers: Pairs, block: bytes, *, level: int = LEVEL) -> bytes:
    """The gzip member of a record; its digest and length are added to its headers."""
    named = [*headers, ("WARC-Block-Digest", label(hashlib.sha256(block).hexdigest())), ("Content-Length", str(len(block)))]
    deflate = zlib.compressobj(level, zlib.DEFLATED, 31)
    return b"".join((deflate.compress(b"WARC/1.1\r\n" + lines(named)), deflate.compress(block), deflate.compress(b"\r\n\r\n"), deflate.flush()))


def lines(pairs: Iterable[tuple[str, str]], *, encoding: str = "utf-8") -> bytes:
    """Header lines and the empty one that ends them; a value holds no line break."""
    given = [f"{name}: {value}" for name, value in pairs]
    if BREAKS.search("".join(given)):
        given = [BREAKS.sub(" ", line) for line in given]
    written = "\r\n".join([*given, "", ""])
    try:
        return written.encode(encoding)
    except UnicodeEncodeError:
        return written.encode("utf-8", errors="replace")


def fields(pairs: Iterable[tuple[str, str]]) -> bytes:
    """A block of application/warc-fields; the further lines of a value are folded. Empty values are left out."""
    folded = ((name, "\r\n ".join(BREAKS.sub(" ", line) for line in value.strip().split("\n"))) for name, value in pairs if value)
    return "".join(f"{name}: {value}\r\n" for name, value in folded).encode("utf-8", errors="replace")


def record_of(raw: bytes) -> Record:
    """The record that a gzip member holds. Raises Damaged unless it is exactly one whole member with exactly one whole record."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        data = inflate.decompress(raw, MAX_RECORD)
    except zlib.error as error:
        raise Damaged(f"no sound gzip member ({error})") from error
    if not inflate.eof or inflate.unused_data:
        raise Damaged("cut short, too large, or more than one gzip member")
    return parse(data)


def parse(data: bytes) -> Record:
    """The record whose bytes these are. Raises Damaged."""
    head, found, rest = data.partition(b"\r\n\r\n")
    first, *named = text_of(head).split("\r\n")
    pairs = tuple((key.lower(), value) for key, value in _pairs(named))
    length = next((value for key, value in pairs if key == "content-length"), "")
    if not found or not first.startswith("WARC/1.") or not (length.isascii() and length.isdigit() and len(length) < 16):
        raise Damaged("no WARC record")
    if rest[int(length) :] != b"\r\n\r\n":
        raise Damaged("the record's length is not what it says")
    return Record(pairs, rest[: int(length)])


def members(path: Path) -> Iterator[tuple[int, bytes, bytes]]:
    """Offset, bytes, and bytes once unpacked, of each whole gzip member, one at a time, up to a damaged one. Raises OSError."""
    offset, inflate, raw, data = 0, zlib.decompressobj(wbits=31), bytearray(), bytearray()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            while chunk:
                try:
                    data += inflate.decompress(chunk, MAX_RECORD - len(data))
                except zlib.error:
                    return
                rest = inflate.unused_data
                raw += chunk[: len(chunk) - len(rest)]
                if not inflate.eof:
                    if len(data) >= MAX_RECORD:
                        return
                    break
                yield offset, bytes(raw), bytes(data)
                offset, chunk, inflate, raw, data = offset + len(raw), rest, zlib.decompressobj(wbits=31), bytearray(), bytearray()


def new_id() -> str:
    """A fresh WARC-Record-ID."""
    return f"<urn:uuid:{uuid.uuid4()}>"


@lru_cache(maxsize=16)  # a record says the same time in several places
def stamp(at: datetime) -> str:
    """WARC-Date: UTC with microseconds, as WARC 1.1 allows."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def label(sha256: str) -> str:
    """A digest as WARC headers write it."""
    return "sha256:" + base64.b32encode(bytes.fromhex(sha256)).decode()


def hex_of(digest: str) -> str:
    """The SHA-256 of such a header. Raises ValueError for what is none."""
    return base64.b32decode(digest.removeprefix("sha256:")).hex()


def text_of(head: bytes) -> str:
    """Header lines: UTF-8, else Latin-1."""
    try:
        return head.decode()
    except UnicodeDecodeError:
        return head.decode("latin-1")


def _pairs(written: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in written:
        name, found, value = line.partition(":")
        if found:
            yield name.strip(), value.strip()
