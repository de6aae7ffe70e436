"""What ``vigie doctor`` looks at. Each check answers with one line; none changes anything but a probe file that it removes."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from core.errors import ConfigError, VigieError
from core.files import write_text
from core.records import Record
from crawlers.catalog import load_all
from crawlers.evidence.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.settings import Settings

WARNED_DAYS = 14
LEAST_FREE = 2 * 2**30  # bytes: a night of crawling and one rebuild of the index


class Finding(Record):
    """One line of the doctor's report; ``message`` says what was found and, where it is not right, what to do."""

    name: str
    ok: bool
    message: str


def check_all(settings: Settings) -> list[Finding]:
    """Every check, in the order of a run. A check that fails stops no other."""
    checks: dict[str, Callable[[Settings], str]] = {
        "sources": _sources, "archive": _archive, "disk": _disk, "clock": _clock, "database": _database, "cases": _cases,
        "notices": _notices, "alerts": _alerts, "model": _model,
    }  # fmt: skip
    return [*(_run(name, partial(check, settings)) for name, check in checks.items()), *_index(settings)]


def _run(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, ok=True, message=check())
    except (VigieError, OSError) as error:
        return Finding(name=name, ok=False, message=" ".join(str(error).split()))


def _sources(settings: Settings) -> str:
    sources, wrong = load_all(settings.sources_dir)
    enabled = [source for source in sources.values() if source.enabled]
    if wrong:
        left = f"{len(enabled)} enabled of the {len(sources)} others"
        raise ConfigError(f"{len(wrong)} source files are wrong and not read ({left}): {'; '.join(wrong[name] for name in sorted(wrong))}")
    if not enabled:
        raise ConfigError(f"{len(sources)} sources in {settings.sources_dir}, none enabled: set 'enabled: true' in those to read")
    contact = settings.contact or "none (VIGIE_CONTACT): only this machine can be read"
    return f"{len(enabled)} enabled of {len(sources)}; contact: {contact}"


def _archive(settings: Settings) -> str:
    probe = settings.archive_dir / ".probe"
    write_text(probe, "probe")
    probe.unlink()
    archive = Archive(settings.archive_dir)
    for batch in archive.batches()[-10:]:  # a disk that fails shows in what was written last
        for _ in archive.documents(batch):
            pass
    dead = [folder.name for folder in (settings.archive_dir / "open").glob("[0-9]*") if archive.is_dead(folder.name)]
    note = f"; {len(dead)} batches were cut short, the next crawl or publish seals them" if dead else ""
    return f"{len(archive.batches())} batches in {settings.archive_dir}{note}"


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_FREE:
        expected = f"at least {LEAST_FREE / 2**30:.0f} expected: free some, or set VIGIE_DATA_DIR"
        raise ConfigError(f"{free / 2**30:.1f} GB free at {settings.data_dir}, {expected}")
    return f"{free / 2**30:.0f} GB free at {settings.data_dir}"


