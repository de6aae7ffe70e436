"""A body that is not packed as its Content-Encoding says is the site's fault and has a name; Scrapy lets the libraries' errors through."""

from __future__ import annotations

import importlib
import struct
import zlib
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware

from crawlers.fetching.guard import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request
    from scrapy.http import Response

# of the libraries that Scrapy takes where they are installed
OPTIONAL = (("brotli", "error"), ("compression.zstd", "ZstdError"), ("backports.zstd", "ZstdError"))


def _errors() -> Iterator[type[Exception]]:
    yield from (EOFError, OSError, struct.error, zlib.error)
    for module, name in OPTIONAL:
        try:
            yield getattr(importlib.import_module(module), name)
        except ImportError:
            continue


ERRORS = tuple(_errors())


class UnpackingMiddleware(HttpCompressionMiddleware):
    """Scrapy's own, with a reason for what cannot be unpacked."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # with a spider it is deprecated
        """The response unpacked. Raises Refused(unreadable_body), and IgnoreRequest for more than the limit."""
        try:
            return super().process_response(request, response)
        except ERRORS as error:
            raise Refused("unreadable_body") from error
