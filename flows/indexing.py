"""Publishing and rebuilding with all that the settings name: index, case database, campaigns, alerts, runs of the sources."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.files import locked
from core.logs import get_logger
from crawlers.evidence.archive import Archive
from flows.alerting import match_owed
from flows.projection import open_projection
from flows.publishing import PublishReport, publish_waiting, rebuild
from flows.results import Results
from flows.runs import publish_runs
from index.generations import is_older
from index.open import open_index
from nlp.classify import revision_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from core.settings import Settings
    from flows.projection import Projection
    from index.protocol import Index

log = get_logger(__name__)
LOCK_SECONDS = 10.0  # for another publisher: a small batch is waited for, a rebuild is not
PAUSES = (10.0, 30.0, 60.0, 300.0)  # seconds between tries while the index is down; the last one repeats


Opened = tuple[Results, "Index", "Projection"]


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """Batches cut short are sealed first. One publisher at a time: what it knows of the index holds until it writes.

    Raises ConfigError, Unavailable.
    """
    results, name = _results(settings), settings.index_name
    # the only publisher on this machine; decisions and erasures need not wait for it
    with locked(settings.index_dir / f"{name}.publishing.lock", what=f"publishing into index {name}", wait=LOCK_SECONDS):
        results.archive.recover()
        with contextlib.closing(open_index(settings)) as index, open_projection(settings) as projection:
            yield results, index, projection


def unscored(settings: Settings) -> int:
    """How many batches wait to be scored. Raises ConfigError."""
    return len(_results(settings).waiting())


def _results(settings: Settings) -> Results:
    return Results(Archive(settings.archive_dir), model=settings.model, revision=revision_of(settings))


def publish_all(settings: Settings, *, advance: Callable[[int], None] = lambda _: None) -> PublishReport:
    """Publish what waits, and what the sources' runs saw; an index of an earlier version is first built anew. Raises Unavailable, ConfigError."""
    with opened(settings) as (results, index, projection):
        _renew(settings, results, index, projection)
        report = publish_waiting(results, index, projection=projection, advance=advance)
        match_owed(settings, index)
        publish_runs(results.archive.root, index)
    return report


def publish_batches(settings: Settings, batches: Collection[str], document_ids: Collection[str]) -> set[str]:
    """Publish these scored batches alone; which of these documents the index then holds. Raises Unavailable, ConfigError."""
    with opened(settings) as (results, index, projection):
        _renew(settings, results, index, projection)
        publish_waiting(results, index, projection=projection, only=batches)
        return set(index.known(document_ids))


def _renew(settings: Settings, results: Results, index: Index, projection: Projection) -> None:
    """Build an index of an earlier version anew."""
    generation = index.health().generation
    if is_older(generation, alias=settings.index_name):
        log.warning("index_of_earlier_version", generation=generation)
        rebuild(results, index, projection=projection)


def publish_patiently(settings: Settings, *, hours: float, tell: Callable[[str], None], advance: Callable[[int], None]) -> PublishReport:
    """Like ``publish_all``, trying again for some hours while the index is down. Raises Unavailable at the end, ConfigError at once."""
    until, tries = time.monotonic() + hours * 3600, 0
    while True:
        try:
            return publish_all(settings, advance=advance)
        except Unavailable as error:
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            if time.monotonic() + pause > until:
                raise
            tell(str(error))
            log.warning("index_unavailable", tries=tries + 1, pause=pause)
            time.sleep(pause)
            tries += 1


def rebuild_all(settings: Settings) -> int:
    """Build the index anew; the number of its documents. Raises Unavailable, ConfigError."""
    with opened(settings) as (results, index, projection):
        documents = rebuild(results, index, projection=projection)
        match_owed(settings, index)
        publish_runs(results.archive.root, index)
    return documents
