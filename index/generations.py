"""Generations of an index: how they are named, and the lock that keeps writers and rebuilds of this machine apart."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.files import locked
from index.fields import MAPPING_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Two processes that both make the first generation must choose one name; later names are UTC times, which sort after it.
FIRST = "0" * 20
LOCK_SECONDS = 5.0


def generation_name(alias: str, *, at: datetime | None = None) -> str:
    """``<alias>-v<MAPPING_VERSION>-<UTC time to the microsecond>``; without a time, the name of the very first generation."""
    return f"{alias}-v{MAPPING_VERSION}-{at.astimezone(UTC):%Y%m%d%H%M%S%f}" if at else f"{alias}-v{MAPPING_VERSION}-{FIRST}"


def part_name(generation: str, number: int) -> str:
    """One of the indices that a generation may be spread over, from 1 on, as Elasticsearch's rollover counts them."""
    return f"{generation}-{number:06d}"


def next_part(name: str) -> str:
    """The index after this one of the same generation."""
    generation, _, number = name.rpartition("-")
    return part_name(generation, int(number) + 1)


def generation_of(name: str, *, alias: str) -> str | None:
    """The generation that an index or a file belongs to; None for a stranger."""
    found = _match(name, alias)
    return found["generation"] if found else None


def is_generation(name: str, *, alias: str) -> bool:
    """Whether a name is one of this alias's generations, of any mapping version."""
    return _parse(name, alias) is not None


def is_older(name: str | None, *, alias: str) -> bool:
    """Whether a generation was made by an earlier version of this program: a rebuild brings it up to date."""
    found = _parse(name, alias) if name else None
    return found is not None and found < MAPPING_VERSION


def check_version(name: str, *, alias: str) -> str:
    """The name itself when it has this program's mapping version. Raises ConfigError otherwise."""
    found = _parse(name, alias)
    if found != MAPPING_VERSION:
        seen = f"has mapping version {found}" if found is not None else f"is not named {alias}-v<N>-<time>"
        raise ConfigError(f"index {name} {seen}; this program expects version {MAPPING_VERSION}: run vigie reindex")
    return name


def condition(name: str | None, *, alias: str) -> str:
    """One line for people about the generation that an alias names."""
    if name is None:
        return "empty: nothing was written yet"
    return "ready" if _parse(name, alias) == MAPPING_VERSION else f"not of mapping version {MAPPING_VERSION}: run vigie reindex"


def _parse(name: str, alias: str) -> int | None:
    found = _match(name, alias)
    return int(found["version"]) if found else None


def _match(name: str, alias: str) -> re.Match[str] | None:
    # six digits until the millionth part, then more
    return re.fullmatch(rf"(?P<generation>{re.escape(alias)}-v(?P<version>\d{{1,9}})-\d{{{len(FIRST)}}})(?:-\d{{6,}})?", name, re.ASCII)


@contextlib.contextmanager
def writing(folder: Path, alias: str) -> Iterator[None]:
    """Be the only writer of an index on this machine; a short write is waited for, a rebuild is not. Raises Unavailable, ConfigError."""
    with locked(folder / f"{alias}.lock", what=f"writing or rebuilding index {alias}", wait=LOCK_SECONDS):
        yield
