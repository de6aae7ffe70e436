"""JSON Lines to records; a line that does not fit is named with its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from core.errors import Invalid
from core.files import read_json_lines
from core.records import Record

if TYPE_CHECKING:
    from pathlib import Path

Shape = TypeVar("Shape", bound=Record)


def load_lines(path: Path, shape: type[Shape], *, expected: str) -> list[Shape]:
    """The records of a file. Raises Invalid that names file and line."""
    try:
        lines = list(read_json_lines(path))
    except Invalid as error:
        raise Invalid(f"{error}; expected {expected}") from error
    if not lines:
        raise Invalid(f"{path} holds no line; expected {expected}")
    return [_record(f"{path}:{number}", value, shape, expected) for number, value in lines]


def _record(where: str, value: Any, shape: type[Shape], expected: str) -> Shape:
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the line"
        raise Invalid(f"{where}: {place}: {first['msg']}; expected {expected}") from error
