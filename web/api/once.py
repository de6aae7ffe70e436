"""The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): who got no answer repeats the request and gets the one that was meant."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from cases import answers
from cases.answers import Answer
from cases.people import Actor
from core.errors import Invalid, VigieError
from web.console import Console, ConsoleOf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SHORTEST, LONGEST = 8, 200  # characters
REPLAYED = "Idempotency-Replayed"


class KeyNeeded(Invalid):
    """An act that nothing in the request tells from the next one like it."""

    status = 400
    kind = "bad_request"


class Once:
    """One request that acts. The id of the act comes from the key where there is one, so that even an act that was cut off is not done twice."""

    def __init__(self, console: Console, route: str, key: str | None) -> None:
        self._console, self._route, self._key = console, route, key

    def run(
        self,
        actor: Actor,
        asked: BaseModel | None,
        act: Callable[[str], BaseModel],
        *,
        status: int = 201,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> Response:
        """The answer of ``act``, or the one that was given before. What failed is not kept: it changed nothing, and may be tried again."""
        if self._key is None:
            return _response(Answer(status, act(uuid4().hex).model_dump_json()), headers())
        identifier = answers.answer_id(actor.id, self._route, self._key)
        request = hashlib.sha256((asked.model_dump_json() if asked else "").encode()).hexdigest()
        before = answers.reserve(self._console.database, identifier, request=request)
        if before:
            return _response(before, {**headers(), REPLAYED: "true"})
        try:
            made = Answer(status, act(identifier).model_dump_json())
        except VigieError:
            answers.release(self._console.database, identifier)
            raise
        answers.fill(self._console.database, identifier, made)
        return _response(made, headers())


def _response(answer: Answer, headers: Mapping[str, str]) -> Response:
    return Response(answer.body, status_code=answer.status, headers=dict(headers), media_type="application/json")


KeyGiven = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A random word of your own for this act, 8 to 200 visible ASCII characters, with or without quotes. The same key with the same "
        "request gets the same answer again for a day; with another request it is refused.",
        examples=['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
        json_schema_extra={"pattern": rf'^("[!#-~]{{{SHORTEST},{LONGEST}}}"|[!-~]{{{SHORTEST},{LONGEST}}})$'},
    ),
]


def once(request: Request, console: ConsoleOf, idempotency_key: KeyGiven = None) -> Once:
    """A dependency, for acts that come to the same when they are repeated."""
    return Once(console, f"{request.method} {request.url.path}", None if idempotency_key is None else _key(idempotency_key))


def once_needed(request: Request, console: ConsoleOf, idempotency_key: KeyGiven = None) -> Once:
    """A dependency, for acts that nothing but the header tells from the next one like it. Raises KeyNeeded."""
    if idempotency_key is None:
        raise KeyNeeded("the header Idempotency-Key is missing; send a new one with each act, such as a UUID, and the same one to repeat it")
    return once(request, console, idempotency_key)


def _key(given: str) -> str:
    key = given[1:-1] if given[:1] == given[-1:] == '"' else given
    if not SHORTEST <= len(key) <= LONGEST or not all("!" <= sign <= "~" for sign in key):
        raise Invalid(f"Idempotency-Key has {len(key)} characters, or some that are not visible ASCII; expected {SHORTEST} to {LONGEST}: a UUID")
    return key


OnceOf = Annotated[Once, Depends(once)]
OnceNeeded = Annotated[Once, Depends(once_needed)]
