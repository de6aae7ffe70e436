"""What both adapters promise about choosing, scanning, neighbours, campaigns and tables, asked of both."""

from __future__ import annotations

import base64
import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Invalid
from core.records import EMBEDDING_SIZE
from index.documents import Entry
from index.protocol import Index
from index.queries import Query, Range
from index.tables import Row, Table

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = ['"', "'; DROP TABLE documents; --", "\\", "a\x00b", "😀", "%", "*", "", " ", "null", "[1]", "\u202egourou", "l'été"]


def ids(entries: Any) -> set[str]:
    return {entry["id"] for entry in entries}


def packed(numbers: list[int]) -> str:
    return base64.b64encode(bytes(number & 255 for number in numbers)).decode()


def direction(seed: int) -> str:
    chosen = random.Random(seed)
    return packed([chosen.randint(-127, 127) for _ in range(EMBEDDING_SIZE)])


def cosine(one: str, other: str) -> float:
    left, right = ([byte - 256 if byte > 127 else byte for byte in base64.b64decode(text)] for text in (one, other))
    return sum(a * b for a, b in zip(left, right, strict=True)) / math.hypot(*left) / math.hypot(*right)


@pytest.fixture
def mixed(index: Index, make_entry: Callable[..., Entry]) -> list[Entry]:
    """40 entries with missing and repeated values, in the index."""
    entries = [
        {
            **make_entry(number, text="Le gourou parle." if number % 2 else "Recette.", p=(number % 5) / 5 + 0.05),
            "source": f"source-{number % 3}",
            "language": "fr" if number % 3 else None,
            "published_at": None if number % 4 == 0 else (START + timedelta(days=3 * number)).isoformat(),
            "views": number * 10 if number % 5 else None,
            "price": 0.1 + number if number % 6 == 1 else None,
            "link_hosts": [f"site-{number % 4}.example", "commun.example", "commun.example"][: number % 4],
            "channels": [f"telegram:t.me/c{number % 7}"] if number % 2 else [],
            "campaign": f"c-{number % 6}" if number % 6 else None,
            "status": ("a_examiner", "en_cours", "decide")[number % 3],
            "author": f"p-{number % 4}" if number % 4 else None,
            "embedding": direction(number) if number % 3 else None,
        }
        for number in range(40)
    ]
    result = index.write(entries)
    assert (result.indexed, result.failed) == (40, ())
    return entries


# --- before the first write


def test_an_empty_index_answers_new_questions_too(index: Index) -> None:
    assert list(index.scan(Query())) == []
    assert index.similar(Query(), direction(1), size=5) == ()
    assert index.leaders(Query(), ["c-1"]) == {}
    assert index.table(Query(), Table(by="source")) == ()
    assert index.table(Query(), Table(by="at", interval="day", over="runs")) == ()
    assert index.change(["x"], lambda entry: entry) == 0
    assert isinstance(index.health().warnings, tuple)


def test_nothing_is_asked(mixed: list[Entry], index: Index) -> None:
    assert index.leaders(Query(), []) == {}
    assert index.change([], lambda entry: entry) == 0
    assert index.write_runs([]) == 0
    assert index.search(Query(terms={"source": ("absent",)})).total == 0


# --- choosing

FIELDS = ("language", "link_hosts", "channels", "campaign", "published_at", "views", "price", "author", "markers")


def _has(entry: Entry, field: str) -> bool:
    return entry[field] not in (None, [])


@pytest.mark.parametrize("field", FIELDS)
def test_present_and_absent(mixed: list[Entry], index: Index, field: str) -> None:
    there = {entry["id"] for entry in mixed if _has(entry, field)}
    assert ids(index.search(Query(present=(field,), size=100)).entries) == there
    assert ids(index.search(Query(absent=(field,), size=100)).entries) == ids(mixed) - there
    assert index.search(Query(present=(field,), absent=(field,))).total == 0


