"""How items are read, as reviewed data: policy.yml, checked when it is loaded."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, StringConstraints, ValidationError

from core.errors import ConfigError, nearest
from core.records import Probability, Qualification, Record

FILE = Path(__file__).parent / "policy.yml"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Minutes = Annotated[int, Field(ge=1, le=1440)]


class Policy(Record):
    """The values in force. ``why`` has the reason of each in French, by name."""

    second_reading_share: Probability  # of the items, drawn by a hash of their ids
    second_reading_salt: Words
    leaves: Annotated[tuple[Qualification, ...], Field(min_length=1)]  # what may leave the house: always read twice
    golden_every: Annotated[int, Field(ge=0, le=10_000)]  # one golden item in about so many; 0: none
    lease_minutes: Minutes
    undo_minutes: Minutes
    pause_after: Annotated[int, Field(ge=1)]  # distressing items without a pause
    pause_minutes: Minutes  # without a reading: a pause
    urgency_minutes: Minutes  # until an open urgency is overdue
    urgency_before_minutes: Minutes  # so long before it was opened the services may have been called
    contest_days: Annotated[int, Field(ge=1, le=365)]
    bootstrap_samples: Annotated[int, Field(ge=100, le=100_000)]
    why: dict[str, Words]


@cache
def load_policy(path: Path = FILE) -> Policy:
    """The policy of a file; read once. Raises ConfigError that names the file and the key."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeError) as error:
        raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: found no keys; expected {', '.join(_names())}")
    for name, entry in data.items():
        _check(path, str(name), entry)
    try:
        values, why = ({name: entry[part] for name, entry in data.items()} for part in ("value", "why"))
        return Policy.model_validate({**values, "why": why})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _check(path: Path, name: str, entry: Any) -> None:
    if name not in _names():
        raise ConfigError(f"{path}: unknown key {name!r}; {nearest(name, _names())}")
    if not isinstance(entry, dict) or set(entry) != {"value", "why"}:
        raise ConfigError(f"{path}: {name}: expected value and why, and nothing else")


def _names() -> list[str]:
    return [name for name in Policy.model_fields if name != "why"]
