"""A volunteer submits, follows, contests; the page is fetched and scored by the real worker with the shipped model."""

from __future__ import annotations

import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.settings import ROOT, Settings
from tests.e2e.conftest import NARROW, PASSWORD, Live, Visit, live_console

PAGE = """<!doctype html><html lang="fr"><head><title>Jetez vos boîtes</title></head><body><article><h1>Jetez vos boîtes</h1>
<p>Mon oncologue voulait encore six séances de chimiothérapie. J'ai dit non, et je vous le dis à tous : arrêtez la chimio, elle vous empoisonne.</p>
<p>Le corps sait guérir seul si on le laisse en paix. Ma méthode des trois eaux remplace tous les médicaments, arrêtez-les dès ce soir.</p>
<p>Si vous rechutez, c'est que votre peur a bloqué l'énergie. Ne parlez de rien à votre médecin, il ne comprendrait pas.</p>
</article></body></html>""".encode()


class Site(BaseHTTPRequestHandler):
    """One page, whatever is asked for."""

    def do_GET(self) -> None:
        found = self.path != "/robots.txt"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(PAGE)

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """host:port of a site on this machine."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def submitting(tmp_path_factory: pytest.TempPathFactory, place: str) -> Iterator[Live]:
    """A console that lets this machine's site be submitted."""
    with live_console(Settings(data_dir=tmp_path_factory.mktemp("submitting"), submission_places=place)) as live:
        yield live


@contextmanager
def worker(live: Live) -> Iterator[None]:
    """``vigie submissions serve`` on the console's data."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_") and not name.lower().endswith("_proxy")}
    environment |= {"VIGIE_DATA_DIR": str(live.settings.data_dir), "VIGIE_SUBMISSION_PLACES": live.settings.submission_places}
    log = Path(live.settings.data_dir) / "worker.log"
    with (
        log.open("wb") as said,
        subprocess.Popen([sys.executable, "-m", "cli.main", "submissions", "serve"], cwd=ROOT, env=environment, stdout=said, stderr=said) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def submit(page: Page, address: str, note: str = "") -> None:
    page.goto("/soumissions/nouvelle")
    page.get_by_label("Adresse de la page").fill(address)
    page.get_by_label("Pourquoi vous la signalez").fill(note)
    page.get_by_role("button", name="Envoyer", exact=True).click()


def test_a_page_is_submitted_and_seen_scored(submitting: Live, visit: Visit, place: str) -> None:
    page = visit(submitting, "soumet")
    with worker(submitting):
        submit(page, f"http://{place}/jetez-vos-boites?utm_source=partage", "Un adhérent malade l'a reçue.")
        expect(page.get_by_role("heading", name="Où en est votre signalement")).to_be_visible()
        assert re.search(r"/soumissions/[0-9a-f]{32}$", page.url)
        # the page asks again by itself: nobody reloads it
        expect(page.locator("#etat")).to_contain_text("Abandon de soins", timeout=60_000)
    expect(page.locator("#etat")).to_contain_text("arrêtez la chimio")
    page.get_by_role("link", name="Vos signalements").click()
    expect(page.locator("main")).to_contain_text("jetez-vos-boites")
    other = visit(submitting, "soumet_ailleurs")
    other.goto("/soumissions")
    expect(other.locator("main")).not_to_contain_text("jetez-vos-boites")


def test_what_cannot_be_submitted_is_said_beside_the_field(submitting: Live, visit: Visit) -> None:
    page = visit(submitting, "soumet", size=NARROW)
    submit(page, "http://192.168.1.1/", "Un essai.")
    field = page.get_by_label("Adresse de la page")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("http://192.168.1.1/")  # nothing has to be typed twice
    expect(page.get_by_label("Pourquoi vous la signalez")).to_have_value("Un essai.")


def test_submitting_without_scripts(submitting: Live, visit: Visit) -> None:
    page = visit(submitting, scripts=False)
    page.goto("/soumissions")
    expect(page).to_have_url(re.compile("/connexion"))
    page.get_by_label("Adresse électronique").fill("soumet@exemple.example")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url(re.compile("/soumissions$"))
    submit(page, "https://sans-script.example/page")
    expect(page.locator("main")).to_contain_text("sans-script.example")
    page.goto("/soumissions/nouvelle#texte")
    page.get_by_text("La page ne s'ouvre pas").click()
    page.get_by_label("Le texte, sans rien changer").fill("Arrête tes cachets dès ce soir, la Source te demande de lui faire confiance.")
    page.get_by_label("Où et quand vous l'avez vu").fill("Un groupe public, hier")
    page.get_by_label("Je déclare que ce texte était public").check()
    page.get_by_role("button", name="Envoyer ce texte").click()
    expect(page.get_by_role("heading", name="Où en est votre signalement")).to_be_visible()


def test_submitting_by_keyboard_alone(submitting: Live, visit: Visit) -> None:
    page = visit(submitting)
    page.goto("/connexion")
    tab_to(page, "login")
    page.keyboard.type("soumet@exemple.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lina")
    page.goto("/soumissions/nouvelle")
    tab_to(page, "url")
    page.keyboard.type("https://au-clavier.example/page")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("au-clavier.example")


def tab_to(page: Page, identifier: str) -> None:
    """Press Tab until the field has the focus, as somebody without a mouse does; the focus must be seen on each step."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == identifier:
            return
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return document.activeElement === document.body"
            " || s.outlineStyle !== 'none' || s.boxShadow !== 'none' }"
        ), page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"#{identifier} is not reached by Tab")
