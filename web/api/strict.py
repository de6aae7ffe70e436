"""JSON from strangers: one meaning or none. Whatever two readers could understand differently, or a database cannot hold, is refused. Pure."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from core.errors import Invalid

DEEPEST, WIDEST = 20, 1000  # levels, and members of one object or list: no request of this API needs more than 4 and 100


def parse(body: bytes) -> Any:
    """The value of a body. Raises Invalid for what is no JSON in UTF-8, names a key twice, is nested too deep or holds NUL or half a character."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8 (byte {error.start}); expected JSON in UTF-8") from error
    except RecursionError as error:
        raise Invalid(f"the body is nested deeper than {DEEPEST} levels") from error
    except json.JSONDecodeError as error:
        raise Invalid(f"the body is no JSON ({error.msg}, line {error.lineno} column {error.colno})") from error
    except ValueError as error:  # an integer of thousands of digits
        raise Invalid("the body holds a number that is too long") from error
    _check(value, DEEPEST)
    return value


def clean(text: str) -> bool:
    """Whether a string is what databases and UTF-8 can hold: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise Invalid(f"the key {twice[:60]!a} stands twice in one object of the body; keep one")
    return found


def _no_number(word: str) -> NoReturn:
    raise Invalid(f"the body holds {word}, which is no JSON; leave the field out or give a number")


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise Invalid(f"the body is nested deeper than {DEEPEST} levels")
    if isinstance(value, str):
        if not clean(value):
            raise Invalid("the body holds a string with NUL or half of a surrogate pair; remove what is no character")
    elif isinstance(value, list | dict) and len(value) > WIDEST:
        raise Invalid(f"the body holds an object or a list of {len(value)} members; expected at most {WIDEST}")
    elif isinstance(value, list):
        for one in value:
            _check(one, depth - 1)
    elif isinstance(value, dict):
        for name, one in value.items():
            _check(name, depth)
            _check(one, depth - 1)
