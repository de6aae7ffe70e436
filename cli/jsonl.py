"""JSON Lines in, JSON Lines out: streamed, in order, a bad line reported in its own place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.errors import Invalid, VigieError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.settings import Settings
    from nlp.score import Item

Given = tuple[int, "Item | Invalid", Any]


def rows(lines: Iterable[bytes], settings: Settings) -> Iterator[dict[str, Any]]:
    """One row per line: as ``vigie score`` documents it, or ``{"id", "line", "error": {"kind", "message"}}``. Empty lines are skipped."""
    from cli.score import as_row
    from nlp.score import CHUNK, Refusal, Scorer

    scorer = Scorer(settings)
    for chunk in _chunks(_parse(lines), CHUNK):
        answers = iter(list(scorer.score(item for _, item, _ in chunk if not isinstance(item, Invalid))))
        for number, item, identifier in chunk:
            answer: Any = item if isinstance(item, Invalid) else next(answers)
            if isinstance(answer, Refusal):
                yield _error(number, identifier, Invalid(answer.detail))
            elif isinstance(answer, Invalid):
                yield _error(number, identifier, answer)
            else:
                yield {**as_row(answer), "id": identifier}


def _parse(lines: Iterable[bytes]) -> Iterator[Given]:
    from nlp.score import Item

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identifier: Any = None
        try:
            data = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), parse_constant=_no_constant)
            identifier = data.get("id") if isinstance(data, dict) and not _broken(data.get("id")) else None
            yield number, Item(str(number), *_fields(data)), identifier
        except UnicodeDecodeError as error:
            yield number, Invalid(f"byte {error.start} is not UTF-8; expected JSON in UTF-8"), identifier
        except (ValueError, RecursionError) as error:
            yield number, Invalid(f'not JSON ({str(error)[:100]}); expected an object such as {{"id": "1", "text": "..."}}'), identifier
        except Invalid as error:
            yield number, error, identifier


def _fields(data: Any) -> tuple[str, str | None]:
    if not isinstance(data, dict):
        raise Invalid(f'found a JSON {type(data).__name__}; expected an object with "id" and "text"')
    for key in ("id", "text"):
        if key not in data:
            raise Invalid(f'key "{key}" is missing; expected an object with "id" and "text"')
    text, title = data["text"], data.get("title")
    if not isinstance(text, str) or not isinstance(title, str | None):
        raise Invalid('"text" and "title" must be strings')
    if _broken(data):
        raise Invalid("the line holds half a surrogate pair, which no UTF-8 text can hold; repair it where it was written")
    return text, title


def _broken(value: Any) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _chunks(given: Iterator[Given], size: int) -> Iterator[list[Given]]:
    from itertools import islice

    while chunk := list(islice(given, size)):
        yield chunk


def _error(number: int, identifier: Any, error: VigieError) -> dict[str, Any]:
    return {"id": identifier, "line": number, "error": {"kind": error.kind, "message": str(error)}}
