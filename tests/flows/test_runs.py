"""Runs of sources as rows of the index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.records import SourceReport
from crawlers.history import History, Run
from flows.runs import MEASURES, publish_runs, run_rows
from index.documents import Entry
from index.fields import RUN_FIELDS

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
REPORT = SourceReport(source="forum", seen=9, kept=4, duplicate=2, set_aside=2, failed=1, reasons={"bot_wall": 2, "too_short": 1, "http_503": 1})


class Rows:
    """An index that keeps rows by id."""

    def __init__(self) -> None:
        self.kept: dict[str, Entry] = {}

    def write_runs(self, rows: Iterable[Entry]) -> int:
        given = list(rows)
        self.kept |= {row["id"]: row for row in given}
        return len(given)


def counted(rows: Iterable[Entry]) -> dict[Any, int]:
    return {(row["measure"], row["reason"]): row["count"] for row in rows}


def test_a_run_becomes_a_row_a_count() -> None:
    rows = list(run_rows([Run(at=START, report=REPORT)]))
    assert counted(rows) == {
        ("kept", None): 4,
        ("duplicate", None): 2,
        ("set_aside", None): 2,
        ("failed", None): 1,
        ("blind", "bot_wall"): 2,
        ("left_out", "too_short"): 1,
        ("blind", "http_503"): 1,
    }
    assert all(set(row) == {field.name for field in RUN_FIELDS} for row in rows)


def test_a_run_that_saw_nothing_is_not_silent() -> None:
    assert counted(run_rows([Run(at=START, report=SourceReport(source="forum"))])) == {("kept", None): 0}


@given(st.lists(st.builds(SourceReport, source=st.sampled_from("ab"), **{name: st.integers(0, 9) for name in MEASURES}), max_size=5))
def test_sums_are_those_of_the_reports(reports: list[SourceReport]) -> None:
    rows = list(run_rows(Run(at=START + timedelta(hours=number), report=report) for number, report in enumerate(reports)))
    assert len({row["id"] for row in rows}) == len(rows)
    for name in MEASURES:
        assert sum(row["count"] for row in rows if row["measure"] == name) == sum(getattr(report, name) for report in reports)


def test_the_same_moment_in_another_zone_is_the_same_row() -> None:
    paris = START.astimezone(timezone(timedelta(hours=1)))
    assert list(run_rows([Run(at=paris, report=REPORT)])) == list(run_rows([Run(at=START, report=REPORT)]))


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    index: Any = Rows()
    assert publish_runs(tmp_path, index) == 0
    history = History(tmp_path)
    for number in range(3):
        history.add(REPORT, at=START + timedelta(days=number))
        history.add(REPORT.model_copy(update={"source": "canal"}), at=START + timedelta(days=number))
    (tmp_path / "runs" / "forum" / "20260101T000000000000.json").write_text("{")
    assert publish_runs(tmp_path, index) == 6 * 7
    first = dict(index.kept)
    publish_runs(tmp_path, index)
    assert index.kept == first
    assert publish_runs(tmp_path, index, since=START + timedelta(days=2)) == 2 * 7
