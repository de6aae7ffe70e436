"""Snapshots on the test node: taken, tried out, restored into an empty place."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from core.settings import ROOT
from index.checks import index_checks
from index.documents import Entry
from index.elastic import ElasticIndex, snapshots
from index.queries import Query
from scripts.snapshot import main


@pytest.fixture
def backend(elastic_backend: Any) -> Any:
    return elastic_backend


@pytest.fixture
def repository(filled: ElasticIndex, backend: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"r-{backend.settings.index_name}"
    monkeypatch.setattr(snapshots, "REPOSITORY", name)
    snapshots.register(filled, {"type": "fs", "settings": {"location": os.environ.get("VIGIE_TEST_SNAPSHOTS", str(tmp_path / "snapshots"))}})
    yield name
    backend.client.snapshot.delete(repository=name, snapshot="*")
    backend.client.snapshot.delete_repository(name=name)


def test_trial(filled: ElasticIndex, backend: Any, repository: str, make_entry: Callable[..., Entry]) -> None:
    with pytest.raises(ConfigError, match="no good snapshot"):
        snapshots.trial(filled)
    taken = snapshots.take(filled)
    ((name, state, indices),) = snapshots.snapshots(filled)
    assert (name, state, indices) == (taken, "SUCCESS", backend.generations())
    filled.write([make_entry(500), make_entry(501)])
    assert snapshots.trial(filled) == {backend.generations()[0]: (23, 25)}
    assert not backend.client.indices.get_alias(index=f"{snapshots.TRIAL}*")
    assert filled.search(Query()).total == 25
    with index_checks(backend.settings) as checks:
        assert "0 hours old" in checks["snapshots"]()


def test_restore_into_an_empty_node(filled: ElasticIndex, backend: Any, repository: str) -> None:
    before, entries = filled.health(), list(filled.scan(Query()))
    snapshots.take(filled)
    with pytest.raises(ConfigError, match="already answers"):
        snapshots.restore(filled)
    filled.documents.remove(backend.generations())
    assert filled.search(Query()).total == 0
    snapshots.restore(filled)
    assert list(filled.scan(Query())) == entries
    after = filled.health()
    assert (after.generation, after.documents) == (before.generation, 23)
    assert filled.write([entries[0]]).indexed == 1


def test_a_node_without_schedules(filled: ElasticIndex) -> None:
    with pytest.raises(ConfigError, match="cron"):
        snapshots.schedule(filled)


def run(backend: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "VIGIE_ELASTICSEARCH_URL": str(backend.settings.elasticsearch_url or ""),
        "VIGIE_INDEX_NAME": backend.settings.index_name,
        "VIGIE_DATA_DIR": str(backend.settings.data_dir),
    }
    command = [sys.executable, str(ROOT / "scripts" / "snapshot.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/")


def test_the_script(filled: ElasticIndex, backend: Any, repository: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = run(backend)
    assert asked.returncode == 2
    assert "register LOCATION" in asked.stderr
    monkeypatch.setattr("scripts.snapshot.load_settings", lambda: backend.settings)
    assert main(["take"]) == 0
    assert capsys.readouterr().out.startswith("vigie-20")
    assert main(["list"]) == 0
    assert f"SUCCESS\t{backend.generations()[0]}" in capsys.readouterr().out
    assert main(["trial"]) == 0
    assert "23 documents restored, 23 now" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="already answers"):
        main(["restore"])
