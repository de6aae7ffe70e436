"""Crawl one source in this process: Scrapy's reactor starts once per process, so each source has its own.

``python -m crawlers.run NAME [--trial]`` prints one JSON object on standard output: ``{"report": ...}`` or ``{"error": {"kind", "message"}}``.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core import logs
from core.errors import ConfigError, VigieError
from core.pseudonyms import load_key
from core.settings import load_settings
from core.urls import is_ip, is_public_address
from crawlers.catalog import load_named
from crawlers.cursor import Cursor
from crawlers.erasing.optout import load_opt_outs
from crawlers.evidence.archive import Archive
from crawlers.expect import alarms
from crawlers.fetching.guard import NAMED_HOSTS
from crawlers.fetching.robots import TOKEN
from crawlers.history import History
from crawlers.judge import Judge
from crawlers.keeper import Keeper
from crawlers.readers import Readers
from crawlers.reading.language import prepare

if TYPE_CHECKING:
    from core.records import SourceReport
    from core.settings import Settings
    from crawlers.catalog import Source
    from crawlers.spiders.base import SourceSpider

OWN = ("crawlers.fetching.pace.Pace", "crawlers.recheck.Recheck")  # our parts of Scrapy
MAX_BODY = 10 * 2**20  # bytes; a larger page is no page
FEW = 50  # pages: fewer are read before another process is worth its start
MAX_READERS = 3  # keep up with one process that fetches


def crawl(source: Source, *, settings: Settings) -> SourceReport:
    """Read one source into the archive; its counts. Raises ConfigError."""
    from importlib import import_module

    history, cursor = History(settings.archive_dir), Cursor(settings.archive_dir / "cursors" / f"{source.name}.json")
    keeper = read(source, settings=settings, cursor=cursor, spider=import_module(f"crawlers.spiders.{source.kind}").Spider)
    counts = keeper.finish()
    earlier = history.reports(source.name)
    clock = keeper.clock.state().alarm
    report = counts.model_copy(update={"alarms": (*alarms(source, counts, earlier=earlier), *((clock,) if clock else ()))})
    history.add(report, at=datetime.now(UTC))
    cursor.save(complete=keeper.complete)  # only now: what a run that is killed missed is read the next time
    return report


def read(source: Source, *, settings: Settings, cursor: Cursor, spider: type[SourceSpider], **known: Any) -> Keeper:
    """Read one source into a batch that its keeper is to seal. ``known``: what the spider is told besides. Raises ConfigError."""
    from scrapy.crawler import AsyncCrawlerProcess

    _check_contact(source, contact=settings.contact)
    key = load_key(settings)
    judge = Judge(source, key, load_opt_outs(settings.archive_dir, key=key), settings.max_text_chars)
    count = _readers(source, settings=settings) if spider.parsers else 0
    # before a file is opened: what another process holds open stays locked when this one is killed
    with closing(Readers(count, parsers=spider.parsers, judge=judge)) as readers:
        if not count:
            prepare()
        else:
            known["readers"] = readers
        archive = Archive(settings.archive_dir)
        archive.recover()
        keeper = Keeper(archive, judge=judge, settings=settings)
        process = AsyncCrawlerProcess(scrapy_settings(source, contact=settings.contact))
        process.crawl(spider, source=source, keeper=keeper, cursor=cursor, house=settings, **known)
        process.start()
    if keeper.error:
        raise keeper.error
    return keeper


def _readers(source: Source, *, settings: Settings) -> int:
    """How many processes read pages for this one: none where a few pages are read."""
    if getattr(source, "max_items", 0) < FEW:
        return 0
    if settings.crawl_readers is not None:
        return settings.crawl_readers
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1  # macOS has no such call
    return min(MAX_READERS, processors - 1)


def trial(source: Source) -> Source:
    """The source, to be tried: a few pages, slowly."""
    few = {"max_requests": 6, "max_pages": 1, "max_items": 5, "max_threads": 2, "max_posts": 20, "seconds": 20, "recheck": 0}
    least = {name: min(getattr(source, name), few[name]) for name in few if name in type(source).model_fields}
    return source.model_copy(update=least)


def _check_contact(source: Source, *, contact: str) -> None:
    """A crawler says who runs it, except to its own machine."""
    away = [host for host in source.own_hosts() if not (is_ip(host) and not is_public_address(host)) and host != "localhost"]
    if away and not contact:
        raise ConfigError(f"source {source.name} reads {min(away, key=len)}: set VIGIE_CONTACT to an e-mail or a page where its owner can reach you")


def scrapy_settings(source: Source, *, contact: str) -> dict[str, Any]:
    """All that Scrapy is told: polite, bounded, and only http and https."""
    from scrapy.settings.default_settings import RETRY_EXCEPTIONS

    return {
        "USER_AGENT": f"Vigie/0.1 (+{contact or 'local'})",
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": TOKEN,
        "DOWNLOAD_DELAY": 0,  # crawlers.fetching.pace keeps it, together with other processes
        "CONCURRENT_REQUESTS_PER_DOMAIN": source.concurrency,
        "DOWNLOAD_TIMEOUT": source.patience(),
        "DOWNLOAD_MAXSIZE": MAX_BODY,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": 2,
        "CONCURRENT_ITEMS": 1,  # no item passes through Scrapy; the default starts a hundred tasks for each answer
        "RETRY_EXCEPTIONS": [name for name in RETRY_EXCEPTIONS if "Timeout" not in str(name)],  # who takes 30 s is not asked again in this run
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REFERER_ENABLED": False,
        "HTTPPROXY_ENABLED": False,  # evidence wants a direct connection
        "MEMUSAGE_ENABLED": False,
        "EXTENSIONS": _off("extensions", "corestats.CoreStats", "logcount.LogCount", "logstats.LogStats") | dict.fromkeys(OWN, 0),
        "SPIDER_MIDDLEWARES": _off("spidermiddlewares", "depth.DepthMiddleware", "urllength.UrlLengthMiddleware"),
        "DNS_RESOLVER": "crawlers.fetching.guard.GuardedResolver",
        NAMED_HOSTS: sorted(source.own_hosts()),
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "crawlers.fetching.handler.PacedHandler")
        | dict.fromkeys(("data", "file", "ftp", "s3")),
        "DOWNLOADER_MIDDLEWARES": {
            **_off("downloadermiddlewares", "httpauth.HttpAuthMiddleware", "offsite.OffsiteMiddleware", "stats.DownloaderStats"),
            "crawlers.fetching.guard.GuardMiddleware": 50,  # before robots.txt: not even that is asked of a refused host
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "crawlers.fetching.robots.ObeyingMiddleware": 100,  # where Scrapy has its own
            "crawlers.fetching.reservations.ReservationMiddleware": 110,  # after robots.txt
            "crawlers.fetching.robots.RobotsMiddleware": 540,  # above retry (550)
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "crawlers.fetching.unpack.UnpackingMiddleware": 590,  # where Scrapy has its own
            "crawlers.fetching.capture.CaptureMiddleware": 990,  # nearest to the site: bytes as sent
        },
        "LOG_ENABLED": False,
        "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",  # the keeper counts
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }


def _off(kind: str, *names: str) -> dict[str, int | None]:
    """Parts of Scrapy whose work the guard and the keeper do, or that nobody reads."""
    return dict.fromkeys((f"scrapy.{kind}.{name}" for name in names), None)


def main(arguments: list[str]) -> int:
    """The body of ``python -m crawlers.run NAME``: the one broad edge of this process."""
    logs.configure()
    logging.disable(logging.CRITICAL)  # Scrapy and Twisted log texts of pages; what matters is counted in the report
    try:
        settings = load_settings()
        found, wrong = load_named(settings.sources_dir, (arguments[0],))
        if wrong:
            raise ConfigError(wrong[arguments[0]])
        source = found[arguments[0]]
        source = trial(source) if "--trial" in arguments else source
        answer: dict[str, Any] = {"report": crawl(source, settings=settings).model_dump(mode="json")}
    except VigieError as error:
        answer = {"error": {"kind": error.kind, "message": str(error)}}
    print(json.dumps(answer, ensure_ascii=False))
    return 2 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
