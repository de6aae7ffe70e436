"""Nothing lost, nothing twice: SIGKILL at many points of the crawl, the scoring and the publishing; run again; the same index as undisturbed."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from warcio.checker import Checker

from core.settings import ROOT, Settings
from crawlers.evidence.archive import Archive
from demo.serve import demo_web, write_sources
from flows.crawling import child_environment
from index.open import open_index
from index.queries import Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.documents import Entry

KILLER = Path(__file__).with_name("killer.py")
SOURCES = ("demo_blog_source", "demo_cagnottes")
VOLATILE = {
    "collected_at",
    "indexed_at",
    "batch",
    "evidence_file",
    "warc",  # what a second run dates anew
    "retain_until",
    "priority",
    "harm",
    "reasons",
    "embedding",
    "evidence",
    "score_gourou",
    "score_complotisme",
    "score_abandon_soins",
}  # what rounding moves with a batch's shape


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sources")
    with demo_web(port=0) as web:
        write_sources(web, folder)
        yield folder


def settings_in(folder: Path, sources: Path) -> Settings:
    return Settings(data_dir=folder, sources_dir=sources, batch_documents=3, pseudonym_key=SecretStr("k" * 32))


@cache
def killer() -> subprocess.Popen[str]:
    """Takes jobs; it ends with this process, which closes its input."""
    environment = {**child_environment(Settings()), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, str(KILLER)], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def command(settings: Settings, module: str, *arguments: str, at: int = 0, after: float | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**child_environment(settings), "PYTHONPATH": str(ROOT)}
    into, told = killer().stdin, killer().stdout
    assert into
    assert told
    with tempfile.TemporaryDirectory() as folder:
        job = {"module": module, "arguments": arguments, "environment": environment, "at": at, "after": after, "folder": folder}
        into.write(json.dumps(job) + "\n")
        into.flush()
        try:
            code = int(told.readline())
        except BaseException:  # out of time: the next test begins with another one
            killer().kill()
            killer.cache_clear()
            raise
        out, error = (path.read_text(encoding="utf-8") if path.exists() else "" for path in (Path(folder, "out"), Path(folder, "err")))
    return subprocess.CompletedProcess(arguments, code, out, error)


def changes(done: subprocess.CompletedProcess[str]) -> int:
    assert done.returncode == 0, done.stderr
    found = re.search(r"changes (\d+)", done.stderr)
    assert found
    return int(found[1])


def crawl_all(settings: Settings) -> list[int]:
    return [changes(command(settings, "crawlers.run", name)) for name in SOURCES]


def indexed(settings: Settings) -> dict[str, Entry]:
    index = open_index(settings)
    try:
        page = index.search(Query(size=1000))
    finally:
        index.close()
    assert page.total == len(page.entries)
    return {entry["id"]: {name: value for name, value in entry.items() if name not in VOLATILE} for entry in page.entries}


def whole_run(settings: Settings) -> dict[str, Entry]:
    crawl_all(settings)
    changes(command(settings, "cli.main", "score", "--pending"))
    changes(command(settings, "cli.main", "publish"))
    return indexed(settings)


def assert_archive_is_sound(settings: Settings) -> None:
    archive = Archive(settings.archive_dir)
    versions = [(document.id, document.content_sha256) for batch in archive.batches() for document in archive.documents(batch)]
    assert len(versions) == len(set(versions)), "a version was stored twice"
    for path in (archive.root / "evidence").glob("*.warc.gz"):
        checker = Checker(type("Options", (), {"verbose": False, "inputs": [str(path)]})())
        checker.process_one(str(path))
        assert checker.exit_value == 0


@pytest.fixture(scope="module")
def whole(place: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Entry]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    found = whole_run(settings_in(folder, place))
    assert len(found) > 15
    return folder, found


@pytest.fixture
def undisturbed(whole: tuple[Path, dict[str, Entry]]) -> dict[str, Entry]:
    return whole[1]


@pytest.mark.long
def test_crawl_killed_at_many_points(place: Path, tmp_path: Path, undisturbed: dict[str, Entry]) -> None:
    most = max(crawl_all(settings_in(tmp_path / "count", place)))
    settings = settings_in(tmp_path / "killed", place)
    for at in range(2, most, max(1, most // 12)):
        for name in SOURCES:
            command(settings, "crawlers.run", name, at=at)
    for seed in range(4):
        command(settings, "crawlers.run", SOURCES[seed % 2], after=random.Random(seed).uniform(0.05, 0.8))
    assert whole_run(settings) == undisturbed
    assert_archive_is_sound(settings)


@pytest.mark.long
def test_scoring_and_publishing_killed_at_many_points(place: Path, tmp_path: Path, undisturbed: dict[str, Entry]) -> None:
    settings = settings_in(tmp_path / "killed", place)
    crawl_all(settings)
    died = 0
    for at in (1, 3, 5, 8, 13, 20):
        died += command(settings, "cli.main", "score", "--pending", at=at).returncode == -9
    changes(command(settings, "cli.main", "score", "--pending"))
    for at in (1, 2, 3, 4, 6, 8, 11, 15, 20, 25):
        died += command(settings, "cli.main", "publish", at=at).returncode == -9
    for seed in range(3):
        command(settings, "cli.main", "publish", after=random.Random(seed).uniform(0.02, 0.3))
    assert died > 10, "the killer missed"
    changes(command(settings, "cli.main", "publish"))
    assert indexed(settings) == undisturbed


@pytest.mark.long
def test_reindex_killed_at_many_points_leaves_an_index_that_answers(place: Path, tmp_path: Path, whole: tuple[Path, dict[str, Entry]]) -> None:
    folder, undisturbed = whole
    settings = settings_in(tmp_path / "killed", place)
    shutil.copytree(folder, settings.data_dir)
    assert indexed(settings) == undisturbed
    for at in (1, 2, 4, 6, 8, 10, 12):
        command(settings, "cli.main", "reindex", at=at)
        assert indexed(settings) == undisturbed
    changes(command(settings, "cli.main", "reindex"))
    assert indexed(settings) == undisturbed
