"""The browser's only way out is guarded, a page can neither hold it nor leave anything behind, and the picture says how it came about."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import main
from core.errors import ConfigError, Invalid, SourceError
from core.settings import ROOT
from crawlers.fetching import proxy as guarding
from crawlers.fetching import screenshot
from crawlers.fetching.proxy import GuardProxy, Refused, place_of
from crawlers.fetching.screenshot import CHROMIUM, permitted, take

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACT = "mailto:essai@exemple.test"
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")
PAGE = b"<!doctype html><title>Verger</title><h1>Un verger en fleurs</h1>"


class Site(ThreadingHTTPServer):
    """A small site on 127.0.0.1; ``asked`` holds the paths that were asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.away = ""
        self.robots: tuple[int, bytes] = (404, b"")
        self.ended = threading.Event()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.place}{path}"

    def handle_error(self, request, client_address) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.agents.add(self.headers.get("User-Agent", ""))
        getattr(self, "page_" + self.path.strip("/").split("/")[0].split(".")[0], self.page_)()

    def do_POST(self) -> None:
        self.server.asked.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
        self.send(b"ok")

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def page_(self) -> None:
        self.send(PAGE)

    def page_robots(self) -> None:
        status, body = self.server.robots
        self.send(body, status, **({"Location": self.server.away} if status == 302 else {}))

    def page_away(self) -> None:
        self.send(b"", 302, Location=self.server.away)

    def page_inside(self) -> None:
        self.send(
            PAGE + f"<img src='{self.server.away}'><iframe src='{self.server.away}'></iframe><script>fetch('{self.server.away}')</script>".encode()
        )

    def page_loop(self) -> None:
        self.send(b"", 302, Location="/loop")

    def page_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)
        while not self.server.ended.wait(0.05):
            self.wfile.write(b"<p>encore</p>")

    def page_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)
        while not self.server.ended.is_set():
            self.wfile.write(b"<!--" + b"x" * 100_000 + b"-->")

    def page_busy(self) -> None:
        self.send(PAGE + b"<script>while (true) {}</script>")

    def page_dialog(self) -> None:
        self.send(PAGE + b"<script>alert(1); confirm(2); prompt(3); document.title = 'ok'; fetch('/after')</script>")

    def page_download(self) -> None:
        self.send(b"x" * 1000, Content_Disposition="attachment; filename=piege.bin")

    def page_udp(self) -> None:
        port = self.server.away
        self.send(
            PAGE
            + f"""<script>
            const p = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{port}'}}]}});
            p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o));
            try {{ new WebTransport('https://127.0.0.1:{port}/').ready.catch(() => 0) }} catch (e) {{ fetch('/no-webtransport') }}
            fetch('/ran')
            </script>""".encode()
        )

    def page_silent(self) -> None:
        self.server.ended.wait(30)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.ended.set()
        found.shutdown()


@pytest.fixture
def inside() -> Iterator[Site]:
    """A machine of the house: no page may reach it."""
    with Site() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.ended.set()
        found.shutdown()


@pytest.fixture(autouse=True)
def own_temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vigie-test-", dir="/tmp") as folder:
        monkeypatch.setattr(screenshot, "PROFILES", folder)
        yield Path(folder)


