"""The OpenAPI document of /api/v1: made from the routes, completed with what they need to be called and what may go wrong."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from web import routers
from web.access import PERMISSIONS
from web.api.once import once, once_needed
from web.api.problems import KINDS, Mistake, Problem, described, responses

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "/api/v1"
VERSION = "1.0"
DESCRIPTION = """Vigie watches the public web for sectarian risk and helps people act on it lawfully. It scores content, never persons; a belief is
never a marker; complotisme alone is a lawful opinion; nothing is ever sent without a human decision.

Words in fields are English, values that people read are French. Times are ISO 8601 with their zone. See docs/api.md for a walk through it.

**Keys.** Make one on the account page (/compte) and send it as `Authorization: Bearer vigie_...`. A key may do what its scopes say and its owner's
roles allow.

**Errors** are `application/problem+json` (RFC 9457). Compare `type`, show `detail`.

**Lists** come in pages: follow `next` (also in the header Link) until it is null. Cursors are opaque.

**Repeating.** Send `Idempotency-Key` with a POST, and repeat it with the same key when no answer came.

**Strictness.** Unknown fields and parameters are refused, with the nearest name that is known.
"""
TAGS = [
    {"name": "submissions", "description": "Ask for something to be looked at, and see what becomes of it. Only your organisation's own."},
    {"name": "documents", "description": "Search what was collected and scored; pseudonyms only."},
    {"name": "reviews", "description": "Read, decide, withdraw. The same rules as in the console: blind second readings, quotes, seats."},
    {"name": "urgencies", "description": "Life in danger, or a child: open until a person says what was done."},
    {"name": "notices", "description": "Notices to providers (DSA art. 16): draft, sign, note what was sent and answered. A key acts as its owner."},
    {"name": "dossiers", "description": "Dossiers for an authority: draft, sign, note that one was handed over. Without identities."},
    {"name": "reports", "description": "Yearly report, statistics and others: drafts and frozen versions. Nobody is named."},
    {"name": "about", "description": "The key, the taxonomy, the numbers, this document."},
]
KEY = {
    "type": "http", "scheme": "bearer", "bearerFormat": "vigie_ and 43 characters",
    "description": "A key of the account page: shown once, scoped, revocable, for at most a year.",
}  # fmt: skip


def document() -> dict[str, Any]:
    """All of /api/v1. Pages are not part of it."""
    modules = [import_module(f"web.routers.{module.name}") for module in iter_modules(routers.__path__) if module.name.startswith("api_")]
    whole = APIRouter()
    for module in modules:
        whole.include_router(module.router)
    made = get_openapi(
        title="Vigie", version=VERSION, summary="Submit, search, read, decide, notify", description=DESCRIPTION, routes=whole.routes, tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"}, servers=[{"url": "/"}],
    )  # fmt: skip
    _complete(made, {(route.path, method): route for module in modules for route in _routes(module.router) for method in route.methods or ()})
    return made


def _routes(router: APIRouter) -> Iterator[APIRoute]:
    return (route for route in router.routes if isinstance(route, APIRoute))


def _complete(made: dict[str, Any], routes: dict[tuple[str, str], APIRoute]) -> None:
    schemas = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (Problem, Mistake):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    made["components"]["schemas"] = dict(sorted(schemas.items()))
    made["components"] |= {"securitySchemes": {"key": KEY}, "responses": described()}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete_operation(operation, routes[path, method.upper()])


def _complete_operation(operation: dict[str, Any], route: APIRoute) -> None:
    kinds = ["invalid", "error", "config", "unavailable"]
    gate = next((one.call for one in route.dependant.dependencies if hasattr(one.call, "permission")), None)
    operation["security"] = [{"key": []}] if gate else []
    if gate is not None:
        roles, scope = PERMISSIONS[gate.permission].roles, getattr(gate, "scope", None)
        named = " or ".join(f"`{role}`" for role in roles)
        needs = f"Needs the scope `{scope}` and the role {named}." if scope else "Needs a key, whatever its scopes."
        operation["description"] = "\n\n".join(filter(None, (operation.get("description"), needs)))
        kinds += ["sign_in_needed", "too_many", *(["forbidden"] if scope else [])]
    if route.body_field is not None:
        kinds += ["too_large", "unsupported_media_type"]
    if route.param_convertors or "{" in route.path:
        kinds.append("not_found")
    if any(one.call in (once, once_needed) for one in route.dependant.dependencies):
        kinds += ["conflict", "in_progress"]
    if any(one.call is once_needed for one in route.dependant.dependencies):
        kinds.append("bad_request")
        next(one for one in operation["parameters"] if one["name"] == "Idempotency-Key")["required"] = True
    for parameter in operation.get("parameters", ()):
        _plain(parameter)
    operation["responses"].pop("422", None)
    operation["responses"] |= responses(*sorted(set(kinds), key=list(KINDS).index))


def _plain(parameter: dict[str, Any]) -> None:
    """What may be left out cannot be given as null: an address and a header have none."""
    schema = parameter["schema"]
    kinds = [one for one in schema.pop("anyOf", ()) if one.get("type") != "null"]
    parameter["schema"] = {**(kinds[0] if kinds else {}), **schema}
