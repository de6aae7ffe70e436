"""Evidence as WARC 1.1: one gzip member a record, payload digests in SHA-256, an unchanged body noted as a revisit."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from core.records import WarcRef

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    class Earlier(Protocol):
        """Finds when and where a body was archived."""

        def __call__(self, sha256: str, *, url: str) -> tuple[str, WarcRef] | None: ...  # noqa: D102


SOFTWARE = "Vigie/0.1"


class EvidenceFile:
    """A WARC file being written. ``name`` is its path in the archive once sealed."""

    def __init__(self, path: Path, *, name: str) -> None:
        self._file = path.open("ab", buffering=0)
        self._writer = WARCWriter(self._file, gzip=True, warc_version="1.1")
        self._name = name
        self._seen: dict[tuple[str, str], tuple[str, WarcRef]] = {}
        info = self._writer.create_warcinfo_record(name, {"software": SOFTWARE, "format": "WARC File Format 1.1"})
        self._writer.write_record(info)

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._file.tell()

    def add(
        self, *, url: str, status: int, headers: list[tuple[str, str]], body: bytes, at: datetime, earlier: Earlier, redacted: bool = False
    ) -> WarcRef:
        """Write a response, or a revisit where this body is already archived for this address; where the body lies.

        A ``redacted`` body is not what the site sent, so it is a WARC "conversion".
        """
        sha256 = hashlib.sha256(body).hexdigest()
        known = self._seen.get((sha256, url)) or earlier(sha256, url=url)
        http = StatusAndHeaders(str(status), headers, protocol="HTTP/1.1")
        date = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if known:
            record = self._writer.create_revisit_record(url, digest=_label(sha256), refers_to_uri=url, refers_to_date=known[0], http_headers=http,
                                                        warc_headers_dict={"WARC-Date": date})  # fmt: skip
            self._writer.write_record(record)
            return known[1]
        options = {"warc_content_type": "application/json"} if redacted else {"http_headers": http}
        record = self._writer.create_warc_record(url, "conversion" if redacted else "response", payload=BytesIO(body), length=len(body),
                                                 warc_headers_dict={"WARC-Date": date, "WARC-Payload-Digest": _label(sha256)}, **options)  # fmt: skip
        start = self.size
        self._writer.write_record(record)
        identity = record.rec_headers.get_header("WARC-Record-ID")
        ref = WarcRef(file=self._name, offset=start, length=self.size - start, record_id=identity, payload_sha256=sha256)
        self._seen[sha256, url] = (date, ref)
        return ref

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def payloads_of(path: Path) -> Iterator[tuple[str, str, str, WarcRef]]:
    """SHA-256, address, time and place of each response in a sealed WARC file."""
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            if record.rec_type not in ("response", "conversion"):
                continue
            header = record.rec_headers.get_header
            sha256 = _hex(header("WARC-Payload-Digest"))
            offset, length = records.get_record_offset(), records.get_record_length()
            ref = WarcRef(file=f"evidence/{path.name}", offset=offset, length=length, record_id=header("WARC-Record-ID"), payload_sha256=sha256)
            yield sha256, header("WARC-Target-URI"), header("WARC-Date"), ref


def _label(sha256: str) -> str:
    return "sha256:" + base64.b32encode(bytes.fromhex(sha256)).decode()


def _hex(label: str) -> str:
    return base64.b32decode(label.removeprefix("sha256:")).hex()
