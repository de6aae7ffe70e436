"""Evidence files: all that an exchange was, nothing that opens a door, and accepted by warcio's own checker."""

from __future__ import annotations

import errno
import gzip
import hashlib
import ssl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawlers.evidence.clock import ClockState
from crawlers.evidence.members import MAX_RECORD, Damaged, member, members, parse, record_of
from crawlers.evidence.warc import EvidenceFile, address_of, payloads_of
from tests.crawlers.captures import NOW, URL, make_capture, make_certificate

if TYPE_CHECKING:
    from crawlers.evidence.members import Record
    from crawlers.fetching.capture import Capture

WARCIO = Path(sys.executable).with_name("warcio")
NEVER = lambda sha256, *, url: None


def write(path: Path, *captures: Capture, redacted: bytes | None = None) -> list:
    file = EvidenceFile(path, name=f"evidence/{path.name}", operator="essai@exemple.test")
    refs = [file.add(capture, earlier=NEVER, redacted=redacted) for capture in captures]
    file.close()
    return refs


def records(path: Path) -> list[Record]:
    return [parse(data) for _, _, data in members(path)]


def kinds(path: Path) -> list[str]:
    return [record.get("WARC-Type") for record in records(path)]


def check(path: Path) -> None:
    done = subprocess.run([WARCIO, "check", "-v", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail" not in done.stdout
    assert not done.stderr


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "essai.warc.gz"


def test_warcio_accepts_every_kind_of_record(path: Path) -> None:
    file = EvidenceFile(path, name="evidence/essai.warc.gz", operator="essai@exemple.test")
    hop = make_capture("http://exemple.test/a", b"", status=301, headers=[("Location", URL)])
    page = make_capture(redirects=(hop,))
    ref = file.add(page, earlier=NEVER)
    file.add(make_capture(at=NOW + timedelta(hours=1)), earlier=NEVER)
    file.add(make_capture("https://exemple.test/b"), earlier=NEVER, redacted=b'{"items": []}')
    file.add(make_capture("https://exemple.test/c", b"{}", method="POST", request_body=b'{"q": "pomme"}'), earlier=NEVER)
    file.add(make_capture("wss://exemple.test/flux", b'{"a": 1}\n{"a": 2}\n'), earlier=NEVER)
    file.not_modified(make_capture(body=b"", status=304), (NOW.isoformat(), ref))
    file.not_modified(make_capture("https://exemple.test/d", b"", status=304))
    file.note_clock(ClockState(synchronised=True, offset_seconds=0.25, hosts=3))
    file.close()
    check(path)
    assert kinds(path) == [
        "warcinfo", "request", "response", "metadata", "request", "response", "request", "revisit", "request", "metadata", "conversion",
        "request", "response", "resource", "request", "revisit", "request", "revisit", "metadata",
    ]  # fmt: skip


def test_what_opens_a_door_or_names_the_visit_is_nowhere(path: Path) -> None:
    secrets = [(name, "sesame-ouvre-toi") for name in ("Authorization", "cookie", "Proxy-Authorization", "X-Api-Key")]
    capture = make_capture("https://moi:sesame-ouvre-toi@exemple.test/a#sesame-ouvre-toi", request_headers=[("Accept", "*/*"), *secrets],
                           headers=[("Content-Type", "text/html"), ("Set-Cookie", "id=sesame-ouvre-toi"), ("X-Kept", "oui")])  # fmt: skip
    write(path, capture)
    held = b"".join(data for _, _, data in members(path))
    assert b"sesame" not in held
    assert b"X-Kept: oui\r\n" in held
    assert b"GET /a HTTP/1.1\r\nHost: exemple.test\r\nAccept: */*\r\n\r\n" in held


def test_request_answer_and_certificate_name_each_other(path: Path) -> None:
    write(path, make_capture())
    info, certificate, request, response = records(path)
    assert response.all("WARC-Concurrent-To") == [request.get("WARC-Record-ID"), certificate.get("WARC-Record-ID")]
    assert request.all("WARC-Concurrent-To") == [response.get("WARC-Record-ID"), certificate.get("WARC-Record-ID")]
    assert {record.get("WARC-IP-Address") for record in (certificate, request, response)} == {"203.0.113.7"}
    assert {record.get("WARC-Date") for record in (certificate, request, response)} == {"2026-11-01T10:00:00.123456Z"}
    assert {record.get("WARC-Warcinfo-ID") for record in (certificate, request, response)} == {info.get("WARC-Record-ID")}
    (sent,) = [one for one in posted(path) if one.get("WARC-Type") == "request"]
    assert sent.message == ("POST /q?a=1 HTTP/1.1", {"host": "exemple.test", "user-agent": "Vigie"}, b'{"q": "pomme"}')
    assert info.fields["operator"] == "essai@exemple.test"
    assert info.fields["robots"] == "classic"
    assert info.fields["software"].startswith("Vigie/")
    assert info.fields["vigie-clock"] in ("synchronised", "not synchronised", "unknown")


def posted(path: Path) -> list[Record]:
    other = path.with_name("post.warc.gz")
    write(
        other, make_capture("https://exemple.test/q?a=1#b", method="POST", request_body=b'{"q": "pomme"}', request_headers=[("User-Agent", "Vigie")])
    )
    return records(other)


def test_a_certificate_is_written_once_a_host_and_file_and_can_be_read_back(path: Path) -> None:
    other = make_certificate("exemple.test", "autre")
    captures = [make_capture(), make_capture("https://exemple.test/b"), make_capture("https://exemple.test/c", certificate=other),
                make_capture("https://www.exemple.test/")]  # fmt: skip
    write(path, *captures)
    found = [record.fields for record in records(path) if "certificate-sha256" in record.fields]
    assert [fields["host"] for fields in found] == ["exemple.test", "exemple.test", "www.exemple.test"]
    assert [ssl.PEM_cert_to_DER_cert(fields["certificate-pem"]) for fields in found] == [make_certificate(), other, make_certificate()]
    assert [fields["certificate-sha256"] for fields in found[:2]] == [hashlib.sha256(der).hexdigest() for der in (make_certificate(), other)]
    assert found[0]["certificate-subject"] == found[0]["certificate-issuer"] == "CN=exemple.test"
    assert found[0]["tls"] == "TLSv1.3"
    assert found[0]["certificate-not-after"] > found[0]["certificate-not-before"]


def test_a_certificate_that_cannot_be_read_is_kept(path: Path) -> None:
    write(path, make_capture(certificate=b"\x30\x82rubbish"))
    assert ssl.PEM_cert_to_DER_cert(records(path)[1].fields["certificate-pem"]) == b"\x30\x82rubbish"
    check(path)


def test_an_unchanged_body_is_a_revisit_and_the_same_capture_is_written_once(path: Path) -> None:
    capture = make_capture()
    first, again, later = write(path, capture, capture, make_capture(at=NOW + timedelta(hours=1)))
    assert first == again == later
    assert kinds(path) == ["warcinfo", "metadata", "request", "response", "request", "revisit"]
    revisit = records(path)[-1]
    assert revisit.get("WARC-Profile").endswith("/identical-payload-digest")
    assert revisit.get("WARC-Refers-To") == first.record_id
    assert revisit.get("WARC-Refers-To-Date") == "2026-11-01T10:00:00.123456Z"
    assert revisit.get("WARC-Date") == "2026-11-01T11:00:00.123456Z"
    assert records(path)[3].get("WARC-Payload-Digest") == revisit.get("WARC-Payload-Digest")


def test_an_unchanged_page_is_noted_with_its_304(path: Path) -> None:
    file = EvidenceFile(path, name="x")
    ref = file.add(make_capture(), earlier=NEVER)
    file.not_modified(make_capture(status=304, body=b"", request_headers=[("If-None-Match", '"v1"')]), ("2026-11-01T10:00:00.123456Z", ref))
    file.close()
    request, revisit = records(path)[-2:]
    assert revisit.get("WARC-Profile").endswith("/server-not-modified")
    assert revisit.get("WARC-Refers-To") == ref.record_id
    assert revisit.message[0].startswith("HTTP/1.1 304")
    assert request.message[1]["if-none-match"] == '"v1"'


def test_redirects_stand_before_what_they_led_to(path: Path) -> None:
    hops = tuple(make_capture(f"http://exemple.test/{n}", b"", status=302, headers=[("Location", "/suite")]) for n in (1, 2))
    write(path, make_capture(redirects=hops))
    found = records(path)
    assert kinds(path) == ["warcinfo", "request", "response", "request", "response", "metadata", "request", "response"]
    assert found[6].all("Vigie-Redirected-By") == [found[2].get("WARC-Record-ID"), found[4].get("WARC-Record-ID")]
    assert found[2].message[1]["location"] == "/suite"


def test_redacted_evidence_is_a_conversion_of_the_kind_of_the_response(path: Path) -> None:
    (ref,) = write(path, make_capture(body=b"<p>tout</p><p>retire</p>"), redacted=b"<p>tout</p>")
    *_, original, conversion = records(path)
    assert conversion.get("WARC-Type") == "conversion"
    assert conversion.get("Content-Type") == "text/html; charset=utf-8"
    assert not conversion.get("WARC-IP-Address")  # not allowed on a conversion
    assert not conversion.get("WARC-Concurrent-To")
    assert not conversion.get("WARC-Refers-To")
    assert conversion.block == b"<p>tout</p>"
    assert ref.payload_sha256 == hashlib.sha256(b"<p>tout</p>").hexdigest()
    assert b"retire" not in b"".join(data for _, _, data in members(path))
    assert original.get("WARC-Refers-To") == ref.record_id
    assert original.fields["vigie-original-sha256"] == hashlib.sha256(b"<p>tout</p><p>retire</p>").hexdigest()
    assert "Date: Sun, 01 Nov 2026 10:00:00 GMT" in original.fields["vigie-original-headers"].split("\n")
    (other,) = write(path.with_name("b.warc.gz"), make_capture(), redacted=b'[{"id": 1}]')
    assert records(path.with_name("b.warc.gz"))[-1].get("Content-Type") == "application/json"
    assert other.payload_sha256 == hashlib.sha256(b'[{"id": 1}]').hexdigest()


def test_a_reference_is_the_bytes_of_one_member_and_the_ledger_finds_the_same(path: Path) -> None:
    refs = write(path, make_capture(), make_capture("https://exemple.test/b", b"autre"))
    whole = path.read_bytes()
    for ref in refs:
        raw = whole[ref.offset : ref.offset + ref.length]
        assert hashlib.sha256(raw).hexdigest() == ref.record_sha256
        assert record_of(raw).get("WARC-Record-ID") == ref.record_id
        assert gzip.decompress(raw).startswith(b"WARC/1.1\r\n")
    assert [row[3] for row in payloads_of(path)] == refs
    assert next(row[:3] for row in payloads_of(path)) == (refs[0].payload_sha256, URL, "2026-11-01T10:00:00.123456Z")


def test_a_compressed_body_is_kept_as_sent_and_no_chunks_are_promised(path: Path) -> None:
    body = gzip.compress(b"<p>page</p>" * 100)
    headers = [("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    write(path, make_capture(body=body, headers=headers))
    check(path)
    response = records(path)[-1]
    assert response.message[2] == body
    assert "transfer-encoding" not in response.message[1]
    with path.open("rb") as file:
        assert [record.content_stream().read() for record in ArchiveIterator(file)][-1] == b"<p>page</p>" * 100


def test_headers_are_kept_byte_for_byte_and_end_no_line(path: Path) -> None:
    capture = make_capture(
        address_of("https://exemple.test/a b\r\nWARC-Type: x"), headers=[("X-Nom", "caf\xe9"), ("X-Faux", "a\r\nWARC-Type: warcinfo\r\n\r\n<p>")]
    )
    write(path, capture)
    check(path)
    response = records(path)[-1]
    assert b"X-Nom: caf\xe9\r\n" in response.block
    assert b"X-Faux: a WARC-Type: warcinfo <p>\r\n" in response.block
    assert response.get("WARC-Target-URI") == "https://exemple.test/a%20bWARC-Type:%20x"
    assert address_of('https://exemple.test/a b"<c>') == "https://exemple.test/a%20b%22%3Cc%3E"


TEXT = st.text(max_size=60)
PAIRS = st.lists(st.tuples(st.text("abcXYZ-", min_size=1, max_size=12), TEXT), max_size=5)


@settings(max_examples=60, deadline=None)
@given(PAIRS, PAIRS, TEXT, st.binary(max_size=2000), st.sampled_from([None, b"", b"[]", b"\xff\x00"]), st.integers(100, 599))
def test_any_exchange_becomes_a_sound_file(tmp_path_factory, sent, came, tail, body, redacted, status) -> None:
    path = tmp_path_factory.mktemp("w") / "x.warc.gz"
    ref, *_ = write(path, make_capture(f"https://exemple.test/{tail}", body, headers=came, request_headers=sent, status=status), redacted=redacted)
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.raw_stream.read()
    raw = path.read_bytes()[ref.offset : ref.offset + ref.length]
    assert record_of(raw).message[2] == (body if redacted is None else redacted)


def test_a_killed_process_leaves_no_answer_without_its_request(path: Path) -> None:
    write(path, make_capture(), make_capture("https://exemple.test/b", b"autre"))
    whole = path.read_bytes()
    for end in range(0, len(whole), 37):
        path.write_bytes(whole[:end])
        found = records(path)
        asked = {record.get("WARC-Concurrent-To") for record in found if record.get("WARC-Type") == "request"}
        assert {record.get("WARC-Record-ID") for record in found if record.get("WARC-Type") == "response"} <= asked


class FullDisk:
    """Takes some bytes, then refuses."""

    def __init__(self, file, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "full")
        taken = self._file.write(data[: self._room])
        self._room -= taken
        return taken

    def truncate(self, size: int) -> None:
        self._file.truncate(size)


def test_a_full_disk_leaves_whole_members_only(path: Path) -> None:
    file = EvidenceFile(path, name="x")
    file.add(make_capture(), earlier=NEVER)
    size, real = file.size, file._file
    file._file = FullDisk(real, 40)
    with pytest.raises(OSError, match="full"):
        file.add(make_capture("https://exemple.test/b"), earlier=NEVER)
    assert path.stat().st_size == file.size == size
    file._file = real
    file.add(make_capture("https://exemple.test/b"), earlier=NEVER)  # space was made
    file.close()
    check(path)


def test_what_is_no_record_is_refused_in_bounded_memory(path: Path) -> None:
    sound = member([("WARC-Type", "resource")], b"x")
    for raw in (b"", b"rubbish", sound[:-1], sound + b"x", sound + sound, gzip.compress(b"WARC/1.1\r\nContent-Length: 9\r\n\r\nx\r\n\r\n"),
                gzip.compress(b"WARC/1.1\r\nContent-Length: x\r\n\r\n"), gzip.compress(b"GET / HTTP/1.1\r\n\r\n"), gzip.compress(bytes(MAX_RECORD + 1))):  # fmt: skip
        with pytest.raises(Damaged):
            record_of(raw)
    path.write_bytes(sound + gzip.compress(bytes(MAX_RECORD + 1)) + sound)
    assert [offset for offset, _, _ in members(path)] == [0]
    path.write_bytes(sound + sound + b"rubbish")
    assert [offset for offset, _, _ in members(path)] == [0, len(sound)]


def test_damaged_records_are_passed_over_when_the_ledger_is_filled_again(path: Path) -> None:
    (ref,) = write(path, make_capture())
    path.write_bytes(gzip.compress(b"no record") + path.read_bytes())
    assert [row[3].record_id for row in payloads_of(path)] == [ref.record_id]