def browsers(folder: Path) -> list[int]:
    """Living processes that were started with this profile folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in (path / "cmdline").read_bytes() and (path / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(int(path.name))
    return [number for number in found if number != os.getpid()]


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def nothing_is_left(folder: Path) -> None:
    end = time.monotonic() + 10
    while browsers(folder) and time.monotonic() < end:
        time.sleep(0.1)
    assert browsers(folder) == []
    assert list(folder.iterdir()) == []


def size_of(png: bytes) -> tuple[int, ...]:
    assert png.startswith(b"\x89PNG\r\n")
    return struct.unpack(">II", png[16:24])


# --- the picture ---------------------------------------------------------------------------------------------------------------------------------


@needs_chromium
def test_a_picture_with_its_facts(site: Site, own_temporary: Path) -> None:
    found = take(site.url("/a"), contact=CONTACT, allowed={site.place})
    assert size_of(found.png) == (1280, 2400)
    assert found.sha256 == hashlib.sha256(found.png).hexdigest()
    facts = found.facts
    assert (facts["status"], facts["final_url"], facts["loaded"], facts["cut"]) == (200, site.url("/a"), True, False)
    assert facts["chromium"].startswith("Chrome/")
    assert facts["reached"] == {site.place: "127.0.0.1"}
    assert set(facts["refused"].values()) <= {"not_of_the_page"}
    assert facts["started_at"] < facts["taken_at"]
    assert site.agents == {f"Vigie/0.1 (+{CONTACT})"}
    json.dumps(facts)
    nothing_is_left(own_temporary)


@needs_chromium
@pytest.mark.parametrize("way", ["redirect", "direct"])
def test_a_private_address_is_refused(site: Site, inside: Site, own_temporary: Path, way: str) -> None:
    site.away = inside.url("/secret")
    with pytest.raises(SourceError) as caught:
        take(site.url("/away") if way == "redirect" else "http://127.0.0.1/", contact=CONTACT, allowed={site.place}, seconds=20)
    assert caught.value.reason in ("private_address", "other_port")
    assert not inside.asked
    nothing_is_left(own_temporary)


@needs_chromium
def test_a_page_cannot_load_from_inside_the_house(site: Site, inside: Site) -> None:
    site.away = inside.url("/secret")
    found = take(site.url("/inside"), contact=CONTACT, allowed={site.place}, seconds=30)
    assert not inside.asked
    assert found.facts["refused"][inside.place] == "other_port"


@needs_chromium
def test_a_page_cannot_go_around_the_proxy(site: Site) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.5)
        site.away = str(listener.getsockname()[1])
        take(site.url("/udp"), contact=CONTACT, allowed={site.place}, seconds=30)
        assert "/ran" in site.asked
        with pytest.raises(TimeoutError):
            listener.recvfrom(2000)


@needs_chromium
def test_a_page_without_end_is_shown_as_far_as_it_came(site: Site, own_temporary: Path) -> None:
    start = time.monotonic()
    found = take(site.url("/endless"), contact=CONTACT, allowed={site.place}, seconds=12)
    assert time.monotonic() - start < 16
    assert size_of(found.png) == (1280, 2400)
    assert not found.facts["loaded"]
    nothing_is_left(own_temporary)


@needs_chromium
def test_a_page_of_too_many_bytes_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding.GuardProxy.__init__, "__kwdefaults__", {**guarding.GuardProxy.__init__.__kwdefaults__, "max_bytes": 3_000_000})
    found = take(site.url("/huge"), contact=CONTACT, allowed={site.place}, seconds=40)
    assert found.facts["cut"]
    assert 3_000_000 < found.facts["bytes"] < 3_500_000


@needs_chromium
@pytest.mark.parametrize("path", ["/busy", "/silent"])
def test_a_page_that_holds_the_browser_runs_out_of_time(site: Site, own_temporary: Path, path: str) -> None:
    start = time.monotonic()
    with pytest.raises(SourceError) as caught:
        take(site.url(path), contact=CONTACT, allowed={site.place}, seconds=8)
    assert caught.value.reason == "screenshot_timeout"
    assert time.monotonic() - start < 13
    nothing_is_left(own_temporary)


@needs_chromium
@pytest.mark.parametrize("path", ["/loop", "/download"])
def test_what_is_no_page_is_no_picture(site: Site, own_temporary: Path, path: str) -> None:
    with pytest.raises(SourceError) as caught:
        take(site.url(path), contact=CONTACT, allowed={site.place}, seconds=20)
    assert caught.value.reason == "unreachable"
    assert not list(own_temporary.rglob("piege*"))
    nothing_is_left(own_temporary)


@needs_chromium
def test_dialogs_do_not_stop_it(site: Site) -> None:
    assert take(site.url("/dialog"), contact=CONTACT, allowed={site.place}, seconds=20).facts["loaded"]
    assert "/after" in site.asked


@needs_chromium
def test_a_killed_browser_leaves_nothing(site: Site, own_temporary: Path) -> None:
    def kill() -> None:
        while "/endless" not in site.asked:
            time.sleep(0.05)
        (first,) = [number for number in browsers(own_temporary) if parent_of(number) == os.getpid()]
        os.kill(first, signal.SIGKILL)

    thread = threading.Thread(target=kill, daemon=True)
    start = time.monotonic()
    thread.start()
    with pytest.raises(SourceError) as caught:
        take(site.url("/endless"), contact=CONTACT, allowed={site.place}, seconds=60)
    thread.join()
    assert time.monotonic() - start < 30  # at once, not when the page's time is up (42 s)
    assert caught.value.reason == "screenshot_failed"
    nothing_is_left(own_temporary)


@needs_chromium
def test_a_killed_program_leaves_no_browser(site: Site, own_temporary: Path) -> None:
    code = f"from crawlers.fetching import screenshot as s; s.PROFILES = {str(own_temporary)!r}\ns.take({site.url('/endless')!r}, contact='x', allowed={{{site.place!r}}})"
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    end = time.monotonic() + 20
    while "/endless" not in site.asked and time.monotonic() < end:
        time.sleep(0.05)
    assert len(browsers(own_temporary)) > 1
    child.kill()
    child.wait()
    end = time.monotonic() + 10
    while browsers(own_temporary) and time.monotonic() < end:
        time.sleep(0.1)
    assert browsers(own_temporary) == []


def test_what_it_takes_is_asked_for_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="apt install chromium"):
        take("https://exemple.test/", contact=CONTACT, chromium=tmp_path / "chromium")
    with pytest.raises(ConfigError, match="VIGIE_CONTACT"):
        take("https://exemple.test/", contact="")
    for wrong in ("file:///etc/passwd", "chrome://version", "javascript:1", "exemple.test", "http://"):
        with pytest.raises(Invalid):
            take(wrong, contact=CONTACT)


STUBBORN = """#!/bin/sh
sh -c 'trap "" TERM; sleep 60' child "$@" &
wait
"""


@pytest.mark.parametrize("program", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\nsleep 60\n", "no program", STUBBORN])
def test_a_chromium_that_does_not_start(tmp_path: Path, own_temporary: Path, program: str) -> None:
    broken = tmp_path / "chromium"
    broken.write_text(program)
    broken.chmod(0o755)
    with pytest.raises(SourceError) as caught:
        take("https://exemple.test/", contact=CONTACT, chromium=broken, seconds=2)
    assert caught.value.reason in ("screenshot_failed", "screenshot_timeout")
    nothing_is_left(own_temporary)


# --- robots.txt ----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("robots", "expected"),
    [
        ((200, b"User-agent: *\nDisallow: /prive"), True),
        ((200, b"User-agent: *\nDisallow: /a"), False),
        ((200, b"User-agent: Vigie\nDisallow: /\n\nUser-agent: *\nAllow: /"), False),
        ((404, b"User-agent: *\nDisallow: /"), True),
        ((503, b""), False),
        ((302, b""), False),  # to a private address
    ],
)
def test_robots_txt(site: Site, inside: Site, robots: tuple[int, bytes], expected: bool) -> None:
    site.robots, site.away = robots, inside.url("/robots.txt")
    assert permitted(site.url("/a/b?c=1"), contact=CONTACT, allowed={site.place}) is expected
    assert not inside.asked
    assert site.asked == ["/robots.txt"]


def test_a_robots_txt_that_cannot_be_read_is_no_permission() -> None:
    assert not permitted("http://127.0.0.1:1/", contact=CONTACT, allowed={"127.0.0.1:1"})
    assert not permitted("http://127.0.0.1/", contact=CONTACT)


@needs_chromium
def test_the_command(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VIGIE_CONTACT", CONTACT)
    target = tmp_path / "image.png"
    assert main.run(["evidence", "screenshot", site.url("/a"), "--to", str(target)]) == 2  # a private address, even for robots.txt
    assert not site.asked
    for name in ("take", "permitted"):
        real = getattr(sys.modules["crawlers.fetching.screenshot"], name)
        monkeypatch.setattr(f"crawlers.fetching.screenshot.{name}", lambda *a, real=real, **k: real(*a, allowed={site.place}, **k))
    assert main.run(["evidence", "screenshot", site.url("/a"), "--to", str(target)]) == 0
    facts = json.loads((tmp_path / "image.png.json").read_text())
    assert facts["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert facts["sha256"] in capsys.readouterr().out
    site.robots = (200, b"User-agent: *\nDisallow: /")
    assert main.run(["evidence", "screenshot", site.url("/a"), "--to", str(tmp_path / "b.png")]) == 2
    assert not (tmp_path / "b.png").exists()


# --- the guard -----------------------------------------------------------------------------------------------------------------------------------


async def through(port: int, request: bytes, *, wait: float = 10) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), wait)
    finally:
        writer.close()


def ask(request: bytes, **options: object) -> tuple[bytes, guarding.Traffic]:
    async def run() -> tuple[bytes, guarding.Traffic]:
        async with GuardProxy(**options) as found:  # type: ignore[arg-type]
            return await through(found.port, request), found.traffic

    return asyncio.run(run())


def get(url: str, host: str) -> bytes:
    return f"GET {url} HTTP/1.1\r\nHost: {host}\r\nProxy-Connection: keep-alive\r\nConnection: keep-alive\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("127.0.0.1", "private_address"), ("localhost", "private_address"), ("127.1", "private_address"), ("2130706433", "private_address"),
        ("0x7f.1", "private_address"), ("0.0.0.0", "private_address"), ("10.0.0.1", "private_address"), ("169.254.169.254", "private_address"),
        ("192.168.1.1.", "private_address"), ("100.64.0.1", "private_address"), ("nom-qui-n-existe-pas.test", "unknown_name"),
    ],
)  # fmt: skip
def test_private_places_are_refused(host: str, reason: str) -> None:
    for request, place in ((f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode(), f"{host}:443"), (get(f"http://{host}/", host), host)):
        answer, traffic = ask(request)
        assert answer == b""
        assert traffic.refused == {place: reason}
        assert not traffic.reached


@pytest.mark.parametrize("target", ["[::1]:443", "[::ffff:127.0.0.1]:443", "[fe80::1]:80", "[fd00::1]:443", "[::]:80"])
def test_private_places_of_ipv6_are_refused(target: str) -> None:
    assert ask(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())[1].refused == {target: "private_address"}


@pytest.mark.parametrize("port", [22, 25, 8080, 9200, 0, 65535])
def test_other_ports_are_refused(port: int) -> None:
    assert ask(f"CONNECT 93.184.216.34:{port} HTTP/1.1\r\n\r\n".encode())[1].refused == {f"93.184.216.34:{port}": "other_port"}


def test_what_names_no_place() -> None:
    for method, target in (("GET", "/"), ("GET", "ftp://exemple.test/"), ("CONNECT", "exemple.test"), ("CONNECT", ":443"), ("GET", "http://"),
                           ("CONNECT", "exemple.test:99999"), ("GET", "http://[::1"), ("GET", "https://exemple.test/")):  # fmt: skip
        with pytest.raises(Refused, match="bad_address"):
            place_of(method, target)
    assert place_of("CONNECT", "user@exemple.test:443") == ("exemple.test", 443)
    assert place_of("GET", "http://Exemple.test./a") == ("exemple.test", 80)


def test_a_name_is_resolved_once_and_the_judged_address_is_reached(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked: list[str] = []

    async def addresses(host: str) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    monkeypatch.setattr(guarding, "_addresses", addresses)
    monkeypatch.setattr(guarding, "is_public_address", lambda address: address == "127.0.0.1")
    monkeypatch.setattr(guarding, "PORTS", (site.server_port,))

    async def run() -> guarding.Traffic:
        async with GuardProxy() as found:
            for _ in range(3):
                answer = await through(found.port, get(f"http://change.test:{site.server_port}/a", "change.test"))
                assert PAGE in answer
            return found.traffic

    assert asyncio.run(run()).reached == {f"change.test:{site.server_port}": "127.0.0.1"}
    assert asked == ["change.test"]


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def addresses(host: str) -> list[str]:
        return ["93.184.216.34", "10.0.0.1"]

    monkeypatch.setattr(guarding, "_addresses", addresses)
    assert ask(b"CONNECT mixte.test:443 HTTP/1.1\r\n\r\n")[1].refused == {"mixte.test:443": "private_address"}


def test_a_browsers_own_calls_are_refused_before_a_name_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "_addresses", None)
    assert ask(b"CONNECT exemple.test:443 HTTP/1.1\r\n\r\n", closed={"exemple.test"})[1].refused == {"exemple.test:443": "not_of_the_page"}


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "MAX_NAMES", 2)

    async def run() -> guarding.Traffic:
        async with GuardProxy() as found:
            for number in range(4):
                await through(found.port, f"CONNECT 10.0.0.{number}:443 HTTP/1.1\r\n\r\n".encode())
            return found.traffic

    assert list(asyncio.run(run()).refused.values()) == ["private_address"] * 2 + ["too_many_names"] * 2


def test_one_request_a_connection(site: Site, inside: Site) -> None:
    two = get(site.url("/a"), site.place) + get(inside.url("/secret"), inside.place) + get(site.url("/b"), site.place)
    answer, _ = ask(two, allowed={site.place})
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.lower().count(b"connection: close") == 1
    assert b"keep-alive" not in answer
    assert site.asked == ["/a"]
    assert not inside.asked


def test_a_form_is_passed_on_and_a_body_of_unknown_length_is_not(site: Site) -> None:
    head = f"POST {site.url('/f')} HTTP/1.1\r\nHost: {site.place}\r\n"
    answer, _ = ask(f"{head}Content-Length: 5\r\n\r\npommeGET / HTTP/1.1\r\n\r\n".encode(), allowed={site.place})
    assert answer.endswith(b"ok")
    assert site.asked == ["pomme"]
    assert ask(f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\npomme\r\n0\r\n\r\n".encode(), allowed={site.place})[0] == b""
    assert ask(f"{head}Content-Length: x\r\n\r\n".encode(), allowed={site.place})[0] == b""


def test_a_tunnel_carries_both_ways(site: Site) -> None:
    async def run() -> tuple[bytes, guarding.Traffic]:
        async with GuardProxy(allowed={site.place}) as found:
            reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
            writer.write(f"CONNECT {site.place} HTTP/1.1\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            writer.write(f"GET /t HTTP/1.1\r\nHost: {site.place}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return answer, found.traffic

    answer, traffic = asyncio.run(run())
    assert PAGE in answer
    assert traffic.received == len(answer)


def test_bytes_and_time_end_every_connection(site: Site) -> None:
    start = time.monotonic()
    answer, traffic = ask(get(site.url("/huge"), site.place), allowed={site.place}, max_bytes=500_000)
    assert traffic.exhausted
    assert len(answer) < 600_000
    _, later = ask(get(site.url("/endless"), site.place), allowed={site.place}, seconds=1)
    assert later.reached
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("request_", [b"rubbish\r\n\r\n", b"GET\r\n\r\n", b"\x00\xff\r\n\r\n", b"A" * 200_000, b""])
def test_nonsense_ends_the_connection(request_: bytes) -> None:
    assert ask(request_, seconds=2)[0] == b""
