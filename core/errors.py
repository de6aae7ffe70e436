"""The kinds of error, each with the HTTP status it becomes; on the command line every one ends with exit code 2.

A message is one line: what was found, what was expected, what to do.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class VigieError(Exception):
    """Base of all errors that a person can act upon."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "error"


class ConfigError(VigieError):
    """A setting, a source file or a model is wrong: stop at the start, change the file."""

    status = 500
    kind = "config"


class SourceError(VigieError):
    """A site did not give what its source file promises: changed page, bot wall, unreadable body.

    ``reason`` is a short stable name that reports count by.
    """

    status = 502
    kind = "source"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unavailable(VigieError):  # noqa: N818 - the house's word; the only kind that flows try again
    """An outside system did not answer now and may answer later."""

    status = 503
    kind = "unavailable"


class Invalid(VigieError):  # noqa: N818 - the house's word
    """The caller's input cannot be used."""

    status = 422
    kind = "invalid"


class NotFound(VigieError):  # noqa: N818 - the house's word
    """What was named does not exist."""

    status = 404
    kind = "not_found"


class Forbidden(VigieError):  # noqa: N818 - the house's word
    """Who asks is known, and may not do this."""

    status = 403
    kind = "forbidden"


class Conflict(VigieError):  # noqa: N818 - the house's word
    """Someone else was first, or what was seen has changed since: look again."""

    status = 409
    kind = "conflict"


class TooMany(VigieError):  # noqa: N818 - the house's word
    """A quota or a rate is used up; ``wait`` says for how many seconds."""

    status = 429
    kind = "too_many"

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, else all of them."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(names) or '(there is none)'}"
