"""Submissions, from a row of the case database to what the index shows: fetched, archived, scored with a model that stays loaded, published.

A worker may be killed at any moment. What it had taken is taken again, what it had archived is found there, and nothing is stored or shown twice.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from cases import collecting
from cases.database import open_database
from cases.identity import bind
from cases.submissions import FRESH
from core.addresses import BadAddress, check_address
from core.errors import Unavailable
from core.files import locked
from core.logs import get_logger
from core.urls import DEFAULT_PORTS
from crawlers.evidence.archive import Archive
from crawlers.submitted import Job, Outcome
from crawlers.submitted_texts import Text, keep_texts
from flows.fetching import LIMIT, Fetcher
from flows.indexing import publish_batches
from flows.showing import show
from flows.tending import tend
from index.open import open_index
from nlp.score import Scorer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from threading import Event

    from cases.collecting import Taken
    from cases.database import Database
    from core.settings import Settings
    from flows.fetching import Fetched

log = get_logger(__name__)
SIZE = 8  # submissions taken at once: while these are scored, the next ones are fetched
POLL = 0.2  # seconds between two looks for new ones
SLOTS = 2  # crawls at once: one slow site does not hold up the others
LEASE = timedelta(minutes=30)  # longer than all that is taken at once can take
GRACE = 5.0  # seconds that crawls have when the worker is to end
PAUSES = (timedelta(minutes=1), timedelta(minutes=10))  # before a page is tried again that did not answer
LATER = timedelta(seconds=15)  # before what is archived is published again
TEND = 60.0  # seconds between two looks at what else waits
FINAL = frozenset({"unknown_host", "refused", "tls"})  # trying again in minutes does not help
MOST_TRIES = 6  # times that a row is taken to be fetched: what ends the worker each time must not do so for ever
WARM_UP = "Une phrase pour que le modèle soit prêt : arrêtez votre traitement, le docteur Exemple vous guérira."


class Ready(NamedTuple):
    """A submission whose document is archived."""

    id: str
    document_id: str


class Worker:
    """The only one on this archive. Opened by ``working``."""

    def __init__(self, settings: Settings, database: Database, *, limit: float = LIMIT, seconds: float = 15.0) -> None:
        self.settings, self.database, self.seconds = settings, database, seconds
        self.places = settings.own_places
        self.index = open_index(settings)
        self.archive = Archive(settings.archive_dir)
        self._pool = ThreadPoolExecutor(SLOTS)
        self._idle = [Fetcher(settings, limit=limit) for _ in range(SLOTS)]
        self._crawls: dict[Future[Fetched], tuple[Fetcher, tuple[Taken, ...]]] = {}
        self._queue: deque[tuple[Taken, ...]] = deque()  # what waits for one of them
        self.done = 0  # submissions that came to an end

    @cached_property
    def scorer(self) -> Scorer:
        """The model, loaded when the first text is to be scored."""
        return Scorer(self.settings)

    def warm(self) -> None:
        """Load what the first submission would wait for."""
        for fetcher in self._idle:
            fetcher.warm()
        self.scorer.one(WARM_UP)

    @property
    def busy(self) -> bool:
        """Whether a crawl is under way, or waits for one."""
        return bool(self._crawls or self._queue)

    def step(self, *, take: bool = True) -> bool:
        """Take up what waits, and go on with what was fetched; whether there was anything to do. Raises ConfigError, Unavailable."""
        ended = self._ended()
        taken: tuple[Taken, ...] = ()
        if take and self._idle and not self._queue and collecting.waits(self.database, now=now()):
            taken = collecting.take(self.database, size=SIZE, now=now(), lease=LEASE)
        ready = [*ended, *self._begin(taken)]
        self._crawl()
        if ready:
            self._publish(ready)
        return bool(ended or taken)

    def pause(self, seconds: float) -> None:
        """Wait for a crawl to end, at most so long."""
        wait(self._crawls, timeout=seconds, return_when=FIRST_COMPLETED)

    def close(self) -> None:
        """End the crawls that are under way; what they had taken can be taken at once."""
        for fetcher, _ in self._crawls.values():
            fetcher.kill()
        self._pool.shutdown()
        with contextlib.suppress(Unavailable):
            collecting.release(self.database)
        for fetcher in (*self._idle, *(one for one, _ in self._crawls.values())):
            fetcher.close()
        self.index.close()

    def _begin(self, taken: Sequence[Taken]) -> Iterator[Ready]:
        """What is archived already, and the texts; the pages are given to a crawl."""
        pages, texts = [], []
        for one in taken:
            if one.submission.state == "collectee":
                yield Ready(one.submission.id, one.submission.document_id)
            elif one.tries > MOST_TRIES:
                self._set_aside(one, "crawl_broken")
            elif one.submission.is_text:
                texts.append(one)
            elif reason := self._unfit(one):
                self._set_aside(one, reason)
            elif self._is_fresh(one):
                yield self._collected(one, one.submission.document_id)
            else:
                pages.append(one)
        yield from self._keep(texts)
        new = tuple(one for one in pages if one.tries == 1)
        self._queue.extend([*((new,) if new else ()), *((one,) for one in pages if one.tries > 1)])  # that one may be what ended a crawl: alone

    def _unfit(self, one: Taken) -> str | None:
        """Why an address may not be read after all: the row may be old, or not what was written."""
        try:
            checked = check_address(one.submission.url, places=self.places)
        except BadAddress as error:
            return error.reason
        if checked != one.submission.url:
            return "bad_address"
        return None if self.settings.contact or place_of(checked) in self.places else "no_contact"

    def _is_fresh(self, one: Taken) -> bool:
        """Whether the index holds the page as it was read just now, for whomever."""
        entry = self.index.get(one.submission.document_id)
        return entry is not None and datetime.fromisoformat(entry["collected_at"]) > now() - FRESH

    def _keep(self, texts: Sequence[Taken]) -> Iterator[Ready]:
        given = [Text(one.submission.url, one.text, one.submission.title, one.submission.given) for one in texts if one.text]
        found = {outcome.url: outcome for outcome in keep_texts(_once(given), settings=self.settings)}
        for one in texts:
            yield from self._settle(one, found.get(one.submission.url, Outcome(url=one.submission.url, reason="empty_text")))

    def _crawl(self) -> None:
        while self._queue and self._idle:
            taken, fetcher = self._queue.popleft(), self._idle.pop()
            pages = tuple(dict.fromkeys(one.submission.url for one in taken))
            delay = 0.0 if all(place_of(page) in self.places for page in pages) else None  # a machine of one's own may be asked at any time
            crawl = self._pool.submit(fetcher.fetch, Job(pages=pages, delay=delay, seconds=self.seconds))
            self._crawls[crawl] = (fetcher, taken)

    def _ended(self) -> list[Ready]:
        found: list[Ready] = []
        for crawl in [crawl for crawl in self._crawls if crawl.done()]:
            fetcher, taken = self._crawls.pop(crawl)
            self._idle.append(fetcher)
            found += self._read(taken, crawl.result())
            fetcher.warm()  # if it was ended
        return found

    def _read(self, taken: Sequence[Taken], fetched: Fetched) -> Iterator[Ready]:
        """What became of all that one crawl was to read. Raises the crawl's error, but for one that passes."""
        if isinstance(fetched.error, Unavailable):
            collecting.put_back(self.database, [one.submission.id for one in taken], until=now() + LATER)
            return
        if fetched.error:
            raise fetched.error
        if fetched.code != 0:
            self.archive.recover()  # what it had kept until then
        unknown = "timeout" if fetched.code is None else "crawl_broken"
        for one in taken:
            url = one.submission.url
            yield from self._settle(one, fetched.outcomes.get(url, Outcome(url=url, reason=unknown, passing=True)))

    def _settle(self, one: Taken, outcome: Outcome) -> Iterator[Ready]:
        """What became of an address or a text."""
        if outcome.documents:
            known = self.index.known(outcome.documents)
            first = outcome.documents[0]
            yield self._collected(one, first if first in known or self.archive.ledger.newest(first) else next(iter(known), first))
        elif outcome.passing and outcome.reason not in FINAL and one.tries <= len(PAUSES):
            until = now() + PAUSES[one.tries - 1]
            collecting.put_back(self.database, [one.submission.id], until=until, reason=outcome.reason)
        else:
            self._set_aside(one, outcome.reason or "crawl_broken")

    def _collected(self, one: Taken, document_id: str) -> Ready:
        collecting.finish(self.database, one.submission.id, "collectee", document_id=document_id)
        return Ready(one.submission.id, document_id)

    def _set_aside(self, one: Taken, reason: str) -> None:
        collecting.finish(self.database, one.submission.id, "ecartee", reason)
        self.done += 1
        log.info("submission_set_aside", submission=one.submission.id, reason=reason)

    def _publish(self, ready: Sequence[Ready]) -> None:
        """Score and publish what was collected; where the index does not answer it waits, and so does what another crawl still writes."""
        wanted = {one.document_id for one in ready}
        try:
            shown = show(wanted, settings=self.settings, archive=self.archive, scorer=self.scorer, index=self.index)
        except Unavailable as error:
            log.warning("submissions_not_shown", submissions=len(ready), error=str(error))
            collecting.put_back(self.database, [one.id for one in ready], until=now() + LATER)
            return
        for one in ready:
            reason = shown[one.document_id]
            if reason == "being_written":
                collecting.put_back(self.database, [one.id], until=now() + LATER)
            else:
                collecting.finish(self.database, one.id, "ecartee" if reason else "visible", reason)
                self.done += 1
                log.info("submission_shown", submission=one.id, reason=reason)


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def place_of(url: str) -> str:
    """Host and port of a canonical address."""
    parts = urlsplit(url)
    return parts.netloc if parts.port else f"{parts.netloc}:{DEFAULT_PORTS[parts.scheme]}"


