"""What holds for every request, whatever its route: headers, the largest body, the host's name, one line of log. Plain ASGI: nothing is buffered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from core.logs import get_logger

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from core.settings import Settings

log = get_logger(__name__)
MOST_BODY = 2 * 2**20  # bytes
STATIC = "/statique/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'{provider}; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # other sites learn nothing; with "no-referrer" browsers would hide the origin of our own forms from us too
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
STRANGE = "Cette adresse n'est pas celle de cette console de Vigie.\nThis is not the address of this console; see VIGIE_CONSOLE_URL.\n"


class Secured:
    """Around the whole application."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        url = settings.console_url
        self._app = app
        self._headers = headers_of(settings)
        self._hosts = {urlsplit(str(url)).netloc.lower(), f"{url.host}:{url.port}".lower()} if url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, seen = time.perf_counter(), {"status": 500}

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        answering = self._app
        if self._hosts is not None and Headers(scope=scope).get("host", "").lower() not in self._hosts:
            answering = PlainTextResponse(STRANGE, status_code=421)
        try:
            await answering(scope, bounded(scope, receive), secured)
        finally:
            _tell(scope, status=seen["status"], seconds=time.perf_counter() - began)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "public, max-age=300" if path.startswith(STATIC) else "no-store")


def headers_of(settings: Settings) -> dict[str, str]:
    """The headers of every answer. A form may lead to the sign-in provider, and nowhere else."""
    url, issuer = settings.console_url, settings.oidc_issuer
    provider = f" {urlsplit(str(issuer)).scheme}://{urlsplit(str(issuer)).netloc}" if issuer else ""
    known = {"Content-Security-Policy": POLICY.format(provider=provider), **HEADERS}
    return known | ({"Strict-Transport-Security": "max-age=31536000"} if url is not None and url.scheme == "https" else {})


def bounded(scope: Scope, receive: Receive) -> Receive:
    """Reads at most MOST_BODY bytes, whatever the request says of its length; the application then answers 413 as it answers any error."""
    stated, read = Headers(scope=scope).get("content-length", ""), 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MOST_BODY or (stated.isdigit() and int(stated) > MOST_BODY):
            raise HTTPException(413, f"more than {MOST_BODY // 2**20} MiB were sent; send less at once, or in several parts")
        return message

    return counted


def _tell(scope: Scope, *, status: int, seconds: float) -> None:
    """Method, path as the route names it, status, time and who: never an address's values, a query, a body, a cookie."""
    state: dict[str, Any] = scope.get("state", {})
    actor = state.get("actor")
    path = getattr(scope.get("route"), "path", None) or (STATIC if scope["path"].startswith(STATIC) else "-")
    log.info("request", method=scope["method"], path=path, status=status, ms=round(seconds * 1000), actor=getattr(actor, "id", None))
