"""Crawls of several kinds killed at random moments (SIGKILL) and started again: the same documents, each stored once and proved, in sound files."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from warcio.checker import Checker

from core.records import SourceReport
from core.settings import Settings
from flows.crawling import child_environment
from tests.crawlers.play import Answer, Asked, Web, documents, unproved, write_source
from tests.crawlers.stages import Feed, Forum, Mastodon, Post, Telegram
from tests.crawlers.starter import starter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.crawlers.stages import Stage

KILLS, ROUNDS = 30, 10  # each round begins with an empty archive and dies KILLS / ROUNDS times
KINDS: dict[str, type[Stage]] = {"carnet": Feed, "jardin": Mastodon, "canal": Telegram, "fil": Forum}


def complete(settings: Settings) -> tuple[float, dict[str, SourceReport]]:
    """Run to the end: seconds, and the reports."""
    with starter() as found:
        ended = found.run([[name] for name in KINDS], environment=child_environment(settings))
    assert set(ended.codes) == {0}, ended
    return ended.seconds, {
        name: SourceReport.model_validate(json.loads(said.splitlines()[-1])["report"]) for name, said in zip(KINDS, ended.out, strict=True)
    }


def killed(settings: Settings, *, after: float) -> int:
    """How many of the crawls died."""
    with starter() as found:
        return found.run([[name] for name in KINDS], environment=child_environment(settings), after=after).codes.count(-9)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of four sources on one web, each of which takes several pages."""
    folder = tmp_path_factory.mktemp("sources")
    with Web() as web:
        for name, kind in KINDS.items():
            stage = kind(web)
            stage.posts = [Post(n) for n in range(12, 0, -1)]
            write_source(Settings(sources_dir=folder), stage.kind, name=name, **{**stage.options, "max_pages": 10})
        web.players = [slowly(player) for player in web.players]
        yield folder


def slowly(player: Any) -> Any:
    """A few milliseconds for each answer, so that crawls die between and within pages."""

    def answer(asked: Asked) -> Answer | None:
        found: Answer | None = player(asked)
        return Answer(found.data, found.kind, found.status, found.headers, marked=found.marked, wait=0.02) if found else None

    return answer


def settings_in(folder: Path, sources: Path) -> Settings:
    return Settings(data_dir=folder / "data", sources_dir=sources, pseudonym_key=SecretStr("k" * 32), batch_documents=5)


def versions(settings: Settings) -> Counter[tuple[str, str]]:
    return Counter((document.id, document.content_sha256) for document in documents(settings))


def unsound(settings: Settings) -> list[str]:
    """The evidence files that ``warcio check`` refuses."""
    wrong = []
    for path in sorted((settings.archive_dir / "evidence").glob("*.warc.gz")):
        checker = Checker(type("Options", (), {"verbose": False, "inputs": [str(path)]})())
        checker.process_all()
        wrong += [path.name] if checker.exit_value else []
    return wrong


def test_crawls_killed_at_thirty_moments_end_as_if_undisturbed(sources: Path, tmp_path: Path) -> None:
    whole = settings_in(tmp_path / "undisturbed", sources)
    length, reports = complete(whole)
    expected = versions(whole)
    assert len(expected) == sum(report.kept for report in reports.values()) == 48
    rng = random.Random(2026)
    # one moment in each thirtieth of the run, so that none of it is left out
    moments = [length * (number + rng.random()) / KILLS for number in range(KILLS)]
    rng.shuffle(moments)
    died = 0
    for number in range(ROUNDS):
        settings = settings_in(tmp_path / f"round{number}", sources)
        for moment in moments[number::ROUNDS]:
            died += killed(settings, after=moment)
        complete(settings)
        assert versions(settings) == expected, f"round {number}, killed after {moments[number::ROUNDS]}"
        assert unproved(settings) == []
        assert unsound(settings) == []
        assert list((settings.archive_dir / "open").glob("[0-9]*")) == []
    assert died > KILLS, "the killer missed"
    _, again = complete(settings)
    assert [report.kept for report in again.values()] == [0, 0, 0, 0]
    print(f"one undisturbed run {length:.2f} s, {died} of {len(KINDS) * KILLS} crawls died")
