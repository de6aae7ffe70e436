"""Two publications over the same days: where a search finds a count under five in their difference, the second one is refused."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from cases.papers.article34 import article34
from cases.papers.seen import Seen
from cases.papers.tableau import Picture, picture
from cases.reporting import statistics
from cases.reporting.subtracting import between

SINCE, UNTIL, AS_OF = date(2025, 1, 1), date(2025, 12, 31), datetime(2026, 1, 2, tzinfo=UTC)
PLATFORMS, WORDS = ("bluesky", "mastodon", "telegram"), ("licite_preoccupant", "illicite_presume")
Counts = dict[tuple[str, str, int], int]  # platform, qualification, month


def rows(counts: Counts) -> list[Seen]:
    return [
        Seen(datetime(2025, month, 9, tzinfo=UTC), word, ("gourou",), (), None, platform, (), "fr", None)
        for (platform, word, month), many in counts.items()
        for _ in range(many)
    ]


def pictured(counts: Counts) -> dict[str, Any]:
    return picture(rows(counts), [], since=SINCE, until=UNTIL, as_of=AS_OF).model_dump(mode="json")


def lawful(counts: Counts) -> dict[str, Any]:
    return article34(rows(counts), since=SINCE, until=UNTIL, as_of=AS_OF).model_dump(mode="json")


def tabled(counts: Counts, *, health: bool = False) -> dict[str, Any]:
    keys = Counter[tuple[str, ...]]()
    for (platform, word, month), many in counts.items():
        known = {"period": f"2025-T{(month + 2) // 3}", "nature": "veille", "markers": "gourou", "qualification": word, "platform": platform,
                 "minors": "non", "vulnerable": "non"}  # fmt: skip
        keys[tuple(known.get(name, "inconnu") for name in statistics.DIMENSIONS)] += many
    found = statistics.statistics_of({key: number for key, number in keys.items() if number}, since=SINCE, until=UNTIL, as_of=AS_OF, health=health)
    return found.model_dump(mode="json")


MAKERS: dict[str, Callable[[Counts], dict[str, Any]]] = {"tableau": pictured, "statistiques": tabled, "article 34": lawful}


def shown(figures: dict[str, Any]) -> dict[str, int | None]:
    """How many of each platform a publication says, and in all; written apart from the product."""
    found: dict[str, int | None] = {"": figures["total"]}
    for table in figures.get("tables", ()):
        found |= {cell["values"][0]: cell["number"] for cell in table["cells"] if cell["dimensions"] == ["platform"]}
    for cut in figures.get("cuts", ()):
        found |= {line["value"]: line["number"] for line in cut["lines"] if cut["dimension"] == "platform"}
    return {**dict.fromkeys(PLATFORMS, 0), **found}


def tables(said: dict[str, int | None], most: int) -> Iterator[tuple[int, ...]]:
    """Every number of contents by platform that fits what is said."""
    ranges = [range(1, most + 1) if said[name] is None else (said[name] or 0,) for name in PLATFORMS]
    return (one for one in product(*ranges) if said[""] is None or sum(one) == said[""])


def learned(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """What somebody who has both knows to be one to four, of the first or of what is not in the second: by trying all tables."""
    a, b = shown(first), shown(second)
    most = sum(number for number in (*a.values(), *b.values()) if number) + 10
    pairs = [(x, y) for x in tables(a, most) for y in tables(b, most)]
    told = []
    for place, name in enumerate(PLATFORMS):
        rest = {x[place] - y[place] for x, y in pairs if all(p >= q for p, q in zip(x, y, strict=True))}
        for what, values in (("all", {x[place] for x, _ in pairs}), ("rest", rest)):
            if values and 0 < max(values) < 5 and min(values) >= (1 if what == "all" else 0):
                told.append(f"{what} of {name}")
    return told


def timed(monthly: dict[str, Any], quarterly: dict[str, Any]) -> list[str]:
    """The same of months, which the quarters of the other one add up."""
    said = {line["value"]: line["number"] for cut in monthly["cuts"] if cut["dimension"] == "month" for line in cut["lines"]}
    cells = (cell for table in quarterly["tables"] for cell in table["cells"] if cell["dimensions"] == ["period"])
    sums = {cell["values"][0][-2:]: cell["number"] for cell in cells}
    ranges = [range(1, 60) if number is None else (number,) for number in said.values()]
    fit = [
        one
        for one in product(*ranges)
        if monthly["total"] in (None, sum(one))
        and all(
            number in (None, sum(many for month, many in zip(said, one, strict=True) if f"T{(int(month) + 2) // 3}" == quarter))
            for quarter, number in sums.items()
        )
    ]
    return [f"month {month}" for place, month in enumerate(said) if fit and 0 < max(one[place] for one in fit) < 5]


def invented(rng: random.Random) -> Counts:
    """Few contents: three platforms, two qualifications, three months of two quarters."""
    return {key: number for key in product(PLATFORMS, WORDS, (2, 3, 8)) if (number := rng.choice((0, 0, 0, 1, 2, 5, 6)))}


# two months hide each other, and the quarter of one of them is shown
UNEVEN: Counts = {(PLATFORMS[0], WORDS[0], 2): 3, (PLATFORMS[0], WORDS[0], 3): 20, (PLATFORMS[0], WORDS[1], 8): 7}


@pytest.mark.parametrize(("first", "second"), [("tableau", "statistiques"), ("tableau", "article 34"), ("statistiques", "article 34")])
def test_two_kinds_together_tell_no_count_under_five(first: str, second: str) -> None:
    rng, leaks = random.Random(f"{first} {second}"), 0
    for counts in (UNEVEN, *(invented(rng) for _ in range(12))):
        one, other = MAKERS[first](counts), MAKERS[second](counts)
        leak = learned(one, other) if second == "article 34" else timed(one, other)
        refused = between(other, [one])
        assert (refused is None) == (between(one, [other]) is None), "whichever came first"
        assert refused or not leak, (counts, leak)
        leaks += bool(leak)
    assert leaks, "the search finds what there is to find"
    assert between(MAKERS[second](BIG), [MAKERS[first](BIG)]) is None, "and what tells nothing is let through"


BIG: Counts = {key: 20 + number for number, key in enumerate(product(PLATFORMS, WORDS, range(1, 13)))}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("more", "told"), [(0, False), (1, True), (-1, True), (4, True), (5, False), (-9, False)])
def test_versions_of_one_period_differ_by_five_or_not_at_all(kind: str, more: int, told: bool) -> None:
    key = (PLATFORMS[0], WORDS[0], 3)
    assert bool(between(MAKERS[kind]({**BIG, key: BIG[key] + more}), [MAKERS[kind](BIG)])) is told


@pytest.mark.parametrize("kind", MAKERS)
def test_one_content_that_moved_is_told_by_the_difference(kind: str) -> None:
    one, other = (PLATFORMS[0], WORDS[0], 3), (PLATFORMS[1], WORDS[0], 3)
    moved = {**BIG, one: BIG[one] - 1, other: BIG[other] + 1}
    assert "differs by less than 5" in (between(MAKERS[kind](moved), [MAKERS[kind](BIG)]) or ("", ""))[1]


def test_what_is_left_in_hidden_cells_is_looked_at() -> None:
    """Nothing that is shown differs by one to four, but the total leaves two to what is hidden."""
    few: Counts = {(PLATFORMS[0], WORDS[0], 3): 40, (PLATFORMS[1], WORDS[0], 3): 3, (PLATFORMS[2], WORDS[0], 3): 7}
    more: Counts = {(PLATFORMS[0], WORDS[0], 3): 45, (PLATFORMS[1], WORDS[0], 3): 3, (PLATFORMS[2], WORDS[0], 3): 9}
    found = between(pictured(more), [pictured(few)])
    assert found
    assert shown(pictured(few))[PLATFORMS[1]] is shown(pictured(few))[PLATFORMS[2]] is None
    assert found[1].startswith("what is hidden of the total")


def test_a_hidden_value_that_another_one_shows_is_told() -> None:
    few: Counts = {(PLATFORMS[0], WORDS[0], 3): 40, (PLATFORMS[1], WORDS[0], 3): 3, (PLATFORMS[2], WORDS[0], 3): 7}
    found = between(pictured({**few, (PLATFORMS[1], WORDS[0], 3): 8}), [pictured(few)])
    assert found
    assert "which one hides and the other shows" in found[1]


def test_how_many_are_lawful_is_one_number() -> None:
    """The picture gives it as one of its qualifications, the contribution of art. 34 as its total."""
    before: Counts = {(PLATFORMS[0], WORDS[0], 3): 20, (PLATFORMS[0], WORDS[1], 3): 30}
    found = between(lawful({**before, (PLATFORMS[0], WORDS[0], 3): 22}), [pictured(before)])
    assert found
    assert found[1] == "qualification licite_preoccupant, which differs by less than 5"
    assert between(lawful(before), [pictured(before)]) is None


def test_care_alone_stands_beside_no_other_report() -> None:
    care = tabled(BIG, health=True)
    assert between(care, [care]) is None
    for maker in MAKERS.values():
        for one, other in ((care, maker(BIG)), (maker(BIG), care)):
            assert (between(one, [other]) or ("", ""))[1] == "contents that are not about care"


def test_other_days_are_not_looked_at() -> None:
    assert between({**pictured(BIG), "since": "2027-01-01", "until": "2027-12-31"}, [pictured({}), tabled(BIG, health=True)]) is None


def test_a_picture_shows_the_year_before_as_it_was_published() -> None:
    """Counted anew, what is hidden now and was shown then would tell what that one hid."""
    few: Counts = {(PLATFORMS[0], WORDS[0], 3): 40, (PLATFORMS[1], WORDS[0], 3): 3, (PLATFORMS[2], WORDS[0], 3): 7}
    since, until = date(2026, 1, 1), date(2026, 12, 31)
    then = Picture.model_validate(pictured(few))
    anew = picture(rows(BIG), rows({**few, (PLATFORMS[1], WORDS[0], 3): 8}), since=since, until=until, as_of=AS_OF)
    kept = picture(rows(BIG), then, since=since, until=until, as_of=AS_OF)
    assert between(anew.model_dump(mode="json"), [pictured(few)])
    assert between(kept.model_dump(mode="json"), [pictured(few)]) is None
    assert (kept.total_before, kept.read_before) == (50, 50)
    assert {line.value: line.before for line in kept.cut("platform").lines} == {PLATFORMS[0]: 40, PLATFORMS[1]: None, PLATFORMS[2]: None}
    assert kept.cut("flag") == picture(rows(BIG), rows(few), since=since, until=until, as_of=AS_OF).cut("flag")
