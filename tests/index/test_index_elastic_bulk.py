"""A node that is busy, slow, or takes nothing so large: what is sent again, how much of it, and when it is given up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from elasticsearch import ApiError, Elasticsearch

from core.errors import ConfigError, Unavailable
from index.documents import Entry
from index.elastic import bulk
from index.elastic.bulk import Item, Operation, send, send_all
from index.fields import MAPPING_VERSION
from index.open import open_index
from tests.index.playing import PRODUCT, Answer, Node, answering, failure, settings

BUSY = {"type": "es_rejected_execution_exception", "reason": "queue is full"}
WRONG = {"type": "document_parsing_exception", "reason": "why"}


class Play:
    """A node that keeps what it takes; ``says`` gives the answer to a whole request, or None to let ``item`` judge each document."""

    def __init__(self, node: Node) -> None:
        self.kept: dict[str, Any] = {}
        self.requests: list[list[str]] = []
        self.says: Callable[[int, list[str], int], Answer | None] = lambda request, ids, size: None
        self.item: Callable[[int, str], tuple[int, dict[str, Any] | None]] = lambda request, identifier: (201, None)
        self.lock = threading.Lock()
        self.open = self.most_open = 0
        node.answers["/_bulk"] = self.answer

    def answer(self, _: str, body: bytes) -> Answer:
        lines = [json.loads(line) for line in body.splitlines()]
        pairs = [(lines[at]["index"]["_id"], lines[at + 1]) for at in range(0, len(lines), 2)]
        with self.lock:
            request = len(self.requests)
            self.requests.append([identifier for identifier, _ in pairs])
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            whole = self.says(request, [identifier for identifier, _ in pairs], len(body))
            return whole or (200, {"items": [self._judged(request, *pair) for pair in pairs]}, PRODUCT)
        finally:
            self.open -= 1

    def _judged(self, request: int, identifier: str, source: Any) -> dict[str, Any]:
        status, error = self.item(request, identifier)
        if status < 300:
            self.kept[identifier] = source
        return {"index": {"_id": identifier, "status": status, **({"error": error} if error else {"result": "created"})}}


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def play(node: Node) -> Play:
    return Play(node)


@pytest.fixture
def client(node: Node) -> Iterator[Elasticsearch]:
    with Elasticsearch(node.url, request_timeout=0.5, max_retries=0, retry_on_timeout=False) as made:
        yield made


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(bulk, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(bulk, "PATIENCE", 1.0)


def operations(count: int) -> list[Operation]:
    return [Operation("index", "an-index", f"d{number}", json.dumps({"n": number}).encode()) for number in range(count)]


def all_kept(play: Play, items: list[Item], count: int) -> None:
    assert [item.id for item in items] == [f"d{number}" for number in range(count)]
    assert {item.status for item in items} == {201}
    assert play.kept == {f"d{number}": {"n": number} for number in range(count)}


def test_all_at_once(play: Play, client: Elasticsearch) -> None:
    all_kept(play, send(client, operations(10)), 10)
    assert [len(ids) for ids in play.requests] == [10]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_node_gets_smaller_requests(play: Play, client: Elasticsearch, status: int) -> None:
    play.says = lambda request, ids, size: failure(status, "es_rejected_execution_exception") if request < 3 else None
    all_kept(play, send(client, operations(64)), 64)
    assert [len(ids) for ids in play.requests] == [64, 32, 16, 8, 16, 32, 8]  # half each time, and back again


@pytest.mark.parametrize("status", [429, 503])
def test_only_what_was_not_taken_is_sent_again(play: Play, client: Elasticsearch, status: int) -> None:
    play.item = lambda request, identifier: (status, BUSY) if request == 0 and int(identifier[1:]) % 3 == 0 else (201, None)
    all_kept(play, send(client, operations(9)), 9)
    assert play.requests == [[f"d{number}" for number in range(9)], ["d0", "d3", "d6"]]


def test_a_request_that_is_too_large_is_cut_at_once(play: Play, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "FIRST_PAUSE", 1000.0)  # the node is not busy: nobody waits
    monkeypatch.setattr(bulk, "LONGEST_PAUSE", 1000.0)
    play.says = lambda request, ids, size: failure(413, "content_too_long") if size > 400 else None
    all_kept(play, send(client, operations(50)), 50)


def test_one_document_that_is_too_large_is_refused_alone(play: Play, client: Elasticsearch) -> None:
    play.says = lambda request, ids, size: failure(413, "content_too_long") if "d3" in ids else None
    items = send(client, operations(8))
    assert [(item.id, item.status) for item in items if item.status >= 300] == [("d3", 413)]
    assert "too_large" in items[3].reason
    assert play.kept.keys() == {f"d{number}" for number in range(8)} - {"d3"}


def test_one_in_a_hundred_is_refused_with_the_nodes_reason(play: Play, client: Elasticsearch) -> None:
    play.item = lambda request, identifier: (400, WRONG) if int(identifier[1:]) % 100 == 7 else (201, None)
    items = send(client, operations(400))
    assert [(item.id, item.reason) for item in items if item.status >= 300] == [
        (f"d{n}", "document_parsing_exception: why") for n in (7, 107, 207, 307)
    ]
    assert len(play.kept) == 396
    assert len(play.requests) == 1  # what is refused for good is not tried again


def test_a_slow_answer_is_asked_for_again(play: Play, client: Elasticsearch) -> None:
    def slow(request: int, *_: Any) -> None:
        time.sleep(0.8 if request == 0 else 0)

    play.says = slow
    all_kept(play, send(client, operations(4)), 4)
    assert len(play.requests) > 1


def test_a_busy_node_is_given_up_after_a_while(play: Play, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", 0.2)
    start = time.monotonic()
    play.item = lambda request, identifier: (429, BUSY)
    with pytest.raises(Unavailable, match=r"status 429, es_rejected_execution_exception"):
        send(client, operations(4))
    play.says = lambda request, ids, size: failure(503, "down")
    with pytest.raises(ApiError):
        send(client, operations(4))
    assert 0.4 < time.monotonic() - start < 3


def test_patience_counts_from_the_last_success(play: Play, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that takes a little at a time is slow, not down."""
    monkeypatch.setattr(bulk, "PATIENCE", 0.3)

    def one_at_a_time(request: int, identifier: str) -> tuple[int, dict[str, Any] | None]:
        if identifier != play.requests[request][0]:
            return 429, BUSY
        time.sleep(0.05)
        return 201, None

    play.item = one_at_a_time
    all_kept(play, send(client, operations(12)), 12)