def _clock(settings: Settings) -> str:
    """Evidence is dated by this clock: it must not lie before what it already dated, nor before this code was written."""
    now = datetime.now(UTC)
    newest = max((batch[:15] for batch in Archive(settings.archive_dir).batches()), default="20260101T000000")
    if now.strftime("%Y%m%dT%H%M%S") < newest:
        raise ConfigError(f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the archive holds a batch of {newest}: set the clock (with chrony)")
    return f"{now:%Y-%m-%d %H:%M:%S} UTC, time zone {time.strftime('%Z')}"


def _database(settings: Settings) -> str:
    ledger = Archive(settings.archive_dir).ledger
    missing = [batch for batch in Archive(settings.archive_dir).batches() if not ledger.holds(batch)]
    ledger.close()
    note = f"; {len(missing)} batches are entered at the next crawl" if missing else ""
    return f"SQLite {sqlite3.sqlite_version}, ledger of the archive readable{note}"


def _cases(settings: Settings) -> str:
    from cases import audit
    from cases.database import open_database
    from cases.standing import last_number
    from cases.urgencies import open_ones

    with contextlib.closing(open_database(settings)) as database:
        trail = audit.verify(database)
        late = [one for one in open_ones(database) if one.overdue]
        decisions = last_number(database)
    if trail.wrong is not None:
        raise ConfigError(f"the audit trail is broken: {trail.why}; keep this database as it is, and compare with a backup: vigie audit verify")
    if late:
        raise ConfigError(f"{len(late)} urgencies are open past their time: somebody must say what was done, in the console under Urgences")
    return f"{decisions} decisions in the case database; audit trail of {trail.entries} entries is whole"


def _notices(settings: Settings) -> str:
    """Each notice that counts as sent was signed by two, and none that a person confirmed is stuck. Raises ConfigError."""
    from cases.database import open_database
    from cases.register_proof import prove
    from cases.sending_queue import held_up
    from cases.signing import signing_secret

    with contextlib.closing(open_database(settings)) as database:
        proved = prove(database, secret=signing_secret(settings))
        uncertain, idle = held_up(database, now=datetime.now(UTC))
    if proved.wrong:
        raise ConfigError(f"{len(proved.wrong)} of {proved.sent} sent notices are not what two people signed: vigie notices verify names them")
    if uncertain:
        raise ConfigError(f"{uncertain} sendings may have left or not: look at the platform, then say it in the console, under Notifications")
    if idle:
        raise ConfigError(f"{idle} confirmed sendings wait for over an hour: run vigie submissions serve, which sends them")
    return f"{proved.sent} notices sent, each under two signatures that hold"


def _alerts(settings: Settings) -> str:
    from flows.alerting import alerts_state

    return alerts_state(settings)


def _model(settings: Settings) -> str:
    from nlp.score import Scorer

    start = time.monotonic()
    scorer = Scorer(settings)
    scorer.one("Bonjour, voici la recette de la soupe aux poireaux.")
    return f"{scorer.classifier.name}, revision {scorer.classifier.revision}, answers {time.monotonic() - start:.1f} s after its start"


def _index(settings: Settings) -> list[Finding]:
    """The index, and what its node is asked when it answers at all."""
    from index.checks import index_checks

    findings: list[Finding] = []
    try:
        with index_checks(settings) as checks:
            for name, check in checks.items():
                findings.append(_run(name, check))
                if not findings[0].ok:
                    break
            else:
                findings += [_run(name, partial(check, settings)) for name, check in (("published", _published), ("retention", _retention))]
    except ConfigError as error:  # the settings of the index themselves
        findings.append(Finding(name="index", ok=False, message=str(error)))
    return findings


def _published(settings: Settings) -> str:
    """Raises ConfigError while scored batches are not in this index: it was down, lost or replaced."""
    from flows.results import Results
    from index.open import open_index
    from nlp.classify import revision_of

    results = Results(Archive(settings.archive_dir), model=settings.model, revision=revision_of(settings))
    with contextlib.closing(open_index(settings)) as index:
        waiting = len(results.publishable(identity=index.health().identity))
    if waiting:
        raise ConfigError(f"{waiting} of {len(results.scored())} scored batches are not in the index: run vigie publish")
    return f"all {len(results.scored())} scored batches are in the index"


def _retention(settings: Settings) -> str:
    """Nothing that waits to be read goes unread without warning. Raises ConfigError for what does within days."""
    from flows.deadlines import deadlines
    from index.open import open_index

    with contextlib.closing(open_index(settings)) as index:
        found = deadlines(index, before=datetime.now(UTC) + timedelta(days=WARNED_DAYS), size=1)
    if found.total:
        raise ConfigError(f"{found.total} items that nobody read are erased within {WARNED_DAYS} days: vigie retention list shows them")
    return f"nothing unread is due within {WARNED_DAYS} days; {found.open} open cases without an end"
