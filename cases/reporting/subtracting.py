"""Whether two publications over the same days could be subtracted: what each hides, or a count under five, would be the difference. Pure.

Each publication hides its small counts by itself (cases/suppression.py). Beside another one it tells nothing more where every count that both give is
hidden in both or in neither, is the same or differs by five or more, and so is what is left of it in hidden cells. What is looser is refused:
- contents on care alone beside any other report, as what is not on care would be small counts;
- what is lawful beside all contents, unless nothing is hidden in what both count, and nothing of it differs by one to four;
- months beside quarters, unless all of them are shown.
Not covered: values that follow from one another, such as a sign from its marker, and what somebody knows from elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cases.papers.tableau import year_before
from cases.suppression import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Key = tuple[tuple[str, str], ...]  # characteristic and value, sorted; () is the total
Margin = tuple[str, ...]
Population = Literal["tout", "soins", "licite"]
NAMES = {"period": "quarter", "markers": "theme", "minors": "T1", "vulnerable": "T3"}  # of statistics: as the picture names them
SHARED = ("month", "theme", "platform", "qualification")  # that are given whole; of a flag only how many show it
LAWFUL = ("qualification", "licite_preoccupant")


class Told(NamedTuple):
    """What a publication says of one period. ``cells``: None is hidden; what a margin does not list is none."""

    since: date
    until: date
    population: Population
    cells: Mapping[Key, int | None]
    margins: frozenset[Margin]

    def at(self, margin: Margin) -> dict[Key, int | None]:
        """The cells of one margin."""
        return {key: number for key, number in self.cells.items() if _margin(key) == margin}


def _margin(key: Key) -> Margin:
    return tuple(name for name, _ in key)


def told(figures: Mapping[str, Any]) -> tuple[Told, ...]:
    """Of frozen figures of a kind that hides: what they say of their period, and of a picture of the year before."""
    since, until = date.fromisoformat(figures["since"]), date.fromisoformat(figures["until"])
    if figures["kind"] == "statistiques":
        return (_told(since, until, "soins" if figures["health"] else "tout", dict(_tabled(figures))),)
    if figures["kind"] == "article_34":
        return (_told(since, until, "licite", {(): figures["total"], **dict(_cut(figures, "number"))}),)
    now = _told(since, until, "tout", {(): figures["total"], **dict(_cut(figures, "number"))})
    return now, _told(*year_before(since, until), "tout", {(): figures["total_before"], **dict(_cut(figures, "before"))})


def _told(since: date, until: date, population: Population, cells: Mapping[Key, int | None]) -> Told:
    return Told(since, until, population, cells, frozenset(map(_margin, cells)))


def _tabled(figures: Mapping[str, Any]) -> Iterator[tuple[Key, int | None]]:
    yield (), figures["total"]
    for cell in (cell for table in figures["tables"] for cell in table["cells"]):
        if not cell["dimensions"]:
            continue
        named = [(NAMES.get(name, name), value) for name, value in zip(cell["dimensions"], cell["values"], strict=True)]
        if len(named) > 1 or not _is_flag(named[0][0]) or named[0][1] == "oui":  # a picture gives how many show a flag, and no more
            yield tuple(sorted((name, _value(name, value)) for name, value in named)), cell["number"]


def _cut(figures: Mapping[str, Any], which: str) -> Iterator[tuple[Key, int | None]]:
    for cut in figures["cuts"]:
        for line in cut["lines"]:
            if cut["dimension"] in SHARED:
                yield ((cut["dimension"], _value(cut["dimension"], line["value"])),), line[which]
            elif cut["dimension"] == "flag":
                yield ((line["value"], "oui"),), line[which]


def _is_flag(name: str) -> bool:
    return name.startswith("T")


def _value(name: str, value: str) -> str:
    """Marks that are joined in any order, and months with or without their year, in one spelling."""
    return "+".join(sorted(value.split("+"))) if name == "theme" else value[-2:] if name == "month" else value


def subtracted(one: Told, other: Told) -> str:
    """What the two together would tell, in English; "" where they tell nothing more than each by itself."""
    if (one.since, one.until) != (other.since, other.until):
        return ""
    if one.population == other.population:
        return next(chain(_apart(one, other), _months(one, other), _left(one, other)), "")
    if "soins" in (one.population, other.population):
        return "contents that are not about care"
    lawful, every = (one, other) if one.population == "licite" else (other, one)
    return next(chain(_lawful(lawful, every), _within(lawful, every)), "")


def _keys(one: Told, other: Told, margin: Margin) -> Iterator[tuple[Key, int | None, int | None]]:
    mine, theirs = one.at(margin), other.at(margin)
    for key in sorted(mine.keys() | theirs.keys()):
        yield key, mine.get(key, 0), theirs.get(key, 0)


def _small(number: int) -> bool:
    return 0 < abs(number) < LEAST


def _apart(one: Told, other: Told) -> Iterator[str]:
    """What one hides and the other shows, or what differs by one to four."""
    for margin in sorted(one.margins & other.margins):
        for key, mine, theirs in _keys(one, other, margin):
            yield from _differ(key, mine, theirs)


def _differ(key: Key, mine: int | None, theirs: int | None) -> Iterator[str]:
    if (mine is None) != (theirs is None):
        yield f"{_said(key)}, which one hides and the other shows"
    elif mine is not None and theirs is not None and _small(mine - theirs):
        yield f"{_said(key)}, which differs by less than {LEAST}"


def _left(one: Told, other: Told) -> Iterator[str]:
    """Of each total that both show: by how much what they hide of it differs. Flags are no shares of a total."""
    for margin in sorted(one.margins & other.margins):
        for place, name in enumerate(margin):
            parent = margin[:place] + margin[place + 1 :]
            if parent not in one.margins & other.margins or _is_flag(name):
                continue
            left: dict[Key, int] = defaultdict(int)
            for key, mine, theirs in _keys(one, other, margin):
                left[key[:place] + key[place + 1 :]] += (mine or 0) - (theirs or 0)
            for key, mine, theirs in _keys(one, other, parent):
                if mine is not None and theirs is not None and _small(mine - theirs - left[key]):
                    yield f"what is hidden of {_said(key)}, which differs by less than {LEAST}"


def _months(one: Told, other: Told) -> Iterator[str]:
    for monthly, quarterly in ((one, other), (other, one)):
        if ("month",) in monthly.margins and ("quarter",) in quarterly.margins and ("month",) not in quarterly.margins:
            months, quarters = monthly.at(("month",)), quarterly.at(("quarter",))
            if None in months.values() or None in quarters.values():
                yield "months, which quarters add up"
                continue
            sums: dict[str, int] = defaultdict(int)
            for ((_, month),), number in months.items():
                sums[f"T{(int(month) + 2) // 3}"] += number or 0
            for ((_, quarter),), number in quarters.items():
                yield from _differ((("quarter", quarter),), number, sums[quarter[-2:]])


def _lawful(lawful: Told, every: Told) -> Iterator[str]:
    """What a report on what is lawful says of all contents: how many of them are, in all and of each value that the other crosses with it."""
    for key, number in lawful.cells.items():
        whole = tuple(sorted((*key, LAWFUL)))
        if _margin(whole) in every.margins:
            yield from _differ(whole, number, every.cells.get(whole, 0))


def _within(lawful: Told, every: Told) -> Iterator[str]:
    """All contents less those that are lawful are those that are not."""
    for margin in sorted(lawful.margins & every.margins):
        for key, mine, theirs in _keys(lawful, every, margin):
            if mine is None or theirs is None:
                yield f"{_said(key)}, which is hidden in one"
            elif _small(theirs - mine):
                yield f"{_said(key)} that is not lawful, less than {LEAST}"


def _said(key: Key) -> str:
    return " and ".join(f"{name} {value}" for name, value in key) or "the total"


def between(figures: Mapping[str, Any], published: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], str] | None:
    """The first of these publications that could be subtracted from the figures, and what that would tell."""
    mine = told(figures)
    found = ((other, subtracted(one, theirs)) for other in published for theirs in told(other) for one in mine)
    return next(((other, what) for other, what in found if what), None)