def test_what_trying_again_does_not_help_is_raised_at_once(play: Play, client: Elasticsearch) -> None:
    play.says = lambda request, ids, size: failure(403, "security_exception")
    with pytest.raises(ApiError):
        send(client, operations(4))
    play.says = lambda request, ids, size: None
    play.item = lambda request, identifier: (403, {"type": "cluster_block_exception", "reason": "disk"})
    with pytest.raises(ConfigError, match="disk is nearly full"):
        send(client, operations(4))
    assert len(play.requests) == 2


def test_pauses_are_spread_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "FIRST_PAUSE", 0.25)
    monkeypatch.setattr(bulk, "LONGEST_PAUSE", 20.0)
    monkeypatch.setattr(bulk, "PATIENCE", 120.0)
    waited: list[float] = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", waited.append)
    for _ in range(200):
        pressure = bulk._Pressure(100, stop)
        for _ in range(12):
            pressure.answered(taken=0, busy=[Item("d", 429, reason="es_rejected_execution_exception: full")])
    first, last = waited[::12], waited[11::12]
    assert 0 <= min(first) < 0.05
    assert 0.2 < max(first) <= 0.25
    assert 0 <= min(last) < 4
    assert 16 < max(last) <= 20


def test_several_requests_are_under_way(play: Play, client: Elasticsearch) -> None:
    def slow(*_: Any) -> None:
        time.sleep(0.1)

    play.says = slow
    batches = [[({"id": f"b{number}-{at}"}, "{}") for at in range(3)] for number in range(12)]
    drawn = 0

    def drawing() -> Iterator[Any]:
        nonlocal drawn
        for batch in batches:
            drawn += 1
            assert drawn <= len(play.requests) + bulk.AT_ONCE + bulk.READY + 1  # whatever is drawn is held in memory
            yield batch

    def place(batch: Any) -> list[Operation]:
        return [Operation("index", "i", entry["id"], text.encode()) for entry, text in batch]

    came = sorted([item.id for item in items] for items in send_all(client, drawing(), place))
    assert came == sorted([entry["id"] for entry, _ in batch] for batch in batches)
    assert 2 <= play.most_open <= bulk.AT_ONCE


def test_the_last_entry_of_an_id_wins(play: Play, client: Elasticsearch) -> None:
    def slower_at_first(request: int, *_: Any) -> None:
        time.sleep(max(0.0, 0.4 - request * 0.2))

    play.says = slower_at_first
    batches = [[({"id": "same"}, json.dumps({"n": number}))] for number in range(6)]
    list(send_all(client, batches, lambda batch: [Operation("index", "i", entry["id"], text.encode()) for entry, text in batch]))
    assert play.kept == {"same": {"n": 5}}


def test_an_error_stops_the_others(play: Play, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", 60.0)
    monkeypatch.setattr(bulk, "LONGEST_PAUSE", 60.0)
    monkeypatch.setattr(bulk, "FIRST_PAUSE", 60.0)
    play.says = lambda request, ids, size: failure(403, "security_exception") if ids == ["d0"] else failure(429, "busy")
    batches = [[({"id": f"d{number}"}, "{}")] for number in range(4)]
    start = time.monotonic()
    with pytest.raises(ApiError):
        list(send_all(client, batches, lambda batch: [Operation("index", "i", entry["id"], b"{}") for entry, _ in batch]))
    assert time.monotonic() - start < 5


def test_a_write_through_a_busy_node(tmp_path: Any, node: Node, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PATIENCE", 30.0)  # chance may refuse one request again and again
    answering(node, f"vigie-test-v{MAPPING_VERSION}-{'0' * 20}-000001")
    play = Play(node)
    play.says = lambda request, ids, size: failure(429, "es_rejected_execution_exception") if request % 2 == 0 else None
    wrong = {make_entry(number)["id"] for number in range(0, 1200, 100)}
    play.item = lambda request, identifier: (400, WRONG) if identifier in wrong else (201, None)
    index = open_index(settings(tmp_path, node.url))
    result = index.write(make_entry(number) for number in range(1200))
    index.close()
    assert result.indexed == 1188
    assert dict(result.failed) == dict.fromkeys(wrong, "document_parsing_exception: why")
    assert len(play.kept) == 1188
