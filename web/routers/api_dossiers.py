"""The API of dossiers: drafting, changing, signing, saying that one was handed over. A key acts as its owner; identities are not for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cases import dossier_leaving, dossiers
from cases.deciding import entries_named
from cases.decisions import Act
from cases.dossier import State
from cases.dossier_kinds import load_kinds
from cases.people import Actor
from web.access import allow_api
from web.api.dossiers import (
    DossierAnswered,
    DossierChanges,
    DossierInFull,
    DossierKind,
    DossierLine,
    DossierReceipt,
    HandedOver,
    NewDossier,
    in_full,
    kind_read,
    line,
    receipt,
)
from web.api.notices import NewSignature
from web.api.once import OnceNeeded, OnceOf
from web.api.openapi import PREFIX
from web.api.paging import LARGEST, Paged, next_page, sealed, unsealed
from web.api.route import ApiRoute
from web.console import ConsoleOf
from web.referring.documents import file_of

if TYPE_CHECKING:
    from datetime import datetime

router = APIRouter(prefix=f"{PREFIX}/dossiers", route_class=ApiRoute, tags=["dossiers"])
LIST = "dossiers"
Reader = Annotated[Actor, Depends(allow_api("dossiers"))]
Referrer = Annotated[Actor, Depends(allow_api("refer"))]
Signer = Annotated[Actor, Depends(allow_api("sign"))]


@router.get("", operation_id="dossiers", summary="The organisation's dossiers", response_model=Paged[DossierLine])
def listed(
    *,
    request: Request,
    response: Response,
    console: ConsoleOf,
    actor: Reader,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    size: Annotated[int, Query(ge=1, le=LARGEST, description="items of a page")] = 20,
    after: Annotated[str | None, Query(max_length=2000, description="cursor of the page before; follow next instead of making one")] = None,
) -> dict[str, Any]:
    """The newest first."""
    before: tuple[datetime, str] | None = None
    if after is not None:
        last = dossiers.find(console.database, str(unsealed(console, LIST, after)), actor=actor)
        before = (last.created_at, last.id)
    found = dossiers.listed(console.database, actor=actor, state=state, before=before, size=size + 1)
    cursor = sealed(console, LIST, found[size - 1].id) if len(found) > size else None
    return {"items": [line(one) for one in found[:size]], "next": next_page(request, response, cursor)}


@router.get("/kinds", operation_id="dossier_kinds", summary="What each kind of dossier asks for")
def kinds(_actor: Reader) -> Paged[DossierKind]:
    """Fields, gates and addressees, as reviewed data."""
    found = [kind_read(spec) for spec in load_kinds().values()]
    return Paged(items=found, total=len(found), next=None)


@router.post("", operation_id="draft_dossier", summary="Draft a dossier", status_code=201, response_model=DossierReceipt)
def draft(asked: NewDossier, console: ConsoleOf, actor: Referrer, once: OnceNeeded) -> Response:
    """Facts and passages come from what was collected and read; no question is answered for a person.

    Needs `Idempotency-Key`. 409 or 422 for contents that two people did not decide so, and for complotisme alone.
    """

    def act(identifier: str) -> DossierReceipt:
        entries = entries_named(console.index, asked.documents)
        return receipt(console, dossiers.draft(console.database, asked.kind, entries, actor=actor, act=Act(id=identifier)), actor)

    return once.run(actor, asked, act)


@router.get("/{dossier_id}", operation_id="dossier", summary="One dossier, with what is missing and who has signed")
def one(dossier_id: str, console: ConsoleOf, actor: Reader) -> DossierInFull:
    """`digest` and `statement` are what a signature needs; `problems` names what is missing, in French."""
    return in_full(console, dossiers.find(console.database, dossier_id, actor=actor), actor)


@router.post("/{dossier_id}/changes", operation_id="change_dossier", summary="Change what a dossier says", response_model=DossierReceipt)
def change(dossier_id: str, asked: DossierChanges, console: ConsoleOf, actor: Referrer, once: OnceNeeded) -> Response:
    """409 for another version, and once it was handed over. Needs `Idempotency-Key`."""

    def act(identifier: str) -> DossierReceipt:
        made = dossiers.change(console.database, dossier_id, asked.given, version=asked.version, actor=actor, act=Act(id=identifier))
        return receipt(console, made, actor)

    return once.run(actor, asked, act, status=200)


@router.post("/{dossier_id}/signatures", operation_id="sign_dossier", summary="Sign a dossier", status_code=201, response_model=DossierReceipt)
def sign(dossier_id: str, asked: NewSignature, console: ConsoleOf, actor: Signer, once: OnceNeeded) -> Response:
    """In the name of the key's owner. Two different people sign the same digest; nothing is sent by it. Needs `Idempotency-Key`."""

    def act(identifier: str) -> DossierReceipt:
        made = dossier_leaving.sign(
            console.database, dossier_id, digest=asked.digest, statement=asked.statement, interests=asked.interests, gates=asked.gates, actor=actor,
            act=Act(id=identifier), secret=console.secret,
        )  # fmt: skip
        return receipt(console, made, actor)

    return once.run(actor, asked, act)


