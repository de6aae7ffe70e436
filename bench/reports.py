"""The yearly report over many notices: seconds and memory, counted in a process of its own. ``python -m bench.reports [--notices N]``"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from bench.register import fill
from cases.database import open_database
from cases.reporting.tables import yearly_csv
from cases.reporting.yearly import yearly
from cases.reporting.yearly_paper import yearly_paper
from core.settings import Settings

GOAL = 30  # seconds for 10,000 notices


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, nargs="*", default=[1000, 10_000, 40_000])
    for number in parser.parse_args().notices:
        with tempfile.TemporaryDirectory() as folder, closing(open_database(Settings(data_dir=Path(folder)))) as database:
            house = fill(database, notices=number)
            before, began = _peak(), time.perf_counter()
            report = yearly(database, organisation_id=house, since=date(2025, 1, 1), until=date(2025, 12, 31), as_of=datetime(2026, 2, 1, tzinfo=UTC))
            figures = time.perf_counter() - began
            grown = _peak() - before
            paper, files = yearly_paper(report), yearly_csv(report)
            spent = time.perf_counter() - began
            print(f"{number} notices, {report.items} items: figures {figures:.1f} s, +{grown:.0f} MB at the peak; with paper and CSV {spent:.1f} s "
                  f"(goal {GOAL}), {len(report.cuts)} cells, {len(paper.blocks)} blocks, {sum(map(len, files.values())):,} bytes of CSV")  # fmt: skip


def _peak() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 if sys.platform != "darwin" else 1024**2)


if __name__ == "__main__":
    main()
