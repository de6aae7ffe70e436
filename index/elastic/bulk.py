"""Bulk writing with back-pressure: smaller and later requests for a busy node, only what it did not take is sent again.

Sending anything twice is harmless: every operation names its id.
"""

from __future__ import annotations

import random
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

from elastic_transport import ConnectionError as NoConnection
from elastic_transport import ConnectionTimeout, TlsError
from elasticsearch import ApiError

from core.logs import get_logger
from index.elastic.client import BLOCKED, BUSY, error_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from elasticsearch import Elasticsearch

    from index.documents import Entry

    Batch = list[tuple[Entry, str]]

PATIENCE = 120.0  # seconds without any operation taken, after which the node is given up: a restart takes about one minute
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 20.0
AT_ONCE = 4  # requests under way, as helpers.parallel_bulk has; the node works on them in parallel
READY = 2  # batches that wait for their turn, so that no request waits for a batch


class Operation(NamedTuple):
    """One line of a bulk request: ``action`` is index or delete, ``body`` the document's JSON."""

    action: str
    into: str  # an index, never an alias
    id: str
    body: bytes | None = None
    seen: tuple[int, int] | None = None  # (_seq_no, _primary_term) that the document must still have

    def lines(self) -> list[Any]:
        """What the client sends."""
        target: dict[str, Any] = {"_index": self.into, "_id": self.id}
        if self.seen:
            target["if_seq_no"], target["if_primary_term"] = self.seen
        return [{self.action: target}] if self.body is None else [{self.action: target}, self.body]


class Item(NamedTuple):
    """What became of an operation: ``status`` below 300 when it was done, ``reason`` in one line when it was not."""

    id: str
    status: int
    result: str = ""
    reason: str = ""


def send(client: Elasticsearch, operations: list[Operation], *, stop: Event | None = None) -> list[Item]:
    """Every operation's outcome, in their order; ``stop`` ends the waiting for a busy node.

    Raises Unavailable after PATIENCE seconds in which the node took nothing, ConfigError when it takes no writes; ApiError and
    TransportError for what trying again does not help.
    """
    done: dict[int, Item] = {}
    waiting = deque(range(len(operations)))
    pressure = _Pressure(len(operations), stop or Event())
    while waiting:
        chosen = [waiting.popleft() for _ in range(min(pressure.size, len(waiting)))]
        try:
            answer = client.bulk(operations=[line for number in chosen for line in operations[number].lines()])["items"]
        except (ApiError, ConnectionTimeout, NoConnection) as error:
            if _too_large(error) and len(chosen) == 1:
                done[chosen[0]] = Item(operations[chosen[0]].id, 413, reason="request_too_large: the node takes no request of this document's size")
            else:
                pressure.refused(error)
                waiting.extendleft(reversed(chosen))
            continue
        items = {number: _item(next(iter(item.values()))) for number, item in zip(chosen, answer, strict=True)}
        again = [number for number, item in items.items() if item.status in BUSY]
        done |= {number: item for number, item in items.items() if item.status not in BUSY}
        waiting.extendleft(reversed(again))
        pressure.answered(taken=len(chosen) - len(again), busy=[items[number] for number in again])
    return [done[number] for number in range(len(operations))]


def _too_large(error: Exception) -> bool:
    return isinstance(error, ApiError) and error.status_code == 413


def _item(found: dict[str, Any]) -> Item:
    """Raises ConfigError for a node that takes no writes."""
    error = found.get("error") or {}
    kind = str(error.get("type"))
    if kind == BLOCKED and found["status"] != 503:
        raise error_for(found["status"], kind)
    reason = f"{kind}: {error.get('reason')}"[:500] if error else ""
    return Item(found["_id"], found["status"], found.get("result", ""), reason)


class _Pressure:
    """How many operations a request may hold now, and how long to wait before the next one."""

    def __init__(self, most: int, stop: Event) -> None:
        self.size = self._most = max(1, most)
        self._stop = stop
        self._attempt = 0
        self._until = time.monotonic() + PATIENCE

    def refused(self, error: ApiError | ConnectionTimeout | NoConnection) -> None:
        """A whole request failed. Raises the error itself when trying again does not help, or no longer."""
        if isinstance(error, TlsError) or (isinstance(error, ApiError) and error.status_code not in BUSY | {413}):
            raise error
        if _too_large(error):
            self.size = max(1, self.size // 2)  # at once: the node is not busy
            return
        self._wait(error)

    def answered(self, *, taken: int, busy: list[Item]) -> None:
        """A request was answered; ``busy`` are the operations that the node could not take now. Raises Unavailable."""
        if taken:
            self._attempt, self._until = 0, time.monotonic() + PATIENCE
        if busy:
            self._wait(error_for(busy[0].status, busy[0].reason.partition(":")[0]))
        else:
            self.size = min(self._most, self.size * 2)

    def _wait(self, error: Exception) -> None:
        """Full jitter: programs that were refused together do not come back together."""
        if time.monotonic() >= self._until or self._stop.is_set():
            raise error
        self.size = max(1, self.size // 2)
        pause = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._attempt))  # noqa: S311 - spreads load, protects nothing
        self._attempt += 1
        get_logger(__name__).info("bulk_waits", attempt=self._attempt, seconds=round(pause, 2), size=self.size, error=type(error).__name__)
        self._stop.wait(pause)


def send_all(client: Elasticsearch, batches: Iterable[Batch], place: Callable[[Batch], list[Operation]]) -> Iterator[list[Item]]:
    """The outcomes of the batches as they come, AT_ONCE requests under way. Raises what ``send`` raises.

    A batch that shares an id with one under way waits for it, also with ``place``, so that the last entry of an id wins. Batches are drawn
    at most READY ahead.
    """
    under_way: dict[Future[list[Item]], set[str]] = {}
    stop = Event()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for batch in batches:
                ids = {entry["id"] for entry, _ in batch}
                while len(under_way) >= AT_ONCE + READY or any(not known.isdisjoint(ids) for known in under_way.values()):
                    yield from _ended(under_way)
                under_way[pool.submit(send, client, place(batch), stop=stop)] = ids
            while under_way:
                yield from _ended(under_way)
        finally:
            stop.set()  # the others are not waited for any longer than their requests take


def _ended(under_way: dict[Future[list[Item]], set[str]]) -> Iterator[list[Item]]:
    """Wait for one at least."""
    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
        del under_way[future]
        yield future.result()
