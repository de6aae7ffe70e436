"""Try a source, or look at an address: a few polite requests into a temporary archive, of which nothing stays."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import SecretStr

from core.errors import ConfigError, Unavailable
from core.pseudonyms import load_key
from crawlers.erasing.optout import FILE
from crawlers.evidence.archive import Archive
from crawlers.evidence.matching import unpacked
from crawlers.evidence.members import members, record_of
from crawlers.expect import is_blind, meaning
from crawlers.reading.page import Page
from crawlers.suggest import LEGAL_BASIS
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.records import Document, SetAside, SourceReport
    from core.settings import Settings

CUT = ("gap", "limit_reached")  # what a trial, which reads a few pages only, always meets


@dataclass(frozen=True)
class Trial:
    """What a source would keep, and what it could not read. ``page``: the last answer of the site, where there was one."""

    report: SourceReport
    documents: tuple[Document, ...]
    set_aside: tuple[SetAside, ...]
    page: Page | None


def try_source(name: str, *, settings: Settings) -> Trial:
    """Read a few pages of a source. Raises ConfigError, NotFound, Unavailable, SourceError."""
    with _elsewhere(settings) as there:
        report = crawl_source(name, settings=there, trial=True)
        archive = Archive(there.archive_dir)
        documents = tuple(document for batch in archive.batches() for document in archive.documents(batch))
        set_aside = tuple(entry for batch in archive.batches() for entry in archive.set_aside(batch))
        page = _last_page(archive)
    # a trial reads a few pages: that they hold fewer documents or fields than a whole run is no alarm
    alarms = tuple(f"{count} x {reason} : {meaning(reason)}" for reason, count in report.reasons.items() if is_blind(reason) and reason not in CUT)
    report = report.model_copy(update={"alarms": alarms})
    return Trial(report=report, documents=documents, set_aside=set_aside, page=page)


def look(url: str, *, settings: Settings) -> Trial:
    """Read one address as if it had been submitted. Raises ConfigError, Unavailable, SourceError."""
    with tempfile.TemporaryDirectory() as folder:
        why = {"purpose": "proposer un fichier de source", "legal_basis": LEGAL_BASIS}
        source = {"title": "Une adresse à regarder", "kind": "urls", "pages": [url], **why}
        (Path(folder) / "adresse.yml").write_text(yaml.safe_dump(source, allow_unicode=True), encoding="utf-8")
        try:
            return try_source("adresse", settings=settings.model_copy(update={"sources_dir": Path(folder)}))
        except ConfigError as error:
            raise ConfigError(str(error).removeprefix("source adresse reads ")) from error
        except Unavailable as error:
            raise Unavailable(f"{url}: {str(error).removeprefix('source adresse: ')}") from error


@contextlib.contextmanager
def _elsewhere(settings: Settings) -> Iterator[Settings]:
    """Settings whose archive is a temporary one that knows the same opt-outs, hence the same pseudonyms."""
    with tempfile.TemporaryDirectory(prefix="vigie-trial-") as folder:
        there = settings.model_copy(update={"data_dir": Path(folder), "pseudonym_key": SecretStr(load_key(settings).decode())})
        opt_outs = settings.archive_dir / FILE
        if opt_outs.exists():
            there.archive_dir.mkdir(parents=True)
            shutil.copy(opt_outs, there.archive_dir / FILE)
        yield there


def _last_page(archive: Archive) -> Page | None:
    """The last answer that was kept as evidence."""
    last = None
    for path in sorted((archive.root / "evidence").glob("*.warc.gz")):
        for _, raw, _ in members(path):
            record = record_of(raw)
            if record.get("WARC-Type") == "response":
                _, headers, payload = record.message
                last = Page(url=record.get("WARC-Target-URI"), body=unpacked(payload, headers.get("content-encoding", "")), headers=headers)
    return last
