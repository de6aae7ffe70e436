"""What goes wrong, for programs: RFC 9457, with the place of each mistake in what was sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from core.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 50
# stable words that programs may compare: status, and what it means
KINDS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "A header that this call needs is missing."),
    "sign_in_needed": (401, "No key was given, or it is unknown, expired or revoked."),
    "forbidden": (403, "The key's scopes or its owner's roles do not allow this."),
    "not_found": (404, "What was named does not exist, or belongs to another organisation."),
    "method_not_allowed": (405, "The address exists, the method does not."),
    "conflict": (409, "Somebody else was first, or what was read has changed since: look again."),
    "in_progress": (409, "The same request, with the same Idempotency-Key, is being answered now: repeat it in a second."),
    "too_large": (413, "The body is larger than 2 MiB."),
    "unsupported_media_type": (415, "The body is not declared as application/json."),
    "invalid": (422, "Something that was sent cannot be used; `errors` names each mistake where there are several."),
    "too_many": (429, "A quota or a rate is used up; Retry-After says for how many seconds."),
    "error": (500, "A mistake of the server; it is in its log."),
    "config": (500, "The server is not set up rightly; tell who runs it."),
    "unavailable": (503, "A part of the server does not answer now; nothing was done, try again later."),
}


class Mistake(BaseModel):
    """One thing in a request that cannot be used."""

    pointer: str = Field(description="where: a JSON Pointer into the body, or the parameter's or header's name", examples=["#/seen_at"])
    detail: str = Field(description="what was expected", examples=["Field required"])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="urn:vigie: and a stable word, see docs/api.md", examples=["urn:vigie:not_found"])
    title: str = Field(description="the phrase of the status", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="one line: what was found, what was expected, what to do")
    errors: list[Mistake] | None = Field(None, description="where a request has mistakes of form: each of them")


def answer(kind: str, detail: str, *, errors: Iterable[Mistake] = (), headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as an answer. ``kind``: of KINDS."""
    status = KINDS[kind][0]
    body: dict[str, Any] = {"type": f"urn:vigie:{kind}", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    found = [mistake.model_dump() for mistake in errors]
    if found:
        body["errors"] = found
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def of_validation(errors: Sequence[Mapping[str, Any]], *, known: Iterable[str] = ()) -> JSONResponse:
    """What pydantic says of a request. Values that were sent are not sent back. ``known``: fields of the body."""
    names = list(known)
    found = [Mistake(pointer=_pointer(one["loc"]), detail=_said(one, names)) for one in errors[:MOST_ERRORS]]
    first = f"{found[0].pointer}: {found[0].detail}" if found else "the request cannot be read"
    return answer("invalid", first if len(found) < 2 else f"{first} (and {len(errors) - 1} more, see errors)", errors=found)


def _said(error: Mapping[str, Any], known: Sequence[str]) -> str:
    place = error["loc"]
    if error["type"] == "extra_forbidden" and len(place) == 2:
        return f"unknown field; {nearest(str(place[1])[:60], known)}"
    return str(error["msg"])


def _pointer(place: tuple[int | str, ...]) -> str:
    where, *steps = place or ("body",)
    if where != "body":
        return str(steps[0])[:100] if steps else str(where)
    return "#" + "".join("/" + str(step)[:100].replace("~", "~0").replace("/", "~1") for step in steps)


def responses(*kinds: str) -> dict[str, dict[str, str]]:
    """The problems of a call by status, for the OpenAPI document."""
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in ((str(KINDS[kind][0]), _name(kind)) for kind in kinds)}


def described() -> dict[str, dict[str, Any]]:
    """What ``responses`` refers to: one response for all kinds of one status."""
    return {_name(kind): _response(status) for kind, (status, _) in KINDS.items()}


def _name(kind: str) -> str:
    return HTTPStatus(KINDS[kind][0]).phrase.replace(" ", "")


def _response(status: int) -> dict[str, Any]:
    found = {kind: said for kind, (its, said) in KINDS.items() if its == status}
    examples = {
        kind: {"value": {"type": f"urn:vigie:{kind}", "title": HTTPStatus(status).phrase, "status": status, "detail": said}}
        for kind, said in found.items()
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    return {"description": " ".join(f"`{kind}`: {said}" for kind, said in found.items()), "content": content}
