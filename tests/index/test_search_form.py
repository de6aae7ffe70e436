"""A search as people put it: what cannot be meant is told, an address gives the same search back, and the index answers it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import Invalid, NotFound
from core.records import Channel, Funding, Kind
from index.documents import Entry
from index.protocol import Index
from index.search_form import AMOUNTS, CLOSED, DATES, TERMS, Search, check_ids, moment, search_of, to_query
from index.search_run import FACETS, run
from index.search_url import cursor, from_url, to_cursor, to_url
from tests.index.making import START

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).map(str.strip).filter(bool)
AMOUNT = st.floats(0, 1e12) | st.none()
MOMENT = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.timezones()) | st.none()  # noqa: DTZ001 - hypothesis adds the zone
CURSOR = st.tuples(st.none() | st.integers(-(2**60), 2**60) | st.floats(-1e15, 1e15), TEXT)


@st.composite
def searches(draw: st.DrawFn) -> Search:
    values: dict[str, Any] = {"words": draw(st.text(st.characters(exclude_categories=("Cs",)), max_size=50))}
    for name in TERMS:
        one = st.sampled_from(CLOSED[name]) if name in CLOSED else TEXT
        values[name] = tuple(draw(st.lists(one, max_size=3)))
    for name in DATES:
        values[f"{name}_since"], values[f"{name}_until"] = _ordered(draw(MOMENT), draw(MOMENT))
    for name in AMOUNTS:
        values[f"{name}_min"], values[f"{name}_max"] = _ordered(draw(AMOUNT), draw(AMOUNT))
    values["alerts"] = draw(st.booleans()) and (not values["decisions"] or "alerte" in values["decisions"])
    values["money"] = draw(st.none() | st.sampled_from(CLOSED["money"]))
    values["sort"] = draw(st.sampled_from(CLOSED["sort"]))
    values["size"] = draw(st.integers(1, 1000))
    values.update(draw(st.sampled_from([{}, {"similar_to": draw(TEXT)}, {"after": draw(CURSOR)}])))
    return search_of(values)


def _ordered(low: Any, high: Any) -> tuple[Any, Any]:
    return (low, high) if low is None or high is None or low <= high else (high, low)


@given(searches())
def test_an_address_gives_the_same_search_back(search: Search) -> None:
    written = to_url(search)
    assert from_url(written) == from_url(f"?{written}") == search
    assert written.isascii()


@given(searches())
def test_every_search_can_be_asked(search: Search) -> None:
    query = to_query(search)
    assert query.words == search.words
    assert {bounds.field for bounds in query.ranges} <= {*DATES.values(), *AMOUNTS.values()}
    assert all(query.terms.values())


@given(st.text(max_size=200))
@example("after=~x")
@example("after=inf~x")
@example("after=9223372036854775808~x")
@example("after=²~x")
@example("since=10000-01-01&until=9999-12-31")
@example("until=0001-01-01T00:00:00%2B10:00")
@example("%ff=%ff")
def test_a_hostile_address_is_a_search_or_invalid(written: str) -> None:
    try:
        search = from_url(written)
    except Invalid:
        return
    assert from_url(to_url(search)) == search
    to_query(search)


def test_an_address_reads_well() -> None:
    search = search_of(
        {"words": "  jeûne  « eau vive »", "markers": ("gourou", "complotisme"), "alerts": True, "published_since": moment("2026-11-01"), "size": 50}
    )
    assert to_url(search) == ("q=je%C3%BBne+%C2%AB+eau+vive+%C2%BB&marker=gourou&marker=complotisme&alerts=1&since=2026-11-01T00%3A00%3A00Z&size=50")
    assert from_url("q=&marker=&since=&size=") == Search()
    assert from_url("since=2026-11-01&until=2026-11-01") == search_of(
        {"published_since": datetime(2026, 11, 1, tzinfo=UTC), "published_until": datetime(2026, 11, 1, 23, 59, 59, 999000, UTC)}
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"markers": ("gouru",)}, "did you mean 'gourou'"),
        ({"statuses": ("decidé",)}, "did you mean 'decide'"),
        ({"kinds": ("vidéo",)}, f"expected one of: {', '.join(sorted(get_args(Kind)))}"),
        ({"sort": "date"}, "expected one of"),
        ({"money": "some"}, "raised"),
        ({"marker": ("gourou",)}, "did you mean 'markers'"),
        ({"size": 0}, "size '0'"),
        ({"size": 1001}, "size '1001'"),
        ({"raised_min": -1}, "raised_min"),
        ({"price_max": float("nan")}, "price_max"),
        ({"raised_min": 10, "raised_max": 5}, "swap them"),
        ({"published_since": moment("2026-11-02"), "published_until": moment("2026-11-01", last=True)}, "swap them"),
        ({"alerts": True, "decisions": ("a_lire",)}, "keep one of the two"),
        ({"words": "x" * 1001}, "1001 characters"),
        ({"platforms": ("",)}, "platforms"),
        ({"similar_to": "a", "after": (1, "b")}, "larger size"),
        ({"published_since": "2026-11-01"}, "published_since"),
        ({"platforms": tuple(map(str, range(1001)))}, "platforms"),
    ],
)
def test_what_cannot_be_meant_is_told(values: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        search_of(values)


@pytest.mark.parametrize(
    "written",
    [
        "q=a&q=b",
        "marqueur=gourou",
        "since=hier",
        "since=2026-11-01T10:00",
        "size=beaucoup",
        "after=12",
        "after=9223372036854775808~x",
        "&".join(["marker=gourou"] * 2001),
    ],
)
def test_what_an_address_cannot_say_is_told(written: str) -> None:
    with pytest.raises(Invalid):
        from_url(written)


def test_alerts_of_a_marker_are_for_that_marker() -> None:
    assert to_query(search_of({"markers": ("gourou",), "alerts": True})).terms == {"alerts": ("gourou",), "decision": ("alerte",)}
    assert to_query(search_of({"alerts": True, "decisions": ("alerte", "a_lire")})).terms == {"decision": ("alerte",)}


def test_ids_of_the_taxonomy_are_checked_by_who_knows_it() -> None:
    search = search_of({"submarkers": ("B2",), "flags": ("T55",)})
    with pytest.raises(Invalid, match="flag 'T55' is unknown; did you mean 'T5'"):
        check_ids(search, submarkers={"B2"}, flags={"T5"})
    check_ids(search, submarkers={"B2"}, flags={"T55"})


@given(CURSOR)
def test_a_cursor_is_one_word(after: Any) -> None:
    assert cursor(to_cursor(after)) == after


# --- on both adapters


def vector(*numbers: int) -> str:
    """An embedding that points in the direction of its first numbers."""
    return base64.b64encode(bytes(number % 256 for number in (*numbers, *[0] * (384 - len(numbers))))).decode()


@pytest.fixture
def answered(index: Index, make_entry: Any) -> tuple[Index, list[Entry]]:
    money = Funding(raised=1500.0, goal=5000.0, currency="EUR")
    entries = [
        make_entry(
            1,
            text="Le maître guérit les chevaux par l’eau.",
            p=0.9,
            title="Un stage d'œuvres",
            platform="a.example",
            published_at=START,
            embedding=vector(100, 1),
        ),
        make_entry(
            2, text="Les chevaux mangent de l'avoine.", p=0.6, platform="b.example", published_at=START + timedelta(days=1), embedding=vector(100, 20)
        ),
        make_entry(
            3, text="Une cagnotte pour le stage du maître.", p=0.7, kind="crowdfunding", funding=money, platform="c.example", embedding=vector(0, 100)
        ),
        make_entry(4, text="x", p=0.1, source="autre", contacts=(Channel(kind="telegram", value="t.me/stage"),), link_hosts=("don.example",)),
    ]
    assert index.write(entries).failed == ()
    return index, entries


def numbers(found: Any, entries: list[Entry]) -> list[int]:
    ids = [entry["id"] for entry in entries]
    return [ids.index(hit.entry["id"]) + 1 for hit in found.hits]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [1, 3, 2, 4]),
        ({"words": "cheval"}, [1, 2]),
        ({"words": "cheval « l'eau »"}, [1]),
        ({"words": "oeuvre"}, [1]),
        ({"markers": ("gourou",)}, [1, 3, 2]),
        ({"markers": ("gourou",), "alerts": True}, [1]),
        ({"alerts": True}, [1]),
        ({"markers": ("complotisme",)}, []),
        ({"decisions": ("rien",)}, [4]),
        ({"platforms": ("a.example", "c.example")}, [1, 3]),
        ({"sources": ("autre",)}, [4]),
        ({"kinds": ("crowdfunding",)}, [3]),
        ({"submarkers": ("B2",), "sort": "published_at"}, [2, 1, 3]),
        ({"flags": ("T2",), "platforms": ("b.example",)}, [2]),
        ({"channels": ("telegram:t.me/stage",)}, [4]),
        ({"sites": ("don.example",)}, [4]),
        ({"published_since": START + timedelta(hours=1)}, [2]),
        ({"published_until": START}, [1]),
        ({"raised_min": 1500}, [3]),
        ({"raised_max": 1499}, []),
        ({"goal_min": 1, "goal_max": 5000}, [3]),
        ({"price_min": 4000}, [1, 3, 2]),
        ({"money": "raised"}, [3]),
        ({"money": "asked"}, [1, 3, 2]),
        ({"money": "none"}, [4]),
        ({"statuses": ("decide",)}, []),
        ({"lanes": ("signale",), "size": 2}, [1, 3]),
    ],
)
def test_a_search_is_answered(answered: tuple[Index, list[Entry]], values: dict[str, Any], expected: list[int]) -> None:
    index, entries = answered
    assert numbers(run(index, search_of(values)), entries) == expected


def test_what_an_index_finds_stands_out(answered: tuple[Index, list[Entry]]) -> None:
    index, _ = answered
    for words in ("cheval", "stage maître", '"le maître"', "oeuvre eau"):
        found = run(index, search_of({"words": words}))
        assert found.hits
        assert all(hit.title or hit.text for hit in found.hits)
    (first, _) = run(index, search_of({"words": "stage maître"})).hits
    assert [first.entry["title"][start:end] for start, end in first.title] == ["stage"]
    assert [first.entry["text"][start:end] for start, end in first.text] == ["maître"]


def test_pages_follow_each_other_and_facets_count_all(answered: tuple[Index, list[Entry]]) -> None:
    index, entries = answered
    first = run(index, search_of({"size": 2}), facets=FACETS)
    assert (first.total, numbers(first, entries)) == (4, [1, 3])
    second = run(index, from_url(to_url(search_of({"size": 2, "after": first.next}))))
    assert (numbers(second, entries), second.next) == ([2, 4], None)
    assert dict(first.facets["decision"]) == {"alerte": 1, "a_lire": 2, "rien": 1}
    with pytest.raises(Invalid, match="not counted"):
        run(index, Search(), facets=("text",))


def test_similar_ones_come_nearest_first_without_the_one_itself(answered: tuple[Index, list[Entry]]) -> None:
    index, entries = answered
    found = run(index, search_of({"similar_to": entries[0]["id"]}), facets=("kind",))
    assert (numbers(found, entries), found.total, found.next) == ([2, 3], 2, None)
    near, far = (hit.similarity or 0 for hit in found.hits)
    assert near > 0.9
    assert far < 0.1
    assert found.facets == {"kind": (("article", 1), ("crowdfunding", 1))}
    assert numbers(run(index, search_of({"similar_to": entries[0]["id"], "kinds": ("crowdfunding",)})), entries) == [3]
    assert numbers(run(index, search_of({"similar_to": entries[0]["id"], "size": 1})), entries) == [2]
    with pytest.raises(Invalid, match="no embedding"):
        run(index, search_of({"similar_to": entries[3]["id"]}))
    with pytest.raises(NotFound, match="not in the index"):
        run(index, search_of({"similar_to": "0" * 32}))
