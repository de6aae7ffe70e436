"""Keeps each host's pace: the delay between requests, the pauses that a site asks for (Retry-After, Crawl-delay and the rate-limit headers that
platforms send), and longer ones each time that it fails.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from core.addresses import inside
from core.urls import host_of
from crawlers.fetching.guard import Refused
from crawlers.fetching.hosts import Hosts, one_name
from crawlers.fetching.limits import resume_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.robotstxt import RobotParser

MAX_WAIT = 900.0  # seconds; a site that asks for more is read in a later run
BACK_OFF = 2.0  # seconds after the first failure of a host, doubled after each further one
MAX_BACK_OFF = 60.0
FAILURES = {429, 500, 502, 503, 504, 522, 524}


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

    async def rest(self, until: float) -> None:
        """Wait until an epoch time that one request, not its host, has to wait for. Raises Refused(rate_limited) beyond MAX_WAIT."""
        wait = until - time.time()
        if wait > MAX_WAIT:
            raise Refused("rate_limited")
        if wait > 0:  # sleeping for no time would cost each request a turn of the loop
            await asyncio.sleep(wait)

    def is_paused(self, host: str) -> bool:
        """Whether the host has asked this process for a pause that is not over."""
        return self._resume.get(one_name(host), 0.0) > time.time()

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
