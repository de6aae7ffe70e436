"""The API of what a provider answers: receipt, decision, complaints, events. People say it; a program writes it down in its owner's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from cases import notice_following, notices
from cases.decisions import Act
from cases.notice_following import ItemOutcome
from cases.people import Actor
from core.errors import NotFound
from web.access import allow_api
from web.api.notice_following import Acknowledgement, Answered, ComplaintOutcome, ComplaintRead, EventRead, NewComplaint, NewEvent
from web.api.notices import NoticeReceipt, receipt
from web.api.once import OnceNeeded
from web.api.openapi import PREFIX
from web.api.paging import Paged
from web.api.route import ApiRoute
from web.console import Console, ConsoleOf
from web.noticing.answering import note_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import BaseModel

    from cases.notices import Notice
    from web.api.notice_following import OutcomeTaken
    from web.api.once import Once

router = APIRouter(prefix=f"{PREFIX}/notices/{{notice_id}}", route_class=ApiRoute, tags=["notices"])
Reader = Annotated[Actor, Depends(allow_api("notices"))]
Writer = Annotated[Actor, Depends(allow_api("notify"))]


def _noted(once: Once, console: Console, actor: Actor, asked: BaseModel, how: Callable[[Act], Notice], *, status: int = 200) -> Response:
    return once.run(actor, asked, lambda identifier: receipt(console, how(Act(id=identifier)), actor), status=status)


@router.post("/acknowledgement", operation_id="acknowledge", summary="Note that the provider confirmed receipt", response_model=NoticeReceipt)
def acknowledge(notice_id: str, asked: Acknowledgement, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """Needs `Idempotency-Key`."""

    def how(act: Act) -> Notice:
        return notice_following.acknowledge(console.database, notice_id, at=asked.at, reference=asked.reference, actor=actor, act=act)

    return _noted(once, console, actor, asked, how)


@router.post("/answer", operation_id="answer", summary="Note what the provider decided", response_model=NoticeReceipt)
def answer(notice_id: str, asked: Answered, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """Item by item; items that it says nothing of stay open. A later answer replaces what it names. Needs `Idempotency-Key`."""

    def how(act: Act) -> Notice:
        said = asked.model_dump(exclude={"outcomes"})
        return notice_following.answer(console.database, notice_id, outcomes=_outcomes(asked.outcomes), actor=actor, act=act, **said)

    return _noted(once, console, actor, asked, how)


@router.post("/complaints", operation_id="complain", summary="Note a complaint that was filed", status_code=201, response_model=NoticeReceipt)
def complain(notice_id: str, asked: NewComplaint, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """Against the decision that was noted. Nothing is sent by it: a person has filed it. Needs `Idempotency-Key`."""

    def how(act: Act) -> Notice:
        return notice_following.complain(console.database, notice_id, actor=actor, act=act, **asked.model_dump())

    return _noted(once, console, actor, asked, how, status=201)


@router.get("/complaints", operation_id="complaints", summary="The complaints against the decision")
def complaints(notice_id: str, console: ConsoleOf, actor: Reader) -> Paged[ComplaintRead]:
    """The first first; one page."""
    found = notices.find(console.database, notice_id, actor=actor).complaints
    shown = [ComplaintRead.model_validate(one.model_dump(include=set(ComplaintRead.model_fields))) for one in found]
    return Paged(items=shown, total=len(shown), next=None)


@router.post(
    "/complaints/{complaint_id}/outcome", operation_id="complaint_outcome", summary="Note what came of a complaint", response_model=NoticeReceipt
)
def complaint_outcome(*, notice_id: str, complaint_id: str, asked: ComplaintOutcome, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """Needs `Idempotency-Key`."""

    def how(act: Act) -> Notice:
        if complaint_id not in {one.id for one in notices.find(console.database, notice_id, actor=actor).complaints}:
            raise NotFound(f"complaint {complaint_id[:40]!r} does not exist")
        return notice_following.complaint_decided(
            console.database, complaint_id, outcome=asked.outcome, decided_at=asked.decided_at, outcomes=_outcomes(asked.outcomes),
            words=asked.words, actor=actor, act=act,
        )  # fmt: skip

    return _noted(once, console, actor, asked, how)


@router.get("/events", operation_id="notice_events", summary="What happened to a notice")
def events(notice_id: str, console: ConsoleOf, actor: Reader) -> Paged[EventRead]:
    """All of it, the first first; one page. None is ever changed."""
    found = notice_following.events(console.database, notice_id, actor=actor)
    shown = [EventRead.model_validate(one.model_dump(include=set(EventRead.model_fields))) for one in found]
    return Paged(items=shown, total=len(shown), next=None)


@router.post("/events", operation_id="note_event", summary="Note something else that happened", status_code=201, response_model=NoticeReceipt)
def note_event(notice_id: str, asked: NewEvent, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """A note, a correction, a withdrawal, the author's success, the end. Needs `Idempotency-Key`."""

    def how(act: Act) -> Notice:
        return note_as(console.database, notice_id, asked.kind, words=asked.words, at=asked.at, actor=actor, act=act)

    return _noted(once, console, actor, asked, how, status=201)


def _outcomes(taken: Iterable[OutcomeTaken]) -> tuple[ItemOutcome, ...]:
    return tuple(ItemOutcome(**one.model_dump()) for one in taken)
