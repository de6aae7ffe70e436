"""Looks again at some of what is archived and no listing shows any more: what was edited is a new version, what is gone says so.

A part of Scrapy's (an extension): once all else was read, it asks for ``recheck`` items of the source, those that were looked at longest ago, each
at its own address and only if it changed. Kinds that read everything in each run, or that are told what is deleted, have no ``again``. Where the
run itself failed, or brought nothing, the place needs a person's eye first. A redirect is no deletion, and is not followed: sites send those who
ask for a deleted page to their front page. Nor is it one where all that is asked for is said to be gone: a site whose addresses are out of order for
an hour says so of each.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import scrapy
from scrapy import signals

from crawlers.fetching.capture import CAPTURE
from crawlers.fetching.missed import reason_of, says_gone
from crawlers.spiders.base import ABOVE, NUMBER, PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from crawlers.fetching.capture import Capture


FEW = 2  # items that may be gone together, and nothing else be asked for


class Again(NamedTuple):
    """What a spider's ``again(key, address)`` says of an archived item, by its platform id (or address) and its address: where it is asked for, and
    which step reads the answer, told what.
    """

    url: str
    step: str
    known: Mapping[str, Any] = MappingProxyType({})


class Recheck:
    """One for each crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._begun = False
        self._gone: list[tuple[str, Capture | None]] = []  # addresses, and the answers that say so

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Recheck:
        """Scrapy's way to build it."""
        found = cls(crawler)
        crawler.signals.connect(found.idle, signal=signals.spider_idle)
        return found

    def idle(self, spider: Any) -> None:
        """All that the listings show was read."""
        engine = self._crawler.engine
        if engine is None or not hasattr(spider, "again"):
            return
        begun, self._begun = self._begun, True
        if begun:
            self._settle(spider)
        elif spider.keeper.shows_all():
            for request in self._requests(spider):
                engine.crawl(request)

    def _settle(self, spider: Any) -> None:
        """All of them were answered."""
        gone, self._gone = self._gone, []
        believed = len(gone) <= FEW or spider.keeper.rechecked > 0
        for address, capture in gone:
            if believed:
                spider.gone(address, capture=capture)
            else:
                spider.keeper.note("all_gone")

    def _requests(self, spider: Any) -> Iterator[scrapy.Request]:
        left = min(spider.source.recheck, spider.source.max_requests - len(spider._asked))  # noqa: SLF001
        for key, address in spider.cursor.unchecked().items():
            way = spider.again(key, address) if left > 0 else None
            if way is not None:
                left -= 1
                spider.cursor.note_items({key: address})  # at the end of the queue, whatever it brings
                read = spider.read_apart if spider._readers and way.step in spider.parsers else spider.read  # noqa: SLF001
                yield scrapy.Request(
                    way.url, dont_filter=True, headers={**spider.headers, **spider.cursor.conditions(way.url)}, callback=read,
                    errback=partial(self._missed, spider=spider, key=key, address=address), cb_kwargs={"step": way.step, **way.known},
                    meta={"dont_redirect": True, PLACE: way.url, NUMBER: 1, ABOVE: ()},
                )  # fmt: skip

    def _missed(self, failure: Failure, *, spider: Any, key: str, address: str) -> list[scrapy.Request]:
        """Gone, moved, or not to be known today: that is counted, and no item of this run."""
        response = getattr(failure.value, "response", None)
        capture = response.meta.get(CAPTURE) if response is not None else None
        if response is not None and says_gone(response):
            self._gone.append((address, capture))
        elif response is not None and 300 <= response.status < 400:
            spider.cursor.forget(key)
            spider.keeper.set_aside(
                address, "moved", f"{address}: leads elsewhere now; read again from its new place if a listing shows it", capture=capture
            )
        elif (why := reason_of(failure.value, url=address, silent=spider.silent)) is None:
            found: list[scrapy.Request] = spider.missed(failure)
            return found
        else:
            spider.keeper.note(why.reason)
        return []
