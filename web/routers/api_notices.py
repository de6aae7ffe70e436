"""The API of notices: drafting, changing, signing, saying that one leaves. A key acts as its owner: two keys of one person are one person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cases import informing, notice_sending, notices, signing
from cases.deciding import entries_named
from cases.decisions import Act
from cases.people import Actor
from core.records import NoticeState
from web.access import allow_api
from web.api.notices import (
    MarkedSent,
    NewInformation,
    NewNotice,
    NewSignature,
    NoticeChanges,
    NoticeInFull,
    NoticeLine,
    NoticeReceipt,
    SendingConfirmed,
    in_full,
    line,
    receipt,
)
from web.api.once import OnceNeeded, OnceOf
from web.api.openapi import PREFIX
from web.api.paging import LARGEST, Paged, next_page, sealed, unsealed
from web.api.route import ApiRoute
from web.console import ConsoleOf
from web.noticing.documents import file_of

router = APIRouter(prefix=f"{PREFIX}/notices", route_class=ApiRoute, tags=["notices"])
LIST = "notices"
Reader = Annotated[Actor, Depends(allow_api("notices"))]
Writer = Annotated[Actor, Depends(allow_api("notify"))]
Signer = Annotated[Actor, Depends(allow_api("sign"))]
Sender = Annotated[Actor, Depends(allow_api("send"))]


@router.get("", operation_id="notices", summary="The organisation's notices", response_model=Paged[NoticeLine])
def listed(
    *, request: Request, response: Response, console: ConsoleOf, actor: Reader,
    state: Annotated[NoticeState | None, Query(description="only those in this state")] = None,
    size: Annotated[int, Query(ge=1, le=LARGEST, description="items of a page")] = 20,
    after: Annotated[str | None, Query(max_length=2000, description="cursor of the page before; follow next instead of making one")] = None,
) -> dict[str, Any]:  # fmt: skip
    """The newest first."""
    before = str(unsealed(console, LIST, after)) if after is not None else None
    found = notices.listed(console.database, actor=actor, state=state, before=before, size=size + 1)
    cursor = sealed(console, LIST, found[size - 1].id) if len(found) > size else None
    return {"items": [line(one) for one in found[:size]], "next": next_page(request, response, cursor)}


@router.post("", operation_id="draft_notice", summary="Draft a notice", status_code=201, response_model=NoticeReceipt)
def draft(asked: NewNotice, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """Facts, signs and quotes come from what people read; a legal basis and a category are proposed; every reason is left to a person.

    Needs `Idempotency-Key`. 422 for what can never become a notice: two providers, no two readings, complotisme alone.
    """

    def act(identifier: str) -> NoticeReceipt:
        entries = entries_named(console.index, asked.documents)
        return receipt(console, notices.draft(console.database, entries, platform=asked.platform, actor=actor, act=Act(id=identifier)), actor)

    return once.run(actor, asked, act)


@router.get("/{notice_id}", operation_id="notice", summary="One notice, with what is missing and who has signed")
def one(notice_id: str, console: ConsoleOf, actor: Reader) -> NoticeInFull:
    """`digest` and `statement` are what a signature needs; `problems` names what is missing, in French."""
    return in_full(console, notices.find(console.database, notice_id, actor=actor), actor, now=datetime.now(UTC))


@router.post("/{notice_id}/changes", operation_id="change_notice", summary="Change what a notice says", response_model=NoticeReceipt)
def change(notice_id: str, asked: NoticeChanges, console: ConsoleOf, actor: Writer, once: OnceNeeded) -> Response:
    """Facts of the items are taken from the index and the decisions, never from here. 409 for another version, and once it has left.

    Needs `Idempotency-Key`. An item that `items` leaves out leaves the notice; another document of the same provider enters it, by the rules of a
    draft: 422 where two people have not read it alike. Signatures under what was there before do not count any more.
    """

    def act(identifier: str) -> NoticeReceipt:
        held = {one.document_id for one in notices.find(console.database, notice_id, actor=actor).items}
        entries = entries_named(console.index, [name for name in asked.items or () if name not in held])
        made = notices.change(console.database, notice_id, asked.fields, version=asked.version, actor=actor, act=Act(id=identifier), entries=entries)
        return receipt(console, made, actor)

    return once.run(actor, asked, act, status=200)


@router.post("/{notice_id}/signatures", operation_id="sign_notice", summary="Sign a notice", status_code=201, response_model=NoticeReceipt)
def sign(notice_id: str, asked: NewSignature, console: ConsoleOf, actor: Signer, once: OnceNeeded) -> Response:
    """In the name of the key's owner, and of nobody else. Two different people sign the same digest; nothing is sent by it.

    Needs `Idempotency-Key`. 422 while something is missing or for other words than `statement`; 409 for another digest; 403 for a look without
    its role.
    """

    def act(identifier: str) -> NoticeReceipt:
        signing.sign(
            console.database, "notice", notice_id, digest=asked.digest, statement=asked.statement, interests=asked.interests, gates=asked.gates,
            actor=actor, act=Act(id=identifier), secret=console.secret,
        )  # fmt: skip
        return receipt(console, notices.find(console.database, notice_id, actor=actor), actor)

    return once.run(actor, asked, act)


@router.post(
    "/{notice_id}/signatures/withdraw", operation_id="withdraw_signature", summary="Take one's own signature back", response_model=NoticeReceipt
)
def withdraw(notice_id: str, console: ConsoleOf, actor: Signer, once: OnceOf) -> Response:
    """Before the notice has left. What was withdrawn is given again under another version only."""

    def act(identifier: str) -> NoticeReceipt:
        signing.withdraw(console.database, "notice", notice_id, actor=actor, act=Act(id=identifier), secret=console.secret)
        return receipt(console, notices.find(console.database, notice_id, actor=actor), actor)

    return once.run(actor, None, act, status=200)


@router.post(
    "/{notice_id}/information", operation_id="inform_notice", summary="Choose how people are informed", status_code=201, response_model=NoticeReceipt
)
def inform(notice_id: str, asked: NewInformation, console: ConsoleOf, actor: Sender, once: OnceNeeded) -> Response:
    """Before it leaves: GDPR art. 14 has people informed at the latest when their data are first disclosed. Needs `Idempotency-Key`."""

    def act(identifier: str) -> NoticeReceipt:
        informing.choose(console.database, "notice", notice_id, **asked.model_dump(), actor=actor, act=identifier)
        return receipt(console, notices.find(console.database, notice_id, actor=actor), actor)

    return once.run(actor, asked, act)


@router.post("/{notice_id}/sending", operation_id="confirm_sending", summary="Confirm that a signed notice leaves", response_model=NoticeReceipt)
def confirm(notice_id: str, asked: SendingConfirmed, console: ConsoleOf, actor: Sender, once: OnceNeeded) -> Response:
    """Through the provider's interface (`api_mastodon`, `api_bluesky`); a worker carries it out, once. Call it only where a person has just said so.

    Needs `Idempotency-Key`. 409 while `informing_missing` says so.
    """

    def act(identifier: str) -> NoticeReceipt:
        notice_sending.confirm_sending(
            console.database, notice_id, channel=asked.channel, digest=asked.digest, actor=actor, act=Act(id=identifier), secret=console.secret
        )
        return receipt(console, notices.find(console.database, notice_id, actor=actor), actor)

    return once.run(actor, asked, act, status=200)


@router.post("/{notice_id}/sent", operation_id="mark_sent", summary="Say that a signed notice was sent", response_model=NoticeReceipt)
def sent(notice_id: str, asked: MarkedSent, console: ConsoleOf, actor: Sender, once: OnceNeeded) -> Response:
    """By a person, outside Vigie: the platform's form, or an e-mail. Needs `Idempotency-Key`. 409 while `informing_missing` says so."""

    def act(identifier: str) -> NoticeReceipt:
        made = notice_sending.mark_sent(
            console.database, notice_id, channel=asked.channel, reference=asked.reference, sent_at=asked.sent_at, digest=asked.digest, actor=actor,
            act=Act(id=identifier), secret=console.secret,
        )  # fmt: skip
        return receipt(console, made, actor)

    return once.run(actor, asked, act, status=200)


@router.get("/{notice_id}/document.{ending}", operation_id="notice_document", summary="The notice as a file", response_class=Response)
def document(notice_id: str, ending: str, console: ConsoleOf, actor: Reader) -> Response:
    """`pdf`, `json` (field names of the transparency database), `txt` (cut to the platform's limits) or `eml`."""
    found = file_of(console, notices.find(console.database, notice_id, actor=actor), ending, actor)
    return Response(found.body, media_type=found.media_type, headers={"Content-Disposition": f'attachment; filename="{found.name}"'})
