"""Evidence as WARC 1.1: what was asked, of whom, and what came back; an unchanged body is noted as a revisit. Digests are SHA-256.

What a record rests on is written before it (certificate, request, then the answer), so that a killed process leaves no answer without them.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
import ssl
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from core.records import WarcRef
from crawlers.evidence.clock import synchronised
from crawlers.evidence.members import LEVEL, STORED, Pairs, fields, hex_of, label, lines, member, members, new_id, parse, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Protocol

    from crawlers.evidence.clock import ClockState
    from crawlers.fetching.capture import Capture

    class Earlier(Protocol):
        """Finds when and where a body was archived."""

        def __call__(self, sha256: str, *, url: str) -> tuple[str, WarcRef] | None: ...  # noqa: D102


PROFILE = "http://netpreserve.org/warc/1.1/revisit/"
FIELDS = "application/warc-fields"
SPECIFICATION = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
REDIRECTED = "Vigie-Redirected-By"  # on a request: the record of a redirect that led to it
# what identifies the visit or opens a door is never kept
SECRET_HEADERS = frozenset({"authorization", "cookie", "cookie2", "set-cookie", "set-cookie2", "x-api-key", "api-key", "apikey", "x-auth-token"})
HOP = {"transfer-encoding": "X-Archive-Orig-Transfer-Encoding"}  # bodies are kept without chunks: readers must not look for them
UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"]")


class EvidenceFile:
    """A WARC file being written. ``name`` is its path in the archive once sealed; ``operator`` says whom to ask."""

    def __init__(self, path: Path, *, name: str, operator: str = "") -> None:
        self._file = path.open("ab", buffering=0)
        self.size = self._file.tell()  # bytes written
        self._name = name
        self.payloads: list[tuple[str, str, str, WarcRef]] = []  # what ``payloads_of`` will find in it
        self._seen: dict[tuple[str, str], tuple[str, WarcRef]] = {}
        self._certificates: dict[tuple[str, str, str | None], str] = {}
        self._last: tuple[tuple[str, str, str], WarcRef] | None = None
        self._given: tuple[Capture, bytes | None, WarcRef] | None = None
        self._info = new_id()
        self._write([*self._head("warcinfo", self._info, stamp(datetime.now(UTC)), FIELDS), ("WARC-Filename", name)], _info(operator))

    def add(self, capture: Capture, *, earlier: Earlier, redacted: bytes | None = None) -> WarcRef:
        """Write an exchange, its answer as a revisit where this body is already archived for this address; where the body lies.

        A ``redacted`` body is not what the site sent, so it is a WARC "conversion". The same capture given again writes nothing.
        """
        if self._given and self._given[0] is capture and self._given[1] is redacted:  # a page may hold thousands of items that are set aside
            return self._given[2]
        ref = self._add(capture, earlier=earlier, redacted=redacted)
        self._given = (capture, redacted, ref)
        return ref

    def _add(self, capture: Capture, *, earlier: Earlier, redacted: bytes | None) -> WarcRef:
        body = capture.body if redacted is None else redacted
        sha256, target, date = hashlib.sha256(body).hexdigest(), address_of(capture.url), stamp(capture.at)
        if self._last and self._last[0] == (date, target, sha256):
            return self._last[1]
        hops = [self._exchange(hop, "response", hop.body, hashlib.sha256(hop.body).hexdigest()).record_id for hop in capture.redirects]
        known = self._seen.get((sha256, target)) or earlier(sha256, url=target)
        if known:
            self._revisit(capture, "identical-payload-digest", known, hops)
            ref = known[1]
        else:
            ref = self._exchange(capture, _kind(target) if redacted is None else "conversion", body, sha256, hops)
            self._seen[sha256, target] = (date, ref)
        self._last = ((date, target, sha256), ref)
        return ref

    def not_modified(self, capture: Capture, earlier: tuple[str, WarcRef] | None = None) -> None:
        """Note that the site says (304) that what it sent ``earlier`` still stands."""
        self._revisit(capture, "server-not-modified", earlier)

    def note_clock(self, state: ClockState) -> None:
        """Note, at the end, how far this machine's clock could be trusted while the file was written."""
        found = "" if state.offset_seconds is None else f"{state.offset_seconds:+.3f}"
        said = [("vigie-clock", state.word), ("vigie-clock-offset", found), ("vigie-clock-hosts", str(state.hosts))]
        self._metadata(said, stamp(datetime.now(UTC)), [("WARC-Refers-To", self._info)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _exchange(self, capture: Capture, kind: str, body: bytes, sha256: str, hops: Sequence[str] = ()) -> WarcRef:
        """Certificate, request and answer; where the answer lies. ``hops``: the redirects that led to it."""
        identity = new_id()
        beside = self._before(capture, identity, hops)
        if kind == "conversion":  # takes neither the address nor the records beside it (WARC 1.1, 5.7 and 5.11)
            self._original(capture, identity)
            beside = []
        block, media = (_answer(capture) + body, "application/http; msgtype=response") if kind == "response" else (body, _media(capture, body))
        start, packed = self.size, kind == "response" and any(name.lower() == "content-encoding" for name, _ in capture.headers)
        head = [
            *self._head(kind, identity, stamp(capture.at), media, target=address_of(capture.url)),
            *beside,
            ("WARC-Payload-Digest", label(sha256)),
        ]
        record_sha256 = self._write(head, block, level=STORED if packed else LEVEL)
        ref = WarcRef(file=self._name, offset=start, length=self.size - start, record_id=identity, payload_sha256=sha256, record_sha256=record_sha256)
        self.payloads.append((sha256, address_of(capture.url), stamp(capture.at), ref))
        return ref

    def _revisit(self, capture: Capture, profile: str, earlier: tuple[str, WarcRef] | None, hops: Sequence[str] = ()) -> None:
        identity, target = new_id(), address_of(capture.url)
        head = self._head("revisit", identity, stamp(capture.at), "application/http; msgtype=response", target=target)
        head += [*self._before(capture, identity, hops), ("WARC-Profile", PROFILE + profile), ("WARC-Refers-To-Target-URI", target)]
        if earlier:
            date, ref = earlier
            head += [("WARC-Refers-To", ref.record_id), ("WARC-Refers-To-Date", date), ("WARC-Payload-Digest", label(ref.payload_sha256))]
        self._write(head, _answer(capture))

    def _before(self, capture: Capture, identity: str, hops: Sequence[str]) -> Pairs:
        """Write what an answer rests on; the headers that tie it to that."""
        origin = [("WARC-IP-Address", capture.address)] if capture.address else []
        if _kind(capture.url) != "response":  # no message of HTTP
            return origin
        beside, request = self._certificate(capture), new_id()
        head = self._head("request", request, stamp(capture.at), "application/http; msgtype=request", target=address_of(capture.url))
        led = [(REDIRECTED, hop) for hop in hops]
        self._write([*head, *origin, ("WARC-Concurrent-To", identity), *beside, *led], _request(capture))
        return [*origin, ("WARC-Concurrent-To", request), *beside]

    def _certificate(self, capture: Capture) -> Pairs:
        """The host's certificate and what was agreed with it, written once a file."""
        if capture.certificate is None:
            return []
        host, fingerprint = urlsplit(address_of(capture.url)).netloc, hashlib.sha256(capture.certificate).hexdigest()
        known = (host, fingerprint, capture.tls)
        if known not in self._certificates:
            described = [("host", host), ("tls", capture.tls or ""), ("certificate-sha256", fingerprint), *certificate_facts(capture.certificate)]
            origin = [("WARC-Target-URI", f"https://{host}/"), *([("WARC-IP-Address", capture.address)] if capture.address else [])]
            self._certificates[known] = self._metadata(described, stamp(capture.at), origin)
        return [("WARC-Concurrent-To", self._certificates[known])]

    def _original(self, capture: Capture, identity: str) -> None:
        """What is known of an answer that is kept only in part."""
        headers = lines(_kept(capture.headers), encoding="latin-1").decode("latin-1").strip().replace("\r\n", "\n")
        size, sha256 = str(len(capture.body)), hashlib.sha256(capture.body).hexdigest()
        told = [("vigie-original-status", str(capture.status)), ("vigie-original-headers", headers), ("vigie-original-length", size),
                ("vigie-original-sha256", sha256)]  # fmt: skip
        self._metadata(told, stamp(capture.at), [("WARC-Target-URI", address_of(capture.url)), ("WARC-Refers-To", identity)])

    def _metadata(self, told: Pairs, date: str, more: Pairs) -> str:
        identity = new_id()
        self._write([*self._head("metadata", identity, date, FIELDS), *more], fields(told))
        return identity

    def _head(self, kind: str, identity: str, date: str, media: str, *, target: str = "") -> Pairs:
        where = [("WARC-Target-URI", target)] if target else []
        file = [] if kind == "warcinfo" else [("WARC-Warcinfo-ID", self._info)]
        return [("WARC-Type", kind), ("WARC-Record-ID", identity), ("WARC-Date", date), *where, *file, ("Content-Type", media)]

    def _write(self, head: Pairs, block: bytes, *, level: int = LEVEL) -> str:
        """Hand a member to the system at once; its SHA-256. A disk that fills leaves no half of it. Raises OSError."""
        raw = member(head, block, level=level)
        rest = memoryview(raw)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError:
            with contextlib.suppress(OSError):
                self._file.truncate(self.size)
            raise
        self.size += len(raw)
        return hashlib.sha256(raw).hexdigest()


def payloads_of(path: Path) -> Iterator[tuple[str, str, str, WarcRef]]:
    """SHA-256, address, time and place of each answer in a sealed WARC file, redirects among them; a damaged record is passed over."""
    for offset, raw, data in members(path):
        with contextlib.suppress(ValueError):
            record = parse(data)
            if record.get("WARC-Type") in ("response", "conversion", "resource"):
                sha256, identity = hex_of(record.get("WARC-Payload-Digest")), record.get("WARC-Record-ID")
                ref = WarcRef(file=f"evidence/{path.name}", offset=offset, length=len(raw), record_id=identity, payload_sha256=sha256,
                              record_sha256=hashlib.sha256(raw).hexdigest())  # fmt: skip
                yield sha256, record.get("WARC-Target-URI"), record.get("WARC-Date"), ref


@lru_cache(maxsize=64)  # a record says the same address in several places
def address_of(url: str) -> str:
    """An address as WARC-Target-URI writes it: no fragment, no credentials, nothing that could end the line."""
    try:
        parts = urlsplit(url)
        url = urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    except ValueError:
        pass
    return UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", url)


def certificate_facts(der: bytes) -> Pairs:
    """Subject, issuer, validity and PEM of a certificate; the PEM alone where it cannot be read."""
    from cryptography import x509

    pem = ("certificate-pem", ssl.DER_cert_to_PEM_cert(der))
    try:
        found = x509.load_der_x509_certificate(der)
        names = [("certificate-subject", found.subject.rfc4514_string()), ("certificate-issuer", found.issuer.rfc4514_string())]
        days = (("certificate-not-before", found.not_valid_before_utc), ("certificate-not-after", found.not_valid_after_utc))
    except (ValueError, x509.InvalidVersion):
        return [pem]
    return [*((name, " ".join(value.split())) for name, value in names), *((name, day.isoformat()) for name, day in days), pem]


def software() -> str:
    """This program and its version."""
    try:
        return f"Vigie/{version('vigie')}"
    except PackageNotFoundError:
        return "Vigie"


def _info(operator: str) -> bytes:
    known = {True: "synchronised", False: "not synchronised", None: "unknown"}[synchronised()]
    machine = f"{platform.node()} ({platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()})"
    named = [("software", software()), ("format", "WARC File Format 1.1"), ("conformsTo", SPECIFICATION),
             ("operator", operator), ("hostname", machine), ("robots", "classic"), ("vigie-clock", known)]  # fmt: skip
    return fields(named)


def _kind(url: str) -> str:
    return "response" if urlsplit(url).scheme.lower() in ("http", "https") else "resource"


def _kept(headers: Pairs) -> Pairs:
    """Headers as evidence: what identifies the visit is left out."""
    return [
        (HOP.get(name.lower(), name), value)
        for name, value in headers
        if name.lower() not in SECRET_HEADERS and not name.lower().startswith("proxy-")
    ]


def _answer(capture: Capture) -> bytes:
    return f"HTTP/1.1 {capture.status} \r\n".encode() + lines(_kept(capture.headers), encoding="latin-1")


def _request(capture: Capture) -> bytes:
    parts = urlsplit(address_of(capture.url))
    sent = _kept(capture.request_headers)
    host = [] if any(name.lower() == "host" for name, _ in sent) else [("Host", parts.netloc)]
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return f"{capture.method} {path} HTTP/1.1\r\n".encode() + lines([*host, *sent], encoding="latin-1") + capture.request_body


def _media(capture: Capture, body: bytes) -> str:
    """What a body is, when it does not stand in a message of HTTP."""
    if body[:1] in (b"[", b"{"):
        return "application/json"
    return next((value for name, value in capture.headers if name.lower() == "content-type"), "application/octet-stream")
