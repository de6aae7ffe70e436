"""/notifications/{id}/modifier and /signer: writing what a notice says, and signing it. Two people sign; see cases/signing.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import notices, signing
from cases.deciding import entries_named
from cases.decisions import MOST_REASON
from cases.people import Actor
from core.errors import Conflict, VigieError
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.noticing.documents import platform_of, service_of
from web.noticing.draft_page import anchor, draft_page
from web.noticing.form import ADDED, act_of, changes_of, many, said, version_of
from web.noticing.quoting import passages
from web.noticing.signing_page import signing_page
from web.pages import go_to, render
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cases.notices import Notice

router = APIRouter(prefix="/notifications/{notice_id}")
Drafter = Annotated[Actor, Depends(allow("notify"))]
Signer = Annotated[Actor, Depends(allow("sign"))]
Given = Annotated[FormData, Depends(form_of)]
Done = Annotated[str, Query(max_length=20)]
CHANGED = "Quelqu'un a changé cette notification entre-temps. Ce que vous aviez saisi est resté en place : comparez, puis enregistrez de nouveau."


@router.get("/modifier")
def edit(request: Request, notice_id: str, console: ConsoleOf, actor: Drafter, fait: Done = "") -> Response:
    """The form, with what is missing at its top."""
    found = notices.find(console.database, notice_id, actor=actor)
    if found.content is None or found.state not in notices.EDITABLE:
        return go_to(f"/notifications/{notice_id}")
    return _form(request, console, actor, found, saved=fait == "enregistre")


@router.post("/modifier")
def save(request: Request, notice_id: str, console: ConsoleOf, actor: Drafter, form: Given) -> Response:
    """Keep what was entered; what cannot be kept comes back as it was."""
    found = notices.find(console.database, notice_id, actor=actor)
    if found.content is None:
        return go_to(f"/notifications/{notice_id}")
    quoted = [quote for one in found.content.elements for quote in one.quotes]
    changes = changes_of(form, passages(console.database, found.content.items, also=quoted))
    try:
        notices.change(
            console.database,
            notice_id,
            changes,
            version=version_of(form),
            actor=actor,
            act=act_of(form),
            entries=entries_named(console.index, many(form, ADDED)),
        )
    except (VigieError, ValidationError) as error:
        now = notices.find(console.database, notice_id, actor=actor)
        no = Refused(CHANGED, status=409) if isinstance(error, Conflict) and now.version != found.version else refused(error)
        return _form(request, console, actor, now, entered=changes, no=no)
    return go_to(f"/notifications/{notice_id}/modifier?fait=enregistre")


def _form(request: Request, console: Console, actor: Actor, notice: Notice, *, entered: Mapping[str, Any] | None = None, no: Refused | None = None,
          saved: bool = False) -> Response:  # fmt: skip
    values = draft_page(console, notice, actor, entered=entered)
    return render(
        request, "notifications/modifier.html", status=no.status if no else 200, notice=notice, platform=platform_of(notice),
        service=service_of(notice), act=uuid4().hex, no=no,
        saved=saved, most=MOST_REASON, anchor=anchor, **values,
    )  # fmt: skip


@router.get("/signer")
def signing_form(request: Request, notice_id: str, console: ConsoleOf, actor: Signer, fait: Done = "") -> Response:
    """What is signed on one page, who has signed, and the statement."""
    found = notices.find(console.database, notice_id, actor=actor)
    if found.content is None or found.sent_at:
        return go_to(f"/notifications/{notice_id}")
    return _signing(request, console, actor, found, done="Votre signature est retirée." if fait == "retiree" else "")


@router.post("/signer")
def sign(request: Request, notice_id: str, console: ConsoleOf, actor: Signer, form: Given) -> Response:
    """Sign the version that was on the page, and no other."""
    found = notices.find(console.database, notice_id, actor=actor)
    interests, gates = said(form, "interests"), many(form, "gates")
    try:
        signing.sign(
            console.database, "notice", notice_id, digest=said(form, "digest"), statement=said(form, "statement"), interests=interests,
            gates=gates, actor=actor, act=act_of(form), secret=console.secret,
        )  # fmt: skip
    except VigieError as error:
        return _signing(request, console, actor, found, typed={"interests": interests, "gates": gates}, no=refused(error))
    state = notices.find(console.database, notice_id, actor=actor).state
    return go_to(f"/notifications/{notice_id}?fait={'complete' if state == 'signee' else 'signee'}")


@router.post("/signer/retirer")
def withdraw(notice_id: str, console: ConsoleOf, actor: Signer, form: Given) -> Response:
    """Take one's own signature back."""
    signing.withdraw(console.database, "notice", notice_id, actor=actor, act=act_of(form), secret=console.secret)
    return go_to(f"/notifications/{notice_id}/signer?fait=retiree")


def _signing(request: Request, console: Console, actor: Actor, notice: Notice, *, typed: Mapping[str, Any] | None = None, no: Refused | None = None,
             done: str = "") -> Response:  # fmt: skip
    if notice.content is None:
        return go_to(f"/notifications/{notice.id}")
    values = signing_page(console, notice, actor)
    return render(
        request, "notifications/signer.html", status=no.status if no else 200, notice=notice, platform=platform_of(notice),
        service=service_of(notice), act=uuid4().hex, no=no,
        done=done, typed=typed or {"interests": "", "gates": ()}, **values,
    )  # fmt: skip
