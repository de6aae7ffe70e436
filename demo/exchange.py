"""A request and its response, as values: sites are functions from one to the other, the server is elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What a site needs to answer; repeated query keys keep their last value."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """An answer as it goes out."""

    body: bytes
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Response]


def redirect(location: str, *, status: int = 301) -> Response:
    """A redirection to ``location``."""
    return Response(b"", status=status, headers={"Location": location})


def json_response(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``value`` as JSON, accents as themselves."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(body, status=status, content_type="application/json; charset=utf-8", headers=headers or {})
