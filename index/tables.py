"""Tables counted by an index: what a panel, a picture or a statistic is drawn from. Records only; each adapter translates them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.errors import Invalid, nearest
from core.records import Record
from index.fields import BY_NAME, RUN_FIELDS

Interval = Literal["day", "week", "month"]
Measure = Literal["count", "sum", "max", "distinct"]
# what ``by`` is (a value, or the ISO date of a bucket's first day), what ``split`` is (None without one), the measure
Row = tuple[str, str | None, float]

RUN_NAMES = {field.name: field for field in RUN_FIELDS}


class Table(Record):
    """Results grouped by the values of a keyword field or by time, then perhaps by a second keyword field, and measured.

    ``over`` says which rows: the documents, or the runs of the sources. A document with several values of a field counts under each.
    Rows come by measure descending then by value, or by time ascending, empty buckets left out; within one, by ``split``.
    """

    by: str
    interval: Interval | None = None  # of a date field
    split: str | None = None
    measure: Measure = "count"
    of: str | None = None  # the number that is summed, or whose largest is taken; the keyword whose distinct values are counted
    over: Literal["documents", "runs"] = "documents"
    size: int = Field(20, ge=1, le=1000)  # values of ``by`` (the last ones of a date) and of ``split``

    @model_validator(mode="after")
    def _can_be_answered(self) -> Table:
        dated = self._type(self.by, {"keyword", "keywords", "date"}) == "date"
        if dated != (self.interval is not None):
            raise Invalid(f"table by {self.by} with interval {self.interval}; expected day, week or month for a date, and none for anything else")
        if self.split is not None:
            self._type(self.split, {"keyword", "keywords"})
        if (self.measure == "count") != (self.of is None):
            raise Invalid(f"measure {self.measure} of {self.of}; expected a field for sum, max and distinct, and none for count")
        if self.of is not None:
            self._type(self.of, {"keyword"} if self.measure == "distinct" else {"integer", "float"})
        return self

    def _type(self, name: str, types: set[str]) -> str:
        fields = BY_NAME if self.over == "documents" else RUN_NAMES
        fitting = [field.name for field in fields.values() if field.type in types]
        if name not in fitting:
            raise Invalid(f"table over {self.over}: field {name!r} is unknown or of another type; {nearest(name, fitting)}")
        return fields[name].type
