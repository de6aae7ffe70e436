"""Runs commands in forks of one process, which has loaded what they import once, and kills a fork (SIGKILL) at the Nth change it makes to the disk.

Each line of standard input is a job in JSON; its answer is the exit code of the fork (-9: killed).
Changes are counted by Python's audit events; a fork that ends by itself tells their number on standard error.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "shutil.rmtree", "sqlite3.connect"}
# what takes a command seconds to load; nothing of it starts a thread or reads an environment that a job may change
LOADED = (
    *("crawlers.run", "crawlers.fetching.handler", "crawlers.reading.extract", "crawlers.recognise", "crawlers.spiders.feed"),
    *("crawlers.spiders.crowdfunding_page", "scrapy.core.downloader.handlers.http11", "scrapy.core.engine", "scrapy.crawler"),
    *("cli.main", "cli.publish", "cli.score", "flows.indexing", "flows.scoring", "index.sqlite", "nlp.score", "rich.progress"),
    *("safetensors.torch", "sklearn", "spacy", "tokenizers", "torch", "transformers"),
)


def serve() -> None:
    """A fork for each job."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()  # a fork need not look through what was loaded, nor tear it down when it ends: that took it two seconds
    for line in sys.stdin:
        job = json.loads(line)
        process = os.fork()
        if process == 0:
            _end(job)
        print(ended(process, job["after"]), flush=True)


def _end(job: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        code = run(job)
    except BaseException:  # noqa: BLE001 - told as any program tells it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(process: int, after: float | None) -> int:
    """Its exit code; ``after``: seconds after which it is killed."""
    until = time.monotonic() + (120 if after is None else after)
    while time.monotonic() < until:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.003)
    os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def run(job: dict[str, Any]) -> int:
    """The command of a job, whose words go to files of its ``folder``. ``at``: the change at which it dies; 0 counts them only."""
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(job["folder"]) / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), descriptor)
    os.environ.clear()
    os.environ.update(job["environment"])
    data, seen = job["environment"]["VIGIE_DATA_DIR"], 0

    def watch(event: str, details: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(details[1], str) and bool(set(details[1]) & set("wa+"))
        if not (event in CHANGES or writes) or not any(isinstance(detail, str) and detail.startswith(data) for detail in map(_plain, details)):
            return
        seen += 1
        if seen == job["at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    command = getattr(importlib.import_module(job["module"]), "run" if job["module"] == "cli.main" else "main")
    sys.addaudithook(watch)
    code: int = command(job["arguments"])
    print(f"changes {seen}", file=sys.stderr)
    return code


def _plain(detail: object) -> object:
    return os.fsdecode(detail) if isinstance(detail, bytes | os.PathLike) else detail


if __name__ == "__main__":
    serve()
