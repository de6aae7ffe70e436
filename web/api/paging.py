"""Lists in pages: a cursor that only we can make, and the address of the next page in the body and in a Link header."""

from __future__ import annotations

import hashlib
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, Field
from starlette.responses import Response

from core.errors import Invalid
from web.console import Console

T = TypeVar("T")
LARGEST = 100  # items of one page


class Paged(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    total: int | None = Field(None, description="how many there are in all, where that is known")
    next: str | None = Field(
        description="address of the next page on this server, null after the last one; also in the header Link", examples=["/api/v1/queue?after=..."]
    )


def sealed(console: Console, of: str, value: Any) -> str:
    """Where a page of the list ``of`` ended, in one word. ``value``: what JSON can say."""
    return str(_serializer(console, of).dumps(value))


def unsealed(console: Console, of: str, given: str) -> Any:
    """The value again, a tuple as a list. Raises Invalid for a cursor of another list, or not of ours."""
    try:
        return _serializer(console, of).loads(given)
    except BadData as error:
        raise Invalid("after: this cursor is not of this list; follow the address next of the page before") from error


def _serializer(console: Console, of: str) -> URLSafeSerializer:
    return URLSafeSerializer(console.secret, salt=f"page of {of}", signer_kwargs={"digest_method": hashlib.sha256})


def next_page(request: Request, response: Response, cursor: str | None) -> str | None:
    """The address of the next page: this one's with another cursor. It stands in the Link header too."""
    if cursor is None:
        return None
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name != "after"]
    address = f"{request.url.path}?{urlencode([*kept, ('after', cursor)])}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
