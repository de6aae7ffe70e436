"""A response's headers as plain strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.http import Headers, Response

# said once: of several, the last is meant, and a list of them would be unreadable
SINGLE = frozenset({"age", "content-length", "content-type", "date", "etag", "expires", "last-modified", "location", "retry-after", "set-cookie"})


def lower_headers(response: Response) -> dict[str, str]:
    """The response's headers, names in lower case. Those that are lists and come several times are one list, as RFC 9110 (5.3) reads them."""
    found = {name.decode("latin-1").lower(): values for name, values in raw_headers(response.headers) if values}
    return {name: (values[-1] if name in SINGLE or len(values) == 1 else b", ".join(values)).decode("latin-1") for name, values in found.items()}


def raw_headers(headers: Headers) -> Iterable[tuple[bytes, list[bytes]]]:
    """Names and values as they stand: Scrapy's own way looks up each name once more, five times a page."""
    return dict.items(headers)