@pytest.mark.parametrize("field", ["source", "language", "link_hosts", "channels", "campaign", "author"])
def test_values_that_rule_out(mixed: list[Entry], index: Index, field: str) -> None:
    values = {value for entry in mixed for value in _values(entry, field)}
    for value in values:
        kept = {entry["id"] for entry in mixed if value not in _values(entry, field)}  # a missing value is none of them
        assert ids(index.search(Query(without={field: (value,)}, size=100)).entries) == kept
        assert index.search(Query(terms={field: (value,)}, without={field: (value,)})).total == 0
    nowhere = {entry["id"] for entry in mixed if not _has(entry, field)}
    assert ids(index.search(Query(without={field: tuple(values)}, size=100)).entries) == nowhere
    assert index.search(Query(without={field: ()})).total == 40
    assert index.search(Query(without={field: ("absente",)})).total == 40


def _values(entry: Entry, field: str) -> list[str]:
    value = entry[field]
    return value if isinstance(value, list) else [] if value is None else [value]


def test_all_parts_of_a_query_add_up(mixed: list[Entry], index: Index) -> None:
    query = Query(
        words="gourou",
        terms={"source": ("source-0", "source-1"), "link_hosts": ("site-1.example", "site-3.example")},
        without={"campaign": ("c-1",), "link_hosts": ("commun.example",)},
        present=("views",),
        absent=("price",),
        ranges=(Range(field="views", gte=20.0, lte=380.0), Range(field="published_at", gte=START + timedelta(days=9))),
        size=100,
    )
    kept = {
        entry["id"]
        for number, entry in enumerate(mixed)
        if number % 2 and number % 3 != 2 and entry["link_hosts"] in (["site-1.example"], ["site-3.example"])
        if entry["campaign"] != "c-1" and entry["views"] is not None and entry["price"] is None and 20 <= entry["views"] <= 380 and 3 * number >= 9
    }
    assert ids(index.search(query).entries) == kept
    assert kept
    assert index.search(query).total == len(kept)
    assert ids(index.scan(query)) == kept
    assert sum(count for _, count in index.facets(query, ["source"])["source"]) == len(kept)


def test_hostile_values_are_only_values(index: Index, make_entry: Callable[..., Entry]) -> None:
    entries = [{**make_entry(number), "source": text, "channels": [text], "campaign": text} for number, text in enumerate(HOSTILE)]
    assert index.write(entries).failed == ()
    for entry in entries:
        text = entry["source"]
        for field in ("source", "channels", "campaign"):
            assert ids(index.scan(Query(terms={field: (text,)}))) == {entry["id"]}, text
            assert ids(index.scan(Query(without={field: (text,)}))) == ids(entries) - {entry["id"]}, text
        assert index.leaders(Query(), [text]) == {text: (entry["id"], 1)}
    assert index.facets(Query(), ["campaign"], size=1000)["campaign"] == tuple((text, 1) for text in sorted(HOSTILE))
    assert index.table(Query(), Table(by="campaign", size=1000)) == tuple((text, None, 1.0) for text in sorted(HOSTILE))


