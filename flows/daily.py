"""The Prefect flows, readable aloud: crawl every enabled source, score what is new, publish it, deliver what was asked for.

Only Unavailable is tried again. One broken source stops no other: it is named in the run's report.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.task_runners import ThreadPoolTaskRunner

from core.errors import Unavailable, VigieError
from core.logs import get_logger
from core.records import SourceReport
from core.settings import Settings, load_settings
from crawlers.catalog import choose
from crawlers.evidence.archive import Archive
from flows.alerting import Delivered, deliver
from flows.crawling import crawl_source
from flows.indexing import publish_all
from flows.optouts import Handled, handle_opt_outs
from flows.publishing import PublishReport
from flows.report import RunReport, markdown
from flows.retention import Retained, retain_all
from flows.scoring import ScoreReport, score_waiting
from flows.submissions import drain

log = get_logger(__name__)
DELAYS: list[float] = [10, 60]  # seconds before the second and the third try


def _may_pass(_task: Any, _run: Any, state: Any) -> bool:
    return isinstance(state.result(raise_on_failure=False), Unavailable)


@task(task_run_name="crawl {name}", retries=2, retry_delay_seconds=DELAYS, retry_condition_fn=_may_pass)
def crawl_one(name: str, settings: Settings) -> SourceReport:
    """One source into the archive."""
    report = crawl_source(name, settings=settings)
    log.info("crawled", **report.model_dump(include={"source", "seen", "kept", "duplicate", "set_aside", "failed"}))
    return report


@task(retries=2, retry_delay_seconds=DELAYS, retry_condition_fn=_may_pass)
def score_new(settings: Settings) -> ScoreReport:
    """What the archive holds and no one scored."""
    report = score_waiting(Archive(settings.archive_dir), settings=settings)
    log.info("scored", **report.model_dump())
    return report


@task(retries=2, retry_delay_seconds=DELAYS, retry_condition_fn=_may_pass)
def publish_new(settings: Settings) -> PublishReport:
    """What was scored and the index lacks."""
    report = publish_all(settings)
    log.info("published", **report.model_dump())
    return report


@task
def deliver_found(settings: Settings) -> Delivered:
    """The alerts that are due; one that cannot be delivered is tried again by later runs and shown by ``vigie alerts list``."""
    try:
        found = deliver(settings, datetime.now(UTC))
    except Unavailable as error:  # another process delivers already: the run is no worse for it
        log.warning("alerts_not_delivered", error=str(error))
        return Delivered(0, 0, 0)
    log.info("delivered", **found._asdict())
    return found


@task(retries=2, retry_delay_seconds=DELAYS, retry_condition_fn=_may_pass)
def honour_opt_outs(settings: Settings) -> Handled:
    """The wishes of the console that people agreed to, before anything is read anew."""
    found = handle_opt_outs(settings)
    log.info("opt_outs", **found._asdict())
    return found


def at_once(crawls: int) -> Any:
    """A task runner that holds back more than this many crawls."""
    return ThreadPoolTaskRunner(max_workers=crawls)


@flow(name="crawl", validate_parameters=False, task_runner=at_once(2))
def crawl(names: tuple[str, ...] = (), settings: Settings | None = None) -> tuple[list[SourceReport], dict[str, str]]:
    """The named sources, or all enabled ones, a few at a time: their reports, and what went wrong with the others."""
    settings = settings or load_settings()
    chosen, wrong = choose(settings.sources_dir, tuple(names))
    futures = {source.name: crawl_one.submit(source.name, settings) for source in chosen}
    results = {name: future.result(raise_on_failure=False) for name, future in futures.items()}
    broken = wrong | {name: str(result) for name, result in results.items() if isinstance(result, VigieError)}
    for result in results.values():
        if isinstance(result, BaseException) and not isinstance(result, VigieError):
            raise result
    return [result for result in results.values() if isinstance(result, SourceReport)], broken


@flow(name="score", validate_parameters=False)
def score(settings: Settings | None = None) -> ScoreReport:
    """Score what waits."""
    return score_new(settings or load_settings())


@flow(name="publish", validate_parameters=False)
def publish(settings: Settings | None = None) -> PublishReport:
    """Publish what was scored."""
    return publish_new(settings or load_settings())


@flow(name="retention", validate_parameters=False)
def retention(settings: Settings | None = None) -> Retained:
    """Erase what may not be kept any longer."""
    found = retain_all(settings or load_settings(), now=datetime.now(UTC))
    if not found.done:
        log.warning("retention_left", **found.left)
    return found


@flow(name="submissions", validate_parameters=False)
def submissions(settings: Settings | None = None) -> int:
    """Read what was submitted and waits; how many submissions came to an end. ``vigie submissions serve`` does it as they come."""
    done = drain(settings or load_settings())
    log.info("submissions_read", submissions=done)
    return done


@flow(name="daily", validate_parameters=False)
def daily(settings: Settings | None = None) -> RunReport:
    """Crawl all enabled sources, score what is new, publish it, deliver the alerts that it raised, and leave a report."""
    settings = settings or load_settings()
    Archive(settings.archive_dir).recover()
    honour_opt_outs(settings)
    sources, broken = crawl.with_options(task_runner=at_once(settings.crawl_concurrency))((), settings)
    Archive(settings.archive_dir).recover()  # what a crawl that was stopped had kept
    report = RunReport(sources=tuple(sources), broken=broken, score=ScoreReport(), publish=PublishReport())
    try:
        report = report.model_copy(update={"score": score(settings)})
        report = report.model_copy(update={"publish": publish(settings)})
        report = report.model_copy(update={"alerts": deliver_found(settings)})
    finally:  # what was crawled is told even if what follows fails
        create_markdown_artifact(key="daily", markdown=markdown(report), description="Ce que Vigie a vu et ce qu'elle en a fait")
    return report
