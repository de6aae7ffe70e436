"""The reading queue: order, one item a campaign, the sample, pages that neither lose nor repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.errors import Invalid
from core.records import Standing
from index.harm import Rank
from index.queries import Query
from index.queue import SAMPLE_EVERY, read_queue
from tests.index.making import entry_of

if TYPE_CHECKING:
    from index.documents import Entry
    from index.protocol import Index


def ranked(make_scored: Any, number: int, priority: float, *, lane: str | None = "signale", campaign: str | None = None, **options: Any) -> Entry:
    scored = make_scored(number, text=f"Un texte {number} du gourou.", p=0.9 if lane == "signale" else 0.1, **options.pop("document", {}))
    return entry_of(scored, rank=Rank(priority, priority, (), lane), campaign=campaign, **options)  # type: ignore[arg-type]


def numbers(items: Any) -> list[int]:
    return [int(item.entry["url"].rpartition("/")[2]) for item in items]


def whole(index: Index, query: Query, size: int) -> list[int]:
    """All pages of a size."""
    found, after = [], None
    for _ in range(100):
        page = read_queue(index, query, size=size, after=after)
        found += numbers(page.items)
        if page.next is None:
            return found
        after = page.next
    pytest.fail("the queue has no end")


def test_the_worst_comes_first_and_a_campaign_once(index: Index, make_scored: Any) -> None:
    places = [(0, 5.0, None), (1, 9.0, "c-a"), (2, 8.0, "c-a"), (3, 7.0, "c-b"), (4, 1.0, "c-a"), (5, 7.5, "c-b"), (6, 7.5, None)]
    index.write(ranked(make_scored, number, priority, campaign=campaign) for number, priority, campaign in places)
    page = read_queue(index, Query(), size=20)
    first, *tied, last = numbers(page.items)
    assert (first, sorted(tied), last) == (1, [5, 6], 0)
    assert {int(item.entry["url"][-1]): item.copies for item in page.items} == {1: 2, 5: 1, 6: 0, 0: 0}
    assert page.total == 7
    assert page.next is None
    for size in (1, 2, 3):
        assert whole(index, Query(), size) == numbers(page.items)


def test_a_filter_chooses_the_worst_of_what_fits(index: Index, make_scored: Any) -> None:
    index.write(
        ranked(make_scored, number, 9.0 - number, campaign="c-a", document={"platform": "un.example" if number < 2 else "deux.example"})
        for number in range(4)
    )
    page = read_queue(index, Query(terms={"platform": ("deux.example",)}), size=5)
    assert numbers(page.items) == [2]
    assert page.items[0].copies == 1
    assert read_queue(index, Query(without={"campaign": ("c-a",)}), size=5).items == ()


def test_what_was_decided_is_not_read_again(index: Index, make_scored: Any) -> None:
    index.write(
        [
            ranked(make_scored, 1, 9.0, standing=Standing(status="decide", qualification="hors_champ")),
            ranked(make_scored, 2, 8.0, standing=Standing(status="en_cours")),
            ranked(make_scored, 3, 7.0),
            ranked(make_scored, 4, 6.0, lane=None),
        ]
    )
    assert whole(index, Query(), 10) == [2, 3]


@pytest.mark.parametrize("size", [1, 7, 10, 25, 60])
def test_a_few_of_the_sample_stand_between_the_flagged(index: Index, make_scored: Any, size: int) -> None:
    index.write(ranked(make_scored, number, 100.0 - number) for number in range(40))
    index.write(ranked(make_scored, 100 + number, number / 100, lane="sondage") for number in range(6))
    found = whole(index, Query(), size)
    assert len(found) == len(set(found)) == 46
    flagged = [number for number in found if number < 100]
    assert flagged == list(range(40))
    assert [place for place, number in enumerate(found, 1) if number >= 100] == [*range(SAMPLE_EVERY, 41, SAMPLE_EVERY), 45, 46]


def test_a_campaign_of_hundreds_does_not_fill_the_page(index: Index, make_scored: Any) -> None:
    index.write(ranked(make_scored, number, 1000.0 - number, campaign="c-a") for number in range(150))
    index.write(ranked(make_scored, 500 + number, 100.0 - number) for number in range(3))
    page = read_queue(index, Query(), size=4)
    assert numbers(page.items) == [0, 500, 501, 502]
    assert page.items[0].copies == 149


def test_bad_size(index: Index) -> None:
    with pytest.raises(Invalid, match="expected 1 to"):
        read_queue(index, Query(), size=0)
    assert read_queue(index, Query()).items == ()
