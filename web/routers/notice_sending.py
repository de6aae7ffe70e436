"""/notifications/{id}/envoyer: confirming that a signed notice leaves, or saying that a person sent it. Nothing leaves by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import notice_sending, notices
from cases.people import Actor
from core.errors import Invalid, VigieError
from web.access import PERMISSIONS, allow, form_of
from web.console import Console, ConsoleOf
from web.noticing import informing
from web.noticing.documents import platform_of, service_of
from web.noticing.form import act_of, said
from web.noticing.sending_page import sending_page
from web.noticing.timing import instant, local
from web.pages import go_to, render
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cases.notices import Notice

router = APIRouter(prefix="/notifications/{notice_id}")
Reader = Annotated[Actor, Depends(allow("notices"))]
Sender = Annotated[Actor, Depends(allow("send"))]
Given = Annotated[FormData, Depends(form_of)]
DONE = {
    "confirmee": "L'envoi est confirmé. Il part dans les minutes qui viennent ; cette page dira s'il est arrivé.",
    "envoyee": "C'est noté : la notification est envoyée.",
    "reglee": "C'est noté.",
    "information": "Le choix sur l'information des personnes est noté.",
}


@router.get("/envoyer")
def sending(request: Request, notice_id: str, console: ConsoleOf, actor: Reader, fait: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The account that it would go out under, and the pack to paste."""
    return _page(request, console, actor, notices.find(console.database, notice_id, actor=actor), done=DONE.get(fait, ""))


def _page(request: Request, console: Console, actor: Actor, notice: Notice, *, done: str = "", no: Refused | None = None,
          typed: Mapping[str, Any] | None = None) -> Response:  # fmt: skip
    platform = platform_of(notice)
    values = sending_page(console, notice, actor)
    return render(
        request, "notifications/envoyer.html", status=no.status if no else 200, notice=notice, platform=platform, service=service_of(notice),
        act=uuid4().hex, act_sent=uuid4().hex, act_informed=uuid4().hex,
        may_send=actor.has(*PERMISSIONS["send"].roles), done=done, no=no,
        typed={"channel": "formulaire" if values["api"] else platform.channel, "sent_at": local(), "reference": "", **(typed or {})}, **values,
    )  # fmt: skip


@router.post("/information")
def inform(request: Request, notice_id: str, console: ConsoleOf, actor: Sender, form: Given) -> Response:
    """Art. 14 of the GDPR: whether the people concerned were informed, will be, or why not."""
    found = notices.find(console.database, notice_id, actor=actor)
    try:
        informing.choose(console, "notice", found.id, form, actor)
    except VigieError as error:
        typed = {"information": {name: said(form, name) for name in informing.FIELDS}}
        return _page(request, console, actor, found, no=refused(error, form="information"), typed=typed)
    return go_to(f"/notifications/{notice_id}/envoyer?fait=information")


@router.post("/envoyer")
def confirm(request: Request, notice_id: str, console: ConsoleOf, actor: Sender, form: Given) -> Response:
    """A person says that it leaves through the provider's interface now."""
    found = notices.find(console.database, notice_id, actor=actor)
    try:
        if said(form, "confirme") != "oui":
            raise Invalid("the sending was not confirmed; tick the box, then send")
        notice_sending.confirm_sending(
            console.database,
            notice_id,
            channel=said(form, "channel"),
            digest=said(form, "digest"),
            actor=actor,
            act=act_of(form),
            secret=console.secret,
        )
    except VigieError as error:
        return _page(request, console, actor, found, no=refused(error))
    return go_to(f"/notifications/{notice_id}/envoyer?fait=confirmee")


@router.post("/envoyee")
def sent(request: Request, notice_id: str, console: ConsoleOf, actor: Sender, form: Given) -> Response:
    """A person says that they sent it, when and how."""
    found = notices.find(console.database, notice_id, actor=actor)
    typed = {name: said(form, name) for name in ("channel", "sent_at", "reference")}
    try:
        last = max((one.at for one in found.signed), default=None)
        notice_sending.mark_sent(
            console.database, notice_id, channel=typed["channel"], reference=typed["reference"] or None,
            sent_at=instant(typed["sent_at"], since=last),
            digest=said(form, "digest"), actor=actor, act=act_of(form), secret=console.secret,
        )  # fmt: skip
    except VigieError as error:
        return _page(request, console, actor, found, no=refused(error), typed=typed)
    return go_to(f"/notifications/{notice_id}/suivi?fait=envoyee")


@router.post("/envois/{sending_id}")
def settle(*, request: Request, notice_id: str, sending_id: str, console: ConsoleOf, actor: Sender, form: Given) -> Response:
    """A person looked with the provider whether it has what is uncertain."""
    found = notices.find(console.database, notice_id, actor=actor)
    try:
        if said(form, "arrivee") not in ("oui", "non"):
            raise Invalid("whether it arrived was not said; look with the provider, then say yes or no")
        notice_sending.settle(
            console.database, notice_id, sending_id, left=said(form, "arrivee") == "oui", reference=said(form, "reference") or None, actor=actor,
            act=act_of(form),
        )  # fmt: skip
    except VigieError as error:
        return _page(request, console, actor, found, no=refused(error))
    return go_to(f"/notifications/{notice_id}/envoyer?fait=reglee")
