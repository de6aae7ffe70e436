"""JSON Lines to records; a broken line is named with its number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from core.errors import Invalid
from core.records import Record

if TYPE_CHECKING:
    from pathlib import Path

Shape = TypeVar("Shape", bound=Record)


def load_lines(path: Path, shape: type[Shape], *, expected: str) -> list[Shape]:
    """The records of a file. Raises Invalid that names file and line."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}); expected {expected}") from error
    found = [_record(path, number, line, shape, expected) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise Invalid(f"{path} holds no line; expected {expected}")
    return found


def _record(path: Path, number: int, line: bytes, shape: type[Shape], expected: str) -> Shape:
    try:
        return shape.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the line"
        raise Invalid(f"{path}:{number}: {where}: {first['msg']}; expected {expected}") from error
    except ValueError as error:
        raise Invalid(f"{path}:{number}: not JSON in UTF-8 ({error}); expected {expected}") from error
