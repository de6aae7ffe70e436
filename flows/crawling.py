"""Crawl one source in a process of its own: Scrapy's reactor starts once per process, and a crawl that hangs can be stopped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from core.errors import ConfigError, Invalid, NotFound, SourceError, Unavailable, VigieError
from core.records import SourceReport
from core.settings import PREFIX, ROOT
from core.urls import host_of
from crawlers.catalog import load_named
from crawlers.expect import meaning
from crawlers.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings
    from crawlers.catalog import Source

KINDS: dict[str, type[VigieError]] = {error.kind: error for error in (ConfigError, Invalid, NotFound, Unavailable)}


def crawl_source(name: str, *, settings: Settings, trial: bool = False) -> SourceReport:
    """Read one source into the archive, a ``trial`` only a few pages of it.

    Raises ConfigError, NotFound; Unavailable when nothing at all was read for a passing reason.
    """
    command = [sys.executable, "-m", "crawlers.run", name, *(["--trial"] if trial else [])]
    with _alone(name, settings) as (source, there):
        try:
            environment = child_environment(there)
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=settings.crawl_timeout, check=False)
        except subprocess.TimeoutExpired as error:
            _note_broken(name, settings=settings, why=f"arrêtée après {settings.crawl_timeout} s")
            raise Unavailable(f"source {name}: not done after {settings.crawl_timeout} s (VIGIE_CRAWL_TIMEOUT); what was read is kept") from error
    answer = _answer(done.stdout)
    if answer is None:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        _note_broken(name, settings=settings, why=f"code {done.returncode}")
        raise SourceError("crawl_broken", f"source {name}: the crawl ended with code {done.returncode} ({last[:300]}); what was read is kept")
    if "error" in answer:
        raise KINDS.get(answer["error"]["kind"], ConfigError)(answer["error"]["message"])
    report = SourceReport.model_validate(answer["report"])
    if report.transient and report.kept + report.duplicate + report.dropped + report.unchanged == 0:
        why = "; ".join(meaning(reason) for reason in report.reasons)
        raise Unavailable(f"source {name}: nothing could be read ({', '.join(report.reasons)}): {why}; {_remedy(source)}")
    return report


def _note_broken(name: str, *, settings: Settings, why: str) -> None:
    """A run that gave no report is remembered too: else the one before would speak for it."""
    alarm = f"1 x crawl_broken : {meaning('crawl_broken')} ({why})"
    History(settings.archive_dir).add(SourceReport(source=name, reasons={"crawl_broken": 1}, alarms=(alarm,), transient=True), at=datetime.now(UTC))


@contextmanager
def _alone(name: str, settings: Settings) -> Iterator[tuple[Source, Settings]]:
    """The source, and settings whose folder holds a copy of its file alone: a mistake in another one stops no crawl. Raises ConfigError, NotFound."""
    found, wrong = load_named(settings.sources_dir, (name,))
    if wrong:
        raise ConfigError(wrong[name])
    with tempfile.TemporaryDirectory(prefix="vigie-source-") as folder:
        shutil.copy(settings.sources_dir / f"{name}.yml", folder)
        yield found[name], settings.model_copy(update={"sources_dir": Path(folder)})


def _remedy(source: Source) -> str:
    """What to do where nothing could be read: a name that nobody knows will not answer later."""
    host = next((host_of(address) for address in source.addresses()), "")
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return f"the name {host} is not known: check how it is written, and this machine's connection"
    return "try again later"


def _answer(output: str) -> dict[str, Any] | None:
    lines = output.strip().splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        return None
    return answer


def child_environment(settings: Settings) -> dict[str, str]:
    """This process's environment, with these settings in place of what it says of Vigie."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if value is not None:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            environment[PREFIX + name.upper()] = str(plain)
    return environment
