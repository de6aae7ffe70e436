"""The API of reading: the queue, claims, readings, taking a reading back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cases import claims
from cases.deciding import text_of
from cases.people import Actor
from core.errors import Conflict
from index.queue import QueueCursor, read_queue
from index.search_form import to_query
from web.access import allow_api
from web.api.documents import Waiting, masked, search_of, search_parameters
from web.api.once import OnceNeeded, OnceOf
from web.api.openapi import PREFIX
from web.api.paging import LARGEST, Paged, next_page, sealed, unsealed
from web.api.readings import ClaimRead, NewReading, Settled, Withdrawal, Withdrawn
from web.api.reviewing import as_reader, entry_named, read, withdraw
from web.api.route import ApiRoute
from web.blindness import blinded
from web.console import ConsoleOf

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["reviews"])
LIST = "queue"
FIXED = ("lanes", "statuses", "sort", "similar_to")  # of a search, what the queue itself decides
Reader = Annotated[Actor, Depends(allow_api("read"))]
Reviewer = Annotated[Actor, Depends(allow_api("review"))]


@router.get(
    "/queue", operation_id="queue", summary="What to read first", response_model=Paged[Waiting],
    openapi_extra={"parameters": search_parameters(without=FIXED)},
)  # fmt: skip
def queue(
    *,
    request: Request,
    response: Response,
    console: ConsoleOf,
    actor: Reader,
    size: Annotated[int, Query(ge=1, le=LARGEST, description="items of a page")] = 20,
    after: Annotated[str | None, Query(max_length=4000, description="cursor of the page before; follow next instead of making one")] = None,
) -> dict[str, Any]:
    """What nobody has decided, the worst expected harm first, one item a campaign, and now and then one drawn among what is not flagged.

    `total` counts flagged items, copies included.
    """
    page = read_queue(console.index, to_query(search_of(request, console, without=FIXED)), size=size, after=_cursor(console, after))
    cursor = None if page.next is None else sealed(console, LIST, page.next)
    reading = claims.claims_on(console.database, [item.entry["id"] for item in page.items])
    shown = blinded(console, [item.entry for item in page.items], actor)
    items = [
        {**masked(console, entry), "copies": item.copies, "claimed": entry["id"] in reading} for entry, item in zip(shown, page.items, strict=True)
    ]
    return {"items": items, "total": page.total, "next": next_page(request, response, cursor)}


@router.post("/documents/{document_id}/claims", operation_id="claim", summary="Read an item now", status_code=201, response_model=ClaimRead)
def claim(
    document_id: str,
    console: ConsoleOf,
    actor: Reviewer,
    once: OnceOf,
    also: Annotated[bool, Query(description="although somebody reads it, or one person has decided it: a second reading")] = False,  # noqa: FBT002
) -> Response:
    """A lease: nobody else gets the item before it ends. Repeating it renews it. 409 where another person reads it, or you have read it already."""

    def act(_identifier: str) -> ClaimRead:
        entry = entry_named(console, document_id)
        found = claims.take(console.database, document_id, actor=as_reader(actor), text=text_of(entry), also=also)
        return ClaimRead(document_id=found.document_id, since=found.since, until=found.until)

    return once.run(actor, None, act)


@router.delete("/documents/{document_id}/claims", operation_id="release", summary="Leave an item to others", status_code=204)
def release(document_id: str, console: ConsoleOf, actor: Reviewer) -> None:
    """Harmless to repeat."""
    claims.release(console.database, document_id, actor=actor)


@router.post("/documents/{document_id}/readings", operation_id="read", summary="Write a reading down", status_code=201, response_model=Settled)
def new_reading(document_id: str, asked: NewReading, console: ConsoleOf, actor: Reviewer, once: OnceNeeded) -> Response:
    """What a person made of the item. Some items are read by two people who do not see each other's reading; where they differ, a third decides.

    Needs `Idempotency-Key`. Nothing is sent by it: a decision is no notice. Of an `urgence`, call 15, 17, 112, 119 or 3114 first.
    """
    if asked.taxonomy != console.taxonomy.version:
        raise Conflict(
            f"the reading was made by the guideline {asked.taxonomy}, in force is {console.taxonomy.version}; get /taxonomy again and read by it"
        )
    return once.run(actor, asked, lambda act: read(console, actor, document_id, asked, act=act))


@router.post("/documents/{document_id}/undo", operation_id="undo", summary="Take one's own reading back", response_model=Withdrawn)
def undo(document_id: str, asked: Withdrawal, console: ConsoleOf, actor: Reviewer, once: OnceNeeded) -> Response:
    """Within some minutes, also when it decided; the item is open again and the reading stays in the history, marked as withdrawn.

    Needs `Idempotency-Key`. What others decided is undone on the pages, by a person with the role `valide`.
    """
    return once.run(actor, asked, lambda act: withdraw(console, actor, document_id, asked, act=act), status=200)


def _cursor(console: ConsoleOf, after: str | None) -> QueueCursor | None:
    if after is None:
        return None
    flagged, sample, shown = unsealed(console, LIST, after)
    return QueueCursor(flagged and tuple(flagged), sample and tuple(sample), shown)
