"""The case database on SQLite and on PostgreSQL: each test has its own, made for it and removed after."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine
from sqlalchemy.engine import make_url

from cases.database import FILE, Database, open_database
from cases.decisions import Act, Choice, Decided, Item, decide, text_digest
from core.settings import Settings
from tests.index.conftest import backend, elastic_backend, elastic_url, index, make_scored, sqlite_backend  # noqa: F401 - fixtures
from tests.pg_server import NoServerError, postgres

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DOCUMENT = "d" * 32


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A server to make databases on: VIGIE_TEST_POSTGRES_URL, else one of this process's own, stopped with it."""
    if given := os.environ.get("VIGIE_TEST_POSTGRES_URL"):
        yield make_url(given).set(drivername="postgresql+pg8000")
        return
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres())
        except NoServerError as error:
            pytest.skip(str(error))
        yield make_url(server.url)


@contextmanager
def made_on(server: URL, *, template: str = "template1") -> Iterator[URL]:
    """A database of its own on this server, dropped when the block ends."""
    admin, name = create_engine(server, isolation_level="AUTOCOMMIT"), f"vigie_test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def written(url: URL) -> str:
    """As settings take it."""
    return url.render_as_string(hide_password=False)


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """An empty database."""
    with made_on(postgres_server) as url:
        yield written(url)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A database with its tables: copies of it are made in a fifth of the time that the tables take."""
    with made_on(postgres_server) as url:
        open_database(Settings(data_dir=tmp_path_factory.mktemp("template"), database_url=written(url))).close()
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with its tables, for the same reason."""
    folder = tmp_path_factory.mktemp("template")
    open_database(Settings(data_dir=folder)).close()
    return folder / FILE


@pytest.fixture
def postgres_copy(postgres_server: URL, postgres_template: URL) -> Iterator[str]:
    """A database with its tables."""
    with made_on(postgres_server, template=str(postgres_template.database)) as url:
        yield written(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def case_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose case database is not there yet; for tests that ask for ``database`` too, its tables are."""
    opened = "database" in request.fixturenames
    if request.param == "postgresql":
        return Settings(data_dir=tmp_path / "data", database_url=request.getfixturevalue("postgres_copy" if opened else "postgres_url"))
    if opened:
        _copy(request.getfixturevalue("sqlite_template"), tmp_path / "data")
    return Settings(data_dir=tmp_path / "data")


def _copy(template: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    shutil.copy(template, folder / FILE)


@pytest.fixture
def database(case_settings: Settings) -> Iterator[Database]:
    with closing(open_database(case_settings)) as opened:
        yield opened


@pytest.fixture
def embedded(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """On SQLite alone, for what does not depend on the database."""
    _copy(sqlite_template, tmp_path / "embedded")
    with closing(open_database(Settings(data_dir=tmp_path / "embedded"))) as opened:
        yield opened


def item(name: str = DOCUMENT, *, text: str = "Un texte.", **fields: object) -> Item:
    return Item.model_validate({"document_id": name, "content_sha256": "0" * 64, "text_sha256": text_digest(None, text), **fields})


def choice(qualification: str = "hors_champ", *markers: str, **fields: object) -> Choice:
    return Choice.model_validate({"qualification": qualification, "markers": markers, "reason": "Lu.", "by": "AB", "taxonomy": "essai", **fields})


def act(at: datetime = NOW) -> Act:
    return Act(id=uuid.uuid4().hex, at=at)


@pytest.fixture
def decided(embedded: Database) -> Callable[..., Decided]:
    """One decision on one item."""

    def write(name: str = DOCUMENT, qualification: str = "hors_champ", *markers: str, at: datetime = NOW, **fields: object) -> Decided:
        return decide(embedded, [item(name, **fields)], choice(qualification, *markers), act=act(at))[0]

    return write
