"""When each host may be asked next, for all processes that read into one archive: sources on one host keep its pace together.

One small file per host, changed under a lock that the system releases when a process dies. It is not flushed to disk: a power cut loses a pause.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from core.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 86_400.0  # seconds; a time further away is a mistake of the site or of a clock, and must not shut a source out for ever
HELD = 0.05  # seconds until a lock is tried again: it is held for the time of one small write
SIZE = 96  # bytes, always the same, in one write: who is killed leaves the old times or the new ones


class Times(NamedTuple):
    """Epoch seconds. ``next_at``: when the host may be asked again; ``resume_at``: when a pause that it asked for ends."""

    next_at: float = 0.0
    resume_at: float = 0.0


def one_name(host: str) -> str:
    """The host without "www.": both are one site, on one machine."""
    return host.removeprefix("www.")


class Hosts:
    """The files of one folder. Hosts are named as ``one_name`` gives them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def turn(self, host: str, *, delay: float, not_before: float = 0.0) -> float:
        """When this request may be sent, in epoch seconds: if that is not in the future its turn has come, and the next one's comes ``delay`` later.

        Else ask again at that time. ``not_before``: a pause that the caller knows of, told to all. Raises ConfigError.
        """
        try:
            with self._held(host) as handle:
                now = time.time()
                known = _read(handle, now)
                resume = max(known.resume_at, min(not_before, now + LONGEST))
                until = max(known.next_at, resume)
                following = known.next_at if until > now else now + min(delay, LONGEST)
                if (following, resume) != known:
                    _write(handle, Times(following, resume))
                return until
        except BlockingIOError:
            return time.time() + HELD

    def pause(self, host: str, until: float) -> None:
        """Nobody asks this host before ``until``. Raises ConfigError. Where the lock cannot be had, the caller's next turn tells it."""
        with contextlib.suppress(BlockingIOError), self._held(host) as handle:
            now = time.time()
            known = _read(handle, now)
            _write(handle, known._replace(resume_at=max(known.resume_at, min(until, now + LONGEST))))

    @contextlib.contextmanager
    def _held(self, host: str) -> Iterator[int]:
        """The host's file, locked. Raises BlockingIOError where another process does not let go of it: the caller has other hosts to serve."""
        path = self._folder / f"{quote(host, safe='')[:200]}.json"
        with disk_errors(path):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield handle
            finally:
                os.close(handle)


def _read(handle: int, now: float) -> Times:
    """What the file says; nothing where it is new or damaged."""
    try:
        found = json.loads(os.pread(handle, SIZE, 0))
    except (ValueError, RecursionError):
        return Times()
    return Times(*(_time(found.get(name), now) for name in Times._fields)) if isinstance(found, dict) else Times()


def _time(value: object, now: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if math.isfinite(value) and 0 <= value <= now + LONGEST else 0.0


def _write(handle: int, times: Times) -> None:
    """Not rounded: a time rounded up would be further away than ``LONGEST`` to who reads it at once, and so no time at all."""
    os.pwrite(handle, json.dumps(times._asdict()).ljust(SIZE - 1).encode() + b"\n", 0)
