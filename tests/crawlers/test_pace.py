"""No request reaches a host sooner than it, or the source file, allows: not what is queued already, not another source's."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import ConfigError, Unavailable
from core.settings import ROOT
from crawlers.fetching import pace
from crawlers.fetching.guard import Refused
from crawlers.fetching.hosts import LONGEST, Hosts
from crawlers.fetching.limits import RATE_HEADERS, redirect_at, resume_at
from crawlers.fetching.pace import Pace
from flows.crawling import crawl_source
from tests.crawlers.play import Answer, Asked, Web, article, crawl, write_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.records import SourceReport
    from core.settings import Settings

SLACK = 0.15  # seconds that a request may be late to arrive; the next one may be on time


@pytest.fixture
def site() -> Iterator[Web]:
    with Web() as found:
        yield found


def page(asked: Asked) -> Answer | None:
    return Answer(article(f"Page {asked.path}")) if asked.path.startswith("/p") else None


def pages(site: Web, count: int, *, name: str = "p") -> list[str]:
    return [f"{site.base}/{name}{number}" for number in range(count)]


def gaps(site: Web) -> list[float]:
    times = [one.at for one in site.log]
    return [after - before for before, after in pairwise(times)]


def later(site: Web, first: Asked) -> list[float]:
    """How long after an answer each further request came."""
    return sorted(one.at - first.until for one in site.log if one.at > first.until)


@pytest.mark.alone
@pytest.mark.parametrize(("delay", "concurrency"), [(0.3, 1), (0.1, 4), (0, 1)])
def test_what_is_queued_already_waits_for_a_pause(settings: Settings, site: Web, delay: float, concurrency: int) -> None:
    site.routes["/p0"] = [Answer(status=429, headers=[("Retry-After", "3")]), Answer(article("Page 0"))]
    site.players.append(page)
    report = crawl(settings, "urls", pages=pages(site, 6), delay=delay, concurrency=concurrency)
    assert (report.kept, report.reasons) == (6, {})
    (refused,) = (one for one in site.log if one.status == 429)
    assert later(site, refused)[0] >= 3 - SLACK


@pytest.mark.alone
def test_a_pause_that_is_made_longer_meanwhile_is_waited_out(settings: Settings, site: Web) -> None:
    site.routes["/p0"] = [Answer(status=429, headers=[("Retry-After", "1")]), Answer(article("Page 0"))]
    site.routes["/p1"] = [Answer(status=429, headers=[("Retry-After", "3")], wait=0.5), Answer(article("Page 1"))]
    site.players.append(page)
    report = crawl(settings, "urls", pages=pages(site, 4), delay=0, concurrency=2)
    assert report.kept == 4
    (longer,) = (one for one in site.log if one.status == 429 and one.path == "/p1")
    assert later(site, longer)[0] >= 3 - SLACK


@pytest.mark.alone
def test_the_delay_is_the_least_that_is_waited(settings: Settings, site: Web) -> None:
    site.players.append(page)
    report = crawl(settings, "urls", pages=pages(site, 5), delay=0.6, concurrency=3)
    assert report.kept == 5
    assert len(gaps(site)) == 6  # robots.txt and tdmrep.json too
    assert min(gaps(site)) >= 0.6 - SLACK


@pytest.mark.alone
@pytest.mark.parametrize(("asked", "delay", "least"), [("1", 0, 1), ("0.1", 0.5, 0.5)])
def test_a_crawl_delay_is_obeyed_where_it_is_longer(settings: Settings, site: Web, asked: str, delay: float, least: float) -> None:
    site.routes["/robots.txt"] = Answer(f"User-agent: *\nCrawl-delay: {asked}\n", kind="text/plain")
    site.players.append(page)
    report = crawl(settings, "urls", pages=pages(site, 3), delay=delay, concurrency=2)
    assert report.kept == 3
    assert least - SLACK <= min(gaps(site)) < 2 * least


def test_who_asks_for_hours_is_not_asked_again_even_by_the_next_run(settings: Settings, site: Web) -> None:
    site.players.append(lambda asked: Answer(status=429, headers=[("Retry-After", "7200")]) if asked.path.startswith("/p") else None)
    for name in ("un", "deux"):
        with pytest.raises(Unavailable, match=r"rate_limited|robots_unreachable"):
            crawl(settings, "urls", name=name, pages=pages(site, 3), delay=0.1)
    assert len(site.asked()) == 1


def together(settings: Settings, site: Web, count: int, *, delay: float) -> list[SourceReport]:
    """Two sources on one host, each in a process of its own."""
    for name in "ab":
        write_source(settings, "urls", name=name, pages=pages(site, count, name=f"p{name}"), delay=delay, concurrency=2)
    with ThreadPoolExecutor(2) as executor:
        return list(executor.map(lambda name: crawl_source(name, settings=settings), "ab"))


@pytest.mark.alone
def test_two_sources_on_one_host_keep_its_delay_together(settings: Settings, site: Web) -> None:
    both = Barrier(2, timeout=60)

    def play(asked: Asked) -> Answer | None:
        if asked.path in ("/pa0", "/pb0"):
            both.wait()  # neither goes on until the other has begun
        return page(asked)

    site.players.append(play)
    reports = together(settings, site, 4, delay=0.6)
    assert [report.kept for report in reports] == [4, 4]
    assert len(gaps(site)) == 11
    assert min(gaps(site)) >= 0.6 - SLACK


@pytest.mark.alone
def test_two_sources_on_one_host_hear_each_others_pause(settings: Settings, site: Web) -> None:
    def play(asked: Asked) -> Answer | None:
        met = {one.path[:3] for one in site.asked()}
        if {"/pa", "/pb"} <= met and not any(one.status == 429 for one in site.log):  # both are under way
            asked.status = 429
            return Answer(status=429, headers=[("Retry-After", "3")])
        return page(asked)

    site.players.append(play)
    reports = together(settings, site, 4, delay=0.4)
    assert [report.kept for report in reports] == [4, 4]
    (refused,) = (one for one in site.log if one.status == 429)
    after = later(site, refused)
    assert after[0] >= 3 - SLACK
    assert len(after) >= 3


@pytest.mark.alone
def test_ones_own_machine_without_a_delay_pays_nothing(settings: Settings, site: Web) -> None:
    site.players.append(page)
    crawl(settings, "urls", pages=pages(site, 3), delay=0)
    assert not (settings.archive_dir / "hosts").exists()
    crawl(settings, "urls", name="autre", pages=pages(site, 3), delay=0.1)
    assert [path.name for path in (settings.archive_dir / "hosts").iterdir()] == ["127.0.0.1.json"]


CHILD = """
import sys, time
from pathlib import Path
from crawlers.fetching.hosts import Hosts
hosts, taken = Hosts(Path(sys.argv[1])), []
while len(taken) < 12:
    until = hosts.turn("jardins.example", delay=0.05)
    if until <= time.time():
        taken.append(time.time())
    else:
        time.sleep(max(0, until - time.time()))
