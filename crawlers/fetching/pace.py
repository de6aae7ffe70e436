"""Keeps each host's pace: the delay between requests, the pauses that a site asks for (Retry-After, Crawl-delay and the rate-limit headers that
platforms send), and longer ones each time that it fails.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from core.addresses import inside
from core.urls import host_of
from crawlers.fetching.guard import Refused
from crawlers.fetching.hosts import Hosts, one_name
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

MAX_WAIT = 900.0  # seconds; a site that asks for more is read in a later run
BACK_OFF = 2.0  # seconds after the first failure of a host, doubled after each further one
MAX_BACK_OFF = 60.0
FAILURES = {429, 500, 502, 503, 504, 522, 524}
# names of what is left and of when more is given: Mastodon; Bluesky and the IETF draft; Reddit
RATE_HEADERS = (("x-ratelimit-remaining", "x-ratelimit-reset"), ("ratelimit-remaining", "ratelimit-reset"))
EPOCH = 1e8  # a larger number is a time, a smaller one seconds from now


def resume_at(status: int, headers: Mapping[str, str], *, now: float) -> float:
    """When the site may be asked again, in epoch seconds; ``now`` where it asks for no pause. ``headers`` have lower-case names."""
    retry_after = headers.get("retry-after", "").strip()
    if status in (429, 503) and retry_after:
        return max(now, _date(retry_after, now=now))
    resets = [_reset(headers.get(reset, ""), now=now) for left, reset in RATE_HEADERS if any(one < 1 for one in _numbers(headers.get(left, "")))]
    if resets:
        return max(now, *resets)
    return now + 60 if status == 429 else now


def _date(value: str, *, now: float) -> float:
    """Seconds from now or a date, as Retry-After has it; unreadable, a minute."""
    if value.isascii() and value.isdigit():
        return now + int(value[:9])
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return now + 60


def _numbers(value: str) -> list[float]:
    """The numbers of a header that may be a list, each perhaps with parameters."""
    found = []
    for part in value.split(",")[:20]:
        try:
            found.append(float(part.split(";")[0]))
        except ValueError:
            continue
    return [number for number in found if not math.isnan(number)]


def _reset(value: str, *, now: float) -> float:
    """Seconds from now, epoch seconds or a date; unreadable, a minute."""
    if numbers := _numbers(value):
        return max(number if number > EPOCH else now + number for number in numbers)
    found = parse_time(value)
    return found.timestamp() if found else now + 60


class Pace:
    """When each host may be asked again. One for all requests of a crawl, whatever their scheme; a host is meant with and without "www.".

    Asked right before a request is sent: Scrapy lets what it has queued go on whatever a site answers meanwhile.
    ``hosts`` shares it with the other processes; without, only pauses are kept.
    """

    def __init__(self, *, delay: float = 0.0, concurrency: int = 16, agent: str = "*", hosts: Hosts | None = None) -> None:
        self._delay, self._agent, self._hosts = delay, agent, hosts
        self._delays: dict[str, float] = {}  # that hosts ask for in robots.txt, where longer
        self._resume: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(concurrency))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to build it, as an extension: ``crawler.get_extension(Pace)``."""
        spider: Any = crawler.spider
        agent = crawler.settings["ROBOTSTXT_USER_AGENT"]
        hosts = Hosts(spider.house.archive_dir / "hosts")
        found = cls(delay=spider.source.delay, concurrency=spider.source.concurrency, agent=agent, hosts=hosts)
        crawler.signals.connect(found.permitted, signal=signals.robots_parsed)
        return found

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until this host may be asked, and hold one of its places. Raises Refused(rate_limited) and ConfigError."""
        async with self._places[one_name(host)]:
            await self.wait(host)
            yield

    async def wait(self, host: str) -> None:
        """Wait; raises Refused(rate_limited) where the host is not to be asked for longer than MAX_WAIT, and ConfigError."""
        host = one_name(host)
        async with self._queues[host]:  # who came first goes first
            start = time.monotonic()
            while (wait := self._turn(host) - time.time()) > 0:  # another answer, or process, may ask for more meanwhile
                if wait > MAX_WAIT - (time.monotonic() - start):
                    raise Refused("rate_limited")
                await asyncio.sleep(wait)

    def answered(self, host: str, status: int, headers: Mapping[str, str]) -> None:
        """Note the pause that an answer asks for, or that its failure calls for. Raises ConfigError."""
        host, now = one_name(host), time.time()
        until = resume_at(status, headers, now=now)
        if status not in FAILURES:
            self._failures.pop(host, None)
        elif until == now:
            until += self._back_off(host)
        if until > now:
            self._pause(host, until)

    def silent(self, host: str) -> None:
        """A host that does not answer is asked more slowly. Raises ConfigError."""
        host = one_name(host)
        self._pause(host, time.time() + self._back_off(host))

    def permitted(self, robotparser: RobotParser, request: Request) -> None:
        """A robots.txt was read: a Crawl-delay that is longer than the source's own holds, from this file on."""
        host, asked = one_name(host_of(request.url)), robotparser.crawl_delay(self._agent) or 0.0
        if asked > self._delay_of(host):
            self._delays[host] = asked
            self._pause(host, time.time() + asked)

    def _delay_of(self, host: str) -> float:
        return max(self._delay, self._delays.get(host, 0.0))

    def _turn(self, host: str) -> float:
        """When the host may be asked, in epoch seconds."""
        resume = self._resume.get(host, 0.0)
        if self._hosts is None or not self._is_shared(host):
            return resume
        return self._hosts.turn(host, delay=self._delay_of(host), not_before=resume)

    def _pause(self, host: str, until: float) -> None:
        self._resume[host] = max(until, self._resume.get(host, 0.0))
        if self._hosts is not None and self._is_shared(host):
            self._hosts.pause(host, until)

    def _is_shared(self, host: str) -> bool:
        """A machine of one's own that may be asked at any time, such as the demonstration, needs no agreement."""
        return self._delay_of(host) > 0 or not inside(host)

    def _back_off(self, host: str) -> float:
        """Seconds, doubled each time, with a random part so that several crawls do not come back at once."""
        self._failures[host] = count = self._failures.get(host, 0) + 1
        return min(MAX_BACK_OFF, BACK_OFF * 2.0 ** min(count - 1, 10)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