def _once(texts: Iterable[Text]) -> list[Text]:
    return list({one.url: one for one in texts}.values())


@contextlib.contextmanager
def working(settings: Settings, *, limit: float = LIMIT, seconds: float = 15.0) -> Iterator[Worker]:
    """A worker, once no other one works on this archive. ``limit``: seconds of one crawl, ``seconds``: of one answer.

    Raises Unavailable where another one works, ConfigError.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(locked(settings.data_dir / "submissions.lock", what="working on submissions"))
        database = held.enter_context(contextlib.closing(open_database(settings)))
        bind(settings.archive_dir, database)
        collecting.release(database)  # whoever had taken them is dead
        worker = held.enter_context(contextlib.closing(Worker(settings, database, limit=limit, seconds=seconds)))
        worker.archive.recover()
        with contextlib.suppress(Unavailable):  # pages can be fetched meanwhile
            publish_batches(settings, (), ())  # an index of an earlier version is built anew
        yield worker


def serve(settings: Settings, *, stop: Event, limit: float = LIMIT) -> int:
    """Work until ``stop`` is set, then end what is under way; how many submissions came to an end. Raises ConfigError, Unavailable."""
    with working(settings, limit=limit) as worker:
        worker.warm()
        log.info("submissions_served")
        tended = 0.0
        while not stop.is_set():
            try:
                idle = not worker.step()
            except Unavailable as error:  # the case database, for a while
                log.warning("submissions_wait", error=str(error))
                stop.wait(LATER.total_seconds())
                continue
            if idle and worker.busy:
                worker.pause(POLL)
            elif idle and time.monotonic() - tended > TEND:
                tend(settings, worker.database)
                tended = time.monotonic()
            elif idle:
                stop.wait(POLL)
        until = time.monotonic() + GRACE
        while worker.busy and time.monotonic() < until:
            worker.step(take=False)
            worker.pause(POLL)
        return worker.done


def drain(settings: Settings, *, limit: float = LIMIT) -> int:
    """Work until nothing waits; how many submissions came to an end. Raises ConfigError, Unavailable."""
    with working(settings, limit=limit) as worker:
        while worker.step() or worker.busy:
            worker.pause(POLL)
        return worker.done
