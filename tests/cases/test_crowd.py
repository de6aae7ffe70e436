"""Twenty processes on one queue, and processes that are killed while they write: nothing is lost, nothing is decided twice."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import IO, NamedTuple, TypeVar

from sqlalchemy import select

from cases.audit import count, verify
from cases.claims import take_next
from cases.database import Database, open_database
from cases.decisions import standing
from cases.people import Actor
from cases.progress import agree
from cases.readings import read
from cases.tables import DecisionRow
from cases.tables_work import ClaimRow, ReviewRow
from core.errors import Unavailable
from core.settings import Settings
from tests.cases.reading_room import ALONE, TEXT, deed, person, saying, thing

READERS, ITEMS = 20, 30
THINKING = 0.02  # seconds; SQLite lets those in who ask at the right moment, and who never rests would keep the others out

Result = TypeVar("Result")
HALF = ALONE.model_copy(update={"second_reading_share": 0.5})


def work(settings: Settings, name: str, items: int, out: int) -> None:
    """One person reads the queue to its end, and tells of each reading once it is confirmed."""
    actor = Actor(id=name, organisation_id="maison", name=name, roles=("analyse",))
    queue = [f"d{number}" for number in range(items)]
    with closing(open_database(settings)) as database:
        while claim := again(partial(take_next, database, queue, actor=actor, policy=HALF)):
            name = claim.document_id
            # people of odd numbers see a marker in every seventh item
            said = saying("licite_preoccupant", "C1") if int(name[1:]) % 7 == 0 and int(actor.id[1:]) % 2 else saying()
            one = deed()
            done = again(partial(read, database, [thing(name)], said, actor=actor, act=one, texts={name: TEXT}, policy=HALF))
            os.write(out, f"{name}:{actor.id}:{done.state}\n".encode())
            time.sleep(THINKING)


def again(step: Callable[[], Result]) -> Result:
    """What a page does when it is told to try again: the same act, which then counts once."""
    while True:
        try:
            return step()
        except Unavailable:
            continue


class Reader(NamedTuple):
    """A process of its own, and the end of the pipe on which it tells."""

    pid: int
    told: IO[str]

    def end(self) -> tuple[list[str], int]:
        """All that it told, and how it ended."""
        with self.told:
            lines = self.told.read().split()
        return lines, os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def start(settings: Settings, name: str, items: int) -> Reader:
    """A copy of this process, which has everything imported; no connection may be open in it."""
    gives, takes = os.pipe()
    pid = os.fork()
    if pid:
        os.close(takes)
        return Reader(pid, os.fdopen(gives))
    try:
        work(settings, name, items, takes)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a copy of pytest must not go on
        traceback.print_exc()
        os._exit(1)


def kept(database: Database) -> tuple[list[ReviewRow], list[DecisionRow]]:
    with database.reading() as session:
        return list(session.scalars(select(ReviewRow).order_by(ReviewRow.number))), list(session.scalars(select(DecisionRow)))


def check(database: Database, told: list[str]) -> None:
    """What was told was kept; no seat was read twice, nobody read a text twice, nothing was decided twice; the trail is whole."""
    reviews, decisions = kept(database)
    rows = Counter(f"{row.document_id}:{row.person_id}" for row in reviews)
    assert set(rows.values()) == {1}
    assert {line.rpartition(":")[0] for line in told} <= set(rows)
    assert max(Counter((row.document_id, row.seat) for row in reviews).values()) == 1
    assert max(Counter(row.document_id for row in decisions).values()) == 1
    found = verify(database)
    assert found.wrong is None
    assert found.entries == count(database) == len(reviews) + len(decisions)
    by_item: dict[str, list[ReviewRow]] = {}
    for row in reviews:
        by_item.setdefault(row.document_id, []).append(row)
    for name, found_rows in by_item.items():
        decided = name in {row.document_id for row in decisions}
        assert decided == (len(found_rows) == 2 and agree(*found_rows)) or len(found_rows) == 1


def test_twenty_people_read_one_queue(database: Database, case_settings: Settings) -> None:
    names = [f"p{number}" for number in range(READERS)]
    for name in names:
        person(database, name, "analyse")
    database.close()
    ends = [reader.end() for reader in [start(case_settings, name, ITEMS) for name in names]]
    ends += [start(case_settings, name, ITEMS).end() for name in names[:3]]  # who found all else taken went home before the last item was free
    told = [line for lines, _ in ends for line in lines]
    assert {code for _, code in ends} == {0}  # nobody who holds an item is refused
    check(database, told)
    reviews, decisions = kept(database)
    assert len(told) == len(reviews)
    states = Counter(line.rpartition(":")[2] for line in told)
    assert states["decide"] == len(decisions) == len(standing(database, [f"d{number}" for number in range(ITEMS)]))
    assert states["decide"] + states["arbitrage"] == ITEMS  # all of the queue is read to its end
    assert len({row.person_id for row in reviews}) > 1
    with database.reading() as session:
        assert session.scalars(select(ClaimRow)).all() == []


def test_what_was_told_outlives_a_kill(database: Database, case_settings: Settings) -> None:
    told: list[str] = []
    names = [f"k{number}" for number in range(12)]
    for name in names:
        person(database, name, "analyse")
    database.close()
    for life in range(4):
        readers = [start(case_settings, name, 400) for name in names[3 * life : 3 * life + 3]]
        told += [reader.told.readline().strip() for reader in readers]  # they write now
        time.sleep(0.02 * life)
        for reader in readers:
            os.kill(reader.pid, signal.SIGKILL)
        for lines, code in [reader.end() for reader in readers]:
            told += [line for line in lines if line.count(":") == 2]
            assert code == -signal.SIGKILL
    check(database, told)
    assert len(told) >= len(names)
