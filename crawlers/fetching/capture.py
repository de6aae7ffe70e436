"""Takes down each exchange as it went over the wire, before anything is decoded. The keeper decides what of it becomes evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.urls import host_of
from crawlers.fetching.guard import PERMISSION
from crawlers.fetching.headers import lower_headers, raw_headers
from crawlers.fetching.robots import is_robots

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Headers, Response

CAPTURE = "capture"  # key of request.meta
REDIRECTS = "captured_redirects"
SECRET = "secret"  # noqa: S105 - a key too: logins and tokens are never taken down
NOT_MODIFIED = 304
TLS = "vigie_tls"  # name under which a certificate tells what was agreed for its connection


@dataclass(frozen=True)
class Capture:
    """One exchange with a site as it went over the wire."""

    url: str
    method: str
    request_headers: list[tuple[str, str]]
    request_body: bytes
    status: int
    headers: list[tuple[str, str]]
    body: bytes  # as sent: still compressed where the site compressed it
    at: datetime
    address: str | None  # the IP address that answered
    certificate: bytes | None  # in DER
    tls: str | None  # version and cipher that were agreed, such as "TLSv1.3 TLS_AES_256_GCM_SHA384"
    redirects: tuple[Capture, ...] = ()  # that led here, in order


class CaptureMiddleware:
    """Stands closest to the downloader, so that the bytes are those that the site sent."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        """Scrapy's way to build it."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Take down, then hand on unchanged. robots.txt and tdmrep.json are permissions, not pages, and are left out."""
        spider: Any = self._crawler.spider
        now = datetime.now(UTC)
        spider.keeper.clock.note(host_of(response.url), lower_headers(response), now)
        spider.keeper.received(len(response.body))
        if request.meta.get(SECRET) or request.meta.get(PERMISSION) or is_robots(request):
            return response
        earlier: tuple[Capture, ...] = request.meta.get(REDIRECTS, ())
        capture = _capture(request, response, at=now, redirects=earlier)
        request.meta[CAPTURE] = capture
        if 300 <= response.status < 400 and response.status != NOT_MODIFIED:
            request.meta[REDIRECTS] = (*earlier, capture)
        return response


def _capture(request: Request, response: Response, *, at: datetime, redirects: tuple[Capture, ...]) -> Capture:
    certificate: Any = response.certificate
    return Capture(
        url=response.url,
        method=request.method,
        request_headers=_pairs(request.headers),
        request_body=request.body,
        status=response.status,
        headers=_pairs(response.headers),
        body=response.body,
        at=at,
        address=str(response.ip_address) if response.ip_address else None,
        certificate=_der(certificate) if certificate is not None else None,
        tls=getattr(certificate.original, TLS, None) if certificate is not None else None,
        redirects=redirects,
    )


def _der(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    found: bytes = certificate.original.to_cryptography().public_bytes(Encoding.DER)
    return found


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in raw_headers(headers) for value in values]
