"""A document is proved by its record, or the check that fails says in plain words what is wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.main import run
from core.errors import Invalid, NotFound
from core.records import Document, Funding
from core.urls import document_id
from crawlers.evidence import matching
from crawlers.evidence.clock import ClockState
from crawlers.evidence.exhibit import export
from crawlers.evidence.matching import NoCodec, Payload, TooMuch, plain, unpacked, views
from crawlers.evidence.members import members, parse
from crawlers.evidence.proof import Verifier, document_of, verify
from crawlers.evidence.witness import identified
from crawlers.reading.drafts import Draft, content_digest, deleted
from tests.conftest import make_document
from tests.crawlers.captures import NOW, URL, make_capture, make_certificate

if TYPE_CHECKING:
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.proof import Proof
    from crawlers.fetching.capture import Capture

WARCIO = Path(sys.executable).with_name("warcio")
TEXT = "Une première ligne, avec des mots.\nUne seconde : « l'été », n°2.\n[image : un verger]"
PAGE = (
    "<html><title>Le verger &amp; l'été</title><p>Une <b>première</b> ligne,\n avec des mots.</p><p>Une seconde : «&nbsp;l&#39;&eacute;t&eacute;&nbsp;», "
    "n°2.</p><img alt='un verger'></html>"
).encode()


def a_document(url: str = URL, text: str = TEXT, title: str | None = "Le verger & l'été", **fields: object) -> Document:
    digest = content_digest(Draft(url=url, kind="post", text=text, title=title))
    return make_document(url, text, title=title, collected_at=NOW + timedelta(seconds=5), **({"content_sha256": digest} | fields))


def keep(archive: Archive, document: Document, capture: Capture, *, redacted: bytes | None = None, clock: ClockState | None = None) -> Document:
    batch = archive.open_batch("essai")
    kept = document.model_copy(update={"evidence": batch.add_response(capture, redacted=redacted)})
    assert batch.add(kept)
    if clock:
        batch.note_clock(clock)
    batch.seal()
    return kept


def outcome(proof: Proof, name: str) -> str:
    return next(check.outcome for check in proof.checks if check.name == name)


def sentence(proof: Proof, name: str) -> str:
    return next(check.sentence for check in proof.checks if check.name == name)


def evidence(archive: Archive, document: Document) -> Path:
    assert document.evidence
    return archive.root / document.evidence.file


def test_a_document_is_proved_by_its_record(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE), clock=ClockState(synchronised=True, offset_seconds=0.4, hosts=2))
    proof = verify(archive, document)
    assert proof.proved
    assert {check.name: check.outcome for check in proof.checks} == dict.fromkeys(
        ["version", "file", "bytes", "record", "payload", "address", "time", "request", "certificate", "server_time", "clock", "text"], "ok"
    ) | {"fields": "not_available"}  # a page made up for this test, that no parser reads as this post
    assert "« GET /a » à exemple.test" in sentence(proof, "request")
    assert "203.0.113.7" in sentence(proof, "time")
    assert hashlib.sha256(make_certificate()).hexdigest() in sentence(proof, "certificate")
    assert "2 site(s)" in sentence(proof, "clock")


def test_every_flipped_byte_is_found(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    path, ref = evidence(archive, document), document.evidence
    whole = path.read_bytes()
    for place in range(ref.offset, ref.offset + ref.length):
        for bit in (1, 128):
            changed = bytearray(whole)
            changed[place] ^= bit
            path.write_bytes(changed)
            proof = verify(archive, document)
            assert not proof.proved, place
            assert outcome(proof, "bytes") == "failed"
    path.write_bytes(whole)
    assert verify(archive, document).proved


def test_an_older_archive_is_proved_without_the_digest_of_its_bytes(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    older = document.model_copy(update={"evidence": document.evidence.model_copy(update={"record_sha256": None})})
    proof = verify(archive, older)
    assert proof.proved
    assert outcome(proof, "bytes") == "not_available"
    path, ref = evidence(archive, document), document.evidence
    changed = bytearray(path.read_bytes())
    changed[ref.offset + ref.length // 2] ^= 4
    path.write_bytes(changed)
    assert not verify(archive, older).proved


def test_an_archive_written_before_requests_and_certificates_is_proved(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    path, ref = evidence(archive, document), document.evidence
    raw = path.read_bytes()[ref.offset : ref.offset + ref.length]
    path.write_bytes(raw)
    older = document.model_copy(update={"evidence": ref.model_copy(update={"offset": 0, "record_sha256": None})})
    proof = verify(archive, older)
    assert proof.proved
    assert [check.name for check in proof.checks if check.outcome == "not_available"] == ["bytes", "request", "certificate", "clock", "fields"]


def test_a_line_that_the_page_does_not_hold_is_named_by_number_and_not_printed(archive: Archive) -> None:
    document = keep(archive, a_document(text=TEXT.replace("seconde", "troisième secrète")), make_capture(body=PAGE))
    proof = verify(archive, document)
    assert not proof.proved
    assert outcome(proof, "version") == "ok"
    assert sentence(proof, "text").endswith("lignes qui n'y sont pas : 2.")
    assert "secrète" not in json.dumps(proof.row, ensure_ascii=False)
    titled = verify(archive, keep(archive, a_document(title="Un autre titre"), make_capture(body=PAGE)))
    assert "le titre" in sentence(titled, "text")


def test_a_text_that_was_changed_after_it_was_written_is_found(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    assert outcome(verify(archive, document.model_copy(update={"text": TEXT[:-5]})), "version") == "failed"
    money = document.model_copy(update={"funding": Funding(raised=5.0, currency="EUR")})
    assert outcome(verify(archive, money), "version") == "failed"


def test_a_deleted_document_is_still_proved(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    assert verify(archive, deleted(document, at=NOW + timedelta(days=3))).proved


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"file": "evidence/absent.warc.gz"}, "file"),
        ({"file": "../outside.warc.gz"}, "file"),
        ({"offset": 10**9}, "file"),
        ({"length": 10**9}, "file"),
        ({"record_id": "<urn:uuid:0>"}, "record"),
        ({"payload_sha256": "0" * 64}, "payload"),
        ({"record_sha256": "0" * 64}, "bytes"),
        ({"offset": 3}, "record"),
    ],
)
def test_a_reference_that_points_elsewhere_proves_nothing(archive: Archive, change: dict[str, object], name: str) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    (archive.root.parent / "outside.warc.gz").write_bytes(evidence(archive, document).read_bytes())
    proof = verify(archive, document.model_copy(update={"evidence": document.evidence.model_copy(update=change)}))
    assert not proof.proved
    assert outcome(proof, name) == "failed"


def test_another_documents_record_proves_nothing(archive: Archive) -> None:
    one = keep(archive, a_document(), make_capture(body=PAGE))
    other = keep(
        archive,
        a_document("https://exemple.test/b", "Tout autre chose.", title=None),
        make_capture("https://exemple.test/b", b"<p>Tout autre chose.</p>"),
    )
    proof = verify(archive, one.model_copy(update={"evidence": other.evidence}))
    assert not proof.proved
    assert "0.0 %" in sentence(proof, "text")


def test_a_document_without_evidence_is_not_proved(archive: Archive) -> None:
    assert [(check.name, check.outcome) for check in verify(archive, a_document()).checks][1] == ("file", "failed")


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        (make_certificate("autre.test"), "n'est pas à son nom"),
        (make_certificate("exemple.test", days=10), "n'était pas valable"),
        (b"rubbish", "ne se lit pas"),
        (make_certificate("*.test"), ""),
    ],
)
def test_a_certificate_that_does_not_speak_for_the_site(archive: Archive, certificate: bytes, expected: str) -> None:
    proof = verify(archive, keep(archive, a_document(), make_capture(body=PAGE, certificate=certificate)))
    assert outcome(proof, "certificate") == ("failed" if expected else "ok")
    assert expected in sentence(proof, "certificate")


def test_a_forged_certificate_record_is_found(archive: Archive) -> None:
    document = keep(archive, a_document(), make_capture(body=PAGE))
    verifier = Verifier(archive)
    shelf = verifier.shelf(document.evidence)
    record = shelf.record(shelf.certificate_of(document.evidence.record_id))
    fields = record.fields | {"certificate-sha256": "0" * 64}
    response = shelf.record(document.evidence.record_id)
    assert identified(response, SimpleNamespace(fields=fields)).outcome == "failed"  # type: ignore[arg-type]
    assert identified(response, record).outcome == "ok"


@pytest.mark.parametrize(
    ("headers", "clock", "expected"),
    [
        ([("Date", "Sun, 01 Nov 2026 09:59:50 GMT")], None, "ok"),
        ([("Date", "Sun, 01 Nov 2026 09:00:00 GMT")], None, "failed"),
        ([("Date", "Sun, 01 Nov 2026 09:00:00 GMT")], ClockState(None, 0.2, 4), "not_available"),
        ([("Date", "Sun, 01 Nov 2026 09:00:00 GMT"), ("Age", "3600")], None, "not_available"),
        ([], None, "not_available"),
        ([("Date", "hier")], None, "not_available"),
    ],
)
def test_the_sites_own_clock(archive: Archive, headers: list[tuple[str, str]], clock: ClockState | None, expected: str) -> None:
    proof = verify(archive, keep(archive, a_document(), make_capture(body=PAGE, headers=headers), clock=clock))
    assert outcome(proof, "server_time") == expected
    assert proof.proved == (expected != "failed")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (ClockState(True, 120.0, 5), "failed"),
        (ClockState(False, None, 0), "not_available"),
        (ClockState(True, None, 0), "ok"),
        (ClockState(False, 1.0, 2), "ok"),
    ],
)
def test_the_machines_clock(archive: Archive, clock: ClockState, expected: str) -> None:
    assert outcome(verify(archive, keep(archive, a_document(), make_capture(body=PAGE), clock=clock)), "clock") == expected


def test_evidence_that_is_younger_than_its_document_proves_nothing(archive: Archive) -> None:
    proof = verify(archive, keep(archive, a_document(), make_capture(body=PAGE, at=NOW + timedelta(hours=1))))
    assert outcome(proof, "time") == "failed"


def test_redacted_evidence_proves_what_is_left_and_says_so(archive: Archive) -> None:
    left = json.dumps([{"content": "<p>Une première ligne</p>", "id": "12345"}]).encode()
    document = a_document("https://exemple.test/@x/12345", "Une première ligne", title=None)
    proof = verify(archive, keep(archive, document, make_capture("https://exemple.test/api"), redacted=left))
    assert proof.proved
    assert "ôté" in sentence(proof, "payload")
    assert outcome(proof, "server_time") == "ok"  # the original's Date is kept beside it
    assert outcome(proof, "address") == "ok"  # by the last part of its address


def test_an_address_that_the_content_does_not_show(archive: Archive) -> None:
    proof = verify(archive, keep(archive, a_document("https://exemple.test/ailleurs"), make_capture(body=PAGE)))
    assert outcome(proof, "address") == "not_available"
    assert proof.proved


SMILE = "\U0001f600"
LINES = (
    "L'été « où » l'on vit — n°2 " + SMILE + "\nVoir exemple.test/verger…\n\U0001d406\U0001d42b\U0001d41a\U0001d42c & <fin>\nDu gras & <du maigre>"
)
INNER = (
    "<p>L&#39;été « <b>o&ugrave;</b> » l'on vit — n°2 "
    + SMILE
    + "<br>Voir <a href='https://exemple.test/verger-en-fleurs'><span class=\"invisible\">https://"
    '</span><span class="ellipsis">exemple.test/verger</span><span class="invisible">-en-fleurs</span></a></p><p>\U0001d406\U0001d42b\U0001d41a\U0001d42c &amp; &lt;fin&gt;</p><p>Du <b>gras</b> &amp; &lt;du maigre&gt;</p>'
)
STATE = json.dumps({"a": {"html": INNER}})


def xml(inner: str) -> str:
    import html

    return html.escape(inner)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (INNER.encode(), "text/html; charset=utf-8"),
        (b"\xef\xbb\xbf" + INNER.encode(), "text/html"),
        (json.dumps([{"content": INNER}]).encode(), "application/json"),
        (json.dumps([{"content": INNER}], ensure_ascii=False).encode(), "application/json"),
        (json.dumps({"text": LINES}).encode(), "application/json"),
        ("\n".join([json.dumps({"n": 1}), json.dumps({"text": LINES})]).encode(), "application/x-ndjson"),
        (f"<rss><item><description><![CDATA[{INNER}]]></description></item></rss>".encode(), "application/rss+xml"),
        (f"<rss><item><description>{xml(INNER)}</description></item></rss>".encode(), "application/rss+xml"),
        (f'<html><div data-initial="{xml(STATE)}"></div></html>'.encode(), "text/html"),
        (f"<html><script>window.state = {STATE};</script></html>".encode(), "text/html"),
        (f"<html><script>window.project = {json.dumps(STATE)};</script></html>".encode(), "text/html"),
        (f'<html><script>window.project = "{xml(STATE).replace(chr(92), chr(92) * 2)}";</script></html>'.encode(), "text/html"),
        (f'<html><meta content="{xml(LINES)}"></html>'.encode(), "text/html"),
    ],
    ids=["html", "bom", "json", "json_utf8", "json_text", "ndjson", "cdata", "escaped", "attribute", "script", "string", "kickstarter", "meta"],
)
def test_a_text_is_found_wherever_a_site_puts_it(body: bytes, kind: str) -> None:
    from crawlers.reading.page import decode

    payload = Payload(decode(body, kind))
    assert payload.missing(LINES.split("\n")) == {}
    for wrong in ("L'été « où » l'on ne vit — n°2", "Voir exemple.test/pommier", "Gras fin fin"):
        assert payload.missing([wrong]) == {0: len(plain(wrong))}


def test_lines_are_found_in_any_order_and_spelling() -> None:
    payload = Payload('<p>un</p><p>de\u0301ja\u0300 \U0001d406ras ﬁn</p><p>trois</p><span class="invisible">cach</span>&eacute; <b>x</b> &lt;fin&gt;')
    assert payload.missing(["trois", "UN", "d\u00e9j\u00e0 Gras fin", "un", "trois caché x <fin>"]) == {}
    assert payload.missing(["trois", "quatre", "un", "", "…"]) == {1: 6}
    numbers = [f"ligne {number}" for number in range(100, 200)]
    assert Payload("<p>".join(numbers)).missing(numbers[::-1]) == {}


def test_what_browsers_add_is_no_part_of_a_page() -> None:
    payload = Payload("<ol><li>semer</li><li>cueillir</li></ol><p>Voilà <img class=e alt=':pomme:'> fini</p><p>&amp;amp;eacute;t&amp;amp;eacute;</p>")
    assert payload.missing(["1. semer", "2. cueillir", "Voilà :pomme: fini", "été"]) == {}
    assert payload.missing(["3. récolter", "2 cueillir"]) == {0: 9, 1: 9}


def test_headings_of_a_platform_are_not_looked_for(archive: Archive) -> None:
    text = "Un verger.\nÀ quoi va servir le financement ?\nÀ planter."
    body = json.dumps({"description_fr": "<p>Un verger.</p>", "description_funding_fr": "<p>À planter.</p>"}).encode()
    for host, expected in (("https://fr.ulule.com/verger", "ok"), ("https://exemple.test/verger", "failed")):
        kept = keep(archive, a_document(host, text, title=None), make_capture("https://api.exemple.test/v1", body))
        assert outcome(verify(archive, kept), "text") == expected


def test_other_charsets_and_markdown() -> None:
    assert (
        Payload("Un [beau verger](https://exemple.test/(a)) d'été, [ici](https://exemple.test) même".replace("(a)", "a")).missing(
            ["Un beau verger d'été, ici même"]
        )
        == {}
    )
    from crawlers.reading.page import decode

    assert Payload(decode("<p>l'été à Nîmes</p>".encode("cp1252"), "text/html; charset=iso-8859-1")).missing(["L'été à Nîmes"]) == {}


@pytest.mark.parametrize("size", [200_000])
def test_hostile_payloads_take_bounded_time(size: int) -> None:
    import time

    for text in (
        "<" * size,
        "<a" * size,
        "\\" * size,
        "&" * size,
        "&#x" * size,
        "[](" * size,
        '<span class="invisible">' * (size // 10),
        "\\ud800" * size,
    ):
        start = time.monotonic()
        assert Payload(text).missing(["introuvable zq"]) == {0: 13}
        assert time.monotonic() - start < 10


def test_a_text_of_many_lost_lines_is_given_up(monkeypatch: pytest.MonkeyPatch, archive: Archive) -> None:
    monkeypatch.setattr(matching, "WORK", 100_000)
    with pytest.raises(TooMuch):
        Payload("a" * 10_000).missing(["b"] * 100)
    document = keep(archive, a_document(text="\n".join(f"ligne {n}" for n in range(900))), make_capture(body=b"<p>" + b"a" * 10_000))
    assert outcome(verify(archive, document), "text") == "not_available"
    assert not verify(archive, document).proved


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert list(views(text))
    assert Payload(text).missing([text]) == {} or plain(text) != plain(text.strip()) or not text.isalnum()


def zstd(body: bytes) -> bytes:
    try:
        from compression import zstd as library
    except ImportError:
        from backports import zstd as library  # type: ignore[no-redef]
    return library.compress(body)


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress), ("x-gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstd),
        ("deflate", lambda body: zlib.compress(body)[2:-4]), ("gzip, br", lambda body: brotli.compress(gzip.compress(body))), ("identity", bytes), ("", bytes),
    ],
)  # fmt: skip
def test_compressed_pages_are_read(archive: Archive, coding: str, pack) -> None:
    headers = [("Content-Type", "text/html"), ("Content-Encoding", coding)]
    assert verify(archive, keep(archive, a_document(), make_capture(body=pack(PAGE), headers=headers))).proved


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd), ("deflate", zlib.compress)])
def test_a_bomb_is_not_unpacked(archive: Archive, monkeypatch: pytest.MonkeyPatch, coding: str, pack) -> None:
    monkeypatch.setattr(matching, "MAX_BODY", 1_000_000)
    assert len(matching.CODECS[coding](pack(bytes(3_000_000)))) <= 1_100_000  # brotli ends its buffer a little later
    with pytest.raises(TooMuch):
        unpacked(pack(bytes(3_000_000)), coding)
    headers = [("Content-Type", "text/html"), ("Content-Encoding", coding)]
    proof = verify(archive, keep(archive, a_document(), make_capture(body=pack(bytes(3_000_000)), headers=headers)))
    assert outcome(proof, "text") == "not_available"
    assert not proof.proved


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_a_body_that_does_not_unpack(archive: Archive, coding: str) -> None:
    headers = [("Content-Encoding", coding)]
    assert outcome(verify(archive, keep(archive, a_document(), make_capture(body=b"\x00\x01rubbish", headers=headers))), "text") == "failed"
    with pytest.raises(NoCodec):
        unpacked(b"", "compress")


def test_an_articles_text_may_lack_what_drawing_it_out_leaves_out(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    from crawlers.reading import extract

    drawn = "Un long paragraphe sans son encadré au milieu."
    document = a_document(text=drawn, title=None).model_copy(update={"kind": "article"})
    kept = keep(archive, document, make_capture(body="<p>Un long paragraphe <b>gras</b> sans son encadré au milieu.</p>".encode()))
    assert not verify(archive, kept).proved
    monkeypatch.setattr(extract, "article", lambda page: Draft(url=page.url, kind="article", text=drawn))
    proof = verify(archive, kept)
    assert proof.proved
    assert "1 d'entre elles" in sentence(proof, "text")
    assert not verify(archive, kept.model_copy(update={"kind": "post"})).proved  # no other kind is drawn out so
    assert not verify(archive, keep(archive, a_document(), make_capture(body=b"<p>rien</p>"))).proved


def test_a_document_is_named_by_id_address_or_version(archive: Archive) -> None:
    old = keep(archive, a_document(), make_capture(body=PAGE))
    new = keep(archive, a_document(text="Corrigé."), make_capture(body=b"<p>Corrig\xc3\xa9.</p>"))
    for name in (old.id, old.id.upper(), URL, URL + "?utm_source=x#y"):
        assert document_of(archive, name).content_sha256 == new.content_sha256
        assert document_of(archive, name, version=old.content_sha256[:10]).text == TEXT
    archive.ledger.close()
    for path in archive.root.glob("ledger.sqlite*"):
        path.unlink()
    assert document_of(archive, URL).text == "Corrigé."
    assert not (archive.root / "ledger.sqlite").exists()  # looking writes nothing
    with pytest.raises(NotFound):
        document_of(archive, "https://exemple.test/absent")
    with pytest.raises(NotFound, match="version"):
        document_of(archive, URL, version="ffff")
    for wrong in ("abc", "", "ftp://exemple.test/a"):
        with pytest.raises(Invalid):
            document_of(archive, wrong)


def exported(archive: Archive, *, redirects: bool = True) -> Document:
    hop = make_capture("http://exemple.test/a", b"", status=301, headers=[("Location", URL)])
    keep(archive, a_document("https://exemple.test/b", "Autre.", title=None), make_capture("https://exemple.test/b", b"<p>Autre.</p>"))
    batch = archive.open_batch("essai")
    batch.add_response(make_capture("https://exemple.test/c", b"<p>sans rapport</p>"))
    kept = a_document().model_copy(update={"evidence": batch.add_response(make_capture(body=PAGE, redirects=(hop,) if redirects else ()))})
    batch.add(kept)
    batch.note_clock(ClockState(True, 0.1, 2))
    batch.seal()
    return kept


def test_an_exhibit_is_small_valid_and_the_same_each_time(archive: Archive, tmp_path: Path) -> None:
    document = exported(archive)
    assert export(archive, document, tmp_path / "a.zip").proved
    export(archive, document, tmp_path / "b.zip")
    export(archive, document, tmp_path / "folder")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as held:
        assert held.testzip() is None
        files = {name: held.read(name) for name in held.namelist()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "folder").iterdir()}
    assert set(files) == {"preuve.warc.gz", "document.json", "certificat.pem", "LISEZMOI.txt"}
    warc = tmp_path / "folder/preuve.warc.gz"
    found = [parse(data) for _, _, data in members(warc)]
    assert [record.get("WARC-Type") for record in found] == ["warcinfo", "metadata", "request", "response", "request", "response", "metadata"]
    assert found[-2].get("WARC-Record-ID") == document.evidence.record_id
    assert b"sans rapport" not in gzip.decompress(files["preuve.warc.gz"])
    whole = evidence(archive, document).read_bytes()
    assert all(raw in whole for _, raw, _ in members(warc))  # byte for byte
    assert subprocess.run([WARCIO, "check", warc], check=False, capture_output=True).returncode == 0
    assert Document.model_validate_json(files["document.json"]) == document


def test_an_exhibit_says_how_to_check_it_and_that_works(archive: Archive, tmp_path: Path) -> None:
    document = exported(archive)
    export(archive, document, tmp_path / "x")
    readme = (tmp_path / "x/LISEZMOI.txt").read_text(encoding="utf-8")
    assert "Le document est prouvé" in readme
    assert "[NON]" not in readme
    assert URL in readme
    command, promise = (line.strip() for line in readme.split("VÉRIFIER SANS VIGIE")[1].strip().split("\n")[:2])
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path / "x", capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == promise.removeprefix("doit donner ") == document.evidence.record_sha256
    for line in readme.split("EMPREINTES SHA-256")[1].split("PRÉCAUTIONS")[0].strip().split("\n"):
        digest, name = line.split()
        assert hashlib.sha256((tmp_path / "x" / name).read_bytes()).hexdigest() == digest


def test_an_exhibit_of_a_changed_record_says_so(archive: Archive, tmp_path: Path) -> None:
    document = exported(archive)
    changed = document.model_copy(update={"text": "Autre chose."})
    assert not export(archive, changed, tmp_path / "x.zip").proved
    with zipfile.ZipFile(tmp_path / "x.zip") as held:
        readme = held.read("LISEZMOI.txt").decode()
    assert "N'EST PAS ENTIÈREMENT PROUVÉ" in readme
    assert "[NON]" in readme


def test_an_exhibit_overwrites_no_folder_and_leaves_no_half(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = exported(archive, redirects=False)
    (tmp_path / "x").mkdir()
    (tmp_path / "notes.txt").write_text("à garder")
    (tmp_path / "d.zip").mkdir()
    for name in ("x", "notes.txt", "d.zip"):
        with pytest.raises(Invalid):
            export(archive, document, tmp_path / name)
    with pytest.raises(NotFound):
        export(archive, a_document(), tmp_path / "y.zip")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crawlers.evidence.exhibit.sync", fail)
    monkeypatch.setattr("core.files.sync", fail)
    for name in ("z", "z.zip"):
        with pytest.raises(KeyboardInterrupt):
            export(archive, document, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == ["d.zip", "notes.txt", "x"]
    evidence(archive, document).unlink()
    with pytest.raises(NotFound, match="backup"):
        export(archive, document, tmp_path / "v.zip")


@pytest.fixture
def at_home(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(archive.root.parent))
    return archive


def test_the_command_verifies(at_home: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    document = exported(at_home)
    assert run(["evidence", "verify", URL]) == 0
    out = capsys.readouterr().out
    assert "prouvé" in out
    assert "certificat" in out
    assert run(["evidence", "verify", "--all", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["id"] for row in rows} == {document.id, document_id("https://exemple.test/b")}
    assert all(row["proved"] for row in rows)
    path = evidence(at_home, document)
    changed = bytearray(path.read_bytes())
    changed[document.evidence.offset + 20] ^= 1
    path.write_bytes(changed)
    assert run(["evidence", "verify", "--all"]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert document.id in told.err
    assert "1 sur 2" in told.out
    assert run(["evidence", "verify", "https://exemple.test/absent", "https://exemple.test/b"]) == 2
    told = capsys.readouterr()
    assert "absent" in told.err
    assert "1 sur 2" in told.out


def test_the_command_asks_for_one_thing(at_home: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "verify"]) == 2
    assert run(["evidence", "verify", "--all", URL]) == 2
    assert capsys.readouterr().err.count("\n") == 2
    assert run(["evidence", "verify", "--all"]) == 0  # nothing there yet
    assert "0 sur 0" in capsys.readouterr().out


def test_the_command_exports(at_home: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(at_home)
    assert run(["evidence", "export", URL, "--to", str(tmp_path / "p.zip")]) == 0
    assert zipfile.is_zipfile(tmp_path / "p.zip")
    assert hashlib.sha256((tmp_path / "p.zip").read_bytes()).hexdigest() in capsys.readouterr().out.replace("\n", "")
    assert run(["evidence", "export", URL, "--version", "0000", "--to", str(tmp_path / "q.zip")]) == 2
    assert not (tmp_path / "q.zip").exists()
