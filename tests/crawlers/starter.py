"""Starts crawls sooner: loading Scrapy takes a second, so one process loads it once and forks for each crawl. What runs then is the same."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

from core.settings import ROOT, Settings
from flows.crawling import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BODY = """
import json, os, signal, sys, time, traceback
import scrapy.core.downloader.handlers.http11, scrapy.core.engine, scrapy.crawler
import crawlers.reading.extract, crawlers.fetching.handler, crawlers.recognise, crawlers.run
from crawlers.catalog import kinds
from crawlers.reading.language import detect
from importlib import import_module
for kind in kinds():
    import_module(f"crawlers.spiders.{kind}")
detect("Une phrase assez longue pour que sa langue soit reconnue.", None)
assert "twisted.internet.reactor" not in sys.modules
def body(arguments, environment, folder):
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(os.path.join(folder, name), os.O_CREAT | os.O_TRUNC | os.O_WRONLY), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        code = crawlers.run.main(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
for line in sys.stdin:
    job = json.loads(line)
    start, after, running, codes = time.monotonic(), job["after"], {}, {}
    for number, (arguments, folder) in enumerate(job["runs"]):
        process = os.fork()
        if process == 0:
            body(arguments, job["environment"], folder)
        running[process] = number
    while running:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process:
            codes[running.pop(process)] = os.waitstatus_to_exitcode(status)
        elif after is not None and time.monotonic() - start > after:
            for process in running:
                os.kill(process, signal.SIGKILL)
            after = None
        else:
            time.sleep(0.003)
    print(json.dumps([[codes[number] for number in sorted(codes)], time.monotonic() - start]), flush=True)
"""


class Ended(NamedTuple):
    """How crawls that ran side by side ended: a code each (-9: killed), what each said, and after how many seconds the last one had ended."""

    codes: list[int]
    out: list[str]
    err: list[str]
    seconds: float


class Starter:
    """One process that forks for each crawl."""

    def __init__(self) -> None:
        environment = {**child_environment(Settings()), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", BODY], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, runs: Sequence[Sequence[str]], *, environment: Mapping[str, str], after: float | None = None) -> Ended:
        """The arguments of ``python -m crawlers.run``, for several crawls at once. ``after``: seconds after which those that still run are killed."""
        into, told = self._process.stdin, self._process.stdout
        assert into
        assert told
        with tempfile.TemporaryDirectory() as place:
            folders = [Path(place) / str(number) for number in range(len(runs))]
            for folder in folders:
                folder.mkdir()
            job = {
                "runs": [[list(arguments), str(folder)] for arguments, folder in zip(runs, folders, strict=True)],
                "after": after,
                "environment": dict(environment),
            }
            into.write(json.dumps(job) + "\n")
            into.flush()
            codes, seconds = json.loads(told.readline())
            out, err = (
                [(folder / name).read_text(encoding="utf-8") if (folder / name).exists() else "" for folder in folders] for name in ("out", "err")
            )
        return Ended(codes, out, err, seconds)


_idle: LifoQueue[Starter] = LifoQueue()


@contextmanager
def starter() -> Iterator[Starter]:
    """One that nobody else uses; they end with this process, which closes their input."""
    try:
        found = _idle.get_nowait()
    except Empty:
        found = Starter()
    yield found
    _idle.put(found)


def _run(command: list[str], *, env: Mapping[str, str], timeout: float, **_: Any) -> subprocess.CompletedProcess[str]:
    """As subprocess.run, for crawls."""
    assert command[1:3] == ["-m", "crawlers.run"]
    with starter() as found:
        ended = found.run([command[3:]], environment=env, after=timeout)
    if ended.codes == [-9] and ended.seconds >= timeout:
        raise subprocess.TimeoutExpired(command, timeout)
    return subprocess.CompletedProcess(command, ended.codes[0], ended.out[0], ended.err[0])


_within = 0
_lock = Lock()
_patch = mock.patch("flows.crawling.subprocess", SimpleNamespace(run=_run, TimeoutExpired=subprocess.TimeoutExpired))


@contextmanager
def started_sooner() -> Iterator[None]:
    """Within this, ``flows.crawling`` forks its crawls; several threads may be within."""
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)


def _enter(step: int) -> None:
    global _within
    with _lock:
        before, _within = _within, _within + step
        if before == 0:
            _patch.start()
        elif _within == 0:
            _patch.stop()
