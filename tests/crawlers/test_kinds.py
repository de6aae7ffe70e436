"""Every kind of source that HTTP can play, from the first run on: what is kept and proved, what a second and a third run add, what must be nowhere."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from core.settings import Settings
from crawlers.catalog import kinds
from tests.crawlers.play import adds_up, aside, crawl, documents, holders, newest, playing, unproved
from tests.crawlers.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.records import Document, SetAside, SourceReport
    from tests.crawlers.play import Asked
    from tests.crawlers.stages import Stage

WORKERS = 3  # a crawl waits as much as it works
GIVEN = {"id", "source", "collected_at", "access_mode", "author", "evidence", "content_sha256"}  # what no platform shows
NAMED = {"url", "thread_root", "thread_parent", "platform_id", "links"}  # addresses, in which platforms write names


@dataclass
class Run:
    """One run, and what was asked for."""

    report: SourceReport
    log: list[Asked]
    kept: list[Document]

    @property
    def pages(self) -> list[str]:
        return [one.path for one in self.log if one.status == 200]


@dataclass
class Play:
    """Three runs of one kind. ``second``: nothing changed; ``third``: one post is new, one corrected, one gone."""

    stage: Stage
    settings: Settings
    runs: list[Run] = field(default_factory=list)
    at_start: set[str] = field(default_factory=set)
    full: dict[str, Any] = field(default_factory=dict)
    new: str = ""
    corrected: str = ""
    gone: str = ""
    aside: list[SetAside] = field(default_factory=list)
    strangers: list[Asked] = field(default_factory=list)

    def run(self) -> None:
        before = len(documents(self.settings))
        self.stage.web.log.clear()
        report = crawl(self.settings, self.stage.kind, **self.stage.options)
        self.runs.append(Run(report, self.stage.web.asked(), documents(self.settings)[before:]))


def play(name: str, folder: Path) -> Play:
    """Crawl one kind three times."""
    with playing("127.0.0.1", "127.0.0.2") as (web, stranger):
        stage = STAGES[name](web, elsewhere=stranger.base)
        played = Play(stage, stage.settings(Settings(data_dir=folder / name / "data", sources_dir=folder / name / "sources")))
        played.at_start, played.full = stage.urls(), {"url": stage.url(stage.posts[0]), **stage.full}
        played.run()
        played.aside = aside(played.settings)
        played.run()
        played.new, played.corrected = stage.add(), stage.edit()
        if stage.knows_deleted:
            played.gone = stage.delete()
        played.run()
        played.strangers = list(stranger.log)
    return played


@pytest.fixture(scope="module")
def plays(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Play]]:
    """The runs of each kind, several kinds at a time; only of those that are tested."""
    folder = tmp_path_factory.mktemp("kinds")
    names = {item.callspec.params["name"] for item in request.session.items if item.path == request.path and hasattr(item, "callspec")}
    with ThreadPoolExecutor(WORKERS) as pool:
        futures: dict[str, Future[Play]] = {name: pool.submit(play, name, folder) for name in STAGES if name in names}
        yield lambda name: futures[name].result()
        for future in futures.values():
            future.cancel()


every_kind = pytest.mark.parametrize("name", STAGES)


@every_kind
def test_exactly_what_may_be_read_is_kept_and_proved(plays: Callable[[str], Play], name: str) -> None:
    played = plays(name)
    first, *_ = played.runs
    assert {document.url for document in first.kept} == played.at_start
    assert len(first.kept) == len(played.at_start)
    counts = {status: getattr(first.report, status) for status in ("kept", "duplicate", "dropped", "set_aside", "failed")}
    assert counts == {"kept": len(played.at_start), "duplicate": 0, "dropped": 0, "set_aside": 0, "failed": 0, **played.stage.extra}
    assert len(played.aside) == counts["set_aside"]
    assert all(adds_up(run.report) for run in played.runs)
    assert unproved(played.settings) == []
    assert all(document.evidence for document in documents(played.settings))
    assert all(
        document.id == next(one.id for one in first.kept if one.url == document.url)
        for run in played.runs[1:]
        for document in run.kept
        if document.url in played.at_start
    )


@every_kind
def test_every_field_that_the_platform_shows_is_filled(plays: Callable[[str], Play], name: str) -> None:
    played = plays(name)
    (document,) = [one for one in played.runs[0].kept if one.url == played.full["url"]]
    found = {key: value for key, value in document.model_dump(mode="json", exclude_none=True).items() if value != [] and key not in GIVEN}
    assert document.author
    assert document.author.startswith("p-")
    if funding := found.get("funding"):
        assert funding.pop("organiser") == document.author
    assert found == {"content_type": ["TEXT"], "language": "fr", **played.full}


@every_kind
def test_a_second_run_keeps_nothing_and_asks_for_less(plays: Callable[[str], Play], name: str) -> None:
    first, second, _ = plays(name).runs
    assert (second.report.kept, second.kept) == (0, [])
    assert len(second.pages) < len(first.pages)
    assert len(second.log) <= len(first.log)
    assert second.report.failed == second.report.transient == 0


@every_kind
def test_a_third_run_keeps_what_is_new_corrected_or_gone(plays: Callable[[str], Play], name: str) -> None:
    played = plays(name)
    third = {document.url: document for document in played.runs[2].kept}
    assert set(third) == {played.new, played.corrected, played.gone} - {""}
    assert played.runs[2].report.kept == len(third)
    earlier = {document.url: document for document in played.runs[0].kept}
    corrected = third[played.corrected]
    assert (corrected.id, corrected.deleted_at) == (earlier[played.corrected].id, None)
    assert corrected.content_sha256 != earlier[played.corrected].content_sha256
    assert "Corrigé depuis." in corrected.text
    if played.gone:
        gone, was = third[played.gone], earlier[played.gone]
        assert gone.deleted_at
        assert (gone.text, gone.evidence, gone.id) == (was.text, was.evidence, was.id)
        assert newest(played.settings)[played.gone].deleted_at


@every_kind
def test_what_must_be_nowhere_is_nowhere(plays: Callable[[str], Play], name: str) -> None:
    played = plays(name)
    for secret in played.stage.secrets:
        assert holders(played.settings, secret) == []
    for document in documents(played.settings):
        told = document.model_dump_json(exclude=NAMED)
        assert not [person for person in played.stage.people if person in told]
    assert played.strangers == []


def test_every_kind_but_the_stream_is_played() -> None:
    assert {stage.kind for stage in STAGES.values()} == set(kinds()) - {"bluesky_jetstream"}
