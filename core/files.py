"""Atomic files: a reader sees the whole old one or the whole new one, whenever the writer is killed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gzip
import json
import os
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST}


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full or refusing disk into one clear line. Raises ConfigError."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise ConfigError(f"disk full while writing {path}: free some space and run the same command again; nothing is lost") from error
        if error.errno in REFUSED:
            raise ConfigError(f"cannot write {path} ({error.strerror}): give this user the right to write there, or set VIGIE_DATA_DIR") from error
        raise


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to disk and renamed. Raises ConfigError."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Force a file or a folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Replace a small text file atomically. Raises ConfigError."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write one JSON text a line, compressed, atomically. Raises ConfigError."""
    with atomic(path) as temporary, gzip.open(temporary, "wt", encoding="utf-8", compresslevel=6) as out:
        for line in lines:
            out.write(line + "\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read what write_lines wrote, one object at a time. Raises ConfigError for a damaged file."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ConfigError(f"{path} is damaged or cannot be read ({error}): restore it from a backup, or move it away and crawl again") from error


def read_json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Number, from 1, and value of each line that is not blank, as the file is read.

    Only a line feed ends a line: text may hold U+2028, U+0085 and the like, which str.splitlines would cut a string at.
    Raises Invalid that names the file, and the line where it is not JSON in UTF-8.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _json(line, f"{path}:{number}")
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror})") from error


def _json(line: bytes, where: str) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))  # not of bytes, which json would also take as UTF-16
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{where}: not JSON in UTF-8 ({error})") from error


@contextlib.contextmanager
def locked(path: Path, *, what: str, wait: float = 0.0) -> Iterator[None]:
    """Hold an advisory lock that the system releases when the process dies. Raises Unavailable if another one holds it for ``wait`` seconds."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + wait
    try:
        while not _taken(handle):
            if time.monotonic() >= until:
                raise Unavailable(f"another process is {what} (lock {path}); wait for it to end and try again")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
