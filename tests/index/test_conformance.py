"""What both adapters promise, asked of both."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import ConfigError, Invalid, Unavailable
from core.records import ScoredDocument
from index.documents import Entry, from_entry
from index.fields import MAPPING_VERSION
from index.protocol import Index, Page
from index.queries import Query, Range
from tests.index.making import entry_of

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = [
    '"',
    '""',
    "*",
    "gourou*",
    "AND OR NOT NEAR(",
    "NEAR(gourou, 2)",
    "title:gourou",
    "{title} : gourou",
    "-gourou",
    "^gourou",
    "<script>alert('x')</script>",
    "'; DROP TABLE documents; --",
    "\\",
    "a\x00b",
    "😀",
    "💉 gourou",
    "«",
    "((((((",
    "gourou~2",
    "/gou.*/",
    "l'",
    "_" * 900,
    "\u202egourou",
    "%",
    "?",
]


def texts(page: Page) -> list[str]:
    return [entry["text"] for entry in page.entries]


def walk(index: Index, query: Query) -> list[Entry]:
    """All pages of a query."""
    found: list[Entry] = []
    while True:
        page = index.search(query)
        found += page.entries
        if page.next is None:
            return found
        query = query.model_copy(update={"after": page.next})


def test_empty_index_answers(index: Index) -> None:
    assert index.search(Query()) == Page((), 0, None)
    assert index.get("x") is None
    assert index.known(["x"]) == {}
    assert index.facets(Query(), ["source", "markers"]) == {"source": (), "markers": ()}
    assert index.histogram(Query(), "published_at", interval="day") == ()
    assert index.delete(["x"]) == 0
    assert index.health().documents == 0
    assert index.health().generation is None


def test_nothing_to_do(filled: Index) -> None:
    assert filled.write([]).indexed == 0
    assert filled.delete([]) == 0
    assert filled.known([]) == {}
    assert filled.facets(Query(), []) == {}
    assert filled.get("") is None


def test_round_trip(index: Index, full: ScoredDocument) -> None:
    entry = entry_of(full)
    index.write([entry])
    found = index.get(full.document.id)
    assert found == entry
    assert found is not None
    assert from_entry(found) == full
    assert index.search(Query()).entries == (entry,)


def test_writing_again_replaces(index: Index, make_entry: Callable[..., Entry]) -> None:
    for text in ("Premier texte", "Second texte", "Second texte"):
        assert index.write([make_entry(1, text=text, p=0.9)]).indexed == 1
    assert texts(index.search(Query())) == ["Second texte"]
    assert index.search(Query(words="premier")).total == 0
    assert index.facets(Query(), ["markers"]) == {"markers": (("gourou", 1),)}
    assert index.write([make_entry(2, text="a"), make_entry(2, text="b")]).failed == ()
    assert index.search(Query()).total == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "blue"},
        {"views": "many"},
        {"views": True},
        {"views": 2**63},
        {"priority": float("nan")},
        {"published_at": "yesterday"},
        {"published_at": "2026-01-01T00:00:00"},
        {"markers": "gourou"},
        {"markers": None},
        {"source": 3},
        {"source": "x" * 40_000},
        {"id": ""},
        {"id": "x" * 600},
        {"text": "\ud800"},
        {"evidence": "text"},
    ],
)
def test_strictness(index: Index, make_entry: Callable[..., Entry], wrong: dict[str, Any]) -> None:
    bad = {**make_entry(2), **wrong}
    result = index.write([make_entry(1), bad, make_entry(3)])
    assert result.indexed == 2
    assert [(identifier, bool(reason)) for identifier, reason in result.failed] == [(str(bad["id"]), True)]
    assert next(iter(wrong)) in result.failed[0][1]
    assert index.search(Query()).total == 2


def test_missing_field_is_refused(index: Index, make_entry: Callable[..., Entry]) -> None:
    bad = make_entry(1)
    del bad["batch"]
    assert "batch" in index.write([bad]).failed[0][1]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("école", "L’école est finie"),
        ("ecole", "L'ÉCOLE est finie"),
        ("ÉCOLE", "à l'ecole"),
        ("aujourd’hui", "aujourd'hui"),
        ("gourous", "un gourou"),
        ("gourou", "des GOUROUS"),
        ("cheval", "des chevaux"),
        ("guérisseuse", "les guérisseuses"),
        ("cœur", "le coeur"),
        ("coeurs", "le cœur"),
        ("qu'il", "il"),
        ("été", "e\u0301te\u0301"),
        ("noel", "Noël"),
        ("adeptes", "les adepte·s"),
        ("important", "note:important"),
        ("vaccin", "vac\u00adcin"),
        ("réveillez", "𝗥𝗲́veillez 𝗿𝗲𝘃𝗲𝗶𝗹𝗹𝗲𝘇"),
        ("💉", "stop 💉!"),
        ("covid19", "Covid19"),
        ("3,5", "3,5 kg"),
    ],
)
def test_french_search(index: Index, make_entry: Callable[..., Entry], words: str, text: str) -> None:
    index.write([make_entry(1, text=text), make_entry(2, text="Autre chose")])
    assert texts(index.search(Query(words=words))) == [text]


def test_all_words_are_needed_in_title_or_text(index: Index, make_entry: Callable[..., Entry]) -> None:
    index.write(
        [
            make_entry(1, title="Le gourou", text="refuse les médicaments"),
            make_entry(2, title="Le gourou", text="mange"),
            make_entry(3, title=None, text="médicaments"),
        ]
    )
    assert [entry["title"] for entry in index.search(Query(words="gourou médicament")).entries] == ["Le gourou"]
    assert index.search(Query(words="gourou")).total == 2
    assert index.search(Query(words="gourou absent")).total == 0
    assert index.search(Query(words="  ")).total == 3


@pytest.mark.parametrize("form", ['"{}"', "« {} »", "“{}”"])
def test_quoted_phrases(index: Index, make_entry: Callable[..., Entry], form: str) -> None:
    index.write([make_entry(1, text="Il faut arrêter le traitement."), make_entry(2, text="Le traitement est arrêté, il le faut.")])
    assert index.search(Query(words=form.format("arrêter le traitement"))).total == 1
    assert index.search(Query(words=form.format("Arreter LE traitement"))).total == 1
    assert index.search(Query(words=form.format("arrêtent le traitement"))).total == 0  # as it is written
    assert index.search(Query(words=form.format("le faut") + " traitements")).total == 1
    assert index.search(Query(words="traitement " + form.format("?!"))).total == 2


def test_relevance_prefers_titles_and_repetition(index: Index, make_entry: Callable[..., Entry]) -> None:
    index.write(
        [
            make_entry(1, title="Recette", text="Un gourou parmi beaucoup d'autres mots qui n'ont aucun rapport avec lui, et d'autres encore."),
            make_entry(2, title="Gourou", text="Gourou gourou"),
            *(make_entry(number, title="Autre", text="Sans rapport") for number in range(3, 9)),
        ]
    )
    page = index.search(Query(words="gourou", sort="relevance"))
    assert [entry["title"] for entry in page.entries] == ["Gourou", "Recette"]


def test_terms(filled: Index) -> None:
    assert filled.search(Query(terms={"source": ("source-1",)})).total == 8
    assert filled.search(Query(terms={"source": ("source-1", "source-2")})).total == 15
    assert filled.search(Query(terms={"markers": ("gourou",)})).total == 8
    assert filled.search(Query(terms={"alerts": ("gourou",), "source": ("source-1",)})).total == 2
    assert filled.search(Query(terms={"markers": ("complotisme",)})).total == 0
    assert filled.search(Query(terms={"source": ()})).total == 0
    assert filled.search(Query(words="gourou", terms={"source": ("source-1",)})).total == 4


def test_ranges(filled: Index) -> None:
    def total(**bounds: Any) -> int:
        return filled.search(Query(ranges=(Range(**bounds),))).total

    dated = total(field="published_at", gte=START)
    assert dated == 17
    assert total(field="published_at", gte=START + timedelta(days=1)) + total(field="published_at", lte=START) == dated
    assert total(field="published_at", gte=START, lte=START) == total(field="published_at", lte=START)
    assert total(field="priority", gte=2) == 4
    assert total(field="priority", gte=1, lte=1.9) == 4
    assert total(field="score_gourou", lte=0.05) == 5
    assert total(field="views", gte=0) == 0


@pytest.mark.parametrize("sort", ["priority", "published_at", "collected_at", "relevance"])
@pytest.mark.parametrize("words", ["", "gourou"])
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_pages_give_each_result_once(filled: Index, sort: Any, words: str, size: int) -> None:
    found = walk(filled, Query(words=words, sort=sort, size=size))
    ids = [entry["id"] for entry in found]
    assert len(ids) == len(set(ids)) == (11 if words else 23)
    if sort != "relevance":
        assert found == sorted(found, key=lambda entry: _position(entry, sort))


def _position(entry: Entry, sort: str) -> tuple[float, str]:
    value = entry[sort]
    number = datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value
    return (-number if number is not None else float("inf"), entry["id"])


def test_total_counts_all_pages(filled: Index) -> None:
    first = filled.search(Query(size=10))
    second = filled.search(Query(size=10, after=first.next))
    assert (first.total, second.total) == (23, 23)
    assert filled.search(Query(size=23)).next is None


def test_facets(filled: Index) -> None:
    found = filled.facets(Query(), ["source", "decision", "markers", "alerts", "language"])
    assert found == {
        "source": (("source-0", 8), ("source-1", 8), ("source-2", 7)),
        "decision": (("rien", 15), ("a_lire", 4), ("alerte", 4)),
        "markers": (("gourou", 8),),
        "alerts": (("gourou", 4),),
        "language": (("fr", 15),),
    }
    assert filled.facets(Query(), ["source"], size=1) == {"source": (("source-0", 8),)}


def test_facets_of_a_search(filled: Index) -> None:
    query = Query(words="gourou", terms={"source": ("source-1", "source-2")}, size=1)
    assert filled.facets(query, ["source", "markers", "funding_currency"]) == {
        "source": (("source-1", 4), ("source-2", 3)),
        "markers": (("gourou", 2),),
        "funding_currency": (),
    }


def test_histogram_fills_gaps(index: Index, make_entry: Callable[..., Entry]) -> None:
    moments = ["2025-12-31T23:59:59.999+00:00", "2026-01-01T00:30:00+01:00", "2026-01-05T00:00:00+00:00", "2026-03-01T00:00:00+00:00"]
    index.write([make_entry(number, published_at=datetime.fromisoformat(moment)) for number, moment in enumerate(moments)])
    index.write([make_entry(9)])  # without a date
    days = index.histogram(Query(), "published_at", interval="day")
    assert days[:6] == (("2025-12-31", 2), ("2026-01-01", 0), ("2026-01-02", 0), ("2026-01-03", 0), ("2026-01-04", 0), ("2026-01-05", 1))
    assert len(days) == 61
    assert index.histogram(Query(), "published_at", interval="week")[:2] == (("2025-12-29", 2), ("2026-01-05", 1))
    months = (("2025-12-01", 2), ("2026-01-01", 1), ("2026-02-01", 0), ("2026-03-01", 1))
    assert index.histogram(Query(), "published_at", interval="month") == months
    assert index.histogram(Query(words="absent"), "published_at", interval="day") == ()


def test_histogram_before_1970_and_too_long(index: Index, make_entry: Callable[..., Entry]) -> None:
    index.write([make_entry(1, published_at=datetime(1969, 12, 30, 5, tzinfo=UTC)), make_entry(2, published_at=datetime(1970, 1, 1, tzinfo=UTC))])
    assert index.histogram(Query(), "published_at", interval="day") == (("1969-12-30", 1), ("1969-12-31", 0), ("1970-01-01", 1))
    index.write([make_entry(3, published_at=datetime(2026, 1, 1, tzinfo=UTC))])
    with pytest.raises(Invalid, match="narrow the dates"):
        index.histogram(Query(), "published_at", interval="day")
    assert len(index.histogram(Query(), "published_at", interval="month")) == 674


def test_delete(filled: Index, several: list[ScoredDocument]) -> None:
    gone = [several[number].document.id for number in (3, 4)]  # one to be read, one alert
    assert filled.delete([*gone, "absent"]) == 2
    assert filled.delete(gone) == 0
    assert filled.search(Query()).total == 21
    assert filled.search(Query(words="gourou")).total == 10
    assert filled.facets(Query(), ["markers", "decision"]) == {
        "markers": (("gourou", 6),),
        "decision": (("rien", 15), ("a_lire", 3), ("alerte", 3)),
    }
    assert filled.get(gone[0]) is None


def test_known(filled: Index, several: list[ScoredDocument]) -> None:
    ids = [scored.document.id for scored in several[:3]]
    assert filled.known([*ids, "absent"]) == {scored.document.id: (scored.document.content_sha256, "lot-1") for scored in several[:3]}


def test_rebuild_replaces_everything(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    before = filled.health().generation
    assert filled.rebuild([make_entry(100), make_entry(100), {"id": "bad"}, make_entry(101)]) == 2
    after = filled.health()
    assert after.generation != before
    assert after.documents == filled.search(Query()).total == 2
    assert backend.generations() == [after.generation]
    assert filled.write([make_entry(102)]).indexed == 1
    assert filled.rebuild([]) == 0
    assert filled.search(Query()).total == 0


def test_rebuild_of_nothing_yet(index: Index, make_entry: Callable[..., Entry]) -> None:
    assert index.rebuild([make_entry(1)]) == 1
    assert index.search(Query()).total == 1


def test_rebuild_that_fails_leaves_the_old_generation(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    def entries() -> Iterator[Entry]:
        yield from (make_entry(number) for number in range(100, 700))
        raise RuntimeError("the archive cannot be read")

    before = filled.health()
    with pytest.raises(RuntimeError, match="archive"):
        filled.rebuild(entries())
    assert filled.health() == before
    assert filled.search(Query()).total == 23
    assert backend.generations() == [before.generation]


KILLED = """
import json, sys, time
from core.logs import configure
from core.settings import Settings
from index.open import open_index
configure()  # to standard error: the test reads what is printed
given = json.loads(sys.stdin.readline())
def entries():
    yield from given["entries"]
    print("half", flush=True)
    time.sleep(60)
