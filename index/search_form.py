"""What people ask when they search, as one record: for the command, the web, feeds and saved searches alike. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, field_validator, model_validator

from core.errors import Invalid, nearest
from core.records import CASE_STATUSES, DECISIONS, MARKERS, QUALIFICATIONS, Kind, Lane, Record
from index.queries import MAX_SIZE, MAX_VALUES, MAX_WORDS, Cursor, Query, Range, Sort

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Values = Annotated[tuple[Value, ...], Field(max_length=MAX_VALUES)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# what is asked: the field that answers
TERMS = {
    "markers": "markers", "submarkers": "submarkers", "flags": "flags", "platforms": "platform", "sources": "source", "kinds": "kind",
    "languages": "language", "channels": "channels", "sites": "link_hosts", "campaigns": "campaign", "statuses": "status",
    "qualifications": "qualification", "lanes": "lane", "decisions": "decision",
}  # fmt: skip
CLOSED: dict[str, tuple[str, ...]] = {
    "markers": MARKERS, "kinds": get_args(Kind), "statuses": CASE_STATUSES, "qualifications": QUALIFICATIONS, "lanes": get_args(Lane),
    "decisions": DECISIONS, "money": ("raised", "asked", "none"), "sort": get_args(Sort),
}  # fmt: skip
DATES = {"published": "published_at", "collected": "collected_at"}
AMOUNTS = {"raised": "funding_raised", "goal": "funding_goal", "price": "price"}
BOUNDS = {**{f"{name}_since": f"{name}_until" for name in DATES}, **{f"{name}_min": f"{name}_max" for name in AMOUNTS}}


class Search(Record):
    """A search as a person puts it; values of one list are alternatives, lists add up. Raises Invalid for what cannot be meant.

    Dates may be given as days: from its first moment, or until its last one, in UTC. Amounts of money raised and of goals are in the page's
    own currency, prices in euros.
    """

    words: str = ""  # all of them, in title or text; "quoted" or « quoted » as written
    markers: Values = ()
    alerts: bool = False  # only what is an alert: for one of ``markers``, where some are given
    submarkers: Values = ()
    flags: Values = ()
    platforms: Values = ()
    sources: Values = ()
    kinds: Values = ()
    languages: Values = ()
    channels: Values = ()  # kind:value, as an item shows them: "même canal"
    sites: Values = ()  # hosts that the text links to
    campaigns: Values = ()
    statuses: Values = ()
    qualifications: Values = ()
    lanes: Values = ()
    decisions: Values = ()
    published_since: AwareDatetime | None = None
    published_until: AwareDatetime | None = None
    collected_since: AwareDatetime | None = None
    collected_until: AwareDatetime | None = None
    raised_min: Amount | None = None
    raised_max: Amount | None = None
    goal_min: Amount | None = None
    goal_max: Amount | None = None
    price_min: Amount | None = None
    price_max: Amount | None = None
    money: Literal["raised", "asked", "none"] | None = None  # a page that raises some, a text that asks a price, neither
    similar_to: Value | None = None  # id of a document: what its text is about decides the order
    sort: Sort = "priority"
    size: int = Field(20, ge=1, le=MAX_SIZE)
    after: Cursor | None = None

    @field_validator("words")
    @classmethod
    def _in_one_line(cls, words: str) -> str:
        return " ".join(words.split())

    @field_validator("published_since", "published_until", "collected_since", "collected_until")
    @classmethod
    def _in_utc(cls, moment: datetime | None) -> datetime | None:
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise Invalid(f"search: time {moment} lies beyond the calendar in UTC; expected a year from 1 to 9999") from error

    @model_validator(mode="before")
    @classmethod
    def _of_closed_lists(cls, given: Any) -> Any:
        for name, known in CLOSED.items() if isinstance(given, dict) else ():
            for value in _as_list(given.get(name)):
                if value not in known:
                    raise Invalid(f"search: {name} {str(value)[:100]!r} is unknown; {nearest(str(value)[:100], known)}")
        return given

    @model_validator(mode="after")
    def _can_be_meant(self) -> Search:
        for low, high in BOUNDS.items():
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise Invalid(f"search: {low} {least} lies above {high} {most}; swap them")
        if len(self.words) > MAX_WORDS:
            raise Invalid(f"search: {len(self.words)} characters of words; expected at most {MAX_WORDS}: keep the words that matter")
        if self.alerts and self.decisions and "alerte" not in self.decisions:
            raise Invalid(f"search: alerts only, and decisions {', '.join(self.decisions)}; keep one of the two")
        if self.similar_to and self.after:
            raise Invalid("search: similar_to gives one page, the nearest first; ask for a larger size instead of after")
        return self


def search_of(values: Mapping[str, Any]) -> Search:
    """The search of values by name, as a form, a file or a command gives them. Raises Invalid, with the nearest name of an unknown one."""
    for name in values:
        if name not in Search.model_fields:
            raise Invalid(f"search: {name[:100]!r} is unknown; {nearest(name[:100], Search.model_fields)}")
    try:
        return Search.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"search: {first['loc'][0] if first['loc'] else ''} {str(first['input'])[:100]!r}: {first['msg']}") from error


def moment(written: str, *, last: bool = False) -> datetime:
    """A day such as 2026-11-01, or a time with its zone; of a day the first moment, or the ``last``, in UTC. Raises Invalid."""
    try:
        if len(written) == 10:
            found = datetime.combine(date.fromisoformat(written), time(), UTC)
            return found + timedelta(days=1) - timedelta(milliseconds=1) if last else found
        found = datetime.fromisoformat(written)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"search: date {written[:100]!r} cannot be read; expected a day such as 2026-11-01, or 2026-11-01T08:30:00Z") from error
    if found.tzinfo is None:
        raise Invalid(f"search: time {written[:100]!r} has no time zone; add Z for UTC, or give a day such as 2026-11-01")
    return found


def check_ids(search: Search, *, submarkers: Collection[str], flags: Collection[str]) -> None:
    """Raises Invalid for a sub-marker or a flag that the taxonomy does not have; an index alone cannot know them."""
    for name, given, known in (("sub-marker", search.submarkers, submarkers), ("flag", search.flags, flags)):
        for value in given:
            if value not in known:
                raise Invalid(f"search: {name} {value!r} is unknown; {nearest(value, known)}")


def to_query(search: Search) -> Query:
    """What an index is asked. ``similar_to`` is left to ``search_run``. Raises Invalid."""
    terms = {field: getattr(search, name) for name, field in TERMS.items() if getattr(search, name)}
    if search.alerts:
        if search.markers:
            terms["alerts"] = terms.pop("markers")
        terms["decision"] = ("alerte",)
    present = {"raised": ("funding_raised",), "asked": ("price",)}.get(search.money or "", ())
    return Query(
        words=search.words,
        terms=terms,
        present=present,
        absent=("funding_raised", "price") if search.money == "none" else (),
        ranges=tuple(_ranges(search)),
        sort=search.sort,
        size=search.size,
        after=search.after,
    )


def _ranges(search: Search) -> list[Range]:
    fields = {**{f"{name}_since": field for name, field in DATES.items()}, **{f"{name}_min": field for name, field in AMOUNTS.items()}}
    bounds = [(fields[low], getattr(search, low), getattr(search, high)) for low, high in BOUNDS.items()]
    return [Range(field=field, gte=least, lte=most) for field, least, most in bounds if least is not None or most is not None]


def _as_list(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple) else (value,)
