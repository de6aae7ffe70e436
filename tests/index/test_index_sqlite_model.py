"""The embedded index against a list of entries that is read from end to end, with bitmaps of a few rows so that every boundary is crossed."""

from __future__ import annotations

import base64
import json
import math
import random
import sqlite3
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from index import sqlite_count, sqlite_match, sqlite_vectors, sqlite_words
from index.documents import Entry, milliseconds
from index.fields import FACETS, MULTIVALUED
from index.french import exact_tokens, tokens
from index.queries import Query, Range, bounds_of
from index.sqlite import SqliteIndex
from tests.index.conftest import _scored
from tests.index.making import entry_of

WORDS = ("gourou", "maison", "vaccin", "rare")
TEXTS = st.lists(st.sampled_from((*WORDS[:3] * 3, WORDS[3])), min_size=1, max_size=4).map(" ".join)
MEMORY = Path("/dev/shm")  # hundreds of small indices are made: none has to reach a disk
DATES = (datetime(1969, 12, 30), datetime(1970, 1, 3))  # noqa: DTZ001 - without a zone, as hypothesis wants them
HOSTS = ("a.example", "b.example", "c.example", "l'été\x00.example")


@st.composite
def variants(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "text": draw(TEXTS),
        "title": draw(st.none() | TEXTS),
        "source": draw(st.sampled_from(("s1", "s2", "s3"))),
        "status": draw(st.sampled_from(("a_examiner", "decide"))),
        "campaign": draw(st.none() | st.sampled_from(("c-1", "c-2"))),
        "link_hosts": draw(st.lists(st.sampled_from(HOSTS), max_size=3)),
        "channels": draw(st.lists(st.sampled_from(("telegram:x", "tipeee:y")), max_size=2)),
        "published_at": draw(st.none() | st.datetimes(*DATES, timezones=st.just(UTC)).map(lambda moment: moment.isoformat())),
        "views": draw(st.none() | st.integers(0, 5)),
        "priority": draw(st.sampled_from((0.5, 1.0, 2.0))),
        "embedding": draw(st.none() | st.integers(0, 9).map(direction)),
    }


def direction(seed: int) -> str:
    return base64.b64encode(random.Random(seed).randbytes(384)).decode()


def _dates(first: datetime | None, last: datetime | None) -> tuple[Range, ...]:
    bounds = {side: moment.replace(tzinfo=UTC) for side, moment in (("gte", first), ("lte", last)) if moment}
    return (Range(field="published_at", **bounds),) if bounds else ()


QUERIES = st.builds(
    Query,
    words=st.sampled_from(("", "", *WORDS, "gourou maison", '"gourou maison"', "maison rare", '"absent"')),
    terms=st.dictionaries(st.sampled_from(("source", "link_hosts")), st.sampled_from((("s1",), ("s1", "s3"), HOSTS[:1], HOSTS[2:])), max_size=2),
    without=st.dictionaries(st.sampled_from(("campaign", "channels")), st.sampled_from((("c-1",), ("telegram:x", "c-2"))), max_size=1),
    present=st.sampled_from(((), (), ("campaign",), ("views",))),
    absent=st.sampled_from(((), (), ("link_hosts",))),
    ranges=st.builds(_dates, st.none() | st.datetimes(*DATES), st.none() | st.datetimes(*DATES))
    | st.sampled_from(((), (), (Range(field="views", gte=2.0),), (Range(field="priority", lte=1.0),))),
    sort=st.sampled_from(("priority", "published_at")),
    size=st.integers(1, 12),
)


def fits(entry: Entry, query: Query) -> bool:
    held = {token for name in ("title", "text") for token in tokens(entry[name] or "")}
    exact = [f" {' '.join(exact_tokens(entry[name] or ''))} " for name in ("title", "text")]
    quoted = query.words.strip('"') if query.words.startswith('"') else ""
    found = any(f" {quoted} " in text for text in exact) if quoted else held >= set(tokens(query.words))
    return (
        found
        and all(set(values) & set(_values(entry, name)) for name, values in query.terms.items())
        and not any(set(values) & set(_values(entry, name)) for name, values in query.without.items())
        and all(_values(entry, name) for name in query.present)
        and not any(_values(entry, name) for name in query.absent)
        and all(_within(entry, bounds) for bounds in query.ranges)
    )


def _within(entry: Entry, bounds: Range) -> bool:
    value = entry[bounds.field]
    if isinstance(value, str):
        value = milliseconds(value)
    given = bounds_of(bounds)
    return value is not None and given.get("gte", -math.inf) <= value <= given.get("lte", math.inf)


def _values(entry: Entry, name: str) -> list[Any]:
    value = entry[name]
    return value if isinstance(value, list) else [] if value is None else [value]


def facet(entries: list[Entry], name: str, size: int) -> tuple[tuple[str, int], ...]:
    found = Counter(value for entry in entries for value in set(_values(entry, name)))
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:size])