open_index(Settings(data_dir=given["folder"], elasticsearch_url=given["url"], index_name=given["name"])).rebuild(entries())
"""


def test_rebuild_that_is_killed_leaves_the_old_generation(filled: Index, backend: Any, make_entry: Callable[..., Entry]) -> None:
    settings, before = backend.settings, filled.health()
    url = str(settings.elasticsearch_url) if settings.elasticsearch_url else None
    given = {"folder": str(settings.data_dir), "url": url, "name": settings.index_name}
    with subprocess.Popen([sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({**given, "entries": [make_entry(number) for number in range(100, 700)]}) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "half\n"
        until = time.monotonic() + 10
        while backend.client and backend.documents(backend.generations()[-1]) < 500 and time.monotonic() < until:
            time.sleep(0.05)  # what is under way when the process dies is still worked on by the node
        process.send_signal(signal.SIGKILL)
    assert len(backend.generations()) == 2
    assert filled.health() == before
    assert filled.search(Query(words="gourou")).total == 11
    assert filled.write([make_entry(50)]).indexed == 1
    assert filled.rebuild([make_entry(1)]) == 1
    assert backend.generations() == [filled.health().generation]


def test_readers_see_no_gap_while_rebuilding(filled: Index, several: list[ScoredDocument]) -> None:
    entries = [entry_of(scored) for scored in several]
    stop, seen = threading.Event(), set[int]()

    def read() -> None:
        while not stop.is_set():
            seen.add(filled.search(Query(size=1)).total)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        filled.rebuild(entries)
    stop.set()
    reader.join()
    assert seen == {23}


def test_a_write_waits_for_no_rebuild(filled: Index, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.generations.LOCK_SECONDS", 0.1)
    refused: list[str] = []

    def entries() -> Iterator[Entry]:
        for change in (lambda: filled.write([make_entry(50)]), lambda: filled.delete(["x"]), lambda: filled.rebuild([])):
            with pytest.raises(Unavailable, match="another process") as error:
                change()
            refused.append(str(error.value))
        yield make_entry(1)

    assert filled.rebuild(entries()) == 1
    assert len(refused) == 3
    assert filled.write([make_entry(50)]).indexed == 1


def test_two_first_writers(backend: Any, make_entry: Callable[..., Entry]) -> None:
    indices = [backend.open() for _ in range(4)]
    threads = [threading.Thread(target=index.write, args=([make_entry(number)],)) for number, index in enumerate(indices)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert indices[0].search(Query()).total == 4
    assert len(backend.generations()) == 1


def test_another_mapping_version_asks_for_reindex(filled: Index, make_entry: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.generations.MAPPING_VERSION", MAPPING_VERSION + 1)
    asked: list[Callable[[], object]] = [
        lambda: filled.search(Query()),
        lambda: filled.write([make_entry(1)]),
        lambda: filled.get("x"),
        lambda: filled.known(["x"]),
        lambda: filled.delete(["x"]),
        lambda: filled.facets(Query(), ["source"]),
        lambda: filled.histogram(Query(), "published_at", interval="day"),
    ]
    for ask in asked:
        with pytest.raises(ConfigError, match="run vigie reindex"):
            ask()
    assert "run vigie reindex" in filled.health().detail
    assert filled.rebuild([make_entry(1)]) == 1
    assert filled.search(Query()).total == 1


def test_unknown_fields_are_invalid(filled: Index) -> None:
    with pytest.raises(Invalid, match="did you mean 'source'"):
        filled.facets(Query(), ["sources"])
    with pytest.raises(Invalid, match="not counted"):
        filled.facets(Query(), ["url"])
    with pytest.raises(Invalid, match="did you mean 'published_at'"):
        filled.histogram(Query(), "publishd_at", interval="day")
    with pytest.raises(Invalid, match="takes no histogram"):
        filled.histogram(Query(), "source", interval="day")


def test_hostile_texts_come_back_as_they_were(index: Index, make_entry: Callable[..., Entry]) -> None:
    entries = [make_entry(number, text=text, title=text, source=text) for number, text in enumerate(HOSTILE)]
    assert index.write(entries).failed == ()
    for entry in entries:
        assert index.get(entry["id"]) == entry
        assert entry["id"] in {found["id"] for found in index.search(Query(terms={"source": (entry["source"],)})).entries}


def test_hostile_searches_answer(filled: Index) -> None:
    for words in HOSTILE:
        found = filled.search(Query(words=words)).total
        assert found == (11 if "gourou" in words and "2" not in words and "title" not in words and "💉" not in words else 0), words


LONG = "Le gourou parle. " * 58_000 + "a" * 10_000 + " fin"  # 1 MB


def test_a_long_text(index: Index, make_entry: Callable[..., Entry]) -> None:
    entry = make_entry(1, text=LONG, source="long")
    assert index.write([entry, make_entry(2)]).failed == ()
    assert index.get(entry["id"]) == entry
    assert texts(index.search(Query(terms={"source": ("long",)}))) == [LONG]


def test_words_of_a_long_text(sqlite_backend: Any, make_entry: Callable[..., Entry]) -> None:
    """Not on the test node, which reads every text again at each search and takes seconds for this one."""
    index = sqlite_backend.open()
    index.write([make_entry(1, text=LONG), make_entry(2)])
    assert texts(index.search(Query(words="gourous fin"))) == [LONG]
    assert index.search(Query(words='"gourou parle le gourou"')).total == 1


def test_many_batches(index: Index, make_entry: Callable[..., Entry]) -> None:
    pages = (make_entry(number, text="x" * 20_000) for number in range(130))
    assert index.write(pages).indexed == 130
    assert index.search(Query()).total == 130


def test_both_give_the_same_order(sqlite_backend: Any, elastic_backend: Any, several: list[ScoredDocument], make_scored: Any) -> None:
    longer = [make_scored(200 + number, text="pendule " * number + "maison " * (30 - number), title=f"Page {number}") for number in range(1, 4)]
    entries = [entry_of(scored) for scored in several + longer]
    for backend in (sqlite_backend, elastic_backend):
        backend.open().write(entries)
    one, other = sqlite_backend.open(), elastic_backend.open()
    for words in ("", "gourou", "tarte", '"la maison"', *HOSTILE):
        for sort in ("priority", "published_at", "collected_at"):
            query = Query(words=words, sort=sort, size=7)
            assert walk(one, query) == walk(other, query), (words, sort)
            assert one.search(query).next == other.search(query).next
        assert one.search(Query(words=words)).total == other.search(Query(words=words)).total
    ranked = [[entry["title"] for entry in index.search(Query(words="pendule", sort="relevance")).entries] for index in (one, other)]
    assert ranked == [["Page 3", "Page 2", "Page 1"]] * 2