@pytest.mark.parametrize("part", [{"without": {"sources": ("x",)}}, {"present": ("langage",)}, {"absent": ("text",)}, {"present": ("evidence",)}])
def test_unknown_fields_of_a_query(part: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Query(**part)


# --- scan


@pytest.mark.parametrize("sort", ["priority", "published_at", "collected_at"])
def test_a_scan_is_every_page_in_order(mixed: list[Entry], index: Index, sort: Any) -> None:
    for query in (Query(sort=sort, size=3), Query(sort=sort, words="gourou"), Query(sort=sort, terms={"language": ("fr",)}, absent=("campaign",))):
        whole = index.search(query.model_copy(update={"size": 1000}))
        assert list(index.scan(query)) == list(whole.entries)
        after = index.search(query.model_copy(update={"size": 2})).next
        assert list(index.scan(query.model_copy(update={"after": after}))) == list(whole.entries)
    assert len(list(index.scan(Query(size=1)))) == 40


def test_a_scan_by_relevance(mixed: list[Entry], index: Index) -> None:
    assert ids(index.scan(Query(words="gourou", sort="relevance"))) == {entry["id"] for entry in mixed[1::2]}


def test_a_scan_is_of_one_moment(index: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    before = [make_entry(number, text=f"Premier {number}", p=number / 1300) for number in range(1200)]
    index.write(before)
    scan = index.scan(Query())
    seen = [next(scan) for _ in range(3)]
    other = backend.open()
    other.write([make_entry(number, text="Second", p=0.99) for number in range(600, 1300)])
    other.change([before[0]["id"]], lambda entry: {**entry, "status": "decide"})
    seen += scan
    assert len(seen) == 1200
    assert {entry["id"]: _exact(entry) for entry in seen} == {entry["id"]: _exact(entry) for entry in before}
    assert index.search(Query(words="second")).total == 700
    other.close()


def _exact(entry: Entry) -> Entry:
    """Without the numbers that noida-db, which writes them anew, rounds in their last digit."""
    return {name: value for name, value in entry.items() if not isinstance(value, float) and name not in ("reasons", "evidence")}


def test_a_scan_may_be_left(mixed: list[Entry], index: Index, make_entry: Callable[..., Entry]) -> None:
    scan: Any = index.scan(Query())
    next(scan)
    scan.close()
    assert index.delete([mixed[0]["id"]]) == 1
    assert len(list(index.scan(Query()))) == 39


# --- change


def test_change(mixed: list[Entry], index: Index) -> None:
    asked = [mixed[number]["id"] for number in (0, 1, 2, 3)]
    seen: list[str] = []

    def how(entry: Entry) -> Entry:
        seen.append(entry["id"])
        return {**entry, "status": "decide", "decided_at": "2026-02-01T00:00:00+00:00", "link_hosts": ["neuf.example"]}

    assert index.change([*asked, "absent", asked[0]], how) == 4
    assert sorted(seen) == sorted(asked)
    assert index.change(asked, how) == 0  # nothing became different
    assert index.get(asked[0]) == {**mixed[0], "status": "decide", "decided_at": "2026-02-01T00:00:00+00:00", "link_hosts": ["neuf.example"]}
    assert ids(index.scan(Query(present=("decided_at",)))) == set(asked)
    assert index.facets(Query(terms={"link_hosts": ("neuf.example",)}), ["link_hosts", "status"]) == {
        "link_hosts": (("neuf.example", 4),),
        "status": (("decide", 4),),
    }
    assert index.search(Query()).total == 40
    assert index.search(Query(words="gourou")).total == 20


def test_a_change_in_place_is_seen(mixed: list[Entry], index: Index) -> None:
    def how(entry: Entry) -> Entry:
        entry["status"] = "decide"
        return entry

    open_ones = [entry["id"] for entry in mixed if entry["status"] != "decide"]
    assert index.change([entry["id"] for entry in mixed], how) == len(open_ones)
    assert index.facets(Query(), ["status"]) == {"status": (("decide", 40),)}


def test_a_changed_text_is_searched(mixed: list[Entry], index: Index) -> None:
    assert index.change([mixed[1]["id"]], lambda entry: {**entry, "text": "Une pendule.", "title": "Horloge"}) == 1
    assert index.search(Query(words="gourou")).total == 19
    assert ids(index.search(Query(words="pendule horloge")).entries) == {mixed[1]["id"]}


@pytest.mark.parametrize("wrong", [{"views": "many"}, {"colour": "blue"}, {"id": "other"}, {"embedding": "AAAA"}, {"embedding": packed([0] * 384)}])
def test_a_change_that_no_index_can_hold(mixed: list[Entry], index: Index, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        index.change([mixed[1]["id"]], lambda entry: {**entry, **wrong})
    assert index.get(mixed[1]["id"]) == mixed[1]
    assert index.get("other") is None


def test_a_change_of_many(index: Index, make_entry: Callable[..., Entry]) -> None:
    entries = [make_entry(number) for number in range(1100)]
    index.write(entries)
    assert index.change((entry["id"] for entry in entries), lambda entry: {**entry, "campaign": "c-9"}) == 1100
    assert index.search(Query(terms={"campaign": ("c-9",)})).total == 1100


# --- similar


def test_similar(mixed: list[Entry], index: Index) -> None:
    asked = direction(1000)
    expected = sorted(
        ((cosine(asked, entry["embedding"]), entry["id"]) for entry in mixed if entry["embedding"]), key=lambda pair: (-pair[0], pair[1])
    )
    found = index.similar(Query(size=1), asked, size=1000)
    assert [entry["id"] for entry, _ in found] == [identifier for _, identifier in expected]
    assert [value for _, value in found] == pytest.approx([value for value, _ in expected], abs=1e-3)
    assert found[0][0] == index.get(expected[0][1])
    assert [entry["id"] for entry, _ in index.similar(Query(), asked, size=4)] == [identifier for _, identifier in expected[:4]]


def test_similar_within_a_search(mixed: list[Entry], index: Index) -> None:
    query = Query(words="gourou", without={"source": ("source-1",)}, sort="published_at")
    chosen = {entry["id"] for entry in mixed[1::2] if entry["source"] != "source-1" and entry["embedding"]}
    found = index.similar(query, mixed[5]["embedding"], size=50)
    assert ids(entry for entry, _ in found) == chosen
    assert found[0][0]["id"] == mixed[5]["id"]
    assert found[0][1] == pytest.approx(1.0, abs=1e-3)
    assert index.similar(Query(words="absent"), direction(1), size=5) == ()


def test_similar_only_counts_directions(index: Index, make_entry: Callable[..., Entry]) -> None:
    short = [3, -1, *[0] * 382]
    near = {1: short, 2: [number * 40 for number in short], 3: [-number for number in short], 4: [1, 3, *[0] * 382]}
    index.write([make_entry(number, embedding=packed(numbers)) for number, numbers in near.items()])
    found = index.similar(Query(), packed(short), size=10)
    assert [value for _, value in found] == pytest.approx([1.0, 1.0, 0.0, -1.0], abs=1e-3)
    assert [entry["id"] for entry, _ in found[:2]] == sorted(make_entry(number)["id"] for number in (1, 2))


def test_similar_follows_writes(mixed: list[Entry], index: Index) -> None:
    index.change([mixed[1]["id"]], lambda entry: {**entry, "embedding": direction(77)})
    index.change([mixed[2]["id"]], lambda entry: {**entry, "embedding": None})
    index.change([mixed[0]["id"]], lambda entry: {**entry, "embedding": direction(78)})
    index.delete([mixed[4]["id"]])
    found = {entry["id"]: value for entry, value in index.similar(Query(), direction(77), size=100)}
    assert found[mixed[1]["id"]] == pytest.approx(1.0, abs=1e-3)
    assert found.keys() == {entry["id"] for number, entry in enumerate(mixed) if number == 0 or (entry["embedding"] and number not in (2, 4))}


@pytest.mark.parametrize("embedding", ["", "AAAA", "é" * 512, "!" * 512, packed([0] * 384)])
def test_similar_to_no_embedding(index: Index, embedding: str) -> None:
    with pytest.raises(Invalid):
        index.similar(Query(), embedding, size=5)


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_similar_takes_a_fair_number(index: Index, size: int) -> None:
    with pytest.raises(Invalid):
        index.similar(Query(), direction(1), size=size)


# --- leaders


def test_leaders(mixed: list[Entry], index: Index) -> None:
    for query in (Query(), Query(words="gourou", size=1), Query(terms={"status": ("decide",)}, sort="published_at")):
        chosen = list(index.scan(query))
        expected = {}
        for campaign in ("c-1", "c-2", "c-5"):
            of_it = sorted((entry for entry in chosen if entry["campaign"] == campaign), key=lambda entry: (-entry["priority"], entry["id"]))
            if of_it:
                expected[campaign] = (of_it[0]["id"], len(of_it))
        assert index.leaders(query, ["c-1", "c-2", "c-5", "c-1", "absente"]) == expected
    assert index.leaders(Query(words="absent"), ["c-1"]) == {}


def test_ties_of_leaders_go_by_id(index: Index, make_entry: Callable[..., Entry]) -> None:
    entries = [{**make_entry(number, p=0.7), "campaign": "c-1"} for number in range(9)]
    index.write(entries)
    assert index.leaders(Query(), ["c-1"]) == {"c-1": (min(ids(entries)), 9)}


def test_leaders_of_many(index: Index, make_entry: Callable[..., Entry]) -> None:
    entries = [{**make_entry(number), "campaign": f"c-{number % 150}"} for number in range(300)]
    index.write(entries)
    found = index.leaders(Query(), [f"c-{number}" for number in range(200)])
    assert len(found) == 150
    assert {count for _, count in found.values()} == {2}


# --- tables


def measured(entries: list[Entry], table: Table) -> list[Row]:
    """The table as its words say it."""
    grouped = _grouped(entries, table.by, table.interval)
    order = sorted(grouped, key=lambda value: value if table.interval else (-(_measure(grouped[value], table) or 0.0), value))
    chosen = order[-table.size :] if table.interval else order[: table.size]
    rows: list[Row] = []
    for value in chosen:
        parts = _grouped(grouped[value], table.split, None) if table.split else {None: grouped[value]}
        best = sorted(parts, key=lambda part: (-(_measure(parts[part], table) or 0.0), part or ""))[: table.size]
        found = [(value, part, _measure(parts[part], table)) for part in sorted(best, key=str)]
        rows += [(one, other, number) for one, other, number in found if number is not None]
    return rows


def _grouped(entries: list[Entry], field: str, interval: str | None) -> dict[Any, list[Entry]]:
    found: dict[Any, list[Entry]] = {}
    for entry in entries:
        for value in dict.fromkeys(_values(entry, field)):
            found.setdefault(_bucket(value, interval), []).append(entry)
    return found


def _bucket(value: str, interval: str | None) -> str:
    if interval is None:
        return value
    day = datetime.fromisoformat(value).astimezone(UTC).date()
    first = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[interval]
    return first.isoformat()


def _measure(entries: list[Entry], table: Table) -> float | None:
    if table.of is None:
        return float(len(entries))
    found = [entry[table.of] for entry in entries if entry[table.of] is not None]
    if table.measure == "max":
        return float(max(found)) if found else None
    return float(len(set(found))) if table.measure == "distinct" else float(sum(found))


TABLES = [
    Table(by="source"),
    Table(by="source", size=2),
    Table(by="link_hosts"),
    Table(by="campaign", split="source"),
    Table(by="campaign", split="link_hosts", size=3),
    Table(by="link_hosts", split="language"),
    Table(by="markers", measure="sum", of="views"),
    Table(by="source", measure="sum", of="price"),
    Table(by="link_hosts", split="status", measure="sum", of="views"),
    Table(by="campaign", measure="max", of="views"),
    Table(by="campaign", measure="distinct", of="author"),
    Table(by="campaign", measure="distinct", of="source", split="language"),
    Table(by="published_at", interval="day"),
    Table(by="published_at", interval="day", size=3),
    Table(by="published_at", interval="week", split="status"),
    Table(by="published_at", interval="month", split="link_hosts", size=2),
    Table(by="published_at", interval="month", measure="sum", of="views"),
    Table(by="published_at", interval="month", measure="max", of="score_gourou", split="source"),
    Table(by="published_at", interval="month", measure="distinct", of="author"),
    Table(by="collected_at", interval="week", split="campaign"),
]
CHOICES = [Query(), Query(words="gourou"), Query(terms={"status": ("decide",)}, size=1), Query(words="absent")]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_tables(mixed: list[Entry], index: Index, table: Table) -> None:
    for query in CHOICES:
        expected = measured(list(index.scan(query)), table)
        found = index.table(query, table)
        assert [row[:2] for row in found] == [row[:2] for row in expected]
        assert [row[2] for row in found] == pytest.approx([row[2] for row in expected])
        assert all(isinstance(row, tuple) and isinstance(row[2], float) for row in found)


def test_a_table_of_old_and_late_days(index: Index, make_entry: Callable[..., Entry]) -> None:
    moments = ["1969-12-30T05:00:00+00:00", "1969-12-31T23:59:59.999+00:00", "1970-01-01T00:00:00+00:00", "2026-01-01T00:30:00+01:00"]
    index.write([make_entry(number, published_at=datetime.fromisoformat(moment)) for number, moment in enumerate(moments)])
    days = tuple((day, None, 1.0) for day in ("1969-12-30", "1969-12-31", "1970-01-01", "2025-12-31"))
    assert index.table(Query(), Table(by="published_at", interval="day")) == days
    assert index.table(Query(), Table(by="published_at", interval="month")) == (
        ("1969-12-01", None, 2.0),
        ("1970-01-01", None, 1.0),
        ("2025-12-01", None, 1.0),
    )
    assert index.table(Query(), Table(by="published_at", interval="week"))[0] == ("1969-12-29", None, 3.0)


def test_sums_and_maxima_of_nothing(index: Index, make_entry: Callable[..., Entry]) -> None:
    index.write([make_entry(1)])
    assert index.table(Query(), Table(by="source", measure="sum", of="views")) == (("exemple", None, 0.0),)
    assert index.table(Query(), Table(by="source", measure="max", of="views")) == ()
    assert index.table(Query(), Table(by="source", measure="distinct", of="author")) == (("exemple", None, 0.0),)


# --- runs


def runs(count: int) -> Iterator[Entry]:
    for number in range(count):
        yield {
            "id": f"run-{number}",
            "at": (START + timedelta(days=number)).isoformat(),
            "source": f"source-{number % 2}",
            "measure": "dropped" if number % 3 else "kept",
            "reason": ("too_short", "l'été")[number % 2] if number % 3 else None,
            "count": number,
        }


def test_runs(mixed: list[Entry], index: Index) -> None:
    assert index.write_runs(runs(7)) == 7
    assert index.write_runs({**row, "count": row["count"] + 1} for row in runs(7)) == 7  # replaced
    rows = [{**row, "count": row["count"] + 1} for row in runs(7)]
    for table in (
        Table(by="source", measure="sum", of="count", over="runs"),
        Table(by="reason", split="source", measure="sum", of="count", over="runs"),
        Table(by="measure", over="runs"),
        Table(by="at", interval="week", split="measure", measure="max", of="count", over="runs"),
        Table(by="source", measure="distinct", of="reason", over="runs"),
    ):
        assert list(index.table(Query(), table)) == measured(rows, table)
    assert index.search(Query()).total == 40
    assert index.health().documents == 40


def test_runs_outlive_a_rebuild(mixed: list[Entry], index: Index, make_entry: Callable[..., Entry]) -> None:
    index.write_runs(runs(3))
    total = Table(by="source", measure="sum", of="count", over="runs")
    before = index.table(Query(), total)
    assert index.rebuild([make_entry(1)]) == 1
    assert index.table(Query(), total) == before == (("source-0", None, 2.0), ("source-1", None, 1.0))
    index.write_runs(runs(4))
    assert index.table(Query(), total) == (("source-1", None, 4.0), ("source-0", None, 2.0))


def test_runs_before_the_first_write(index: Index, make_entry: Callable[..., Entry]) -> None:
    assert index.write_runs(runs(3)) == 3
    assert index.search(Query()).total == 0
    assert index.write([make_entry(1)]).indexed == 1
    assert index.table(Query(), Table(by="source", over="runs")) == (("source-0", None, 2.0), ("source-1", None, 1.0))
    index.rebuild([])
    assert len(index.table(Query(), Table(by="source", over="runs"))) == 2


@pytest.mark.parametrize(
    "wrong", [{"count": "many"}, {"count": True}, {"at": "yesterday"}, {"id": ""}, {"id": None}, {"colour": "blue"}, {"source": 3}]
)
def test_a_run_that_no_index_can_hold(index: Index, wrong: dict[str, Any]) -> None:
    good = next(runs(1))
    with pytest.raises(Invalid, match=next(iter(wrong))):
        index.write_runs([good, {**good, "id": "run-9", **wrong}])
    assert index.write_runs([good]) == 1


@pytest.mark.parametrize("query", [Query(words="gourou"), Query(terms={"source": ("x",)}), Query(absent=("views",)), Query(present=("views",))])
def test_a_table_of_runs_chooses_no_documents(index: Index, query: Query) -> None:
    with pytest.raises(Invalid, match="runs"):
        index.table(query, Table(by="source", over="runs"))


# --- both alike


def test_both_answer_alike(sqlite_backend: Any, elastic_backend: Any, make_entry: Callable[..., Entry]) -> None:
    chosen = random.Random(5)
    entries = [
        {
            **make_entry(number, text=" ".join(chosen.choices(["gourou", "maison", "vaccin", "pendule", "jardin"], k=6)), p=chosen.random()),
            "published_at": (START + timedelta(hours=chosen.randint(-5000, 5000))).isoformat() if chosen.random() < 0.8 else None,
            "source": f"source-{chosen.randint(0, 5)}",
            "link_hosts": [f"site-{chosen.randint(0, 9)}.example" for _ in range(chosen.randint(0, 3))],
            "campaign": f"c-{chosen.randint(0, 9)}" if chosen.random() < 0.5 else None,
            "views": chosen.choice([None, 0, 3, 3, 900]),
            "embedding": direction(number) if chosen.random() < 0.7 else None,
        }
        for number in range(120)
    ]
    for backend in (sqlite_backend, elastic_backend):
        backend.open().write(entries)
    one, other = sqlite_backend.open(), elastic_backend.open()
    for query in (
        Query(words="gourou vaccin", absent=("campaign",)),
        Query(terms={"link_hosts": ("site-1.example", "site-2.example")}, without={"source": ("source-1",)}, sort="published_at"),
        Query(words='"maison gourou"', present=("views",), ranges=(Range(field="published_at", lte=START),)),
        Query(ranges=(Range(field="views", gte=3.0),), sort="collected_at"),
    ):
        assert list(map(_exact, one.scan(query))) == list(map(_exact, other.scan(query)))
        assert one.leaders(query, [f"c-{number}" for number in range(9)]) == other.leaders(query, [f"c-{number}" for number in range(9)])
        near = [index.similar(query, direction(3), size=9) for index in (one, other)]
        assert [_exact(entry) for entry, _ in near[0]] == [_exact(entry) for entry, _ in near[1]]
        assert [value for _, value in near[0]] == pytest.approx([value for _, value in near[1]], abs=1e-3)
        names = ["source", "campaign", "link_hosts", "status", "markers"]
        assert one.facets(query, names, size=4) == other.facets(query, names, size=4)
        assert one.histogram(query, "published_at", interval="month") == other.histogram(query, "published_at", interval="month")
        for table in TABLES:
            ours, theirs = one.table(query, table), other.table(query, table)
            assert [row[:2] for row in ours] == [row[:2] for row in theirs], table
            assert [row[2] for row in ours] == pytest.approx([row[2] for row in theirs], rel=1e-12), table  # noida-db rounds the last digit
