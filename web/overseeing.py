"""What administrators see of the machine: model and thresholds in force, what each source gave, disk and queues. Reads files and counts, no text."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from pydantic import AwareDatetime, ValidationError
from sqlalchemy import func, select

from cases.tables_work import SubmissionRow, UrgencyRow
from core.errors import Unavailable
from core.records import Record, SourceReport
from core.settings import ROOT
from index.queries import Query
from index.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from cases.database import Database
    from index.protocol import Index
    from web.console import Console

LEAST_FREE = 2 * 2**30  # bytes, as vigie doctor says
ALIVE = ("kept", "duplicate", "dropped", "unchanged")
MOST = 1000  # sources, reasons


class Threshold(NamedTuple):
    """From ``a_lire`` on a person should read it, from ``alerte`` on it comes first; probabilities."""

    marker: str
    a_lire: float
    alerte: float


class Model(NamedTuple):
    """The model of the settings, as models/registry.yml has it, and how many indexed documents each (model, revision) scored."""

    name: str
    title: str
    thresholds: tuple[Threshold, ...]
    submarker_at: float | None
    scored: tuple[tuple[str, str, int], ...]


class Run(Record):
    """One run of one source, as the archive remembers it (crawlers/history.py)."""

    at: AwareDatetime
    report: SourceReport


class SourceState(NamedTuple):
    """One source: ``state`` is jamais, rien, partiel, bon or arretee, from its last run; ``totals`` and ``blind`` of all runs in the index."""

    name: str
    title: str
    kind: str
    purpose: str
    legal_basis: str
    state: str
    last: Run | None
    totals: dict[str, int]
    blind: tuple[tuple[str, int], ...]


class Queues(NamedTuple):
    """What waits: submissions by state, those that nothing moved, urgencies open and overdue, parcels of alerts given up."""

    submissions: dict[str, int]
    stuck: int
    urgencies: int
    overdue: int
    failed_alerts: int


def model_in_force(console: Console) -> Model:
    """Raises Unavailable, ConfigError from the index."""
    settings, path = console.settings, console.settings.models_dir / "registry.yml"
    known: dict[str, Any] = _yaml(path).get("models", {})
    entry = known.get(settings.model, {})
    thresholds = tuple(Threshold(marker, one["a_lire"], one["alerte"]) for marker, one in entry.get("thresholds", {}).items())
    rows = console.index.table(Query(), Table(by="model", split="revision", size=50))
    scored = tuple((model, revision or "", int(number)) for model, revision, number in rows)
    return Model(settings.model, entry.get("title", ""), thresholds, entry.get("submarker_at"), scored)


def source_states(console: Console) -> tuple[SourceState, ...]:
    """Every source file, and every source that a run names; those that need a person first. Raises Unavailable, ConfigError."""
    files = {path.stem: _yaml(path) for path in sorted(console.settings.sources_dir.glob("*.yml"))}
    totals, spots = _totals(console.index), _blind_spots(console.index)
    found = [
        _state(name, files.get(name, {}), _last_run(console.settings.archive_dir / "runs" / name), totals.get(name, {}), spots.get(name, ()))
        for name in sorted(files.keys() | totals.keys())
    ]
    order = ("rien", "partiel", "jamais", "bon", "arretee")
    return tuple(sorted(found, key=lambda one: (order.index(one.state), one.name)))


def _state(name: str, file: Mapping[str, Any], last: Run | None, totals: dict[str, int], blind: tuple[tuple[str, int], ...]) -> SourceState:
    if not file.get("enabled", False):
        state = "arretee"
    elif last is None:
        state = "jamais"
    elif not any(getattr(last.report, measure) for measure in ALIVE):
        state = "rien"
    else:
        unseen = last.report.failed or last.report.alarms or any(reason in reasons("blind") for reason in last.report.reasons)
        state = "partiel" if unseen else "bon"
    texts = {key: " ".join(str(file.get(key) or "").split()) for key in ("title", "kind", "purpose", "legal_basis")}
    return SourceState(name, state=state, last=last, totals=totals, blind=blind, **texts)


def _last_run(folder: Path) -> Run | None:
    """The newest run that can be read."""
    for path in sorted(folder.glob("[0-9]*.json"), reverse=True):
        try:
            return Run.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            continue
    return None


def _totals(index: Index) -> dict[str, dict[str, int]]:
    """Of each source: how many items of each measure, over all runs."""
    found: dict[str, dict[str, int]] = {}
    for source, measure, number in index.table(Query(), Table(by="source", split="measure", measure="sum", of="count", over="runs", size=MOST)):
        found.setdefault(source, {})[measure or ""] = int(number)
    return found


def _blind_spots(index: Index) -> dict[str, tuple[tuple[str, int], ...]]:
    """Of each source: what its runs did not see, in French, the most frequent first."""
    spots: dict[str, list[tuple[str, int]]] = {}
    for source, reason, number in index.table(Query(), Table(by="source", split="reason", measure="sum", of="count", over="runs", size=MOST)):
        if reason and reason in reasons("blind"):
            spots.setdefault(source, []).append((reasons("blind")[reason], int(number)))
    return {source: tuple(sorted(found, key=lambda one: -one[1])) for source, found in spots.items()}


@cache
def reasons(group: str) -> Mapping[str, str]:
    """What the reasons of crawlers/reasons.yml mean, in French."""
    found: dict[str, str] = _yaml(ROOT / "crawlers" / "reasons.yml").get(group, {})
    return found


def disk(folder: Path) -> tuple[int, int]:
    """Free and total bytes where data is kept."""
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total


def batches(archive: Path) -> int:
    """How many sealed batches the archive has."""
    return sum(1 for _ in (archive / "documents").glob("[0-9]*.jsonl.gz"))


def queues(database: Database, *, alerts: Path, now: datetime, stuck_since: datetime) -> Queues:
    """What waits. Raises Unavailable, ConfigError."""
    with database.reading() as session:
        counted = select(SubmissionRow.state, func.count()).group_by(SubmissionRow.state)
        states: dict[str, int] = dict(session.execute(counted).tuples().all())
        moving = SubmissionRow.state.not_in(("visible", "ecartee"))
        stuck = session.scalar(select(func.count()).select_from(SubmissionRow).where(moving, SubmissionRow.updated_at < stuck_since)) or 0
        due = list(session.scalars(select(UrgencyRow.due_at).where(UrgencyRow.closed_at.is_(None))))
    return Queues(states, stuck, len(due), sum(moment < now for moment in due), failed_alerts(alerts))


def failed_alerts(folder: Path) -> int:
    """Parcels of alerts that were given up, from the outbox of flows/delivery_outbox.py; 0 where there is none. Raises Unavailable."""
    path = folder / "outbox.sqlite"
    if not path.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            found = connection.execute("SELECT count(*) FROM parcels WHERE state = 'failed'").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"the outbox of the alerts {path} cannot be read ({error}); try again, or run vigie alerts list") from error
    return int(found[0])


def _yaml(path: Path) -> dict[str, Any]:
    """A file as data; empty where it is missing or broken: what checks files is vigie sources check and vigie doctor."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeError):
        return {}
    return found if isinstance(found, dict) else {}
