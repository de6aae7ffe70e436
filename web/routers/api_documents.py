"""The API of what was collected: search, one document, what is near it, its campaign, what was decided on it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from cases import audit, decisions
from cases.people import Actor
from core.errors import Forbidden, NotFound
from index.search_form import Search
from index.search_run import run
from web.access import PERMISSIONS, allow_api
from web.api.documents import Campaign, Document, DocumentInFull, Found, Near, View, in_full, masked, search_of, search_parameters
from web.api.openapi import PREFIX
from web.api.paging import LARGEST, Paged, next_page, sealed, unsealed
from web.api.readings import Decision, decision_of
from web.api.reviewing import entry_named, is_hidden
from web.api.route import ApiRoute
from web.blindness import blind, blinded, folded, untelling
from web.console import ConsoleOf

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["documents"])
Reader = Annotated[Actor, Depends(allow_api("read"))]
After = Annotated[str | None, Query(max_length=2000, description="cursor of the page before; follow next instead of making one")]
Size = Annotated[int, Query(ge=1, le=LARGEST, description="items of a page")]
LIST = "documents"
Page = dict[str, Any]  # in the shape of the response model


@router.get(
    "/documents", operation_id="search_documents", summary="Search", response_model=Paged[Found], response_model_exclude_unset=True,
    openapi_extra={"parameters": search_parameters()},
)  # fmt: skip
def search(
    *, request: Request, response: Response, console: ConsoleOf, actor: Reader, size: Size = 20, after: After = None,
    embedding: Annotated[bool, Query(description="add each document's embedding: 384 signed bytes in base64")] = False,
) -> Page:  # fmt: skip
    """All that fits, the highest expected harm first unless `sort` says otherwise. Values of one parameter are alternatives, parameters add up."""
    asked = untelling(search_of(request, console))
    asked = Search.model_validate({**asked.model_dump(), "size": size, "after": None if after is None else unsealed(console, LIST, after)})
    found = run(console.index, asked)
    cursor = sealed(console, LIST, found.next) if found.next else None
    items = [masked(console, entry, embedding=embedding) for entry in blinded(console, [hit.entry for hit in found.hits], actor)]
    return {"items": items, "total": found.total, "next": next_page(request, response, cursor)}


@router.get("/documents/{document_id}", operation_id="document", summary="One document", response_model=Document | DocumentInFull)
def one(
    *, console: ConsoleOf, actor: Reader, document_id: str,
    view: Annotated[View, Query(description="collected: the exact text and its address, for who reads and quotes; needs reviews:write")] = "masked",
) -> BaseModel:  # fmt: skip
    """Masked, as in lists; or as it was collected, which is written in the audit trail."""
    entry = entry_named(console, document_id)
    entry = blind(entry) if is_hidden(console, entry, actor) else entry
    if view == "masked":
        return Document.model_validate(masked(console, entry))
    roles, scope = PERMISSIONS["review"]
    if scope not in (actor.scopes or ()) or not actor.has(*roles):
        raise Forbidden(f"the text as collected needs a key with the scope {scope} and the role {' or '.join(roles)}; without view it comes masked")
    with console.database.writing() as session:
        audit.record(session, actor=actor.id, action="document_read", subject=("document", document_id), details={"key": actor.key_id})
    return DocumentInFull.model_validate(in_full(console, entry))


@router.get("/documents/{document_id}/similar", operation_id="similar_documents", summary="What is near a document", response_model=Paged[Near])
def similar(console: ConsoleOf, actor: Reader, document_id: str, size: Size = 20) -> Page:
    """The documents whose texts are about the same, the nearest first; one page."""
    found = run(console.index, Search(similar_to=document_id, size=size))
    shown = blinded(console, [hit.entry for hit in found.hits], actor)
    return {"items": [{**masked(console, entry), "similarity": hit.similarity} for entry, hit in zip(shown, found.hits, strict=True)], "next": None}


@router.get("/documents/{document_id}/decisions", operation_id="decisions", summary="What was decided on a document")
def decided(console: ConsoleOf, actor: Reader, document_id: str) -> Paged[Decision]:
    """All of it, the first first; none is ever changed: a later one supersedes it, and undoing is a later row. Readings that wait are not told."""
    if is_hidden(console, entry_named(console, document_id), actor):
        raise Forbidden(f"{document_id} is yours to read blind: what others decided is told after your reading, or once you release it")
    return Paged(items=[decision_of(row) for row in decisions.history(console.database, document_id)], next=None)


@router.get("/campaigns/{campaign_id}", operation_id="campaign", summary="A campaign: copies and rewordings of one text", response_model=Campaign)
def campaign(
    *, request: Request, response: Response, console: ConsoleOf, actor: Reader, campaign_id: str, size: Size = 20, after: After = None
) -> Page:
    """Its documents in pages, those of the highest expected harm first, with how many there are and how they stand."""
    asked = Search(campaigns=(campaign_id,), size=size, after=None if after is None else unsealed(console, f"campaign {campaign_id}", after))
    found = run(console.index, asked, facets=("status", "platform"))
    if not found.total:
        raise NotFound(f"campaign {campaign_id[:100]!r} does not exist; its id stands in the field campaign of a document")
    cursor = sealed(console, f"campaign {campaign_id}", found.next) if found.next else None
    shown = blinded(console, [hit.entry for hit in found.hits], actor)
    counted = {"total": found.total, "statuses": dict(folded(found.facets["status"])), "platforms": dict(found.facets["platform"])}
    return {"id": campaign_id, "items": [masked(console, entry) for entry in shown], **counted, "next": next_page(request, response, cursor)}
