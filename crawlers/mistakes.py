"""What is wrong in a source file, in plain words: what was found, what was expected, what to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

import yaml
from pydantic import BaseModel

from core.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from pydantic import ValidationError
    from pydantic.fields import FieldInfo

    Place: TypeAlias = tuple[int | str, ...]

NUMBERS = {"greater_than_equal": ("ge", "at least"), "greater_than": ("gt", "more than"), "less_than_equal": ("le", "at most"),
           "less_than": ("lt", "less than"), "string_too_short": ("min_length", "at least"), "string_too_long": ("max_length", "at most"),
           "too_short": ("min_length", "at least"), "too_long": ("max_length", "at most")}  # fmt: skip
UNITS = {"string": "characters", "too": "entries"}
EXPECTED = {"bool": "true or false", "int": "a whole number", "float": "a number", "string": "text", "dict": "keys and values", "finite": "a number"}
PATTERNS = {r"^[a-z]{2}$": "two small letters such as fr", r"^\w{1,100}$": "one word such as sante, without #"}
ADDRESS = "a whole address such as https://exemple.fr/page"


def explained(error: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake of those that a model found in a file."""
    errors = error.errors()
    first, place, field = errors[0], *_walk(errors[0]["loc"], model)
    where = _where(place)
    if first["type"] == "missing":
        return f"key {where!r} is missing; {_said(field) or 'expected it with a value'}"
    if first["type"] == "extra_forbidden":
        known = _model_at(place[:-1], model)
        return f"{_where(place[:-1])}: unknown key {str(place[-1])!r}; {nearest(str(place[-1]), known.model_fields)}"
    if first["type"] == "value_error":
        return f"{where}: {first['ctx']['error']}" if where else str(first["ctx"]["error"])
    if first["input"] is None:
        return f"{where}: nothing stands after the colon; {_said(field) or 'expected a value'} (what follows # is a comment: put it in quotes)"
    same = [one for one in errors if _walk(one["loc"], model)[0] == place]  # the kinds of value that one key may have
    expected = " or ".join(dict.fromkeys(_expected(one, place, field) for one in same))
    return f"{where}: found {_shown(first['input'])}, expected {expected}"


def _said(field: FieldInfo | None) -> str:
    """What a field's description says, as the end of a message."""
    return f"expected {field.description}" if field and field.description else ""


def _walk(loc: Place, model: type[BaseModel]) -> tuple[Place, FieldInfo | None]:
    """The keys and positions of a mistake, without what pydantic adds for alternatives, and the field that it is in."""
    at: type[BaseModel] | None = model
    place: list[int | str] = []
    field: FieldInfo | None = None
    for part in loc:
        known = at.model_fields if at else {}
        if isinstance(part, str) and not at and get_origin(field.annotation if field else None) is not dict:
            break
        place.append(part)
        if part not in known:
            at = None if not isinstance(part, int) else at
            continue
        field = known[str(part)]
        at = field.annotation if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel) else None
    return tuple(place), field


def _model_at(place: Place, model: type[BaseModel]) -> type[BaseModel]:
    for part in place:
        inner = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else model
    return model


def _where(place: Place) -> str:
    """``keep.words, entry 2``: positions are counted from 1."""
    found = ""
    for part in place:
        found += f", entry {part + 1}" if isinstance(part, int) else f".{part}" if found else part
    return found


def _expected(error: Mapping[str, Any], place: Place, field: FieldInfo | None) -> str:
    """What one error asks for."""
    kind, context = error["type"], error.get("ctx", {})
    family = kind.partition("_")[0]
    if kind in NUMBERS:
        key, words = NUMBERS[kind]
        unit = "entry" if family == "too" and context[key] == 1 else UNITS.get(family, "")
        said = f": {field.description}" if family == "string" and field and field.description else ""
        return f"{words} {context[key]} {unit}".rstrip() + said
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"]) or (field.description if field and field.description else f"something like {context['pattern']}")
    if kind == "string_type":
        return "text; put it in quotes" if isinstance(error["input"], int | float) or not isinstance(error["input"], dict | list) else "one text"
    if family in ("url", "tuple", "list"):
        return _address(error["input"]) if family == "url" else f"a list: {_list_of(str(place[-1]), field)}"
    if family == "model":
        return f"keys and values below {place[-1]!r}, each on its own line"
    return str(EXPECTED.get(family) or context.get("expected") or error["msg"].removeprefix("Input should be "))


def _address(found: object) -> str:
    bare = isinstance(found, str) and "." in found and "://" not in found and not found.startswith(("/", "."))
    return f"{ADDRESS}; add https://" if bare else ADDRESS


def _list_of(key: str, field: FieldInfo | None) -> str:
    inside = "https://..., https://..." if field and "Url" in str(field.annotation) else "..., ..."
    return f"{key}: [{inside}]"


def _shown(value: object) -> str:
    """What was found, short: a person knows the file."""
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 80 else f"{text[:80]}…"


class OneOfEach(yaml.SafeLoader):
    """YAML in which no key stands twice: of two values the first would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as PyYAML has it
        """Raises YAMLError."""
        known: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            first = known.setdefault(key.value, key) if isinstance(key, yaml.ScalarNode) else key
            if first is not key:
                said = f"the key {key.value!r} stands there already, at line {first.start_mark.line + 1}; keep one of the two"
                raise Twice(None, None, said, key.start_mark)
        return super().construct_mapping(node, deep=deep)


class Twice(yaml.MarkedYAMLError):
    """A key that stands twice."""


def unreadable(error: yaml.YAMLError | ValueError | RecursionError, text: str) -> str:
    """Why a text is no YAML: line, column, and what to do where that is known."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is not None and isinstance(error, Twice):
        return f"line {mark.line + 1}: {error.problem}"
    if mark is None:
        why = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        return f"not readable as YAML ({why}); expected keys and values such as 'kind: feed'"
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    where = f"not readable as YAML at line {mark.line + 1}, column {mark.column + 1}"
    return f"{where}: {_remedy(line, mark.column)}"


def _remedy(line: str, column: int) -> str:
    before = line[: column + 1]
    if "\t" in before and not before.strip():
        return "a tab; use spaces at the beginning of a line"
    key, colon, value = line.partition(":")
    if colon and (": " in value or value.rstrip().endswith(":")) and value.strip()[:1] not in ("'", '"', "[", "{"):
        return f'the value has a colon of its own; put the value in quotes: {key.strip()}: "{value.strip()[:60].replace(chr(34), chr(39))}"'
    if colon and value.strip()[:1] in ("@", "`", "%", "*", "&", "!", "|", ">", "#", "'", '"', "-"):
        return f"found {value.strip()[:40]!r}; put the value in quotes, and close them"
    if "\t" in before:
        return "a tab; use spaces"
    return f"found {line.strip()[:60]!r}; look at this line and the one before: brackets and quotes closed, a space after the colon, lines aligned"


def as_lists(data: dict[Any, Any], model: type[BaseModel]) -> dict[Any, Any]:
    """A copy in which a single value stands in a list where the model wants one."""
    found = dict(data)
    for key, field in model.model_fields.items():
        value, wanted = found.get(key), field.annotation
        if isinstance(value, str) and get_origin(wanted) is tuple:
            found[key] = [value]
        elif isinstance(value, dict) and isinstance(wanted, type) and issubclass(wanted, BaseModel):
            found[key] = as_lists(value, wanted)
    return found
