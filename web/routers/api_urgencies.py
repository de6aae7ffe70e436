"""The API of urgencies: life in danger, or a child. Vigie calls nobody: people do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from cases import urgencies
from cases.people import Actor
from cases.urgencies import Urgency
from web.access import allow_api
from web.api.once import OnceOf
from web.api.openapi import PREFIX
from web.api.paging import Paged
from web.api.readings import UrgencyClosed, UrgencyRead
from web.api.route import ApiRoute
from web.console import ConsoleOf

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["urgencies"])
Reviewer = Annotated[Actor, Depends(allow_api("review"))]


@router.get("/urgencies", operation_id="urgencies", summary="What is open")
def listed(console: ConsoleOf, _actor: Reviewer) -> Paged[UrgencyRead]:
    """All urgencies that nobody has closed, the oldest first; one page."""
    found = urgencies.open_ones(console.database)
    return Paged(items=[_shown(one) for one in found], total=len(found), next=None)


@router.post("/urgencies/{urgency_id}/close", operation_id="close_urgency", summary="Say what was done", response_model=UrgencyRead)
def close(urgency_id: str, asked: UrgencyClosed, console: ConsoleOf, actor: Reviewer, once: OnceOf) -> Response:
    """Who was called, what was done, and when. 409 where somebody has closed it already."""

    def act(_identifier: str) -> UrgencyRead:
        return _shown(urgencies.close(console.database, urgency_id, called=asked.called, action=asked.action, acted_at=asked.acted_at, actor=actor))

    return once.run(actor, asked, act, status=200)


def _shown(found: Urgency) -> UrgencyRead:
    return UrgencyRead.model_validate(found.model_dump(include=set(UrgencyRead.model_fields)))
