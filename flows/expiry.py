"""What the retention periods may take, and the guards before it: erasing cannot be undone, and a wrong clock or case database asks for all of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cases.decisions import decided_as, last_decided
from cases.leaving import Candidate
from cases.standing import begun_at, standings, version_of, version_shown
from core.errors import ConfigError
from crawlers.history import History
from index.queries import Query, Range

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cases.database import Database
    from cases.retention import Rules
    from core.records import Lane, Marker, Standing
    from crawlers.evidence.archive import Archive
    from index.protocol import Index

CHUNK = 500
QUIET = timedelta(days=7)  # without a run, a batch or a decision: a clock set wrong looks the same
SLACK = timedelta(minutes=5)  # what others write while this starts, on machines whose clocks differ a little
MANY = 20  # documents; fewer need no confirmation


class Flagged(NamedTuple):
    """What the index says of an item in one of the lanes."""

    lane: Lane
    markers: tuple[Marker, ...]


class Found(NamedTuple):
    """What is old enough to go, by id; when the newest version of each document of the archive was collected; how many documents there are."""

    candidates: dict[str, Candidate]
    newest: dict[str, datetime]
    total: int


def check_clock(archive: Archive, database: Database, *, now: datetime, yes: bool) -> None:
    """Raises ConfigError for a time before what was dated already, or, without ``yes``, more than 7 days after all that is known."""
    dated = [at for at in (*map(begun_at, archive.batches()), last_decided(database)) if at]
    if dated and now < max(dated) - SLACK:
        raise ConfigError(f"the clock says {now:%Y-%m-%d %H:%M} UTC, but a batch or a decision is of {max(dated):%Y-%m-%d %H:%M}: set the clock")
    history = History(archive.root)
    dated += [run.at for source in sorted((archive.root / "runs").glob("*/")) for run in history.runs(source.name)]
    if dated and not yes and now > max(dated) + QUIET:
        raise ConfigError(
            f"the clock says {now:%Y-%m-%d}, {(now - max(dated)).days} days after the last run, batch or decision ({max(dated):%Y-%m-%d}); expected "
            f"at most {QUIET.days}: set the clock, or if it is right, run a crawl first or vigie retention run --yes"
        )


def too_many(number: int, total: int) -> bool:
    """Whether so much would go that a person must say yes."""
    return number >= MANY and number * 2 > total


def ended(database: Database, candidates: Mapping[str, Candidate], *, now: datetime, rules: Rules) -> dict[str, Standing]:
    """How those stand whose period has ended."""
    found = standings(database, {name: one.version for name, one in candidates.items()}, rules=rules)
    return {name: one for name, one in found.items() if one.retain_until is not None and one.retain_until <= now}


def decided_elsewhere(index: Index, database: Database) -> set[str]:
    """Documents of which the index shows a decision or a notice that this database never knew: it was made in another one, or this one is older."""
    shown = {(entry["id"], entry["qualification"]) for entry in index.scan(Query(present=("qualification",), sort="collected_at"))}
    notified = {entry["id"] for entry in index.scan(Query(present=("notice_state",), sort="collected_at"))}
    return {name for name, _ in shown - decided_as(database, {name for name, _ in shown})} | notified


def cutoff(now: datetime, rules: Rules) -> datetime:
    """What was collected later than this cannot have expired: the start of the shortest period that counts from collection."""
    ends = [end for rule in rules.classes.values() if rule.since == "collecte" and (end := rule.end(datetime(2000, 1, 1, tzinfo=UTC)))]
    return now - (min(ends) - datetime(2000, 1, 1, tzinfo=UTC))


def find(archive: Archive, index: Index, *, now: datetime, rules: Rules) -> Found:
    """The documents that are old enough to go, each by its newest version. One that the index does not show counts as waiting to be read."""
    before, found, newest = cutoff(now, rules), dict[str, Candidate](), dict[str, datetime]()
    flagged = _flagged(index, before)
    for batch in archive.batches():
        for document in archive.documents(batch):
            found.pop(document.id, None)  # what an older batch said of it
            newest[document.id] = document.collected_at
            if document.collected_at <= before:
                lane, markers = flagged.get(document.id, (None, ()))
                found[document.id] = Candidate(batch, version_of(document, lane=lane, batch=batch), document.platform, markers)
    held = known(index, found)
    for name, candidate in found.items():
        if held.get(name, "") < candidate.batch and candidate.version.lane is None:  # not scored, or scored by nobody that we can ask
            found[name] = candidate._replace(version=candidate.version._replace(lane="signale"))
    orphans = {name: candidate for name, candidate in _past(index, now) if name not in newest}
    return Found(found | orphans, newest, len(newest) + len(orphans))


def _past(index: Index, now: datetime) -> Iterator[tuple[str, Candidate]]:
    """What the index shows past its end: one that the archive lacks, such as after a snapshot was put back, would stay without end."""
    for entry in index.scan(Query(ranges=(Range(field="retain_until", lte=now),), sort="collected_at")):
        yield entry["id"], Candidate(entry["batch"], version_shown(entry), entry["platform"], tuple(entry["markers"]))


def _flagged(index: Index, before: datetime) -> dict[str, Flagged]:
    """The items of both lanes that are old enough to go."""
    query = Query(terms={"lane": ("signale", "sondage")}, ranges=(Range(field="collected_at", lte=before),), sort="collected_at")
    return {entry["id"]: Flagged(entry["lane"], tuple(entry["markers"])) for entry in index.scan(query)}


def known(index: Index, names: Collection[str]) -> dict[str, str]:
    """The batch of the version that the index holds, for those that it holds."""
    ordered, found = list(names), dict[str, str]()
    for start in range(0, len(ordered), CHUNK):
        found |= {name: batch for name, (_, batch) in index.known(ordered[start : start + CHUNK]).items()}
    return found
