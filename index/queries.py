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
from index.fields import BY_NAME, EXACT, FACETS, SORTS, TEXTS, WEIGHTS
from index.french import words

if TYPE_CHECKING:
    from collections.abc import Iterable

Sort = Literal["priority", "published_at", "collected_at", "relevance"]
# where a page ended: the value that results are sorted by (milliseconds for a date, None when missing) and the id
Cursor = tuple[float | int | None, str]

MAX_SIZE = 1000
_SEARCHED = ("keyword", "keywords", "date", "float", "integer", "boolean")
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
    without: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # values that rule a document out
    present: tuple[str, ...] = ()  # fields that have a value
    absent: tuple[str, ...] = ()  # fields that have none
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
        for name, values in (*self.terms.items(), *self.without.items()):
            _check_field(name, {"keyword", "keywords"}, "a list of values")
            if len(values) > MAX_VALUES:
                raise Invalid(f"{len(values)} values of {name}; expected at most {MAX_VALUES}")
        for name in (*self.present, *self.absent):
            _check_field(name, set(_SEARCHED), "a question whether it has a value")
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
    return {"bool": {"must": _elastic_words(query.words), "filter": _elastic_filters(query), "must_not": _elastic_excluded(query)}}


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
    chosen: list[dict[str, Any]] = [{"terms": {name: list(values)}} for name, values in query.terms.items()]
    chosen += [{"exists": {"field": name}} for name in query.present]
    return chosen + [{"range": {bounds.field: _elastic_bounds(bounds)}} for bounds in query.ranges]


def _elastic_excluded(query: Query) -> list[dict[str, Any]]:
    return [{"terms": {name: list(values)}} for name, values in query.without.items()] + [{"exists": {"field": name}} for name in query.absent]


def _elastic_bounds(bounds: Range) -> dict[str, Any]:
    unit = {"format": "epoch_millis"} if BY_NAME[bounds.field].type == "date" else {}
    return {**bounds_of(bounds), **unit}


def bounds_of(bounds: Range) -> dict[str, float]:
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
