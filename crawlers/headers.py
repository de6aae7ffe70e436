"""A response's headers as plain strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response


def lower_headers(response: Response) -> dict[str, str]:
    """The response's headers, names in lower case, the last value of each."""
    return {name.decode("latin-1").lower(): values[-1].decode("latin-1") for name, values in response.headers.items() if values}


def content_type(response: Response) -> str | None:
    """The Content-Type header, where there is one."""
    return lower_headers(response).get("content-type")
