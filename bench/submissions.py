"""How long a submission takes from being sent to being scored and visible, with a warm worker, on loopback.

    python -m bench.submissions [--count 200] [--every 1.5] [--burst 50]

Sends one after another at a steady pace, then some at once; prints median and 95th percentile in seconds. The goal is 5 s at the 95th percentile.
"""

from __future__ import annotations

import contextlib
import http.server
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cases import accounts
from cases.accounts import actor_of
from cases.database import open_database
from cases.submissions import find, submit_url
from cases.tables_people import PersonRow
from core.settings import ROOT, Settings
from flows.crawling import child_environment
from flows.submissions import places_of
from index.open import open_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import Database
    from cases.people import Actor
    from index.protocol import Index

GOAL = 5.0  # seconds at the 95th percentile
TEXT = """arrêtez votre traitement le jus de plantes guérit tout les médecins vous cachent la vérité depuis toujours rejoignez notre groupe le jardin
partagé ouvre samedi la commune prête des outils aux habitants une séance coûte quatre cents euros payables d'avance votre famille ne comprend pas le
conseil municipal a voté un budget pour la bibliothèque du quartier"""


class Pages(http.server.BaseHTTPRequestHandler):
    """An article of some 150 words at each address; each says another thing."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        chance = random.Random(self.path)
        found = self.path.startswith("/page/")
        sentences = [" ".join(chance.choices(TEXT.split(), k=15)).capitalize() + "." for _ in range(10)]
        body = f"<html lang=fr><title>{self.path}</title><article><h1>Page</h1>{''.join(f'<p>{one}</p>' for one in sentences)}</article>".encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Silent."""


@contextlib.contextmanager
def site() -> Iterator[str]:
    """``host:port`` of the pages."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


@contextlib.contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """``vigie submissions serve``, warm."""
    command = [sys.executable, "-m", "cli.main", "-v", "submissions", "serve"]
    process = subprocess.Popen(command, cwd=ROOT, env=child_environment(settings), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for line in process.stderr or ():
        if "submissions_served" in line:
            break
    threading.Thread(target=lambda: [None for _ in process.stderr or ()], daemon=True).start()
    yield
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def member(database: Database) -> Actor:
    """Somebody who may submit as much as it takes."""
    made = accounts.add_organisation(database, name="Mesure", capacity="aucune", by="bench", quota=100_000)
    person = accounts.add_person(database, organisation_id=made.id, login="mesure@exemple.test", name="mesure", roles=("soumet",), by="bench")
    with database.reading() as session:
        row = session.get(PersonRow, person.id)
        if row is None:
            raise LookupError(person.id)
        return actor_of(row)


class Run:
    """One measurement: when each submission was sent, and when it was seen."""

    def __init__(self, settings: Settings, database: Database, index: Index, actor: Actor) -> None:
        self._settings, self._database, self._index, self._actor = settings, database, index, actor
        self._sent: dict[str, float] = {}
        self.seconds: list[float] = []
        self.lost: list[str] = []

    def send(self, url: str) -> None:
        """Submit one page; the clock starts before."""
        start = time.monotonic()
        one = submit_url(self._database, url, actor=self._actor, places=places_of(self._settings))
        self._sent[one.id] = start

    def look(self) -> None:
        """See what is visible by now: its row says so and the index answers with its scores."""
        for identifier, start in list(self._sent.items()):
            one = find(self._database, identifier, organisation_id=None)
            if one.state == "ecartee":
                self.lost.append(f"{one.url} {one.reason}")
                del self._sent[identifier]
            elif one.state == "visible" and (self._index.get(one.document_id) or {}).get("score_gourou") is not None:
                self.seconds.append(time.monotonic() - start)
                del self._sent[identifier]

    def wait(self, seconds: float, *, until_done: bool = False) -> None:
        """Look again and again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until_done and not self._sent):
            self.look()
            time.sleep(0.02)

    def tell(self, name: str) -> None:
        """One line."""
        cuts = statistics.quantiles(self.seconds, n=20, method="inclusive")
        click.echo(
            f"{name}: {len(self.seconds)} visible, p50 {statistics.median(self.seconds):.2f} s, p95 {cuts[-1]:.2f} s, max {max(self.seconds):.2f} s"
            f" (goal: p95 {GOAL:g} s); not visible: {len(self._sent) + len(self.lost)} {self.lost[:3]}; load {os.getloadavg()[0]:.1f}"
        )


@click.command()
@click.option("--count", default=200, show_default=True)
@click.option("--every", default=1.5, show_default=True, help="Seconds between two submissions.")
@click.option("--burst", default=50, show_default=True)
def main(count: int, every: float, burst: int) -> None:
    """Measure."""
    with contextlib.ExitStack() as held:
        folder, place = held.enter_context(tempfile.TemporaryDirectory(prefix="vigie-bench-")), held.enter_context(site())
        settings = Settings(data_dir=Path(folder), submission_places=place)
        database = held.enter_context(contextlib.closing(open_database(settings)))
        index = held.enter_context(contextlib.closing(open_index(settings)))
        actor = member(database)
        held.enter_context(worker(settings))
        steady, at_once = (Run(settings, database, index, actor) for _ in range(2))
        for number in range(count):
            steady.send(f"http://{place}/page/{number}")
            steady.wait(every)
        steady.wait(60, until_done=True)
        steady.tell(f"steady, one every {every:g} s")
        for number in range(burst):
            at_once.send(f"http://{place}/page/b{number}")
        at_once.wait(120, until_done=True)
        at_once.tell("burst")


if __name__ == "__main__":
    main()
