"""The wishes that people wrote down in the console: counted, then, once agreed to, put on the crawlers' list, erased and proved.

Every step may be killed and run again: a wish stays where it was until its result is written.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cases import optouts
from cases.database import open_database
from cases.decisions import pasts
from cases.erasing import erase_wished
from core.accounts import named_account
from core.errors import Invalid
from core.logs import get_logger
from core.pseudonyms import load_key
from core.records import NOTICE_STATES
from crawlers.erasing.optout import OptOut, OptOuts, add, author_wishes, load_opt_outs, wishes_of
from crawlers.evidence.archive import Archive
from flows.forgetting import forgetting
from flows.purging import covered_ids, purge
from index.open import open_index
from index.queries import Query

if TYPE_CHECKING:
    from cases.database import Database
    from cases.optouts import OptOutRequest
    from core.settings import Settings
    from crawlers.erasing import optout
    from index.protocol import Index

log = get_logger(__name__)


class Handled(NamedTuple):
    """Wishes: counted now, carried out now, and agreed to but not carried out yet."""

    examined: int = 0
    carried_out: int = 0
    left: int = 0


def handle_opt_outs(settings: Settings) -> Handled:
    """Count the new wishes and carry out the agreed ones; a look at one table where there are none. Raises ConfigError, Unavailable."""
    with closing(open_database(settings)) as database:
        waiting = [request for request in optouts.listed(database, is_open=True) if request.state != "a_confirmer"]
        if not waiting:
            return Handled()
        with closing(open_index(settings)) as index:
            states = [_handled(request, settings, database, index) for request in waiting]
    counted = sum(request.state == "a_examiner" for request in waiting)
    return Handled(counted, states.count("faite"), states.count("a_executer"))


def _handled(request: OptOutRequest, settings: Settings, database: Database, index: Index) -> str:
    """The state of a wish after one step."""
    try:
        wishes = _wishes(request, load_key(settings))
    except Invalid:
        log.warning("opt_out_unreadable", opt_out=request.id)
        return optouts.unreadable(database, request.id).state
    looked = _examined(request, wishes, settings, database, index)
    if looked.state != "a_executer":
        return looked.state
    return _carried_out(looked, wishes, settings, database, index)


def _wishes(request: OptOutRequest, key: bytes) -> tuple[optout.Wish, ...]:
    """What it stands for, as the crawlers compare it. Raises Invalid."""
    wish = request.wish
    if wish is None:
        raise Invalid(f"opt-out {request.id} is over; it names nothing any more")
    return author_wishes(named_account(wish.account, platform=wish.platform), key=key) if wish.account else wishes_of(wish.address, key=key)


def _examined(request: OptOutRequest, wishes: tuple[optout.Wish, ...], settings: Settings, database: Database, index: Index) -> OptOutRequest:
    """Counted anew before it is carried out, too: a case may have been opened since somebody agreed."""
    at = datetime.now(UTC)
    only = OptOuts((OptOut(kind=wish.kind, value=wish.value, at=at) for wish in wishes), key=load_key(settings))
    covered = covered_ids(Archive(settings.archive_dir), index, only)
    noticed = {entry["id"] for entry in index.scan(Query(terms={"notice_state": NOTICE_STATES}))}
    with database.reading() as session:
        open_cases = {name for name, past in pasts(session, covered).items() if past.open}
    return optouts.examined(database, request.id, covered=len(covered), open_cases=len(open_cases | (noticed & covered)))


def _carried_out(request: OptOutRequest, wishes: tuple[optout.Wish, ...], settings: Settings, database: Database, index: Index) -> str:
    archive = Archive(settings.archive_dir)
    add(settings.archive_dir, wishes, at=datetime.now(UTC), note=f"console {request.id}")
    listed = load_opt_outs(settings.archive_dir, key=load_key(settings))
    submitted = erase_wished(database, listed.covers_address, now=datetime.now(UTC))
    purged = purge(archive, index, listed, forget=forgetting(settings))
    if not purged.done or purged.archive.open:  # a crawl that writes now may hold some of it: the next call looks again
        log.warning("opt_out_left", opt_out=request.id, **purged.left)
        return "a_executer"
    was = purged.archive
    erased = {"documents": was.documents, "assessments": was.assessments, "evidence": was.records, "set_aside": was.set_aside, "index": purged.index}
    log.info("opt_out_done", opt_out=request.id, submissions=submitted, **erased)
    return optouts.carried_out(database, request.id, erased=erased).state
