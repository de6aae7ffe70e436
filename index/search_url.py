"""A search as the query string of an address: the same for the web's pages, for feeds and for links that people send each other. Pure."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from core.errors import Invalid, nearest
from index.search_form import TERMS, Search, moment, search_of

if TYPE_CHECKING:
    from index.queries import Cursor

# short names in addresses; lists in the singular, each value by itself: marker=gourou&marker=complotisme
NAMES = {
    "words": "q",
    "markers": "marker", "submarkers": "submarker", "flags": "flag", "platforms": "platform", "sources": "source", "kinds": "kind",
    "languages": "language", "channels": "channel", "sites": "site", "campaigns": "campaign", "statuses": "status",
    "qualifications": "qualification", "lanes": "lane", "decisions": "decision",
    "published_since": "since", "published_until": "until", "similar_to": "similar",
}  # fmt: skip
FIELDS = {NAMES.get(name, name): name for name in Search.model_fields}
MAX_PARAMETERS = 2000
LARGEST = 2**63  # what an index can hold
NO_VALUE = "-"  # of a cursor after results that miss the value they are sorted by


def to_url(search: Search) -> str:
    """The query string, without "?"; what was not asked is left out. ``from_url`` gives the same search back."""
    pairs: list[tuple[str, str]] = []
    for name, field in Search.model_fields.items():
        value = getattr(search, name)
        if value != field.default:
            pairs += [(NAMES.get(name, name), _written(one)) for one in (value if name in TERMS else (value,))]
    return urlencode(pairs)


def from_url(written: str) -> Search:
    """The search of a query string; an empty value says nothing, as forms send it. Raises Invalid."""
    values: dict[str, Any] = {}
    for short, value in _pairs(written):
        if short not in FIELDS:
            raise Invalid(f"search: {short[:100]!r} is unknown; {nearest(short[:100], FIELDS)}")
        name = FIELDS[short]
        if not value.strip():
            continue
        if name in TERMS:
            values[name] = (*values.get(name, ()), value)
        elif name in values:
            raise Invalid(f"search: {short} is given twice; keep one")
        else:
            values[name] = _read(name, value)
    return search_of(values)


def _pairs(written: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(written.removeprefix("?"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError as error:  # not UTF-8, or too many
        raise Invalid(f"search: the address cannot be read ({error}); expected at most {MAX_PARAMETERS} parameters in UTF-8") from error


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return to_cursor(value)
    return repr(value) if isinstance(value, float) else str(value)


def _read(name: str, value: str) -> Any:
    if name.endswith(("_since", "_until")):
        return moment(value, last=name.endswith("_until"))
    return cursor(value) if name == "after" else value


def to_cursor(after: Cursor) -> str:
    """Where a page ended, in one word."""
    number, last = after
    return f"{NO_VALUE if number is None else repr(number)}~{last}"


def cursor(written: str) -> Cursor:
    """Where a page ended, as ``to_url`` writes it. Raises Invalid."""
    number, parted, last = written.partition("~")
    try:
        value = None if number == NO_VALUE else int(number) if number.lstrip("-").isdigit() else float(number)
    except ValueError:
        value, parted = None, ""
    if not parted or not last or (value is not None and not (isfinite(value) and abs(value) < LARGEST)):
        raise Invalid(f"search: after {written[:100]!r} cannot be read; expected the value that the page before gave")
    return value, last
