"""The processes that read submitted pages, started before they are needed. One crawl at a time each; one that takes too long is ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import ConfigError, VigieError
from core.logs import get_logger
from core.settings import ROOT
from crawlers.submitted import Job, Outcome
from flows.crawling import KINDS, child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings

log = get_logger(__name__)
LIMIT = 60.0  # seconds that one crawl may take
START = 120.0  # seconds that loading may take


class Fetched(NamedTuple):
    """What one crawl said: an outcome for each address that it came to, and why it could not go on; ``code``: with which it ended, None: by force."""

    outcomes: dict[str, Outcome]
    error: VigieError | None = None
    code: int | None = None


class Fetcher:
    """One such process, made again after it was ended. Not for several threads at once."""

    def __init__(self, settings: Settings, *, limit: float = LIMIT) -> None:
        self._settings, self._limit = settings, limit
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the process, which then loads what it needs."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "crawlers.submitted"]
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=child_environment(self._settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )

    def fetch(self, job: Job) -> Fetched:
        """One crawl. What it came to before it was ended is kept: the archive seals its batch when it is next recovered."""
        self.warm()
        process, outcomes, error, code = self._process, dict[str, Outcome](), None, None
        for line in self._said(process, job) if process else ():
            if "outcome" in line:
                outcome = Outcome.model_validate(line["outcome"])
                outcomes[outcome.url] = outcome
            elif "error" in line:
                error = KINDS.get(line["error"]["kind"], ConfigError)(line["error"]["message"])
            else:
                code = line["ended"]
        return Fetched(outcomes, error, code)

    def _said(self, process: subprocess.Popen[str], job: Job) -> Iterator[dict[str, Any]]:
        """What the process says of a job, until it ends; nothing where it is dead."""
        watch = self._watched(START)
        try:
            with contextlib.suppress(BrokenPipeError):
                _write(process, job.model_dump_json())
            for line in process.stdout or ():
                said: dict[str, Any] = json.loads(line)
                if "begun" in said:
                    watch.cancel()
                    watch = self._watched(self._limit)
                    continue
                yield said
                if "ended" in said:
                    return
            log.warning("crawl_ended_early", pages=len(job.pages))
        finally:
            watch.cancel()

    def _watched(self, seconds: float) -> threading.Timer:
        """Ends the process then, if it is not cancelled before."""
        watch = threading.Timer(seconds, self.kill)
        watch.daemon = True
        watch.start()
        return watch

    def kill(self) -> None:
        """End the process and the crawl that it is at. Harmless to repeat, and from another thread."""
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """End the process."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process = None


def _write(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin:
        process.stdin.write(line + "\n")
        process.stdin.flush()
