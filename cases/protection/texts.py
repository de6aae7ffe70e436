"""The reviewed French texts of this folder, one file a subject."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from core.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent


@cache
def text_of(name: str) -> Mapping[str, Any]:
    """The file of this name. Raises ConfigError."""
    path = FOLDER / f"{name}.yml"
    try:
        found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; {nearest(name, {one.stem for one in FOLDER.glob('*.yml')})}") from error
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    return found
