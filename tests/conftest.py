"""Fixtures for all tests: each test has its own data folder, and the demonstration web serves on free ports."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import hypothesis
import pytest

from core.records import Document
from core.settings import Settings
from core.urls import document_id, host_of
from crawlers.evidence.archive import Archive
from crawlers.reading.drafts import Draft, content_digest
from demo.serve import DemoWeb, demo_web, write_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

for name in [name for name in os.environ if name.startswith("VIGIE_") and not name.startswith("VIGIE_TEST_")]:
    del os.environ[name]  # a developer's own settings must not reach the tests
# several workers share the cores: a thread of a model that waits for another one must not keep a core busy (half the time of tests/nlp)
os.environ |= {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
# a process that is killed, or whose disk is made full, must not leave half a compiled module for the next one
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

# how long an example takes says how busy the machine is; pytest's own limit ends one that never ends
hypothesis.settings.register_profile("vigie", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("vigie")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose data and sources lie in the test's own folder."""
    return Settings(data_dir=tmp_path / "data", sources_dir=tmp_path / "sources", crawl_concurrency=2)


@pytest.fixture
def archive(settings: Settings) -> Archive:
    """An empty archive."""
    return Archive(settings.archive_dir)


@pytest.fixture
def web(settings: Settings) -> Iterator[DemoWeb]:
    """The demonstration web on free ports, its source files written to the test's folder."""
    with demo_web(port=0) as found:
        write_sources(found, settings.sources_dir)
        yield found


def make_document(url: str = "https://exemple.test/a", text: str = "Un texte ordinaire.", **fields: object) -> Document:
    """A valid document."""
    draft = Draft(url=url, kind="post", text=text)
    known: dict[str, object] = {
        "id": document_id(url), "url": url, "source": "essai", "kind": "post", "platform": host_of(url), "text": text,
        "collected_at": datetime(2026, 11, 1, 12, tzinfo=UTC), "access_mode": "open", "content_sha256": content_digest(draft),
    }  # fmt: skip
    return Document.model_validate(known | fields)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """``-m alone`` loads no file without such a test: to load all of them takes as long as to run those."""
    named = config.option.markexpr == "alone" and collection_path.suffix == ".py"
    return True if named and "pytest.mark.alone" not in collection_path.read_text(encoding="utf-8") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first; the rest keeps its order."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
