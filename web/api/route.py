"""A route of the API: one meaning or none. Unknown parameters, bodies that are no JSON, mistakes of form: problems, before anything is done."""

from __future__ import annotations

from collections import Counter
from email.message import Message
from typing import TYPE_CHECKING, Any, ClassVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from core.errors import Invalid, NotFound, VigieError, nearest
from web.api.problems import of_validation
from web.api.strict import clean, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi._compat import ModelField
    from fastapi.dependencies.models import Dependant
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send


class NoJson(Invalid):
    """The body is declared as something else."""

    status = 415
    kind = "unsupported_media_type"


class _Read(Request):
    """A request whose body was read already."""

    given: Any = None

    async def json(self) -> Any:
        """The value that was read."""
        return self.given


class ApiRoute(APIRoute):
    """Who asks is told first that nobody knows them, then what is wrong with what they ask."""

    methods_of: ClassVar[dict[str, set[str]]] = {}  # of each path, all routes together: what Allow says

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.methods_of.setdefault(self.path, set()).update(self.methods or ())

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; another method than those of the path is refused with their names."""
        if scope["method"] not in (self.methods or ()):
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.methods_of[self.path]))})
        await super().handle(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that FastAPI makes, behind the checks."""
        inner = super().get_route_handler()
        known, many = _parameters(self)
        gates = [gate.call for gate in self.dependant.dependencies if hasattr(gate.call, "permission")]
        fields = _fields(self.body_field)

        async def handle(request: Request) -> Response:
            checked = _Read(request.scope, request.receive)
            try:
                _check_address(checked, known, many)
                checked.given = await _body(checked, wanted=bool(fields))
            except VigieError:
                for gate in gates:
                    await run_in_threadpool(gate, request)  # type: ignore[arg-type]
                raise
            try:
                return await inner(checked)
            except RequestValidationError as error:
                return of_validation(error.errors(), known=fields)

        return handle


def _parameters(route: ApiRoute) -> tuple[set[str], set[str]]:
    """Names of a route's query parameters; of these, those that may be given several times."""
    extra = [one for one in (route.openapi_extra or {}).get("parameters", ()) if one["in"] == "query"]
    names = {one["name"] for one in extra} | _declared(route.dependant)
    return names, {one["name"] for one in extra if one["schema"].get("type") == "array"}


def _fields(body: ModelField | None) -> tuple[str, ...]:
    """Names of the fields of a route's body; none where it takes no body."""
    return tuple(getattr(body.field_info.annotation, "model_fields", ())) if body else ()


def _declared(dependant: Dependant) -> set[str]:
    return {field.alias for field in dependant.query_params} | {name for one in dependant.dependencies for name in _declared(one)}


def _check_address(request: Request, known: set[str], many: set[str]) -> None:
    for value in request.path_params.values():
        if not clean(str(value)):
            raise NotFound("nothing has such an id")
    given = Counter(name for name, _ in request.query_params.multi_items())
    for name, times in given.items():
        if name not in known:
            raise Invalid(f"parameter {name[:60]!a} is unknown; {nearest(name[:60], known) if known else 'this call takes none'}")
        if times > 1 and name not in many:
            raise Invalid(f"parameter {name} is given {times} times; keep one")
    if not all(clean(value) for _, value in request.query_params.multi_items()):
        raise Invalid("a parameter holds NUL; remove what is no character")


async def _body(request: Request, *, wanted: bool) -> Any:
    body = await request.body()
    if not body:
        return None
    if not wanted:
        raise Invalid("this call takes no body; leave it out")
    if not _is_json(request.headers.get("content-type", "")):
        raise NoJson("the body is not declared as JSON; send the header Content-Type: application/json")
    return parse(body)


def _is_json(declared: str) -> bool:
    message = Message()
    message["content-type"] = declared
    return message.get_content_type() == "application/json" and message.get_content_charset("utf-8") in ("utf-8", "us-ascii")
