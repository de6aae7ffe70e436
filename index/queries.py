"""Queries as records, and their pure translation for each adapter.

All words must be found, in the title or in the text; a "quoted phrase" (also « » and “ ”) is searched as it is written, without stemming. Values of
one field are alternatives, fields add up. Results come in a stable order: equal ones by id, missing dates last.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import AwareDatetime, Field, model_validator

from core.errors import Invalid, nearest
from core.records import Record
from index.documents import milliseconds
from index.fields import BY_NAME, EXACT, FACETS, MULTIVALUED, SORTS, TEXTS, WEIGHTS, WORDS
from index.french import exact_tokens, tokens, words

if TYPE_CHECKING:
    from collections.abc import Iterable

Sort = Literal["priority", "published_at", "collected_at", "relevance"]
Interval = Literal["day", "week", "month"]
# where a page ended: the value that results are sorted by (milliseconds for a date, None when missing) and the id
Cursor = tuple[float | int | None, str]

MAX_SIZE = 1000
MAX_WORDS = 1000  # characters: more is a paste by mistake, and Elasticsearch takes 1,024 clauses
MAX_VALUES = 1000
_MISSING = -(2**63)  # how Elasticsearch writes a missing date in its sort values
_QUOTED = re.compile(r'["“«]([^"“”«»]*)["”»]')


class Range(Record):
    """Bounds of one date or number, both included."""

    field: str
    gte: float | AwareDatetime | None = None
    lte: float | AwareDatetime | None = None


class Query(Record):
    """What is searched. Raises Invalid for what no index can answer."""

    words: str = ""
    terms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    ranges: tuple[Range, ...] = ()
    sort: Sort = "priority"
    size: int = 20
    after: Cursor | None = None

    @model_validator(mode="after")
    def _can_be_answered(self) -> Query:
        if not 1 <= self.size <= MAX_SIZE:
            raise Invalid(f"size {self.size} is out of range; expected 1 to {MAX_SIZE}, then follow the cursor")
        if len(self.words) > MAX_WORDS:
            raise Invalid(f"search of {len(self.words)} characters; expected at most {MAX_WORDS}: keep the words that matter")
        for name, values in self.terms.items():
            _check_field(name, {"keyword", "keywords"}, "a list of values")
            if len(values) > MAX_VALUES:
                raise Invalid(f"{len(values)} values of {name}; expected at most {MAX_VALUES}")
        for bounds in self.ranges:
            _check_range(bounds)
        return self


class Phrases(NamedTuple):
    """The words of a search: those searched by stem, then each quoted phrase."""

    plain: str
    quoted: tuple[str, ...]


def _check_field(name: str, types: set[str], use: str) -> None:
    fitting = [field.name for field in BY_NAME.values() if field.type in types]
    if name not in BY_NAME:
        raise Invalid(f"field {name!r} is unknown; {nearest(name, fitting)}")
    if name not in fitting:
        raise Invalid(f"field {name!r} is of type {BY_NAME[name].type} and takes no {use.removeprefix('a ')}; {nearest(name, fitting)}")


def _check_range(bounds: Range) -> None:
    _check_field(bounds.field, {"date", "float", "integer"}, "a range")
    if bounds.gte is None and bounds.lte is None:
        raise Invalid(f"range of {bounds.field} has no bound; expected gte, lte or both")
    dated = BY_NAME[bounds.field].type == "date"
    for bound in (bounds.gte, bounds.lte):
        if bound is not None and isinstance(bound, float) == dated:
            raise Invalid(f"range of {bounds.field} has the bound {bound}; expected {'a time with its zone' if dated else 'a number'}")


def check_facets(names: Iterable[str], *, size: int) -> None:
    """Raises Invalid for a field that is not counted, or a size out of range."""
    for name in names:
        if name not in FACETS:
            raise Invalid(f"field {name!r} is not counted; {nearest(name, FACETS)}")
    if not 1 <= size <= MAX_SIZE:
        raise Invalid(f"{size} values of a facet asked; expected 1 to {MAX_SIZE}")


def check_histogram(name: str) -> None:
    """Raises Invalid for a field that is not a date."""
    _check_field(name, {"date"}, "a histogram")


def phrases(searched: str) -> Phrases:
    """Part quoted phrases from plain words; a quotation mark without its pair is ignored, and so is a phrase without a word."""
    return Phrases(_QUOTED.sub(" ", searched), tuple(phrase for phrase in _QUOTED.findall(searched) if words(phrase)))


# --- Elasticsearch


def to_elastic(query: Query) -> dict[str, Any]:
    """The body of a search that gives one entry more than asked, which tells whether there is a next page."""
    body: dict[str, Any] = {"query": elastic_match(query), "sort": _elastic_sort(query.sort), "size": query.size + 1, "track_total_hits": True}
    if query.after:
        value, last = query.after
        body["search_after"] = [_MISSING if value is None else value, last]
    return body


def elastic_match(query: Query) -> dict[str, Any]:
    """The part of a query that chooses documents."""
    return {"bool": {"must": _elastic_words(query.words), "filter": _elastic_filters(query)}}


def _elastic_words(searched: str) -> list[dict[str, Any]]:
    """One clause a word, so that a word of the title and a word of the text make a match together."""
    if not searched.strip():
        return []
    plain, quoted = phrases(searched)
    clauses = [_multi_match(word, type="most_fields") for word in words(plain)]
    clauses += [_multi_match(phrase, type="phrase", suffix=f".{EXACT}") for phrase in quoted]
    return clauses or [{"match_none": {}}]


def _multi_match(searched: str, *, suffix: str = "", **options: str) -> dict[str, Any]:
    return {"multi_match": {"query": searched, "fields": [f"{name}{suffix}^{WEIGHTS[name]}" for name in TEXTS], **options}}


def _elastic_filters(query: Query) -> list[dict[str, Any]]:
    terms = [{"terms": {name: list(values)}} for name, values in query.terms.items()]
    return terms + [{"range": {bounds.field: _elastic_bounds(bounds)}} for bounds in query.ranges]


def _elastic_bounds(bounds: Range) -> dict[str, Any]:
    unit = {"format": "epoch_millis"} if BY_NAME[bounds.field].type == "date" else {}
    return {**_bounds(bounds), **unit}


def _bounds(bounds: Range) -> dict[str, float]:
    """The bounds that are given, dates in milliseconds."""
    given = {"gte": bounds.gte, "lte": bounds.lte}
    return {side: bound if isinstance(bound, float) else milliseconds(bound) for side, bound in given.items() if bound is not None}


def _elastic_sort(sort: Sort) -> list[dict[str, Any]]:
    first: dict[str, Any] = {"_score": {"order": "desc"}} if sort == "relevance" else {SORTS[sort]: {"order": "desc", "missing": "_last"}}
    return [first, {"id": {"order": "asc"}}]


def cursor_of(sort_values: list[Any]) -> Cursor:
    """The cursor after a result, from the sort values that Elasticsearch gives with it."""
    value, last = sort_values
    return (None if value == _MISSING else value, last)


# --- SQLite


class Statement(NamedTuple):
    """SQL and its parameters."""

    sql: str
    parameters: tuple[Any, ...]


class SqliteQuery(NamedTuple):
    """``matching`` is FROM and WHERE over ``documents d``; ``page`` selects (rowid, sort value, id), one more than asked."""

    matching: Statement
    page: Statement
    filtered: bool  # False: all documents match


def to_sqlite(query: Query) -> SqliteQuery:
    """The statements of a search."""
    conditions = [*_sqlite_words(query.words), *_sqlite_terms(query), *_sqlite_ranges(query)]
    searched = any("MATCH" in condition.sql for condition in conditions)
    tables = "words JOIN documents d ON d.rowid = words.rowid" if searched else "documents d"
    value = SORTS[query.sort] if query.sort != "relevance" else ""
    key = f"d.{value}" if value else _score(searched=searched)
    paged = conditions + ([_sqlite_after(key, query.after)] if query.after else [])
    where, parameters = _all_of(paged)
    page = f"SELECT d.rowid, {key}, d.id FROM {tables} WHERE {where} ORDER BY {key} DESC, d.id LIMIT ?"  # noqa: S608 - names come from fields.py, values are parameters
    where, matching = _all_of(conditions)
    return SqliteQuery(Statement(f"FROM {tables} WHERE {where}", matching), Statement(page, (*parameters, query.size + 1)), bool(conditions))


def _all_of(conditions: list[Statement]) -> Statement:
    where = " AND ".join(condition.sql for condition in conditions) or "TRUE"
    return Statement(where, tuple(value for condition in conditions for value in condition.parameters))


def _score(*, searched: bool) -> str:
    weights = ", ".join(str(WEIGHTS[name]) for name in TEXTS)
    return f"-bm25(words, {weights}, {weights})" if searched else "0.0"


def _sqlite_words(searched: str) -> list[Statement]:
    if not searched.strip():
        return []
    plain, quoted = phrases(searched)
    parts = [f"{{{' '.join(TEXTS)}}} : {_fts_text([word])}" for word in tokens(plain)]
    parts += [f"{{{' '.join(WORDS[len(TEXTS) :])}}} : {_fts_text(exact_tokens(phrase))}" for phrase in quoted]
    return [Statement("words MATCH ?", (" AND ".join(parts),)) if parts else Statement("FALSE", ())]


def _fts_text(found: list[str]) -> str:
    """A quoted string of FTS5: nothing in it is an operator."""
    return '"' + " ".join(found).replace('"', '""') + '"'


def _sqlite_terms(query: Query) -> Iterable[Statement]:
    for name, values in query.terms.items():
        marks = ", ".join("?" * len(values))
        if name in MULTIVALUED:
            chosen = f"SELECT document FROM many WHERE field = ? AND value IN ({marks})"  # noqa: S608 - names come from fields.py, values are parameters
            yield Statement(f"d.rowid IN ({chosen})", (name, *values))
        else:
            yield Statement(f"d.{name} IN ({marks})", values)


def _sqlite_ranges(query: Query) -> Iterable[Statement]:
    operators = {"gte": ">=", "lte": "<="}
    for bounds in query.ranges:
        for side, number in _bounds(bounds).items():
            yield Statement(f"d.{bounds.field} {operators[side]} ?", (number,))


def _sqlite_after(key: str, after: Cursor) -> Statement:
    value, last = after
    if value is None:
        return Statement(f"({key} IS NULL AND d.id > ?)", (last,))
    return Statement(f"({key} < ? OR ({key} = ? AND d.id > ?) OR {key} IS NULL)", (value, value, last))
