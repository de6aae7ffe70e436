"""The console as people use it: an application on a case database and an index of the test's own, with one person for each role."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Response
from starlette.testclient import TestClient

from cases import accounts
from cases.accounts import Organisation, Person
from cases.database import Database, open_database
from cases.people import ROLES, Role
from core import logs
from core.settings import Settings
from index.open import open_index
from tests.index.conftest import make_scored  # noqa: F401 - fixture
from tests.index.making import entry_of
from web.app import create_app

PASSWORD = "un mot de passe assez long"  # of everybody here
HASHED = accounts.hash_password(PASSWORD)  # once: it is slow by design


@dataclass
class Browser:
    """One person's browser: forms carry the session's token."""

    client: TestClient
    person: Person | None = None
    csrf: str = ""

    def get(self, path: str, **options: object) -> Response:
        return self.client.get(path, **options)  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> Response:
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **options)  # type: ignore[arg-type]


@dataclass
class House:
    """The console and its people: ``people["analyse"]`` has that role alone; all are of ``own`` but those of ``other``."""

    app: FastAPI
    database: Database
    settings: Settings
    own: Organisation
    other: Organisation
    people: dict[str, Person] = field(default_factory=dict)

    def add(self, name: str, *roles: Role, organisation: Organisation | None = None) -> Person:
        made = accounts.add_person(
            self.database, organisation_id=(organisation or self.own).id, login=f"{name}@exemple.test", name=name, roles=roles, by="test"
        )
        with self.database.writing() as session:
            row = session.get(accounts.PersonRow, made.id)
            assert row
            row.password = HASHED
        self.people[name] = made
        return made

    def browser(self, name: str | None = None) -> Browser:
        """A browser in which this person is signed in; None: nobody."""
        client = TestClient(self.app, base_url="http://console.test", follow_redirects=False)
        if name is None:
            return Browser(client)
        token = accounts.open_session(self.database, self.people[name].id)
        from web.sessions import COOKIE, cookie_value

        client.cookies.set(COOKIE, cookie_value(self.app.state.console, token), domain="console.test", path="/")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/").text)
        assert found
        return Browser(client, self.people[name], found[1])


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, House]:
    """A data folder with everybody in it, and who they are: made once, for it takes longer than most tests."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("house") / "data")
    with contextlib.closing(open_database(settings)) as database:
        own = accounts.add_organisation(database, name="Association A", capacity="aide_aux_victimes", by="test")
        other = accounts.add_organisation(database, name="Association B", capacity="aucune", by="test")
        made = House(FastAPI(), database, settings, own, other)
        for role in ROLES:
            made.add(role, role)
        made.add("soumet_ailleurs", "soumet", organisation=other)
        made.add("analyse_ailleurs", "analyse", organisation=other)
        database.erase_traces()  # all of it in one file
    return settings.data_dir, made


@pytest.fixture
def house(settings: Settings, furnished: tuple[Path, House]) -> Iterator[House]:
    """One person for each role (named after it), ``soumet_ailleurs`` and ``analyse_ailleurs`` of another organisation."""
    logs.configure(level="INFO")  # as the server does: the usual tracebacks, with the values of variables, take half a minute
    folder, known = furnished
    shutil.copytree(folder, settings.data_dir, dirs_exist_ok=True)
    app = create_app(settings)
    with TestClient(app):  # runs the lifespan
        yield House(app, app.state.console.database, settings, known.own, known.other, dict(known.people))


@pytest.fixture
def fill(settings: Settings, make_scored: Callable[..., object]) -> Callable[..., list[str]]:  # noqa: F811
    """Index some scored documents; their ids. Options are those of ``make_scored``."""

    def write(*options: dict[str, object]) -> list[str]:
        scored = [make_scored(**one) for one in options]
        index = open_index(settings)
        index.write([entry_of(one) for one in scored])  # type: ignore[arg-type]
        index.close()
        return [one.document.id for one in scored]  # type: ignore[attr-defined]

    return write
