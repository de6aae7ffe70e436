"""A console that runs, on contents scored by hand, and Debian's Chromium to use it as people do."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from cases import accounts
from cases.accounts import Organisation, Person
from cases.database import Database
from cases.people import ROLES, Role
from core import logs
from core.settings import Settings
from index.protocol import Index
from tests.e2e.seeds import entries
from web.access import COOKIE, cookie_value
from web.app import create_app

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
)
PASSWORD = "un mot de passe assez long"  # of everybody here
HASHED = accounts.hash_password(PASSWORD)
TAKE = "form[action$='/prendre'] button"  # of an item's page
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WAIT = 15_000  # milliseconds that a page may take on a machine with other work

expect.set_options(timeout=WAIT)


@dataclass
class Live:
    """A running console. ``people["analyse"]`` has that role alone; ``items``: ids of the contents of items.yml by their key."""

    url: str
    app: FastAPI
    settings: Settings
    database: Database
    index: Index
    own: Organisation
    other: Organisation
    items: dict[str, str]
    people: dict[str, Person] = field(default_factory=dict)

    def add(self, name: str, *roles: Role, organisation: Organisation | None = None, shown: str | None = None) -> Person:
        made = accounts.add_person(
            self.database, organisation_id=(organisation or self.own).id, login=f"{name}@exemple.example", name=shown or name, roles=roles, by="test"
        )
        with self.database.writing() as session:
            row = session.get(accounts.PersonRow, made.id)
            assert row
            row.password = HASHED  # made once: it is slow by design
        self.people[name] = made
        return made

    def cookie(self, name: str) -> dict[str, str]:
        """Of a person who is signed in, for a browser."""
        token = accounts.open_session(self.database, self.people[name].id)
        return {"name": COOKIE, "value": cookie_value(self.app.state.console, token), "url": self.url}


@contextmanager
def live_console(settings: Settings) -> Iterator[Live]:
    """Serves until the block ends: everybody of ``ROLES`` in one organisation, two people of another one, the contents of items.yml."""
    logs.configure(level="ERROR")  # as the command does: structlog's own way to write an error is slow, and shows variables
    app = create_app(settings)
    with socket.socket() as bound, served(app, bound) as url:
        database, index = app.state.console.database, app.state.console.index
        own = accounts.add_organisation(database, name="Secours aux familles", capacity="aide_aux_victimes", by="test")
        other = accounts.add_organisation(database, name="Écoute du Val", capacity="aucune", by="test")
        ids, made = entries()
        index.write(made)
        live = Live(url, app, settings, database, index, own, other, ids)
        for role in ROLES:
            live.add(role, role, shown=NAMES[role])
        live.add("analyse2", "analyse", shown="Noé")
        live.add("soumet_ailleurs", "soumet", organisation=other, shown="Salomé")
        live.add("analyse_ailleurs", "analyse", organisation=other, shown="Brice")
        yield live


NAMES = {"soumet": "Lina", "analyse": "Ariane", "valide": "Karim", "sante": "Dr Mourier", "droit": "Me Fabre", "administre": "Odile"}


@contextmanager
def served(app: FastAPI, bound: socket.socket) -> Iterator[str]:
    """In a thread, on a free port; the address."""
    bound.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started, "the console did not start"
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not longer than a module: while Playwright is there an event loop runs in this thread, in which other tests could not start theirs."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium: run scripts/test_tools.sh as root, or install Debian's package chromium")
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.lower().endswith("_proxy")}  # loopback only
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield browser
        browser.close()
    os.environ.update(kept)


@pytest.fixture(scope="session")
def shared_live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One console for the tests that only read."""
    with live_console(Settings(data_dir=tmp_path_factory.mktemp("console"))) as live:
        yield live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A console of the test's own."""
    with live_console(Settings(data_dir=tmp_path / "console")) as made:
        yield made


@dataclass
class Seen:
    """What went wrong in the browser meanwhile, in words; must stay empty."""

    problems: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext, origin: str) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        context.on("request", lambda request: self._request(request, origin))
        context.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _console(self, message: ConsoleMessage) -> None:
        # an answer of 4xx that a test asks for is written to the console by Chromium itself
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(f"console: {message.text[:300]} ({message.location.get('url')})")

    def _request(self, request: Request, origin: str) -> None:
        if not request.url.startswith((origin, "data:image/", "blob:")):
            self.problems.append(f"request to {request.url[:200]}")


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """``visit(live, "analyse", size=WIDE, scripts=True)``: an empty page of a browser in which this person (None: nobody) is signed in.

    The test fails where a page of it wrote an error to the console, broke the policy of contents, asked another host or opened a dialog.
    """
    seen = Seen()
    with ExitStack() as stack:

        def open_page(live: Live, name: str | None = None, *, size: dict[str, int] = WIDE, scripts: bool = True) -> Page:
            context = chromium.new_context(
                base_url=live.url,
                viewport=size,
                java_script_enabled=scripts,
                locale="fr-FR",
                timezone_id="Europe/Paris",  # type: ignore[arg-type]
            )
            stack.callback(context.close)
            context.set_default_timeout(WAIT)
            seen.watch(context, live.url)
            if name:
                context.add_cookies([live.cookie(name)])  # type: ignore[list-item]
            return context.new_page()

        yield open_page
    assert seen.problems == []


def csrf_of(page: Page) -> str:
    """The token of the session whose page is shown."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.content())
    assert found
    return found[1]


@pytest.fixture(scope="session")
def worked_live(shared_live: Live) -> Live:
    """A console in which people have worked already: pages show something."""
    from tests.e2e.working import at_work  # it builds upon this module

    at_work(shared_live)
    return shared_live
