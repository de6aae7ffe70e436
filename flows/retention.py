"""Erase what may not be kept any longer, from the index, from what is derived of it and from the archive with its evidence, and prove it.

What goes is written down first and struck off last, so that a run may be killed anywhere: the next one finishes it and counts nothing twice. Nothing
of an open case goes, nor a record of evidence that it rests on.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from pydantic import Field

from cases import identity
from cases import leaving as register
from cases.retention import load_rules
from core.logs import get_logger
from core.records import Record
from crawlers.erasing.expired import Expired, erase_expired, has_old_entries
from crawlers.erasing.purge import Erased
from crawlers.erasing.remains import OPEN
from flows.expiry import check_clock, cutoff, decided_elsewhere, ended, find, known, too_many

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from cases.database import Database
    from cases.leaving import Candidate, Leaving
    from cases.retention import Rules
    from core.settings import Settings
    from crawlers.evidence.archive import Archive
    from flows.expiry import Found
    from index.protocol import Index

TOLD_APART = (OPEN, "documents", "evidence", "index")  # what is left of these is known by document
log = get_logger(__name__)


class Retained(Record):
    """What a run erased. ``documents``: that it began to erase, by outcome (a qualification, non_lu, ordinaire); ``resumed``: of earlier runs.

    ``batches``: that went as a whole; ``submissions``: whose page was never read and whose words went; ``left``: what was found to be still there or
    was held back (unconfirmed, undecided_elsewhere), by kind; nothing but open batches where it is done.
    """

    documents: dict[str, int] = Field(default_factory=dict)
    resumed: int = 0
    index: int = 0
    archive: Erased = Erased()
    batches: int = 0
    submissions: int = 0
    left: dict[str, int] = Field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing is left of what had to go."""
        return not any(number for kind, number in self.left.items() if kind != OPEN)


def retain(
    archive: Archive,
    index: Index,
    database: Database,
    *,
    now: datetime,
    yes: bool = False,
    rules: Rules | None = None,
    forget: Callable[[Collection[str]], object] = lambda _: None,
) -> Retained:
    """Erase and prove. ``forget``: what else holds these ids, such as the store of campaigns; harmless to repeat.
    ``yes``: a person confirms the amount and the date. Without it nothing begins where most of all documents would go.

    Raises ConfigError for another case database or a wrong clock, and Unavailable where it must be run again.
    """
    rules = rules or load_rules()
    archive.recover()
    identity.check(archive.root, database)
    check_clock(archive, database, now=now, yes=yes)
    resumed = register.leaving(database)
    found = find(archive, index, now=now, rules=rules)
    due, held = _allowed(archive, index, database, found, resumed, now=now, rules=rules, yes=yes)
    begun = register.leave(database, due, now=now, rules=rules)
    going = register.leaving(database)
    expired = Expired({name: gone.collected_at for name, gone in going.items()}, before=cutoff(now, rules))
    if not going and not has_old_entries(archive, expired):
        return Retained(left=held)
    removed = _from_index(index, going)
    forget([name for name, gone in going.items() if name not in found.newest or found.newest[name] <= gone.collected_at])
    erased = erase_expired(archive, expired)
    indexed = _indexed(index, going)
    left = erased.left + Counter(index=len(indexed))
    _strike_off(database, going, left=left, remaining={*erased.stuck, *indexed})
    done = Retained(
        documents=begun, resumed=len(resumed), index=removed, archive=erased.erased, batches=erased.batches, left=dict(+left + Counter(held))
    )
    log.info("retained", **done.model_dump(include={"documents", "resumed", "index", "batches", "left"}))
    return done


def _allowed(
    archive: Archive, index: Index, database: Database, found: Found, resumed: Collection[str], *, now: datetime, rules: Rules, yes: bool
) -> tuple[dict[str, Candidate], dict[str, int]]:
    """What may begin to go, and what is held back, by kind. The archive is bound to a database that knows all that the index shows."""
    elsewhere = decided_elsewhere(index, database).difference(resumed)
    if not elsewhere:
        identity.bind(archive.root, database)
    over = [name for name in ended(database, found.candidates, now=now, rules=rules) if name not in resumed]
    due = {name: found.candidates[name] for name in over if name not in elsewhere}
    held = Counter(undecided_elsewhere=len(over) - len(due))
    if not yes and too_many(len(due), found.total):
        return {}, dict(+held + Counter(unconfirmed=len(due)))
    return due, dict(+held)


def _strike_off(database: Database, going: Mapping[str, Leaving], *, left: Mapping[str, int], remaining: Collection[str]) -> None:
    """Forget those of which nothing remains; one damaged record keeps its own document alone. What cannot be told apart keeps all."""
    if all(kind in TOLD_APART for kind, number in left.items() if number):
        register.left(database, [name for name in going if name not in remaining])


def retain_all(settings: Settings, *, now: datetime, yes: bool = False, rules: Rules | None = None) -> Retained:
    """``retain`` on all that the settings name; what else holds a document forgets it too. Raises ConfigError, Unavailable."""
    from cases.answers import expire
    from cases.database import open_database
    from cases.erasing import erase_unread
    from crawlers.evidence.archive import Archive
    from flows.forgetting import forgetting
    from index.open import open_index

    with closing(open_index(settings)) as index, closing(open_database(settings)) as database:
        expire(database, now=now)
        done = retain(Archive(settings.archive_dir), index, database, now=now, yes=yes, rules=rules, forget=forgetting(settings))
        unread = erase_unread(database, now=now, rules=rules or load_rules())  # after the guards against a wrong clock
        log.info("submissions_erased", submissions=unread)
        _rest(settings, database, now=now)
        return done.model_copy(update={"submissions": unread})


def _rest(settings: Settings, database: Database, *, now: datetime) -> None:
    """What is no content item: old requests and dossiers, copies that nobody fetched."""
    from cases import keeping
    from flows.rights_export import drop_old

    kept = keeping.expire(database, now=now)
    log.info("rest_erased", copies=drop_old(settings, now=now), **kept._asdict())


def foreseen(archive: Archive, index: Index, database: Database, *, now: datetime, rules: Rules | None = None) -> dict[str, int]:
    """How many documents a run would begin to erase, by class of retention.yml, without erasing any. Raises ConfigError, Unavailable."""
    from cases.retention import class_of

    rules = rules or load_rules()
    found = find(archive, index, now=now, rules=rules).candidates
    over = ended(database, found, now=now, rules=rules)
    return dict(Counter(class_of(standing, lane=found[name].version.lane) for name, standing in over.items()))


def _indexed(index: Index, going: Mapping[str, Leaving]) -> list[str]:
    """Those that the index holds in a version that goes; one that was collected again since is another document."""
    return [name for name, batch in known(index, going).items() if batch <= going[name].batch]


def _from_index(index: Index, going: Mapping[str, Leaving]) -> int:
    return index.delete(_indexed(index, going))
