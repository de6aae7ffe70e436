"""The API of what is on its way through a provider's interface. What is uncertain is never sent again before a person has looked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from cases import notice_sending, notices
from cases.decisions import Act
from cases.people import Actor
from web.access import allow_api
from web.api.notice_sending import SendingOutcome, SendingRead
from web.api.notices import NoticeReceipt, receipt
from web.api.once import OnceNeeded
from web.api.openapi import PREFIX
from web.api.paging import Paged
from web.api.route import ApiRoute
from web.console import ConsoleOf

router = APIRouter(prefix=f"{PREFIX}/notices/{{notice_id}}/sendings", route_class=ApiRoute, tags=["notices"])
Reader = Annotated[Actor, Depends(allow_api("notices"))]
Sender = Annotated[Actor, Depends(allow_api("send"))]


@router.get("", operation_id="sendings", summary="The items on their way through the provider's interface")
def sendings(notice_id: str, console: ConsoleOf, actor: Reader) -> Paged[SendingRead]:
    """By item; one page. Empty for a notice that goes another way."""
    found = notice_sending.sendings(console.database, notice_id, actor=actor)
    shown = [SendingRead.model_validate(one.model_dump(include=set(SendingRead.model_fields))) for one in found]
    return Paged(items=shown, total=len(shown), next=None)


@router.post("/{sending_id}/outcome", operation_id="settle_sending", summary="Say whether an uncertain sending arrived", response_model=NoticeReceipt)
def settle(*, notice_id: str, sending_id: str, asked: SendingOutcome, console: ConsoleOf, actor: Sender, once: OnceNeeded) -> Response:
    """Of one that is `incertaine`, once a person has looked with the provider: 409 for any other. Where it did not arrive, a person may confirm the
    sending again; nothing is repeated by itself. Needs `Idempotency-Key`.
    """

    def act(identifier: str) -> NoticeReceipt:
        notice_sending.settle(
            console.database, notice_id, sending_id, left=asked.arrived, reference=asked.reference, actor=actor, act=Act(id=identifier)
        )
        return receipt(console, notices.find(console.database, notice_id, actor=actor), actor)

    return once.run(actor, asked, act, status=200)
