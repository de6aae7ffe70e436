"""An exchange over TLS leaves what was agreed in its evidence; a page that leads to another host is judged by that host's own permissions."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.records import SourceReport
from core.settings import ROOT
from crawlers.evidence.archive import Archive
from crawlers.evidence.members import members, parse
from crawlers.evidence.proof import Verifier
from flows.crawling import child_environment
from tests.crawlers.captures import NOW
from tests.crawlers.play import Answer, Web, article, as_json, crawl, documents, playing, write_source
from tests.crawlers.test_hostile import to

if TYPE_CHECKING:
    from pathlib import Path

    from core.settings import Settings


def secured(web: Web, folder: Path, *, most: ssl.TLSVersion) -> None:
    """Let a web speak TLS, by a certificate of its own."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = built.not_valid_before(NOW.replace(year=2020)).not_valid_after(NOW.replace(year=2090)).sign(key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "site.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "site.pem")
    context.maximum_version = most
    web._server.socket = context.wrap_socket(web._server.socket, server_side=True, do_handshake_on_connect=False)
    web.base = web.base.replace("http:", "https:")


@pytest.mark.parametrize(("most", "agreed"), [(ssl.TLSVersion.TLSv1_3, "TLSv1.3 TLS_"), (ssl.TLSVersion.TLSv1_2, "TLSv1.2 ECDHE-")])
def test_what_was_agreed_for_a_connection_is_in_the_evidence(settings: Settings, tmp_path: Path, most: ssl.TLSVersion, agreed: str) -> None:
    web = Web()
    secured(web, tmp_path, most=most)
    with web:
        web.routes = {"/a": Answer(article("Page")), "/vide": Answer(status=403)}
        report = crawl(settings, "urls", pages=[f"{web.base}/a", f"{web.base}/vide"])
    assert (report.kept, report.set_aside) == (1, 1)
    archive, (document,) = Archive(settings.archive_dir), documents(settings)
    assert document.evidence is not None
    records = [parse(data) for _, _, data in members(archive.root / document.evidence.file)]
    (told,) = [record.block.decode() for record in records if b"certificate-sha256" in record.block]
    assert f"tls: {agreed}" in told
    checks = {check.name: check.outcome for check in Verifier(archive).verify(document).checks}
    assert (checks["request"], checks["time"], checks["payload"], checks["bytes"]) == ("ok",) * 4


@pytest.mark.alone  # it measures a pace
def test_a_page_that_leads_to_another_host_is_judged_by_that_host(settings: Settings) -> None:
    with playing("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5") as (mover, closed, reserving, labelled, free):
        text = Answer(article("Page"))
        closed.routes = {"/robots.txt": Answer("User-agent: vigie\nDisallow: /\n", kind="text/plain"), "/x": text}
        reserving.routes = {"/.well-known/tdmrep.json": as_json([{"location": "/", "tdm-reservation": 1}]), "/x": text}
        labelled.routes = {"/x": Answer(article("Page"), headers=[("TDM-Reservation", "1")])}
        free.routes = {"/x": text, "/0": text}
        others = (closed, reserving, labelled, free)
        mover.routes = {f"/{number}": to(f"{web.base}/x") for number, web in enumerate(others)}
        pages = [f"{mover.base}/{number}" for number in range(4)] + [f"{web.base}/0" for web in others]
        report = crawl(settings, "urls", pages=pages, delay=0.3)
        assert [len(web.asked("/x")) for web in others] == [0, 0, 1, 1]
        times = sorted(one.at for one in free.log)
        assert min(after - before for before, after in pairwise(times)) >= 0.15, "the new host's own pace is kept"
    assert {document.url for document in documents(settings)} == {f"{free.base}/x", f"{free.base}/0"}
    assert (report.reasons["robots_txt"], report.reasons["tdm_reserved"]) == (2, 3)


HELD = """
import sys
from crawlers.fetching.pace import Pace
asked = []
Pace.is_paused = lambda self, host: bool(asked.append(host)) or len(asked) in (1, 2, 4)  # a pause begins while these connections are made
from crawlers.run import main
main(["essai"])
print(len(asked), file=sys.stderr)
"""


def test_a_request_whose_connection_stands_when_a_pause_begins_is_sent_later_and_once(settings: Settings) -> None:
    with playing("127.0.0.1") as (site,):
        site.routes = {"/a": Answer(article("Page"))}
        write_source(settings, "urls", pages=[f"{site.base}/a"])
        done = subprocess.run(
            [sys.executable, "-c", HELD], cwd=ROOT, env=child_environment(settings), capture_output=True, text=True, check=True, timeout=60
        )
    report = SourceReport.model_validate(json.loads(done.stdout.splitlines()[-1])["report"])
    assert (report.kept, report.failed, report.set_aside) == (1, 0, 0)
    assert sorted(one.place for one in site.log) == ["/.well-known/tdmrep.json", "/a", "/robots.txt"]
    assert int(done.stderr) == 6, "asked each time that a connection stood"