print(*taken)
"""


def child(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.alone
def test_many_processes_take_turns(tmp_path: Path) -> None:
    children = [child(CHILD, tmp_path) for _ in range(4)]
    taken = sorted(float(word) for one in children for word in one.communicate(timeout=60)[0].split())
    assert len(taken) == 48
    assert min(after - before for before, after in pairwise(taken)) >= 0.05 - 0.03


def test_a_process_that_dies_lets_go_and_one_that_does_not_stops_nobody(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from crawlers.fetching.hosts import Hosts
with Hosts(Path(sys.argv[1]))._held("jardins.example"):
    print("held", flush=True)
    time.sleep(30)
"""
    holder, hosts = child(code, tmp_path), Hosts(tmp_path)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    start = time.monotonic()
    assert hosts.turn("jardins.example", delay=1) > time.time()
    hosts.pause("jardins.example", time.time() + 60)
    assert hosts.turn("ailleurs.example", delay=1) <= time.time()
    assert time.monotonic() - start < 1
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    assert hosts.turn("jardins.example", delay=1) <= time.time()
    assert hosts.turn("jardins.example", delay=1) > time.time()


def test_what_stands_in_a_file_is_no_reason_to_break_or_to_wait_for_ever(tmp_path: Path) -> None:
    hosts, path = Hosts(tmp_path), tmp_path / "jardins.example.json"
    far = time.time() + 400 * 86_400
    times: list[object] = [{"next_at": one, "resume_at": one} for one in (far, -far, math.inf, math.nan, "1", None, (), True)]
    for text in ["", "{", "\0" * 200, "[" * 10_000, "{" * 10**6, "[]", "3", "null", *map(json.dumps, times)]:
        path.write_text(text)
        assert hosts.turn("jardins.example", delay=5) <= time.time(), text[:100]
        assert 0 < hosts.turn("jardins.example", delay=5) - time.time() < 5.1, text[:100]


