"""The API about itself: the key, the taxonomy, whether it answers, its own description."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import JSONResponse

from cases.people import Actor
from web.access import allow_api, any_key, public
from web.api.about import Health, Me, TaxonomyRead, taxonomy_read
from web.api.openapi import PREFIX, document
from web.api.route import ApiRoute
from web.api.statistics import Statistics, statistics
from web.api.submissions import Instant
from web.console import ConsoleOf

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["about"])


@router.get("/me", operation_id="me", summary="What this key may do")
def me(actor: Annotated[Actor, Depends(any_key)]) -> Me:
    """The person that the key belongs to, with roles and scopes."""
    return Me(
        person_id=actor.id, name=actor.name, organisation_id=actor.organisation_id, roles=list(actor.roles), key_id=actor.key_id or "",
        scopes=list(actor.scopes or ()),
    )  # fmt: skip


@router.get("/taxonomy", operation_id="taxonomy", summary="Markers, sub-markers, exclusions and flags", dependencies=[Depends(public)])
def taxonomy(console: ConsoleOf) -> TaxonomyRead:
    """The guideline in force, in French. A belief, even a strange one, is not a marker."""
    return taxonomy_read(console.taxonomy)


@router.get("/statistics", operation_id="statistics", summary="Counts and agreement")
def numbers(
    console: ConsoleOf,
    actor: Annotated[Actor, Depends(allow_api("quality"))],
    since: Annotated[Instant | None, Query(description="readings of this time or later; documents are counted whatever their time")] = None,
) -> Statistics:
    """Documents by field, the own organisation's submissions by state, and how alike two people read blind (kappa, alpha), with intervals."""
    return statistics(console, actor, since=since)


@router.get("/health", operation_id="health", summary="Whether the server answers", dependencies=[Depends(public)])
def health(console: ConsoleOf) -> Health:
    """Asks the case database one question; where it does not answer, neither does this."""
    with console.database.reading() as session:
        session.connection()
    return Health()


@router.get("/openapi.json", operation_id="openapi", summary="This document", dependencies=[Depends(public)], response_model=None)
def openapi() -> JSONResponse:
    """OpenAPI 3.1."""
    return JSONResponse(_document())


@cache
def _document() -> dict[str, Any]:
    return document()
