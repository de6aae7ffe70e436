"""A web on this machine that plays whatever a test needs, politely or not, and writes down what is asked of it; and what crawls of it leave."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from core.records import Document, SetAside, SourceReport
from core.settings import ROOT, Settings
from crawlers.evidence.archive import Archive
from crawlers.evidence.proof import Verifier
from flows.crawling import child_environment, crawl_source
from tests.crawlers.starter import started_sooner

if TYPE_CHECKING:
    from pathlib import Path

HTML, JSON, XML = "text/html; charset=utf-8", "application/json; charset=utf-8", "application/xml; charset=utf-8"
PERMISSIONS = ("/robots.txt", "/.well-known/tdmrep.json")


@dataclass
class Asked:
    """One request. ``until``: when it was answered."""

    method: str
    path: str  # with its query
    headers: dict[str, str]  # lower-case names
    body: bytes
    at: float
    until: float = 0.0
    status: int = 0

    @property
    def place(self) -> str:
        """The path alone."""
        return urlsplit(self.path).path

    def said(self, name: str, default: str = "") -> str:
        """A value of the query."""
        return parse_qs(urlsplit(self.path).query).get(name, [default])[-1]


@dataclass(frozen=True)
class Answer:
    """What is answered. ``marked``: with an ETag, so that who knows it gets a 304; ``raw``: what is done to the connection instead."""

    body: bytes | str = b""
    kind: str = HTML
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    marked: bool = False
    wait: float = 0.0
    raw: Callable[[socket.socket], None] | None = None

    @property
    def data(self) -> bytes:
        """The body in bytes."""
        return self.body.encode(errors="surrogatepass") if isinstance(self.body, str) else self.body


Route = Answer | Callable[[Asked], Answer | None] | list[Answer]


def as_json(value: Any, **options: Any) -> Answer:
    """An answer in JSON."""
    return Answer(json.dumps(value, ensure_ascii=False), kind=JSON, **options)


class Web:
    """Answers by ``routes`` (a path with or without its query; a list is used up but for its last answer), else by ``players``, else 404."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.routes: dict[str, Route] = {}
        self.players: list[Callable[[Asked], Answer | None]] = []
        self.log: list[Asked] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server((host, 0), _handler(self))
        self.place = f"{host}:{self._server.server_port}"
        self.base = f"http://{self.place}"

    def __enter__(self) -> Web:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked) -> Answer:
        """What stands at the address that is asked for."""
        with self._lock:
            self.log.append(asked)
            found = self.routes.get(asked.path, self.routes.get(asked.place))
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found):
            found = found(asked)
        players = (answer for player in self.players if (answer := player(asked)))
        return found or next(players, None) or Answer("<title>Introuvable</title><p>Rien à cette adresse.", status=404)

    def asked(self, beginning: str = "/") -> list[Asked]:
        """What was asked for below a path, permissions left out."""
        return [one for one in list(self.log) if one.path.startswith(beginning) and one.place not in PERMISSIONS]

    def read(self) -> list[str]:
        """The paths that were answered with a page."""
        return [one.path for one in self.asked() if one.status == 200]

    def most_at_once(self) -> int:
        """How many requests were being answered at the same time, at most."""
        times = sorted([(one.at, 1) for one in self.asked()] + [(one.until or time.time(), -1) for one in self.asked()])
        level = most = 0
        for _, step in times:
            level += step
            most = max(most, level)
        return most


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A crawler that hangs up is no fault of the test."""


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body, time.time())
            answer = web.answer(asked)
            web.closing.wait(answer.wait) if answer.wait else None
            try:
                self.play(asked, answer)
            finally:
                asked.until = time.time()

        do_POST = do_GET  # noqa: N815 - the framework's name

        def play(self, asked: Asked, answer: Answer) -> None:
            if answer.raw:
                self.close_connection, asked.status = True, -1
                with suppress(OSError):
                    answer.raw(self.connection)
                return
            data, mark = answer.data, f'"{hashlib.sha256(answer.data).hexdigest()[:16]}"'
            known = answer.marked and asked.headers.get("if-none-match") == mark
            asked.status = 304 if known else answer.status
            self.send_response(asked.status, "")
            own = {"Content-Type": answer.kind, "Content-Length": str(len(data)), **({"ETag": mark} if answer.marked else {})}
            given = {name.lower() for name, _ in answer.headers}
            for name, value in [*((name, value) for name, value in own.items() if name.lower() not in given), *answer.headers]:
                if not (known and name == "Content-Length"):
                    self.send_header(name, value)
            self.end_headers()
            if not known:
                self.wfile.write(data)

    return Handler


def reset(connection: socket.socket) -> None:
    """Break a connection off (RST), with what was not yet sent."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


