"""What goes wrong as an answer: a page in French for people, problem+json (RFC 9457) for programs. Never a traceback, never silence.

On a page the message of the error, which is English, stands folded away below what it means.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from core.errors import TooMany, VigieError
from core.logs import get_logger
from web.access import SignInNeeded, sign_in_address
from web.console import console_of
from web.entering import inside
from web.pages import go_to, render
from web.sentences import said_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

log = get_logger(__name__)
API = "/api/"


def install(app: FastAPI) -> None:
    """Let an application answer errors so."""
    app.add_exception_handler(VigieError, _ours)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(ValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def problem(status: int, kind: str, detail: str, *, headers: dict[str, str] | None = None) -> JSONResponse:
    """RFC 9457. ``kind``: a stable word that programs may compare."""
    body = {"type": f"urn:vigie:{kind}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def _answer(request: Request, status: int, kind: str, detail: str, *, headers: dict[str, str] | None = None) -> Response:
    if request.url.path.startswith(API):
        return problem(status, kind, detail, headers=headers)
    said = said_of("no_page" if detail == HTTPStatus.NOT_FOUND.phrase else kind, detail)  # the router's own words: no such address
    return render(request, "erreur.html", status=status, headers=headers, said=said, detail=detail, code=status, back=_back(request))


def _back(request: Request) -> str:
    """The page of ours that led here, where it can be opened again; "" for none."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    url = console_of(request).settings.console_url
    hosts = {request.headers.get("host"), urlsplit(str(url)).netloc if url else None}
    same = request.method == "GET" and came.path == request.url.path
    if not came.netloc or came.netloc not in hosts or same or not _opens(request, came.path):
        return ""
    return inside(f"{came.path}?{came.query}" if came.query else came.path)


def _opens(request: Request, path: str) -> bool:
    scope = {**request.scope, "path": path, "method": "GET"}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, SignInNeeded) and not request.url.path.startswith(API):
        return go_to(sign_in_address(request))
    if not isinstance(error, VigieError):
        raise error
    if error.status >= 500:
        log.error("request_failed", path=_route(request), kind=error.kind, error=str(error))
    headers = {"Retry-After": str(error.wait)} if isinstance(error, TooMany) else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(request, error.status, error.kind, str(error), headers=headers)


def _unreadable(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError | ValidationError) else {"loc": (), "msg": str(error)}
    where = ".".join(str(step) for step in first["loc"] if step not in ("body", "query", "path"))
    return _answer(request, 422, "invalid", f"{where}: {first['msg']}" if where else str(first["msg"]))


def _http(request: Request, error: Exception) -> Response:
    status, detail = (error.status_code, str(error.detail)) if isinstance(error, HTTPException) else (500, "")
    kind = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(status, "error")
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return _answer(request, status, kind, detail, headers=headers)


def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_broken", path=_route(request), error=type(error).__name__, exc_info=error)
    return _answer(request, 500, "error", "something unforeseen happened; it was written to the log")


def _route(request: Request) -> str:
    """The path as the route names it: what stands in its place may be a link that opens something."""
    return str(getattr(request.scope.get("route"), "path", "-"))
