"""Legal capacities and roles in French, from capacities.yml: what an organisation declares itself to be, and what that means for what it may do."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from cases.people import Capacity, Role
from core.errors import ConfigError
from core.records import Record

FILE = Path(__file__).parent / "capacities.yml"


class Words(Record):
    """``name`` as people read it, and what it implies."""

    name: str
    implies: str


class Vocabulary(Record):
    """The words of the file."""

    capacities: dict[Capacity, Words]
    roles: dict[Role, Words]


@cache
def vocabulary() -> Vocabulary:
    """Read once. Raises ConfigError."""
    try:
        return Vocabulary.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{FILE} cannot be read: {' '.join(str(error).split())[:300]}") from error
