"""What joins publications and what is too common to: networks.yml, read and checked."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Literal, get_args

import yaml
from pydantic import Field, ValidationError, model_validator

from core.errors import ConfigError
from core.records import Record

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ThingKind = Literal["canal", "cagnotte", "domaine", "texte"]
THING_KINDS: tuple[ThingKind, ...] = get_args(ThingKind)


class Rules(Record):
    """See networks.yml."""

    most: dict[ThingKind, int]
    at_once: int = Field(ge=1)
    hosts: frozenset[str]

    @model_validator(mode="after")
    def _complete(self) -> Rules:
        if missing := [kind for kind in THING_KINDS if self.most.get(kind, 0) < 2]:
            raise ValueError(f"most lacks {', '.join(missing)}; expected at least 2 for each of {', '.join(THING_KINDS)}")
        if wrong := sorted(host for host in self.hosts if host != host.lower() or host.startswith("www.") or "/" in host or "." not in host):
            raise ValueError(f"hosts: {wrong[0]!r} is not written as a host in small letters without www")
        return self


def load_rules(path: Traversable | None = None) -> Rules:
    """The shipped rules, or those of another file. Raises ConfigError."""
    path = path or resources.files("index").joinpath("networks.yml")
    try:
        return Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:300]}") from error


def too_known(host: str, rules: Rules) -> bool:
    """Whether a host, or one that it stands under, joins nothing."""
    parts = host.split(".")
    return any(".".join(parts[start:]) in rules.hosts for start in range(len(parts)))
