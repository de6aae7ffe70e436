"""The case database on SQLite, and on PostgreSQL where VIGIE_TEST_POSTGRES_URL names a server: each test has its own, made for it and removed after."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from cases.database import Database, open_database
from cases.decisions import Act, Choice, Decided, Item, decide, text_digest
from core.settings import Settings
from tests.index.conftest import backend, elastic_backend, elastic_url, index, make_scored, sqlite_backend  # noqa: F401 - fixtures

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DOCUMENT = "d" * 32


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty database of the server's own."""
    given = os.environ.get("VIGIE_TEST_POSTGRES_URL")
    if not given:
        pytest.skip("no PostgreSQL: set VIGIE_TEST_POSTGRES_URL=postgresql://user@host/name to run this on a server")
    name = f"vigie_test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(make_url(given).set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield make_url(given).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def case_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose case database is not there yet."""
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", database_url=request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(case_settings: Settings) -> Iterator[Database]:
    with closing(open_database(case_settings)) as opened:
        yield opened


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Database]:
    """On SQLite alone, for what does not depend on the database."""
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
