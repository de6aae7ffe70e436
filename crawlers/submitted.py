"""Read submitted pages. ``python -m crawlers.submitted`` loads Scrapy once and forks for each crawl, so that a page is read within a second.

One job a line on standard input, a ``Job`` in JSON. On standard output, a line each: ``begun``; an ``outcome`` for each address as soon as it is
known; perhaps ``error`` with its kind and message; and last ``ended`` with the exit code of the crawl. Ends with its input.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from pydantic import Field

from core import logs
from core.errors import VigieError
from core.records import Record
from core.settings import load_settings
from crawlers.cursor import Cursor
from crawlers.spiders.urls import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings

NAME = "soumissions"  # of the source, in the documents
FILE = Path(__file__).with_suffix(".yml")


class Warm(NamedTuple):
    """A page that nobody serves: reading it loads what reading any page needs."""

    url: str = "https://exemple.invalid/"
    body: bytes = ("<html lang=fr><title>Un titre</title><p>" + "Une phrase pour que tout soit chargé avant la première page. " * 2).encode()


WARM = Warm()
MOST = 10_000  # characters of it


class Job(Record):
    """One crawl. ``delay``: seconds between two requests to one host, None: as the file says; ``seconds``: that one answer may take."""

    pages: tuple[str, ...] = Field(min_length=1)
    delay: float | None = None
    seconds: float = 15.0


class Outcome(Record):
    """What became of an address: ids of the documents that it led to, its own first; or why there are none."""

    url: str
    documents: tuple[str, ...] = ()
    reason: str | None = None  # a word of reasons.yml
    passing: bool = False  # whether trying again may help


class Submitted(Options):
    """Its pages may lead anywhere in public: a submitted address is often a short one. crawlers/fetching/guard.py judges where it leads."""

    pages: tuple[str, ...] = Field(min_length=1)  # type: ignore[assignment]  # core/addresses.py has judged them
    seconds: float = Field(15.0, gt=0, le=60, description="seconds that one answer may take")

    def may_read(self, host: str) -> bool:
        """Whether a host may be read."""
        return True

    def patience(self) -> float:
        """Seconds that one answer may take."""
        return self.seconds


@cache
def _reviewed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def source_of(job: Job) -> Submitted:
    """The source that a job is."""
    given = {"delay": job.delay} if job.delay is not None else {}
    return Submitted.model_validate({**_reviewed(), **given, "name": NAME, "kind": "urls", "pages": job.pages, "seconds": job.seconds})


def read_pages(job: Job, *, settings: Settings) -> None:
    """One crawl, in this process; tells each outcome on standard output. Raises ConfigError."""
    from crawlers.run import read
    from crawlers.submitted_spider import Spider

    # never written: what was read before is not remembered, for who submits a page wants it read
    cursor = Cursor(settings.archive_dir / "cursors" / f"{NAME}.json")
    read(source_of(job), settings=settings, cursor=cursor, spider=Spider, tell=_tell_outcome).finish()


def _tell_outcome(outcome: Outcome) -> None:
    tell({"outcome": outcome.model_dump(mode="json")})


def tell(found: dict[str, Any]) -> None:
    """One line for the process that asked."""
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _child(line: str, settings: Settings) -> int:
    try:
        read_pages(Job.model_validate_json(line), settings=settings)
    except VigieError as error:
        tell({"error": {"kind": error.kind, "message": str(error)}})
        return 2
    return 0


def _prepare() -> None:
    """Load what each crawl needs, but for the reactor, of which each process has its own: three quarters of a crawl's time."""
    import scrapy.core.downloader.handlers.http11  # noqa: F401
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: F401
    from scrapy.settings import Settings as ScrapySettings
    from scrapy.utils.misc import load_object

    import crawlers.submitted_spider  # noqa: F401
    from crawlers.reading.drafts import Draft, to_document
    from crawlers.reading.language import prepare
    from crawlers.reading.page import Page
    from crawlers.recognise import read_any
    from crawlers.run import scrapy_settings

    parts = ScrapySettings(scrapy_settings(source_of(Job(pages=(WARM.url,))), contact="")).copy_to_dict()
    for name in _names(parts):
        load_object(name)
    prepare()
    (draft,) = read_any(Page(WARM.url, WARM.body)).items
    if isinstance(draft, Draft):
        to_document(draft, source=source_of(Job(pages=(WARM.url,))), key=b"none", now=datetime.now(UTC), max_chars=MOST)


def _names(value: Any) -> Iterator[str]:
    """The classes that Scrapy's settings name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _names(key if inner is not None else None)
            yield from _names(inner)
    elif isinstance(value, str) and re.fullmatch(r"(?:scrapy|crawlers)\.[\w.]+\.[A-Z]\w+", value):
        yield value


def main() -> int:
    """The body of the process that forks."""
    logs.configure()
    logging.disable(logging.CRITICAL)  # Scrapy and Twisted log texts of pages; what matters is told
    settings = load_settings()
    _prepare()
    for line in sys.stdin:
        tell({"begun": None})
        process = os.fork()
        if process == 0:
            code = 1
            try:
                code = _child(line, settings)
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status = os.waitpid(process, 0)
        tell({"ended": os.waitstatus_to_exitcode(status)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