@router.post("/{dossier_id}/signatures/withdraw", operation_id="withdraw_dossier_signature", summary="Take one's own signature back",
             response_model=DossierReceipt)  # fmt: skip
def withdraw(dossier_id: str, console: ConsoleOf, actor: Signer, once: OnceOf) -> Response:
    """Before the dossier was handed over."""

    def act(identifier: str) -> DossierReceipt:
        return receipt(
            console, dossier_leaving.withdraw(console.database, dossier_id, actor=actor, act=Act(id=identifier), secret=console.secret), actor
        )

    return once.run(actor, None, act, status=200)


@router.post(
    "/{dossier_id}/handed-over", operation_id="hand_over_dossier", summary="Say that a dossier was handed over", response_model=DossierReceipt
)
def handed_over(dossier_id: str, asked: HandedOver, console: ConsoleOf, actor: Referrer, once: OnceNeeded) -> Response:
    """By a person, outside Vigie. 409 while anything is missing: an answer, a signature, the question of art. 434-3. Needs `Idempotency-Key`."""

    def act(identifier: str) -> DossierReceipt:
        made = dossier_leaving.hand_over(
            console.database, dossier_id, digest=asked.digest, sent_at=asked.sent_at, reference=asked.reference, informs=asked.informs, actor=actor,
            act=Act(id=identifier), secret=console.secret,
        )  # fmt: skip
        return receipt(console, made, actor)

    return once.run(actor, asked, act, status=200)


@router.post("/{dossier_id}/answer", operation_id="answer_dossier", summary="Note what the authority answered", response_model=DossierReceipt)
def answered(dossier_id: str, asked: DossierAnswered, console: ConsoleOf, actor: Referrer, once: OnceNeeded) -> Response:
    """A later answer takes its place. Needs `Idempotency-Key`."""

    def act(identifier: str) -> DossierReceipt:
        made = dossier_leaving.answered(
            console.database, dossier_id, outcome=asked.outcome, answered_at=asked.answered_at, reference=asked.reference, actor=actor,
            act=Act(id=identifier),
        )  # fmt: skip
        return receipt(console, made, actor)

    return once.run(actor, asked, act, status=200)


@router.post("/{dossier_id}/close", operation_id="close_dossier", summary="Close a dossier", response_model=DossierReceipt)
def close(dossier_id: str, console: ConsoleOf, actor: Referrer, once: OnceOf) -> Response:
    """Nothing more is awaited. Harmless to repeat."""

    def act(identifier: str) -> DossierReceipt:
        return receipt(console, dossier_leaving.close(console.database, dossier_id, actor=actor, act=Act(id=identifier)), actor)

    return once.run(actor, None, act, status=200)


@router.get("/{dossier_id}/document.{ending}", operation_id="dossier_document", summary="The dossier as a file", response_class=Response)
def document(dossier_id: str, ending: str, console: ConsoleOf, actor: Reader) -> Response:
    """`pdf`, `docx` (to be edited) or `txt`; without the annex."""
    found = file_of(console, dossiers.find(console.database, dossier_id, actor=actor), ending, actor)
    return Response(found.body, media_type=found.media_type, headers={"Content-Disposition": f'attachment; filename="{found.name}"'})