# --- crawls and what they leave


def write_source(settings: Settings, kind: str, *, name: str = "essai", **options: Any) -> None:
    """The file of a source."""
    settings.sources_dir.mkdir(parents=True, exist_ok=True)
    known = {"title": "Essai", "kind": kind, "purpose": "essai de lecture", "legal_basis": "essai de lecture", "delay": 0, "recheck": 0, **options}
    (settings.sources_dir / f"{name}.yml").write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")


def crawl(settings: Settings, kind: str, *, name: str = "essai", **options: Any) -> SourceReport:
    """Write a source's file and read the source."""
    write_source(settings, kind, name=name, **options)
    with started_sooner():
        return crawl_source(name, settings=settings)


class Measured(NamedTuple):
    """One crawl: what its process said, how long it took, and its peak memory."""

    report: SourceReport
    seconds: float
    megabytes: float


MEASURED = """
import sys
from crawlers.run import main
code = main([sys.argv[1]])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))  # of this program alone, not of who started it
sys.exit(code)
"""


def measured(settings: Settings, name: str = "essai") -> Measured:
    """Read a source in a process of its own that is measured."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, name], cwd=ROOT, env=child_environment(settings), stdout=subprocess.PIPE, text=True, check=True, timeout=200
    )
    *_, said, peak = done.stdout.strip().splitlines()
    return Measured(SourceReport.model_validate(json.loads(said)["report"]), time.monotonic() - start, int(peak) / 1024)


def documents(settings: Settings) -> list[Document]:
    """Every version, oldest first."""
    archive = Archive(settings.archive_dir)
    return [document for batch in archive.batches() for document in archive.documents(batch)]


def newest(settings: Settings) -> dict[str, Document]:
    """The last version of each document, by address."""
    return {document.url: document for document in documents(settings)}


def aside(settings: Settings) -> list[SetAside]:
    """What was set aside."""
    archive = Archive(settings.archive_dir)
    return [entry for batch in archive.batches() for entry in archive.set_aside(batch)]


def everything(settings: Settings) -> dict[Path, bytes]:
    """All that crawls left on the disk: each file as it is and unpacked, with the bodies inside that sites had compressed."""
    found = {}
    for path in (path for path in settings.data_dir.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        found[path] = raw + (gzip.decompress(raw) if path.suffix == ".gz" else b"")
    return found


def holders(settings: Settings, words: str) -> list[str]:
    """The files in which some words stand, plain or as JSON writes them."""
    forms = {words.encode(), json.dumps(words)[1:-1].encode()}
    return sorted(path.name for path, data in everything(settings).items() if any(form in data for form in forms))


def unproved(settings: Settings) -> list[str]:
    """What speaks against any document: each check must hold or be impossible."""
    verifier = Verifier(Archive(settings.archive_dir))
    proofs = [verifier.verify(document) for document in documents(settings)]
    said = [f"{proof.url}: {check.name} {check.sentence}" for proof in proofs for check in proof.checks if check.outcome == "failed"]
    return said + [f"{proof.url}: not proved" for proof in proofs if not proof.proved]


def adds_up(report: SourceReport) -> bool:
    """Whether every item ended in one status."""
    return report.seen == report.kept + report.duplicate + report.dropped + report.set_aside + report.failed


@contextmanager
def playing(*hosts: str) -> Iterator[list[Web]]:
    """Several webs, each on an address of loopback of its own."""
    webs = [Web(host).__enter__() for host in hosts]
    try:
        yield webs
    finally:
        for web in webs:
            web.__exit__()


WORDS = (
    "Le conseil municipal a ouvert la séance par un point sur les jardins partagés du quartier, que les habitants demandent depuis deux ans.",
    "« Nous avons planté quarante pommiers, et les enfants de l'école viennent les arroser », raconte une bénévole de l'association.",
    "Un atelier de réparation de vélos se tiendra chaque samedi sous la halle, avec du café et des outils prêtés par la commune.",
    "La bibliothèque prêtera désormais des graines, à rendre après la récolte, dans de petits sachets que chacun peut remplir.",
)


def article(title: str, *paragraphs: str, head: str = "", author: str = "") -> str:
    """A page with an article, as sites serve it. ``head``: more of its head."""
    named = f"<meta name=author content='{author}'>" if author else ""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or WORDS)
    return (
        f"<!doctype html><html lang=fr><head><meta charset=utf-8><title>{title}</title>{named}{head}</head><body><nav><ul><li><a href=/>Accueil</a>"
        f"<li><a href=/contact>Contact</a></ul></nav><main><article><h1>{title}</h1>{body}</article></main><footer>Mentions légales</footer></body></html>"
    )
