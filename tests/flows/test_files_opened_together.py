"""Several processes that open the same new SQLite file at the same moment wait for each other."""

from __future__ import annotations

import multiprocessing
import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from cases.database import Database
from core.sqlite import write_ahead
from crawlers.evidence.ledger import Ledger
from flows.delivery_outbox import Outbox
from index.campaigns.files import File

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

PROCESSES, ROUNDS = 4, 30


def ledger(path: Path) -> None:
    Ledger(path).close()


def outbox(path: Path) -> None:
    Outbox(path).owed()


def signatures(path: Path) -> None:
    with File(path).transaction():
        pass


def cases(path: Path) -> None:
    Database(make_url(f"sqlite+pysqlite:///{path}")).migrate()


OPENERS = {"ledger": ledger, "outbox": outbox, "signatures": signatures, "cases": cases}


def opens(opener: str, folder: Path, together: Barrier, failures: multiprocessing.Queue[str | None]) -> None:
    """The body of one process."""
    for number in range(ROUNDS):
        together.wait(60)
        try:
            OPENERS[opener](folder / f"{number}.sqlite")
        except Exception as error:  # noqa: BLE001 - told to the test, which is in another process
            failures.put(f"{number}: {error!r}")
    failures.put(None)


@pytest.mark.parametrize("opener", OPENERS)
def test_processes_that_open_a_new_file_together_all_succeed(opener: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    together, failures = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=opens, args=(opener, tmp_path, together, failures)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    told: list[str | None] = []
    while told.count(None) < PROCESSES:
        told.append(failures.get(timeout=120))
    for process in processes:
        process.join(60)
    assert [one for one in told if one] == []


def test_a_file_that_stays_locked_is_given_up_after_the_time_allowed(tmp_path: Path) -> None:
    path = tmp_path / "f.sqlite"
    holder, other = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(other, wait=0.1)
    holder.execute("ROLLBACK")
    write_ahead(other, wait=0.1)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
