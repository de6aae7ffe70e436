"""Counting over the rows of the register as they come, one notice after another: memory grows with the cells of the report, not with its notices.

Only the hours are kept, eight bytes a notice and step, for a median needs them all.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from cases.notice import NO_ACTION
from cases.reporting.figures import Duration, Quality, Total
from cases.reporting.words import ACTION_NAMES, GROUND_NAMES, NO_CATEGORY, SCOPE_NAMES, SOURCE_NAMES
from core.records import MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cases.register import RegisterRow
    from cases.reporting.figures import Provider, Step
    from cases.reporting.providers import Providers

CODE = re.compile(r"(?:STATEMENT_CATEGORY|KEYWORD)_[A-Z_]{2,70}")
PENDING = timedelta(days=30)  # a choice of ours, not of the law: art. 16 gives no number
STEPS: tuple[Step, ...] = ("reception", "decision", "mesure")


class Place(NamedTuple):
    """A cell of table 1."""

    provider: str
    category: str
    keyword: str
    action: str
    ground: str
    scope: str


class Tally:
    """What has been counted so far. ``providers`` says who runs what; whatever else stands in a row is no word of ours and is not repeated."""

    def __init__(self, *, as_of: datetime, providers: Providers) -> None:
        self.as_of, self.providers = as_of, providers
        self.notices = self.items = 0
        self.cells: Counter[tuple[Place, str]] = Counter()  # place and "notices" or "items"
        self.totals: Counter[tuple[str, str, str]] = Counter()  # by, value, "notices" or "items"
        self.hours: dict[tuple[Step, str], array[float]] = defaultdict(lambda: array("d"))
        self.markers: Counter[str] = Counter()  # joined by "+"; of items
        self.marks: Counter[str] = Counter()  # what quality is made of

    def add(self, rows: Sequence[RegisterRow]) -> None:
        """All items of one notice."""
        first, places = rows[0], [self._place(row) for row in rows]
        self.notices += 1
        self.items += len(rows)
        self.cells.update((place, "items") for place in places)
        self.cells.update((place, "notices") for place in set(places))
        source = first.source_type if first.source_type in SOURCE_NAMES else "SOURCE_ARTICLE_16"
        for by, value in (
            ("provider", self.providers.of(first)),
            ("category", code_in(first.category) or NO_CATEGORY),
            ("source", source),
        ):
            self.totals[by, value, "notices"] += 1
            self.totals[by, value, "items"] += len(rows)
        self.markers["+".join(sorted(set(first.markers) & set(MARKERS)))] += len(rows)
        self._time(first)
        self._judge(first, rows)

    def _place(self, row: RegisterRow) -> Place:
        action = row.action if self._seen(row.decided_at) and row.action in ACTION_NAMES else None
        ground, scope = (row.ground or "", row.scope or "") if action else ("", "")
        return Place(
            self.providers.of(row), code_in(row.category) or NO_CATEGORY, code_in(row.keyword), action or self._without(row),
            ground if ground in GROUND_NAMES else "", scope if scope in SCOPE_NAMES else "",
        )  # fmt: skip

    def _without(self, row: RegisterRow) -> str:
        """What is to be said where the provider did not say what it did."""
        if self._seen(row.decided_at):
            return "decision_sans_detail"
        if self.as_of - row.sent_at < PENDING:
            return "en_attente"
        return "accuse_seul" if self._seen(row.acknowledged_at) else "sans_reponse"

    def _seen(self, at: datetime | None) -> bool:
        return at is not None and at <= self.as_of

    def _time(self, row: RegisterRow) -> None:
        for step, at in zip(STEPS, (row.acknowledged_at, row.decided_at, row.acted_at), strict=True):
            if at is not None and at <= self.as_of:
                hours = max(0.0, (at - row.sent_at).total_seconds() / 3600)
                self.hours[step, ""].append(hours)
                self.hours[step, self.providers.of(row)].append(hours)

    def _judge(self, first: RegisterRow, rows: Sequence[RegisterRow]) -> None:
        self.marks.update(name for name in ("overturned", "withdrawn", "corrected") if getattr(first, name))
        if not self._seen(first.decided_at):
            return
        decided = [row.action for row in rows if row.action]
        self.marks["decided"] += len(decided)
        self.marks["measured"] += sum(action not in NO_ACTION for action in decided)
        self.marks.update(action for action in decided if action in NO_ACTION)
        for name in ("redress_given", "automated"):
            said = getattr(first, name)
            if said is not None:
                self.marks[f"{name}_known"] += 1
                self.marks[name] += said

    def durations(self) -> tuple[Duration, ...]:
        """Of all providers together, then of each."""
        providers = sorted({provider for _, provider in self.hours} | {""})
        return tuple(
            Duration(step=step, provider=provider, notices=len(hours), median=quantile(hours, 0.5), p90=quantile(hours, 0.9))
            for provider in providers
            for step in STEPS
            for hours in [sorted(self.hours.get((step, provider), ()))]
        )

    def summed(self) -> tuple[Total, ...]:
        """The totals, the largest first."""
        found = sorted({(by, value) for by, value, _ in self.totals}, key=lambda one: (one[0], -self.totals[*one, "notices"], one[1]))
        return tuple(
            Total.model_validate({
                "by": by, "value": value, "notices": self.totals[by, value, "notices"], "items": self.totals[by, value, "items"],
            })
            for by, value in found
        )  # fmt: skip

    def named(self) -> tuple[Provider, ...]:
        """Those counted whose name cases/platforms does not say."""
        return self.providers.seen(value for by, value, _ in self.totals if by == "provider")

    def quality(self, *, duplicates: int) -> Quality:
        """``duplicates``: items that were notified before, which single rows do not tell."""
        marks = self.marks
        rejected = sum(marks[action] for action in NO_ACTION)
        return Quality(
            decided_items=marks["decided"], measured_items=marks["measured"], lawful_items=marks["aucune_licite"],
            insufficient_items=marks["aucune_insuffisante"], other_items=marks["aucune_autre"], rejected=share(rejected, marks["decided"]),
            overturned_notices=marks["overturned"], overturned=share(marks["overturned"], self.notices), withdrawn_notices=marks["withdrawn"],
            corrected_notices=marks["corrected"],
            duplicate_items=duplicates, redress_given=share(marks["redress_given"], marks["redress_given_known"]),
            automated=share(marks["automated"], marks["automated_known"]),
        )  # fmt: skip


def tally(rows: Iterable[RegisterRow], *, as_of: datetime, providers: Providers) -> Tally:
    """Count rows that come notice by notice."""
    made = Tally(as_of=as_of, providers=providers)
    for _, items in groupby(rows, key=lambda row: row.notice_id):
        made.add(list(items))
    return made


def code_in(given: str | None) -> str:
    """A category or keyword of the transparency database; "" for what is none."""
    return given if given and CODE.fullmatch(given) else ""


def quantile(ordered: Sequence[float], part: float) -> float | None:
    """Of ascending values, between the two nearest (as spreadsheets' PERCENTILE does), to a hundredth; None of no value."""
    if not ordered:
        return None
    at = (len(ordered) - 1) * part
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (at - low), 2)


def share(part: int, whole: int) -> float | None:
    """To four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None