def test_a_pause_holds_for_a_day_at_most_and_no_shorter_one_ends_it(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path)
    hosts.pause("jardins.example", 1e300)
    hosts.pause("jardins.example", time.time() + 5)
    assert LONGEST - 5 < hosts.turn("jardins.example", delay=5) - time.time() <= LONGEST


def test_host_names_are_no_paths(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts")
    for host in ("..", "a/../../b", "::1", "é" * 300, "", "a\0b"):
        hosts.turn(host, delay=1)
    assert [path.name for path in tmp_path.iterdir()] == ["hosts"]
    assert len(list((tmp_path / "hosts").iterdir())) == 6


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("")
    with pytest.raises(ConfigError, match="hosts"):
        Hosts(tmp_path / "hosts").turn("jardins.example", delay=1)


def test_with_and_without_www_is_one_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MAX_WAIT", 0.2)
    for one in (Pace(), Pace(delay=0.1, hosts=Hosts(tmp_path))):
        one.answered("www.jardins.example", 429, {"retry-after": "5"})
        with pytest.raises(Refused, match="rate_limited"):
            asyncio.run(one.wait("jardins.example"))
        asyncio.run(one.wait("ailleurs.example"))


@pytest.mark.alone
def test_waits_add_up_to_the_longest_one_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MAX_WAIT", 1.0)

    async def always_a_bit_more(one: Pace) -> None:
        async def more() -> None:
            while True:
                one._pause("jardins.example", time.time() + 0.4)
                await asyncio.sleep(0.1)

        task = asyncio.create_task(more())
        await asyncio.sleep(0)
        try:
            await one.wait("jardins.example")
        finally:
            task.cancel()

    start = time.monotonic()
    with pytest.raises(Refused, match="rate_limited"):
        asyncio.run(always_a_bit_more(Pace()))
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("8", 8), (" 8 ", 8), ("²", 60), ("٣", 60), ("８", 60), ("1e3", 60), ("-5", 60), ("nan", 60), ("Thu, 01 Jan 1970 00:33:28 GMT", 8),
     ("Thu, 01 Jan 1970 00:33:28 -0000", 8), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 99 Xyz 0000", 60), ("Thu, 01 Jan 2026 00:00:00 +99999999999999", 60), ("9" * 5000, 999_999_999)],
)  # fmt: skip
def test_retry_after(value: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Paris")
    time.tzset()
    try:
        assert resume_at(429, {"retry-after": value}, now=2000) == 2000 + seconds
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_header_that_came_twice_is_read() -> None:
    assert resume_at(200, {"ratelimit-remaining": "7, 0;w=60", "ratelimit-reset": "nan, 30;w=60"}, now=2000) == 2030
    assert resume_at(200, {"ratelimit-remaining": "7, 3", "ratelimit-reset": "5, 30"}, now=2000) == 2000


STRANGE = ["0", "²", "nan", "inf", "-inf", "1e400", "Mon, 01 Jan 99999 00:00:00 +99999999", "Mon, 01 Jan 0001 00:00:00 +0100"]
HEADERS = ("retry-after", "ratelimit", "ratelimit-policy", *(name for pair in RATE_HEADERS for name in pair))
VALUES = (
    st.sampled_from(STRANGE) | st.text('"r=0;t=12w,remaining', max_size=20) | st.text("-+0123456789,;.eE:TZ ²", max_size=20) | st.text(max_size=20)
)


@hypothesis_settings(deadline=None)  # the first date loads a library
@given(st.integers(100, 599), st.fixed_dictionaries(dict.fromkeys(HEADERS, VALUES)))
def test_no_header_breaks_the_pace(status: int, headers: dict[str, str]) -> None:
    assert resume_at(status, headers, now=2000) >= 2000
    assert redirect_at(status, headers, now=2000) >= 2000
