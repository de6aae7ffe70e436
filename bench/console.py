"""The item page while many people read: milliseconds at the 50th, 95th and 99th percentile, on an index of many items.

The console is `vigie console serve` in processes of its own, over loopback; the reviewers are one more process that speaks plain HTTP/1.1, each on
its own connection and signed in as somebody else. Two ways: with time to read in between, as people do, and each asking again at once.
``python -m bench.console [--items N] [--reviewers N] [--seconds N] [--workers N ...] [--folder F]``
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.entries import entries
from core.settings import ROOT, Settings
from core.urls import document_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GOAL = 150  # milliseconds at the 95th percentile
THINK = 4.0  # seconds between two pages in the mean, exponentially spread: a hasty reader
PART = 5000
READY = 60  # seconds


class Reply(NamedTuple):
    """One page as its reader saw it."""

    milliseconds: float
    status: int
    size: int


def prepare(settings: Settings, *, items: int, reviewers: int) -> list[str]:
    """Items in the index, people in the case database; the cookies of the people. Items that are there already stay."""
    from cases import accounts
    from index.open import open_index
    from web.access import COOKIE, cookie_value
    from web.console import open_console

    with closing(open_index(settings)) as index:
        there = index.health().documents
        for first in range(there, items, PART):
            index.write(entries(first, min(PART, items - first), every=items))
    with closing(open_console(settings)) as console:
        house = accounts.add_organisation(console.database, name=f"Mesure {time.time()}", capacity="mandatee", by="bench")
        cookies = []
        for number in range(reviewers):
            login = f"p{number}-{time.time_ns()}@bench.example"
            person = accounts.add_person(console.database, organisation_id=house.id, login=login, name=f"P{number}", roles=("analyse",), by="bench")
            cookies.append(f"{COOKIE}={cookie_value(console, accounts.open_session(console.database, person.id))}")
    return cookies


@contextmanager
def served(settings: Settings, *, workers: int) -> Iterator[int]:
    """The console's port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")} | {"VIGIE_DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "cli.main", "console", "serve", "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the console did not start")


async def read_pages(port: int, cookie: str, *, items: int, seconds: float, think: float, seed: int) -> list[Reply]:
    """One reviewer: item after item for so many seconds."""
    rng, replies = random.Random(seed), list[Reply]()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    end = time.perf_counter() + seconds
    await asyncio.sleep(rng.random() * think)
    while time.perf_counter() < end:
        identifier = document_id(f"https://exemple.example/{rng.randrange(items)}")
        began = time.perf_counter()
        writer.write(f"GET /contenus/{identifier} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        await reader.readexactly(size)
        replies.append(Reply((time.perf_counter() - began) * 1000, int(head.split(maxsplit=2)[1]), size))
        await asyncio.sleep(rng.expovariate(1 / think) if think else 0)
    writer.close()
    return replies


async def all_read(port: int, cookies: Sequence[str], *, items: int, seconds: float, think: float) -> list[Reply]:
    """All reviewers at once."""
    found = await asyncio.gather(
        *(read_pages(port, cookie, items=items, seconds=seconds, think=think, seed=seed) for seed, cookie in enumerate(cookies))
    )
    return [reply for one in found for reply in one]


def told(name: str, replies: Sequence[Reply], seconds: float) -> str:
    """One line of figures."""
    wrong = sum(reply.status != 200 for reply in replies)
    times = sorted(reply.milliseconds for reply in replies)
    p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.95, 0.99))
    size = sum(reply.size for reply in replies) / len(replies) / 1000
    return (
        f"{name}: {len(replies)} pages of {size:.0f} kB, {len(replies) / seconds:.0f} a second, {wrong} not answered with 200; "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms (goal {GOAL}), p99 {p99:.0f} ms"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folder", type=Path, help="keep the index here, for the next time")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    settings = Settings(data_dir=folder)
    try:
        began = time.perf_counter()
        cookies = prepare(settings, items=options.items, reviewers=options.reviewers)
        print(f"{options.items} items and {options.reviewers} reviewers ready in {time.perf_counter() - began:.0f} s", flush=True)
        for workers in options.workers:
            with served(settings, workers=workers) as port:
                asyncio.run(all_read(port, cookies, items=options.items, seconds=2, think=0.2))  # each process opens its index once
                for name, think in ((f"reading {THINK:.0f} s in the mean", THINK), ("asking again at once", 0.0)):
                    replies = asyncio.run(all_read(port, cookies, items=options.items, seconds=options.seconds, think=think))
                    print(told(f"{workers} process{'es' * (workers > 1)}, {name}", replies, options.seconds), flush=True)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
