"""Scoring, publishing, the daily flow, the doctor, the schedules."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from core.errors import ConfigError, Unavailable
from core.files import read_lines
from core.records import MARKERS, Assessment, SourceReport
from core.settings import ROOT, Settings
from crawlers.evidence.archive import Archive
from flows.checks import check_all
from flows.crawling import child_environment
from flows.projection import plain
from flows.publishing import PublishReport, entries_of, publish_waiting, rebuild, scored_of
from flows.report import RunReport, markdown
from flows.results import Results
from flows.schedules import Schedule, load_schedules
from flows.scoring import ScoreReport, score_waiting
from flows.serving import next_run, run_flow
from index.open import open_index
from index.queries import Query
from tests.conftest import make_document

if TYPE_CHECKING:
    from pathlib import Path

    from core.records import Document
    from demo.serve import DemoWeb
    from index.protocol import Index


def store(archive: Archive, *documents: Document) -> str:
    batch = archive.open_batch("essai")
    for document in documents:
        batch.add(document)
    batch.seal()
    return batch.name


def assess(results: Results, batch: str, *, alert: bool = False) -> None:
    decision = "alerte" if alert else "rien"
    results.write(
        batch,
        assessments=[
            Assessment(
                document_id=document.id, model="m", revision="r", scores=dict.fromkeys(MARKERS, 0.1), decision=dict.fromkeys(MARKERS, decision)
            )
            for document in results.archive.documents(batch)
        ],
        set_aside=[],
    )


@pytest.fixture
def results(archive: Archive) -> Results:
    return Results(archive, model="m", revision="r")


@pytest.fixture
def index(settings: Settings) -> Index:
    return open_index(settings)


def test_scoring_keeps_every_document_or_its_reason(archive: Archive, settings: Settings) -> None:
    long = make_document("https://exemple.test/long", text="mot " * 2000)
    batch = store(archive, make_document(), long)
    report = score_waiting(archive, settings=settings.model_copy(update={"max_text_chars": 1000}))
    assert (report.batches, report.scored, report.set_aside) == (1, 1, 1)
    (path,) = (archive.root / "set_aside").glob(f"{batch}.vigie*.jsonl.gz")
    (line,) = read_lines(path)
    assert (line["reason"], line["document_id"]) == ("too_long", long.id)
    assert score_waiting(archive, settings=settings).batches == 0


def test_publishing_is_harmless_to_repeat(results: Results, index: Index) -> None:
    assess(results, store(results.archive, make_document(), make_document("https://exemple.test/b")))
    assert publish_waiting(results, index) == PublishReport(batches=1, indexed=2)
    assert publish_waiting(results, index) == PublishReport()
    assert index.health().documents == 2


def test_an_edited_document_replaces_the_older_one_whatever_comes_first(results: Results, index: Index) -> None:
    old = store(results.archive, make_document())
    new = store(results.archive, make_document(text="Corrigé.", content_sha256="0" * 64))
    assess(results, new)
    assert publish_waiting(results, index).indexed == 1
    assess(results, old)  # an older batch that was scored late
    assert publish_waiting(results, index).duplicate == 1
    entry = index.get(make_document().id)
    assert entry
    assert entry["text"] == "Corrigé."
    assert rebuild(results, index) == 1
    entry = index.get(make_document().id)
    assert entry
    assert entry["text"] == "Corrigé."


def test_a_lost_index_is_published_again(results: Results, index: Index, settings: Settings) -> None:
    assess(results, store(results.archive, make_document()))
    publish_waiting(results, index)
    index.close()
    for path in settings.index_dir.iterdir():
        path.unlink()
    again = open_index(settings)
    assert publish_waiting(results, again).indexed == 1
    assert again.health().documents == 1


def test_an_index_made_anew_under_the_same_name_is_not_taken_for_the_old_one(results: Results, settings: Settings) -> None:
    for number in range(3):
        assess(results, store(results.archive, make_document(f"https://exemple.test/{number}")))
    publish_waiting(results, open_index(settings))
    for path in settings.index_dir.iterdir():
        path.unlink()
    first = results.publishable(identity=None)[0]
    other = open_index(settings)
    other.write(entries_of(scored_of(results, first), plain()))  # killed after one batch, before its mark
    assert publish_waiting(results, other).indexed == 3
    assert other.health().documents == 3


def test_going_back_to_an_earlier_model_is_published(archive: Archive, results: Results, index: Index) -> None:
    batch = store(archive, make_document())
    assess(results, batch)
    publish_waiting(results, index)
    other = Results(archive, model="m", revision="r2")
    assess(other, batch, alert=True)
    publish_waiting(other, index)
    assert publish_waiting(results, index).indexed == 1
    assert index.search(Query(terms={"decision": ("alerte",)})).total == 0


def test_a_damaged_batch_is_named(archive: Archive, results: Results, index: Index, settings: Settings) -> None:
    batch = store(archive, make_document())
    assess(results, batch)
    path = archive.root / "documents" / f"{batch}.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ConfigError, match=f"{batch}.*is damaged"):
        publish_waiting(results, index)
    assert not next(finding for finding in check_all(settings) if finding.name == "archive").ok


def test_an_unreachable_node_is_one_line_and_nothing_is_marked(results: Results, settings: Settings) -> None:
    assess(results, store(results.archive, make_document()))
    away = Settings(data_dir=settings.data_dir, elasticsearch_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="127.0.0.1:9"):
        publish_waiting(results, open_index(away))
    assert not (results.archive.root / "published").exists()


def test_a_new_model_revision_is_published_over_the_old_one(archive: Archive, results: Results, index: Index) -> None:
    batch = store(archive, make_document())
    assess(results, batch)
    publish_waiting(results, index)
    other = Results(archive, model="m", revision="r2")
    assert other.waiting() == [batch]
    assess(other, batch, alert=True)
    assert publish_waiting(other, index).indexed == 1
    assert index.search(Query(terms={"decision": ("alerte",)})).total == 1


def test_the_report_reads_aloud() -> None:
    source = SourceReport(
        source="blog", seen=7, kept=3, duplicate=1, set_aside=2, failed=1, reasons={"bot_wall": 2, "timeout": 1}, alarms=("2 x bot_wall",)
    )
    report = RunReport(sources=(source,), broken={"autre": "source autre: panne"}, score=ScoreReport(scored=3), publish=PublishReport(indexed=3))
    text = markdown(report)
    for line in (
        "| blog | 7 | 3 | 1 | 0 | 2 | 1 | 0 |",
        "- **autre** : source autre: panne",
        "- **blog** : 2 x bot_wall",
        "- **timeout** : 1",
        "Évalués : 3",
    ):
        assert line in text


@pytest.mark.long
def test_the_daily_flow_runs_without_any_server(web: DemoWeb, settings: Settings) -> None:
    command = [sys.executable, "-m", "cli.main", "run", "--json"]
    environment = child_environment(settings)
    (settings.sources_dir / "broken.yml").write_text(
        "title: En panne\nkind: feed\nenabled: true\nurl: http://127.0.0.1:9/flux\npurpose: essai de panne\nlegal_basis: essai de panne\ndelay: 0\n"
    )
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 2, done.stderr  # one source is broken, and said so
    assert done.stderr.strip().splitlines()[-1].startswith("vigie: source broken: nothing could be read (robots_unreachable)")
    report = RunReport.model_validate_json(done.stdout.strip().splitlines()[-1])
    assert report.broken.keys() == {"broken"}
    assert report.publish.indexed == report.score.scored == sum(source.kept for source in report.sources) > 50
    assert open_index(settings).health().documents == report.publish.indexed


def test_a_prefect_server_that_goes_away_is_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import daily, once

    def refused(_: Settings) -> RunReport:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(once, "prepare", lambda _: None)
    monkeypatch.setattr(daily, "daily", refused)
    with pytest.raises(Unavailable, match="run the same command again"):
        once.run_daily(settings)


def test_the_doctor_says_what_to_do(settings: Settings, tmp_path: Path) -> None:
    settings.sources_dir.mkdir()
    found = {finding.name: finding for finding in check_all(settings)}
    assert not found["sources"].ok
    assert "enabled: true" in found["sources"].message
    assert all(found[name].ok for name in ("archive", "disk", "clock", "database", "notices", "model", "index")), found
    away = Settings(data_dir=settings.data_dir, elasticsearch_url="http://127.0.0.1:9", models_dir=tmp_path / "none")
    found = {finding.name: finding for finding in check_all(away)}
    assert not found["index"].ok
    assert not found["model"].ok
    assert all("\n" not in finding.message for finding in found.values())


def test_a_clock_before_the_archive_is_said(archive: Archive, settings: Settings) -> None:
    (archive.root / "documents").mkdir(parents=True)
    (archive.root / "documents" / "29990101T000000000000-essai-0000.jsonl.gz").touch()
    clock = next(finding for finding in check_all(settings) if finding.name == "clock")
    assert not clock.ok
    assert "set the clock" in clock.message


def test_schedules_name_flows_that_exist(tmp_path: Path) -> None:
    os.environ.setdefault("PREFECT_HOME", str(tmp_path))
    from prefect import Flow

    from flows import daily

    schedules = load_schedules()
    assert schedules
    for schedule in schedules:
        path, _, name = schedule.entrypoint.partition(":")
        assert (ROOT / path).is_file()
        assert isinstance(getattr(daily, name), Flow)
        assert schedule.cron
    (tmp_path / "prefect.yaml").write_text("deployments: 3")
    with pytest.raises(ConfigError, match="expected deployments"):
        load_schedules(tmp_path / "prefect.yaml")


def test_the_next_run_is_the_first_to_come() -> None:
    night = Schedule(name="night", entrypoint="flows/daily.py:daily", cron="15 4 * * *", timezone="Europe/Paris")
    hourly = Schedule(name="hourly", entrypoint="flows/daily.py:score", cron="30 * * * *", timezone="UTC")
    at = datetime(2026, 11, 22, 2, 40, 10, tzinfo=UTC)
    assert next_run([night, hourly], after=at) == (datetime(2026, 11, 22, 3, 15, tzinfo=UTC), night)
    assert next_run([night, hourly], after=datetime(2026, 11, 22, 3, 15, 1, tzinfo=UTC)) == (datetime(2026, 11, 22, 3, 30, tzinfo=UTC), hourly)
    for wrong in (
        night.model_copy(update={"cron": "99 4 * * *"}),
        night.model_copy(update={"cron": None}),
        night.model_copy(update={"timezone": "Mars"}),
    ):
        with pytest.raises(ConfigError, match=r"prefect\.yaml"):
            next_run([wrong], after=at)


def test_a_scheduled_flow_runs(archive: Archive, settings: Settings) -> None:
    settings.sources_dir.mkdir()
    store(archive, make_document())
    assert run_flow("score", settings=settings) == 0
    assert run_flow("publish", settings=settings) == 0
    assert open_index(settings).health().documents == 1


def test_secrets_reach_the_child_and_nothing_else_of_the_parent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIE_CONTACT", "other@association.test")
    environment = child_environment(Settings(_env_file=None, data_dir=tmp_path, contact="us@association.test"))
    assert environment["VIGIE_CONTACT"] == "us@association.test"
    assert environment["VIGIE_DATA_DIR"] == str(tmp_path)