class Model(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.index = SqliteIndex(Path(self.folder.name), "model")
        self.entries: dict[str, Entry] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(numbers=st.lists(st.integers(0, 40), min_size=1, max_size=25, unique=True), given=variants(), other=variants())
    def write(self, numbers: list[int], given: dict[str, Any], other: dict[str, Any]) -> None:
        entries = [{**entry_of(_scored(number)), **(given if number % 2 else other)} for number in numbers]
        assert self.index.write(entries).indexed == len(numbers)
        self.entries |= {entry["id"]: entry for entry in entries}

    @rule(share=st.integers(1, 4), field=st.sampled_from(("status", "campaign", "link_hosts", "views", "text", "embedding")), given=variants())
    def change(self, share: int, field: str, given: dict[str, Any]) -> None:
        ids = [*list(self.entries)[::share], "absent"]
        different = [identifier for identifier in ids[:-1] if self.entries[identifier][field] != given[field]]
        assert self.index.change(ids, lambda entry: {**entry, field: given[field]}) == len(different)
        for identifier in different:
            self.entries[identifier] = {**self.entries[identifier], field: given[field]}

    @rule(share=st.integers(1, 5))
    def delete(self, share: int) -> None:
        ids = list(self.entries)[::share]
        assert self.index.delete(ids) == len(ids)
        for identifier in ids:
            del self.entries[identifier]

    @rule()
    def rebuild(self) -> None:
        assert self.index.rebuild(self.entries.values()) == len(self.entries)

    @rule(query=QUERIES, size=st.integers(1, 4))
    def ask(self, query: Query, size: int) -> None:
        fitting = [entry for entry in self.entries.values() if fits(entry, query)]
        ordered = sorted(fitting, key=lambda entry: (_place(entry[query.sort]), entry["id"]))
        page = self.index.search(query)
        assert page.total == len(fitting)
        assert list(page.entries) == ordered[: query.size]
        if page.next:
            assert list(self.index.search(query.model_copy(update={"after": page.next})).entries) == ordered[query.size : 2 * query.size]
        assert list(self.index.scan(query)) == ordered
        assert self.index.facets(query, FACETS, size=size) == {name: facet(fitting, name, size) for name in FACETS}
        expected = {
            name: (min((-entry["priority"], entry["id"]) for entry in group)[1], len(group))
            for name in ("c-1", "c-2")
            if (group := [entry for entry in fitting if entry["campaign"] == name])
        }
        assert self.index.leaders(query, ["c-1", "c-2", "c-3"]) == expected
        assert self._near(query) == [entry["id"] for entry in self._nearest(fitting)]

    def _near(self, query: Query) -> list[str]:
        return [entry["id"] for entry, _ in self.index.similar(query, direction(3), size=50)]

    def _nearest(self, fitting: list[Entry]) -> list[Entry]:
        return sorted((entry for entry in fitting if entry["embedding"]), key=lambda entry: (-_cosine(entry["embedding"]), entry["id"]))

    @invariant()
    def is_whole(self) -> None:
        """Bitmaps and counts say what the entries say, and nothing more."""
        (path,) = [*Path(self.folder.name).glob("*.sqlite")] or [None]
        if path is None:
            return
        connection = sqlite3.connect(path)
        numbers = dict(connection.execute("SELECT id, row FROM documents"))
        assert numbers.keys() == self.entries.keys()
        assert {value for (value,) in connection.execute("SELECT value FROM marks WHERE field = 'channels'")} == {
            value for entry in self.entries.values() for value in entry["channels"]
        }
        for name in FACETS:
            expected = facet(list(self.entries.values()), name, 100)
            counts = connection.execute("SELECT value, documents FROM counts WHERE field = ? ORDER BY documents DESC, value", (name,))
            assert tuple(counts) == expected
        for name in MULTIVALUED:
            for identifier, text in connection.execute(f"SELECT id, {name} FROM documents"):
                assert json.loads(text or "[]") == list(dict.fromkeys(self.entries[identifier][name]))
        connection.close()


def _place(value: str | float | None) -> float:
    return math.inf if value is None else -milliseconds(value) if isinstance(value, str) else -value


def _cosine(embedding: str) -> float:
    left, right = ([byte - 256 if byte > 127 else byte for byte in base64.b64decode(text)] for text in (embedding, direction(3)))
    return round(sum(a * b for a, b in zip(left, right, strict=True)) / math.hypot(*left) / math.hypot(*right), 5)


@pytest.mark.parametrize("few", [0, 3, 10_000])
def test_the_index_is_its_model(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.sqlite_marking.CHUNK", 4)
    monkeypatch.setattr("index.sqlite_marking.VOLUME", 12)
    monkeypatch.setattr(sqlite_words, "CHUNK", 16)
    monkeypatch.setattr(sqlite_words, "SAMPLE", 8)
    monkeypatch.setattr(sqlite_words, "COMMON_SHARE", 4)
    monkeypatch.setattr(sqlite_vectors, "CHUNK", 8)
    monkeypatch.setattr(sqlite_match, "FEW", few)
    monkeypatch.setattr("index.sqlite_pages.FEW", few)
    monkeypatch.setattr(sqlite_count, "ROWS_A_VALUE", max(1, few))
    monkeypatch.setattr("index.sqlite_write.MAX_ENTRIES", 7)
    monkeypatch.setattr("index.batches.MAX_ENTRIES", 7)
    phases = (Phase.reuse, Phase.generate)  # to make a failing case smaller takes minutes
    wanted = settings(max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), phases=phases)
    run_state_machine_as_test(Model, settings=wanted)
