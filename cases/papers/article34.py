"""A contribution to the assessment of systemic risks (DSA art. 34): lawful but worrying patterns, aggregated, with nobody's name.

What people found unlawful is notified instead, and is not counted here.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from cases.masking import masked
from cases.notice_rates import share as wilson
from cases.papers.cuts import NO, YES, Count, Cut, Line, counted, cuts, cuts_csv
from cases.papers.tableau import flag_cut, flag_of
from cases.reviewed import read_folder
from core.errors import ConfigError, Invalid, nearest
from core.records import Marker, Record
from core.taxonomy import load_taxonomy
from core.times import PARIS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cases.papers.seen import Seen

FILE = Path(__file__).parent / "article34.yml"
PATTERN = "licite_preoccupant"
DRAWN = "sondage"
VICTIM = "T12"
MOST_EXAMPLE = 400  # characters
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
SUGGESTIONS = ("Traiter en priorité et suivre les notifications des signaleurs de confiance (règlement (UE) 2022/2065, art. 35, par. 1, point g).",)


class Risk(Record):
    """What points to one letter of art. 34(1)."""

    letter: Literal["a", "b", "c", "d"]
    name: str
    markers: tuple[Marker, ...] = ()
    flags: tuple[str, ...] = ()


class Mechanism(Record):
    """How a service may carry it: a flag, or copies of one text in at least so many contents."""

    name: str
    flag: str | None = None
    copies: Annotated[int, Field(ge=2)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.flag is None) == (self.copies is None):
            raise ValueError("give flag or copies")
        return self


class Grid(Record):
    """article34.yml."""

    risks: tuple[Risk, ...]
    mechanisms: tuple[Mechanism, ...]
    unseen: tuple[str, ...]


class Example(Record):
    """A passage without names, addresses and accounts, and without where it stands."""

    text: str
    markers: tuple[Marker, ...]
    signs: tuple[str, ...]


class Drawn(Record):
    """Of contents drawn at random and read: how many show such a pattern, with Wilson's interval of 95 %. None: hidden, or none was drawn."""

    read: Count
    found: Count | None
    value: float | None
    low: float | None
    high: float | None


class Article34(Record):
    """The figures of a contribution."""

    kind: Literal["article_34"] = "article_34"
    schema_version: int = 1
    since: date
    until: date
    as_of: AwareDatetime
    read: Count  # all contents decided on
    total: Count | None  # of them lawful but worrying
    cuts: tuple[Cut, ...]
    drawn: Drawn
    examples: tuple[Example, ...] = ()
    suggestions: tuple[Words, ...] = SUGGESTIONS

    def cut(self, dimension: str) -> Cut:
        """Of one characteristic."""
        return next(one for one in self.cuts if one.dimension == dimension)


@cache
def load_grid(file: Path = FILE) -> Grid:
    """The shipped grid, checked against the taxonomy. Raises ConfigError."""
    keys = {name for one in (Grid, Risk, Mechanism) for name in one.model_fields}
    grid = next(grid for path, grid in read_folder(file.parent, Grid, keys=keys) if path == file)
    known = {flag.id for flag in load_taxonomy().flags}
    raised = [flag for risk in grid.risks for flag in risk.flags] + [way.flag for way in grid.mechanisms if way.flag]
    if wrong := next((flag for flag in raised if flag not in known), None):
        raise ConfigError(f"{file}: unknown flag {wrong!r}; {nearest(wrong, known)}")
    return grid


def article34(
    rows: Iterable[Seen],
    *,
    since: date,
    until: date,
    examples: Sequence[Example] = (),
    suggestions: Sequence[str] = (),
    as_of: datetime | None = None,
) -> Article34:
    """Pure. ``rows``: all that was decided in the period; ``suggestions``: of the organisation, after those that stand already."""
    seen = list(rows)
    found, grid = [row for row in seen if row.qualification == PATTERN], load_grid()
    copies = Counter(row.campaign for row in found if row.campaign)
    dimensions = _dimensions(grid, copies)
    now = counted(found, dimensions)
    names = [name for name in dimensions if "_" not in name]
    groups = {kind: [name for name in dimensions if name.startswith(f"{kind}_")] for kind in ("flag", "copies", "sign")}
    return Article34(
        since=since, until=until, as_of=as_of or datetime.now(UTC), read=len(seen), total=now[0],
        cuts=(*cuts(now, None, names=names), *(_joined(cuts(now, None, names=group), kind) for kind, group in groups.items())),
        drawn=_drawn(seen, now[1]["lane"]), examples=tuple(examples), suggestions=(*SUGGESTIONS, *suggestions),
    )  # fmt: skip


def _joined(found: Iterable[Cut], kind: str) -> Cut:
    short = [cut.model_copy(update={"dimension": cut.dimension.removeprefix(f"{kind}_")}) for cut in found]
    return flag_cut(short, kind)


def _dimensions(grid: Grid, copies: Mapping[str, int]) -> dict[str, Callable[[Seen], str]]:
    named: dict[str, Callable[[Seen], str]] = {
        "month": lambda row: f"{row.at.astimezone(PARIS):%Y-%m}",
        "theme": lambda row: "+".join(row.markers),
        "platform": lambda row: row.platform,
        "language": lambda row: "fr" if row.language == "fr" else "autre",
        "lane": lambda row: row.lane or "aucune",
    }
    named |= {f"flag_{flag.id}": flag_of(flag.id) for flag in load_taxonomy().flags}
    named |= {f"copies_{one.copies}": _copied(one.copies, copies) for one in grid.mechanisms if one.copies}
    return named | {f"sign_{one.id}": _signed(one.id) for one in load_taxonomy().submarkers()}


def _copied(least: int, copies: Mapping[str, int]) -> Callable[[Seen], str]:
    return lambda row: YES if row.campaign and copies[row.campaign] >= least else NO


def _signed(sign: str) -> Callable[[Seen], str]:
    return lambda row: YES if sign in row.signs else NO


def _drawn(seen: Sequence[Seen], lanes: Mapping[str, int | None]) -> Drawn:
    read = sum(row.lane == DRAWN for row in seen)
    found = lanes.get(DRAWN, 0)
    if found is None or not read:
        return Drawn(read=read, found=found if read else None, value=None, low=None, high=None)
    rate = wilson(found, read)
    return Drawn(read=read, found=found, value=_short(rate.value), low=_short(rate.low), high=_short(rate.high))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def example(text: str, *, markers: Sequence[Marker], signs: Sequence[str], flags: Iterable[str]) -> Example:
    """A passage as it may be shown: masked and short. Raises Invalid where a victim may be recognised (T12), or for one that is long or empty."""
    if VICTIM in flags:
        raise Invalid("a victim may be recognised in this content (T12); take another example")
    said = " ".join(masked(text).split())
    if not 0 < len(said) <= MOST_EXAMPLE:
        raise Invalid(f"an example of {len(said)} characters; expected 1 to {MOST_EXAMPLE}: take a shorter passage")
    return Example(text=said, markers=tuple(markers), signs=tuple(signs))


def article34_csv(one: Article34) -> bytes:
    """One row a value."""
    return cuts_csv(one.since, one.until, Line(value="", number=one.total, share=None), one.cuts)
