"""Hostile addresses through the real worker and a real crawl: none reaches a private place, each ends with one word."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cases.database import Database, open_database
from cases.submissions import Submission, find, submit_url
from cases.tables_work import SubmissionRow
from core.settings import Settings
from crawlers.evidence.archive import Archive
from flows.submissions import now, working
from tests.cases.test_submissions import member
from tests.crawlers.play import Answer, Asked, Web
from tests.crawlers.test_guard import SecureWeb, to
from tests.flows.names import PUBLIC, Names, write_names

EMPTY = Answer("<html><body><p>rien")  # was reached, and holds nothing to read
SHORT = 2.0  # seconds that one answer may take here
INSIDE = {
    "dedans.example": ["127.0.0.9"], "nuage.example": ["169.254.169.254"], "dix.example": ["10.0.0.1"], "zero.example": ["0.0.0.0"],
    "partage.example": ["100.64.0.1"], "multi.example": ["224.0.0.1"],
}  # fmt: skip
OUTSIDE = {"tourne.example": [PUBLIC, "127.0.0.9"], "permis.example": [PUBLIC], "inconnu.example": []}


class Trap:
    """A private place that counts who comes."""

    def __init__(self, host: str, family: socket.AddressFamily = socket.AF_INET) -> None:
        self._socket = socket.create_server((host, 0), family=family)
        self.port = int(self._socket.getsockname()[1])
        self.visits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    with closing(Trap("127.0.0.9")) as found:
        yield found


@pytest.fixture
def trap6() -> Iterator[Trap]:
    with closing(Trap("::1", socket.AF_INET6)) as found:
        yield found


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as found:
        yield found


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")


def endless_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))


def dripping(web: Web) -> Any:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
        while not web.closing.wait(0.1):
            connection.sendall(b"a")

    return drip


def chain(asked: Asked) -> Answer:
    return to(f"/chaine?n={int(asked.said('n', '0')) + 1}")


def routes(web: Web, trap: Trap, trap6: Trap) -> dict[str, tuple[Answer | Any, str]]:
    """Path: what it plays, and the word with which it ends."""
    bomb = gzip.compress(b"a" * 30_000_000)
    private = {
        "ecrit": f"http://127.0.0.9:{trap.port}/", "decimal": f"http://2130706441:{trap.port}/", "hexa": f"http://0x7f.0.0.9:{trap.port}/",
        "octal": f"http://0177.0.0.011:{trap.port}/", "court": f"http://127.9:{trap.port}/", "six": f"http://[::1]:{trap6.port}/",
        "mappe": f"http://[::ffff:127.0.0.9]:{trap.port}/", "traduit": f"http://[64:ff9b::7f00:9]:{trap.port}/", "local": f"http://localhost:{trap.port}/",
        "nuage": "http://169.254.169.254/latest/meta-data/", "interne": "http://metadata.google.internal/", "dix": "http://10.0.0.1/",
        "nom": "http://dedans.example/", "sans-schema": f"//127.0.0.9:{trap.port}/", "moi": f"http://permis.example@127.0.0.9:{trap.port}/",
    }  # fmt: skip
    return {
        **{f"/prive-{name}": (to(place), "private_address") for name, place in private.items()},
        **{f"/prive-{status}": (to(private["ecrit"], status), "private_address") for status in (301, 303, 307, 308)},
        "/deux-pas": (to("/prive-ecrit"), "private_address"),
        "/autre-port": (to("http://permis.example:6379/"), "other_port"),
        "/fichier": (to("file:///etc/passwd"), "http_302"),
        "/gopher": (to(f"gopher://127.0.0.9:{trap.port}/"), "http_302"),
        "/boucle": (to("/boucle"), "too_many_redirects"),
        "/chaine": (chain, "too_many_redirects"),
        "/repris": (Answer("<p>rien", headers=[("Location", f"http://127.0.0.9:{trap.port}/")]), "empty_text"),
        "/rafraichi": (Answer(f"<meta http-equiv=refresh content='0;url=http://127.0.0.9:{trap.port}/'><p>rien"), "empty_text"),
        "/cadre": (Answer(f"<base href=http://127.0.0.9:{trap.port}/><iframe src=/a></iframe><img src=/b><link rel=preload href=/c>"), "empty_text"),
        "/enorme": (Answer("<p>" + "a" * 11 * 2**20), "too_large"),
        "/sans-fin": (Answer(raw=endless), "too_large"),
        "/tetes": (Answer(raw=endless_head), "cut_short"),
        "/bombe": (Answer(bomb, headers=[("Content-Encoding", "gzip")]), "too_large"),
        "/goutte": (Answer(raw=dripping(web)), "timeout"),
    }


def settle(settings: Settings, database: Database, rows: list[Submission]) -> dict[str, tuple[str, str | None]]:
    """Run the worker until each is done or put back: state and reason, by address."""
    with working(settings, limit=40, seconds=SHORT) as worker:
        while worker.step() or worker.busy:
            worker.pause(0.1)
    return {one.url: (one.state, one.reason) for one in (find(database, row.id, organisation_id=None) for row in rows)}


def tampered(database: Database, url: str, like: Submission) -> Submission:
    """A row that no check has seen."""
    identifier = hashlib.sha256(url.encode()).hexdigest()[:32]
    values = {"id": identifier, "organisation_id": like.organisation_id, "person_id": like.person_id, "url": url, "given": url, "note": ""}
    with database.writing() as session:
        session.add(SubmissionRow(**values, document_id=identifier, state="recue", created_at=now(), updated_at=now(), tries=0))
    return find(database, identifier, organisation_id=None)


@pytest.fixture
def names(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> Names:
    led = {f"{PUBLIC}:80": ("127.0.0.1", int(web.place.rpartition(":")[2]))}
    found = write_names(tmp_path / "names", names={**INSIDE, **OUTSIDE}, led=led)
    monkeypatch.setenv("PYTHONPATH", str(found.folder))
    return found


def test_no_address_reaches_a_private_place(tmp_path: Path, web: Web, trap: Trap, trap6: Trap, names: Names) -> None:
    played = routes(web, trap, trap6)
    web.routes = {path: answer for path, (answer, _) in played.items()} | {"/": EMPTY}
    with SecureWeb(tmp_path) as secure:
        secure.routes["/bas"] = to(f"{web.base}/")
        places = frozenset({web.place, secure.place, *(f"{name}:80" for name in (*INSIDE, *OUTSIDE))})
        settings = Settings(data_dir=tmp_path / "data", submission_places=",".join(places), contact="veille@association.test")
        expected = {f"{web.base}{path}": reason for path, (_, reason) in played.items()} | {f"{secure.base}/bas": "downgraded"}
        expected |= {f"http://{name}/": "private_address" for name in INSIDE}
        expected |= {"http://tourne.example/": "empty_text", "http://inconnu.example/": "unknown_host"}
        with closing(open_database(settings)) as database:
            actor = member(database, quota=500)
            rows = [submit_url(database, url, actor=actor, places=places) for url in expected]
            wrong = [
                f"http://127.0.0.9:{trap.port}/",
                "http://127.9/",
                "http://2130706441/",
                "file:///etc/passwd",
                "http://[::1]/",
                "http://ａ.example/",
            ]
            rows += [tampered(database, url, rows[0]) for url in wrong]
            found = settle(settings, database, rows)
    assert (trap.visits, trap6.visits) == (0, 0)
    allowed = {("127.0.0.1", int(one.place.rpartition(":")[2])) for one in (web, secure)} | {(PUBLIC, 80)}
    assert set(names.noted("connected")) == allowed
    assert [number for name, number in names.noted("resolved") if name == "tourne.example"] == [1]  # resolved once, and connected to that
    assert {url: reason for url, (_, reason) in found.items() if url in expected} == expected
    assert {url for url, (state, _) in found.items() if state != "ecartee"} == {f"{web.base}/goutte", f"{web.base}/tetes"}  # tried again later
    assert [found[url][1] for url in wrong] == ["private_address"] * 3 + ["scheme", "private_address", "bad_address"]
    assert [document for batch in Archive(settings.archive_dir).batches() for document in Archive(settings.archive_dir).documents(batch)] == []
