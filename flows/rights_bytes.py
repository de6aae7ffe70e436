"""Looks for bytes in every file below the data folder: databases and what lies beside them, packed lines, evidence, and what is packed in bundles.

What a database calls erased may still lie in its pages; this is the proof that it does not.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from core.logs import get_logger
from flows.rights_tokens import forms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from flows.rights_tokens import Token

BLOCK = 8 * 2**20  # bytes read at once
WINDOW, STEP = 8, 16  # bytes
MOST_UNPACKED = 2**31  # bytes of one file: more is an attack on the reader
EVIDENCE = ".warc.gz"
# hold keyed hashes of who asked not to be read, which must stay, or nothing of anybody
LEFT_OUT = ("opt_outs.jsonl", "held.jsonl", "pseudonym.key", "console.key")
log = get_logger(__name__)


def found_in(folder: Path, tokens: Collection[Token], *, unread: list[str] | None = None) -> dict[str, set[Token]]:
    """Which of these stand in which file, by its path below the folder. Of evidence, whose pages others share, only pieces of texts count.

    ``unread``: takes the paths of files that could not be unpacked to their end: nobody can say what they hold.
    """
    every, pieces = _Finder(tokens), _Finder([token for token in tokens if token.sort == "piece"])
    found: dict[str, set[Token]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in LEFT_OUT:
            here, whole = _in_file(path, pieces if path.name.endswith(EVIDENCE) else every)
            if here:
                found[str(path.relative_to(folder))] = here
            if not whole and unread is not None:
                unread.append(str(path.relative_to(folder)))
    return found


class _Finder:
    """Finds many texts in one pass: of a long one, some window of WINDOW bytes begins at a multiple of STEP, wherever it lies.

    The windows are those at its end, for addresses begin alike.
    """

    def __init__(self, tokens: Collection[Token]) -> None:
        wanted = [(form, token) for token in tokens for form in forms(token.text)]
        self.longest = max((len(form) for form, _ in wanted), default=0)
        self._short = [(form, token) for form, token in wanted if len(form) < WINDOW + STEP - 1]
        self._windows: dict[bytes, set[tuple[bytes, Token]]] = {}
        for form, token in wanted:
            for start in range(len(form) - WINDOW - STEP + 1, len(form) - WINDOW + 1) if len(form) >= WINDOW + STEP - 1 else ():
                self._windows.setdefault(form[start : start + WINDOW], set()).add((form, token))

    def seen(self, data: bytes) -> set[Token]:
        """Those that stand in it."""
        windows = self._windows
        near = {part for start in range(0, len(data) - WINDOW + 1, STEP) if (part := data[start : start + WINDOW]) in windows} if windows else set()
        possible = set().union(*(windows[part] for part in near))
        return {token for form, token in (*possible, *self._short) if form in data}


def _in_file(path: Path, finder: _Finder) -> tuple[set[Token], bool]:
    """What stands in it, and whether it was read to its end."""
    found: set[Token] = set()
    if not finder.longest:
        return found, True
    try:
        for stream in _streams(path):
            before, total = b"", 0
            while (block := stream.read(BLOCK)) and total < MOST_UNPACKED:
                data, total = before + block, total + len(block)
                found |= finder.seen(data)
                before = data[-finder.longest :]
            if total >= MOST_UNPACKED:
                return found, False
    except FileNotFoundError:  # another process ended with it
        return found, True
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError):  # damaged, or locked with a password
        log.warning("file_not_searched", file=path.name)
        return found, False
    return found, True


def _streams(path: Path) -> Iterator[IO[bytes]]:
    """The file as it is, and what is packed in it."""
    with path.open("rb") as file:
        yield file
    if path.suffix == ".gz":
        with gzip.open(path) as unpacked:
            yield unpacked  # type: ignore[misc]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield gzip.GzipFile(fileobj=member) if name.endswith(".gz") else member  # type: ignore[misc]
