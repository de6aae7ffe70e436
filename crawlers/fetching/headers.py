"""A response's headers as plain strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.http import Response

# said once: of several, the last is meant, and a list of them would be unreadable
SINGLE = frozenset({"age", "content-length", "content-type", "date", "etag", "expires", "last-modified", "location", "retry-after", "set-cookie"})


def lower_headers(response: Response) -> dict[str, str]:
    """The response's headers, names in lower case. Those that are lists and come several times are one list, as RFC 9110 (5.3) reads them."""
    found = ((name.decode("latin-1").lower(), [value.decode("latin-1") for value in values]) for name, values in response.headers.items() if values)
    return {name: values[-1] if name in SINGLE else ", ".join(values) for name, values in found}
