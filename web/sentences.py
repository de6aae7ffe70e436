"""What people read where something is refused: a French sentence for what an error says, and the field of the form that it is about."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from pydantic import ValidationError

from core.errors import NotFound, VigieError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Refused(NamedTuple):
    """Why a form was not taken. ``field``: the one to look at, "" for the whole form; ``form``: which one of the page's."""

    said: str
    field: str = ""
    status: int = 422
    form: str = ""


@cache
def _words() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "sentences.yml").read_text(encoding="utf-8"))
    return found


def said_of(kind: str, message: str = "") -> str:
    """The sentence for a message of ours, else for its kind, else for all."""
    known = next((one["said"] for one in (*_words()["errors"], *_words()["values"]) if message and one["found"] in message), None)
    return str(known or _words()["kinds"].get(kind) or _words()["kinds"]["error"])


def for_field(field: str, *, form: str = "") -> Refused:
    """What does not fit in one field of a form."""
    return Refused(_words()["fields"][field], field, form=form)


def refused(error: VigieError | ValidationError, *, form: str = "") -> Refused:
    """Why a form was not taken. What does not exist, and what no person can mend there, is raised again: it has a page of its own."""
    if isinstance(error, ValidationError):
        field = next((str(step) for step in error.errors()[0]["loc"] if str(step) in _words()["fields"]), "")
        return for_field(field, form=form) if field else Refused(said_of("invalid"), form=form)
    if isinstance(error, NotFound) or error.status >= 500:
        raise error
    field = next((one.get("field", "") for one in _words()["errors"] if one["found"] in str(error)), "")
    return Refused(said_of(error.kind, str(error)), field, error.status, form)
