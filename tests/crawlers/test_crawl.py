"""Whole crawls, over HTTP, in a process of their own, of the demonstration web and of a server that misbehaves."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from core.errors import ConfigError, SourceError, Unavailable
from core.settings import ROOT, Settings
from crawlers import run
from crawlers.catalog import load_source, load_sources
from crawlers.evidence.archive import Archive
from crawlers.fetching.guard import _public
from demo.truth import load_truth, truth_of
from flows.crawling import child_environment, crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.records import SourceReport
    from demo.serve import DemoWeb


def documents(archive: Archive) -> dict[str, str]:
    return {document.id: document.url for batch in archive.batches() for document in archive.documents(batch)}


def test_the_demonstration_web_gives_exactly_what_may_be_read(web: DemoWeb, settings: Settings, archive: Archive) -> None:
    reports = [crawl_source(name, settings=settings) for name in load_sources(settings.sources_dir)]
    found = [truth_of(url, load_truth()) for url in documents(archive).values()]
    assert len(found) == len(set(found)), "a page was stored twice"
    assert {truth.path for truth in found if truth} == {truth.path for truth in load_truth().values() if truth.collected}
    assert all(report.seen == report.kept + report.duplicate + report.dropped + report.set_aside + report.failed for report in reports)
    assert sum(report.kept for report in reports) == len(found)
    assert not [path for (_, path), count in web.visits.items() if "/prive/" in path and count]
    reasons = {reason for report in reports for reason in report.reasons}
    assert {"bot_wall", "http_404", "empty_text", "opted_out", "robots_txt"} <= reasons

    again = [crawl_source(name, settings=settings) for name in load_sources(settings.sources_dir)]
    assert sum(report.kept for report in again) == 0
    assert 0 < sum(report.duplicate - report.rechecked for report in again) <= sum(report.seen for report in reports), (
        "listings are read to where they were left"
    )
    for batch in archive.batches():
        for document in archive.documents(batch):
            assert document.author is None or document.author.startswith("p-")
            assert document.evidence
            assert (archive.root / document.evidence.file).exists()
            assert document.access_mode == "open"
            assert document.funding is None or document.funding.raised is not None


def test_a_full_disk_stops_the_crawl_with_one_line_and_loses_nothing(web: DemoWeb, settings: Settings, archive: Archive) -> None:
    names = list(load_sources(settings.sources_dir))
    code = f"""
import resource, signal, sys
from crawlers.reading.language import prepare
prepare()  # its own temporary file is larger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
from crawlers.run import main
sys.exit(main([{names[0]!r}]))
"""
    archive.ledger.close()  # made before the limit: the ledger's own journal is larger
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=child_environment(settings), capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 2
    assert "disk full" in answer["error"]["message"], answer
    for name in names:
        crawl_source(name, settings=settings)
    assert {truth.path for url in documents(Archive(archive.root)).values() if (truth := truth_of(url, load_truth()))} == {
        truth.path for truth in load_truth().values() if truth.collected
    }


class Rude(BaseHTTPRequestHandler):
    """Misbehaves in the way its path names."""

    robots = 404

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if name == "robots.txt":
            self.send_error(self.robots)
        elif name == ".well-known/tdmrep.json":
            self.send_error(404)
        elif name == "redirect_bad":
            self.answer(302, b"", {"Location": "http://[::1"})
        elif name == "redirect_loop":
            self.answer(302, b"", {"Location": self.path})
        elif name == "redirect_private":
            self.answer(302, b"", {"Location": "http://10.0.0.1/"})
        elif name == "gzip_bomb":
            self.answer(200, gzip.compress(b"<p>" + b"a" * 50_000_000), {"Content-Encoding": "gzip", "Content-Type": "text/html"})
        elif name == "endless":
            self.endless()
        elif name == "cut_short":
            self.answer(200, b"<p>half", {"Content-Length": "99999"})
            self.close_connection = True
        elif name == "not_json":
            self.answer(200, b"<html>", {"Content-Type": "application/json"})
        elif name == "long_header":
            self.answer(200, b"x", {"X-Long": "a" * 1_000_000})
        elif name == "rate_limited":
            self.answer(429, b"", {"Retry-After": "99999"})
        else:
            self.answer(int(name), b"", {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(3000):
                self.wfile.write(b"<p>encore</p>" * 1000)
        except OSError:
            pass


@pytest.fixture
def rude() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Rude)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def crawl_page(settings: Settings, address: str) -> SourceReport:
    settings.sources_dir.mkdir(parents=True, exist_ok=True)
    (settings.sources_dir / "page.yml").write_text(
        f"title: Une page\nkind: crowdfunding_page\npages: [{address}]\npurpose: essai de robustesse\nlegal_basis: essai de robustesse\ndelay: 0\n"
    )
    return crawl_source("page", settings=settings)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("404", "http_404"),
        ("410", "http_410"),
        ("403", "http_403"),
        ("not_json", "no_title"),
        ("redirect_private", "private_address"),
        ("redirect_bad", "bad_address"),
        ("redirect_loop", "too_many_redirects"),
        ("gzip_bomb", "too_large"),
    ],
)
def test_a_page_that_cannot_be_read_is_set_aside_with_its_reason(settings: Settings, rude: str, name: str, reason: str) -> None:
    report = crawl_page(settings, f"{rude}/{name}")
    assert (report.seen, report.set_aside, report.reasons) == (1, 1, {reason: 1})
    assert report.alarms


def test_a_robots_file_that_fails_is_no_permission(settings: Settings, rude: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rude, "robots", 503)
    with pytest.raises(Unavailable, match="robots_unreachable"):
        crawl_page(settings, f"{rude}/404")


@pytest.mark.parametrize("name", ["500", "503", "endless", "cut_short", "long_header", "rate_limited"])
def test_hostile_answers_end_in_bounded_time_with_a_named_reason(settings: Settings, rude: str, name: str) -> None:
    start = time.monotonic()
    try:
        report = crawl_page(settings, f"{rude}/{name}")
    except Unavailable as error:
        assert "nothing could be read" in str(error)  # noqa: PT017
    else:
        assert report.reasons
        assert report.kept == 0
    assert time.monotonic() - start < 60


def test_who_crawls_away_from_home_says_who_they_are(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "away.yml"
    path.write_text("title: Loin\nkind: feed\nurl: https://loin.test/f\npurpose: essai de contact\nlegal_basis: essai de contact\n")
    with pytest.raises(ConfigError, match="VIGIE_CONTACT"):
        run.crawl(load_source(path), settings=settings)
    told = run.scrapy_settings(load_source(path), contact="veille@association.test")
    assert "veille@association.test" in told["USER_AGENT"]
    assert told["ROBOTSTXT_OBEY"] is True
    assert told["COOKIES_ENABLED"] is False


def test_a_name_at_a_private_address_is_refused() -> None:
    assert _public("8.8.8.8", "a.test") == "8.8.8.8"
    for address in ("127.0.0.1", "10.1.2.3", "169.254.169.254"):
        with pytest.raises(Exception, match="private address"):
            _public(address, "a.test")


def test_a_crawl_that_breaks_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.crawling.sys.executable", "/bin/false")
    with pytest.raises(SourceError, match="ended with code 1"):
        crawl_page(settings, "http://127.0.0.1:9/x")
