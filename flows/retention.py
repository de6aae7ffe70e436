"""Erase what may not be kept any longer, from the index, from what is derived of it and from the archive with its evidence, and prove it.

What goes is written down first and struck off last, so that a run may be killed anywhere: the next one finishes it and counts nothing twice. Nothing
of an open case goes, nor a record of evidence that it rests on.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from cases import leaving as register
from cases.leaving import Candidate
from cases.retention import load_rules
from cases.standing import standings, version_of
from core.logs import get_logger
from core.records import Record
from crawlers.expired import Expired, erase_expired, has_old_entries
from crawlers.purge import Erased
from crawlers.remains import OPEN
from index.queries import Query, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from cases.database import Database
    from cases.leaving import Leaving
    from cases.retention import Rules
    from core.records import Lane, Marker
    from core.settings import Settings
    from crawlers.archive import Archive
    from index.protocol import Index

CHUNK = 500
log = get_logger(__name__)


class Retained(Record):
    """What a run erased. ``documents``: that it began to erase, by outcome (a qualification, non_lu, ordinaire); ``resumed``: of earlier runs.

    ``batches``: that went as a whole; ``left``: what was found to be still there, by kind; nothing but open batches where it is done.
    """

    documents: dict[str, int] = Field(default_factory=dict)
    resumed: int = 0
    index: int = 0
    archive: Erased = Erased()
    batches: int = 0
    left: dict[str, int] = Field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing is left of what had to go."""
        return not any(number for kind, number in self.left.items() if kind != OPEN)


class Flagged(NamedTuple):
    """What the index says of an item in one of the lanes."""

    lane: Lane
    markers: tuple[Marker, ...]


def retain(
    archive: Archive,
    index: Index,
    database: Database,
    *,
    now: datetime,
    rules: Rules | None = None,
    forget: Callable[[Collection[str]], object] = lambda _: None,
) -> Retained:
    """Erase and prove. ``forget``: what else holds these ids, such as the store of campaigns; harmless to repeat.

    Raises ConfigError, and Unavailable where it must be run again.
    """
    rules = rules or load_rules()
    archive.recover()
    resumed = len(register.leaving(database))
    begun = register.leave(database, candidates(archive, index, now=now, rules=rules), now=now, rules=rules)
    going = register.leaving(database)
    expired = Expired({name: gone.collected_at for name, gone in going.items()}, before=cutoff(now, rules))
    if not going and not has_old_entries(archive, expired):
        return Retained()
    removed = _from_index(index, going)
    forget(list(going))
    erased = erase_expired(archive, expired)
    left = erased.left + Counter(index=len(_indexed(index, going)))
    done = Retained(documents=begun, resumed=resumed, index=removed, archive=erased.erased, batches=erased.batches, left=dict(+left))
    if done.done:
        register.left(database, going)
    log.info("retained", **done.model_dump(include={"documents", "resumed", "index", "batches", "left"}))
    return done


def retain_all(settings: Settings, *, now: datetime, rules: Rules | None = None) -> Retained:
    """``retain`` on all that the settings name; what else holds a document forgets it too. Raises ConfigError, Unavailable."""
    from cases.database import open_database
    from crawlers.archive import Archive
    from flows.forgetting import forgetting
    from index.open import open_index

    with closing(open_index(settings)) as index, closing(open_database(settings)) as database:
        return retain(Archive(settings.archive_dir), index, database, now=now, rules=rules, forget=forgetting(settings))


def foreseen(archive: Archive, index: Index, database: Database, *, now: datetime, rules: Rules | None = None) -> dict[str, int]:
    """How many documents a run would begin to erase, by class of retention.yml, without erasing any. Raises ConfigError, Unavailable."""
    from cases.retention import class_of

    rules = rules or load_rules()
    found = candidates(archive, index, now=now, rules=rules)
    standing = standings(database, {name: one.version for name, one in found.items()}, rules=rules)
    ended = (name for name, one in standing.items() if one.retain_until is not None and one.retain_until <= now)
    return dict(Counter(class_of(standing[name], lane=found[name].version.lane) for name in ended))


def cutoff(now: datetime, rules: Rules) -> datetime:
    """What was collected later than this cannot have expired: the start of the shortest period that counts from collection."""
    ends = [end for rule in rules.classes.values() if rule.since == "collecte" and (end := rule.end(datetime(2000, 1, 1, tzinfo=UTC)))]
    return now - (min(ends) - datetime(2000, 1, 1, tzinfo=UTC))


def candidates(archive: Archive, index: Index, *, now: datetime, rules: Rules) -> dict[str, Candidate]:
    """The documents that are old enough to go, each by its newest version. One that the index does not show counts as waiting to be read."""
    before, found = cutoff(now, rules), dict[str, Candidate]()
    flagged = _flagged(index, before)
    for batch in archive.batches():
        for document in archive.documents(batch):
            found.pop(document.id, None)  # what an older batch said of it
            if document.collected_at <= before:
                lane, markers = flagged.get(document.id, (None, ()))
                found[document.id] = Candidate(batch, version_of(document, lane=lane), document.platform, markers)
    known = _known(index, found)
    for name, candidate in found.items():
        if known.get(name, "") < candidate.batch and candidate.version.lane is None:  # not scored, or scored by nobody that we can ask
            found[name] = candidate._replace(version=candidate.version._replace(lane="signale"))
    return found


def _flagged(index: Index, before: datetime) -> dict[str, Flagged]:
    """The items of both lanes that are old enough to go."""
    query = Query(terms={"lane": ("signale", "sondage")}, ranges=(Range(field="collected_at", lte=before),), sort="collected_at")
    return {entry["id"]: Flagged(entry["lane"], tuple(entry["markers"])) for entry in index.scan(query)}


def _known(index: Index, names: Collection[str]) -> dict[str, str]:
    """The batch of the version that the index holds, for those that it holds."""
    ordered, found = list(names), dict[str, str]()
    for start in range(0, len(ordered), CHUNK):
        found |= {name: batch for name, (_, batch) in index.known(ordered[start : start + CHUNK]).items()}
    return found


def _indexed(index: Index, going: Mapping[str, Leaving]) -> list[str]:
    """Those that the index holds in a version that goes; one that was collected again since is another document."""
    return [name for name, batch in _known(index, going).items() if batch <= going[name].batch]


def _from_index(index: Index, going: Mapping[str, Leaving]) -> int:
    return index.delete(_indexed(index, going))
