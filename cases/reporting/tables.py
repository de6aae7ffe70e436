"""The report's figures as CSV files (RFC 4180): UTF-8, CRLF, whole numbers, shares in [0, 1], hours, a period as YYYY-MM-DD/YYYY-MM-DD. Pure.

One file a table, each with the period in its first column, so that files of several years can be put under each other. Every word in them is a code
or one of ours, so that no cell is a formula.
"""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import chain
from typing import TYPE_CHECKING, Any

from cases.reporting.naming import provider_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cases.reporting.figures import Yearly

EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in a zip: the same figures give the same bytes
HEADS: Mapping[str, tuple[str, ...]] = {
    "notifications": ("period", "provider", "category", "keyword", "action", "ground", "scope", "notices", "items"),
    "providers": ("period", "provider", "name"),
    "totals": ("period", "by", "value", "notices", "items"),
    "times": ("period", "provider", "step", "notices", "median_hours", "p90_hours"),
    "complaints": ("period", "kind", "outcome", "number", "median_hours"),
    "quality": ("period", "measure", "value"),
    "cross_references": ("period", "list", "value", "number", "hidden"),
    "agreement": ("period", "question", "items", "alpha", "alpha_low", "alpha_high"),
    "funding": ("period", "source", "share"),
}


def yearly_tables(report: Yearly) -> dict[str, tuple[tuple[Any, ...], ...]]:
    """The rows of each table of HEADS, without the period."""
    lists = {"markers": report.markers, "lanes": report.readings.lanes, "exclusions": report.readings.exclusions}
    quality = report.quality.model_dump()
    providers = sorted(one.value for one in report.totals if one.by == "provider")
    return {
        "notifications": tuple((*cut.model_dump().values(),) for cut in report.cuts),
        "providers": tuple((name, provider_named(name, report.providers)) for name in providers),
        "totals": tuple((one.by, one.value, one.notices, one.items) for one in report.totals),
        "times": tuple((one.provider, one.step, one.notices, one.median, one.p90) for one in report.durations),
        "complaints": tuple((one.kind, one.outcome, one.number, one.median) for one in report.complaints),
        "quality": tuple(quality.items()),
        "cross_references": tuple((name, one.value, one.number, int(one.number is None)) for name, found in lists.items() for one in found),
        "agreement": tuple((one.code, one.items, one.alpha, one.low, one.high) for one in report.readings.agreement),
        "funding": tuple((one.source, one.share) for one in report.entity.funding),
    }


def yearly_csv(report: Yearly) -> dict[str, bytes]:
    """File name: content."""
    rows = yearly_tables(report)
    return {f"{name}.csv": csv_bytes(head, ((report.period, *row) for row in rows[name])) for name, head in HEADS.items()}


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One table. None is an empty cell."""
    return "".join(csv_lines(head, rows)).encode()


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The same, line by line."""
    for row in chain((head,), rows):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(["" if value is None else _cell(value) for value in row])
        yield out.getvalue()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would compute gets an apostrophe before it; names of funds are written by people."""
    return f"'{value}" if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files as one, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
