"""Folders of reviewed data: one YAML file a subject, read strictly, so that a mistake names the file and the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import ValidationError

from core.errors import ConfigError, nearest
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

Shape = TypeVar("Shape", bound=Record)


class _Loader(yaml.SafeLoader):
    """YAML where a key that stands twice is an error, instead of the last one winning."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        names = [str(key.value) for key, _ in node.value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise yaml.composer.ComposerError(None, None, f"duplicate key {twice!r}", node.start_mark)
        return node


def read_folder(folder: Path, shape: type[Shape], *, keys: Iterable[str]) -> Iterator[tuple[Path, Shape]]:
    """Each file of a folder with its record, in the order of their names. ``keys``: that may be meant by a misspelt one. Raises ConfigError."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise ConfigError(f"{folder} holds no .yml file; restore it")
    known = sorted(set(keys))
    for path in paths:
        yield path, _read(path, shape, known)


def _read(path: Path, shape: type[Shape], known: list[str]) -> Shape:
    data = None
    try:
        data = _Loader(path.read_text(encoding="utf-8")).get_single_data()
        return shape.model_validate(data)
    except ValidationError as error:
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")  # a misspelt key comes before the missing one
        hint = f"; {nearest(str(first['loc'][-1]), known)}" if first["type"] == "extra_forbidden" else ""
        raise ConfigError(f"{path}: {_where(data, first['loc'])}: {first['msg']}{hint}") from error
    except (OSError, yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a value that is no date
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error


def _where(data: Any, steps: tuple[int | str, ...]) -> str:
    """Where in a file: a list's entries go by their id or name, as a person finds them."""
    words = []
    for step in steps:
        data = data[step] if isinstance(data, list) and isinstance(step, int) else data.get(step) if isinstance(data, dict) else None
        known = data if isinstance(step, int) and isinstance(data, dict) else {}
        words.append(str(known.get("id") or known.get("name") or step))
    return ".".join(words) or "file"


def day(when: date) -> str:
    """A day as people write it in French: 2 avril 2026."""
    return f"{'1er' if when.day == 1 else when.day} {MONTHS[when.month - 1]} {when.year}"


MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
