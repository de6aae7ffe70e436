"""/notifications/{id}/suivi: what the provider answers, noted by people; complaints; the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import notice_following, notices
from cases.masking import masked
from cases.people import Actor
from core.errors import Invalid, VigieError
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.noticing.answering import note_other, outcomes_of, yes_no
from web.noticing.documents import complaint_draft
from web.noticing.following_page import following_page
from web.noticing.form import act_of, said
from web.noticing.lists import due_of
from web.noticing.timing import instant, local
from web.noticing.words import words
from web.pages import go_to, render
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cases.notices import Notice

router = APIRouter(prefix="/notifications/{notice_id}")
Reader = Annotated[Actor, Depends(allow("notices"))]
Noter = Annotated[Actor, Depends(allow("notify"))]
Given = Annotated[FormData, Depends(form_of)]
DONE = {"envoyee": "C'est noté : la notification est envoyée.", "note": "C'est noté."}


@router.get("/suivi")
def following(request: Request, notice_id: str, console: ConsoleOf, actor: Reader, fait: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The line of time, and the forms of what comes next."""
    return _page(request, console, actor, notices.find(console.database, notice_id, actor=actor), done=DONE.get(fait, ""))


def _page(request: Request, console: Console, actor: Actor, notice: Notice, *, done: str = "", no: Refused | None = None, form: str = "") -> Response:
    values = following_page(console, notice, actor)
    return render(request, "notifications/suivi.html", status=no.status if no else 200, notice=notice, done=done, no=no, open=form, **values)


def _noted(request: Request, notice_id: str, console: Console, actor: Actor, *, form: str, act: Callable[[Notice], object]) -> Response:
    """Write something down, then the page again; what is refused is told there, with its form open."""
    found = notices.find(console.database, notice_id, actor=actor)
    try:
        act(found)
    except (VigieError, ValidationError) as error:
        return _page(request, console, actor, found, no=refused(error), form=form)
    return go_to(f"/notifications/{notice_id}/suivi?fait=note")


@router.post("/accuse")
def acknowledge(request: Request, notice_id: str, console: ConsoleOf, actor: Noter, form: Given) -> Response:
    """The provider confirmed receipt."""

    def act(found: Notice) -> None:
        at = instant(said(form, "at"), since=found.sent_at)
        notice_following.acknowledge(console.database, notice_id, at=at, reference=said(form, "reference") or None, actor=actor, act=act_of(form))

    return _noted(request, notice_id, console, actor, form="accuse", act=act)


@router.post("/reponse")
def answer(request: Request, notice_id: str, console: ConsoleOf, actor: Noter, form: Given) -> Response:
    """The provider's decision, item by item."""

    def act(found: Notice) -> None:
        notice_following.answer(
            console.database, notice_id, outcomes=outcomes_of(form, len(found.items)), decided_at=instant(said(form, "at"), since=found.sent_at),
            redress_given=yes_no(form, "redress_given"), automated=yes_no(form, "automated"), reference=said(form, "reference") or None,
            words=said(form, "words") or None, actor=actor, act=act_of(form),
        )  # fmt: skip

    return _noted(request, notice_id, console, actor, form="reponse", act=act)


@router.post("/reclamations/{complaint_id}")
def complaint_decided(*, request: Request, notice_id: str, complaint_id: str, console: ConsoleOf, actor: Noter, form: Given) -> Response:
    """What came of a complaint."""

    def act(found: Notice) -> None:
        outcome: Any = said(form, "outcome")  # looked at there
        notice_following.complaint_decided(
            console.database, complaint_id, outcome=outcome, decided_at=instant(said(form, "at"), since=found.sent_at),
            words=said(form, "words") or None, actor=actor, act=act_of(form),
        )  # fmt: skip

    return _noted(request, notice_id, console, actor, form="issue", act=act)


@router.post("/autre")
def other(request: Request, notice_id: str, console: ConsoleOf, actor: Noter, form: Given) -> Response:
    """A note, a correction, a withdrawal, the author's success, the end."""
    return _noted(
        request, notice_id, console, actor, form="autre", act=lambda found: note_other(console.database, found, form, actor=actor, act=act_of(form))
    )


@router.get("/reclamation")
def complaint_form(request: Request, notice_id: str, console: ConsoleOf, actor: Noter) -> Response:
    """A draft to change and file, and where to say that it was filed."""
    found = notices.find(console.database, notice_id, actor=actor)
    return _complaint(request, console, found) if found.decided_at else go_to(f"/notifications/{notice_id}/suivi")


@router.post("/reclamation")
def complain(request: Request, notice_id: str, console: ConsoleOf, actor: Noter, form: Given) -> Response:
    """A person filed it."""
    found = notices.find(console.database, notice_id, actor=actor)
    typed = {name: said(form, name) for name in ("kind", "body", "at", "text")}
    try:
        if typed["kind"] not in ("interne", "hors_tribunal"):
            raise Invalid("which complaint was filed was not said; expected interne or hors_tribunal")
        notice_following.complain(
            console.database, notice_id, text=masked(typed["text"]), kind="interne" if typed["kind"] == "interne" else "hors_tribunal",
            body=typed["body"] or None, filed_at=instant(typed["at"], since=found.decided_at), actor=actor, act=act_of(form),
        )  # fmt: skip
    except VigieError as error:
        return _complaint(request, console, found, typed=typed, no=refused(error))
    return go_to(f"/notifications/{notice_id}/suivi?fait=note")


def _complaint(request: Request, console: Console, notice: Notice, *, typed: Mapping[str, str] | None = None, no: Refused | None = None) -> Response:
    known = typed or {"kind": "interne", "body": "", "at": local(), "text": complaint_draft(console, notice)}
    return render(
        request, "notifications/reclamation.html", status=no.status if no else 200, notice=notice, timers=due_of(notice), typed=known,
        no=no,
        act=uuid4().hex, kinds=words()["complaints"], most=notice_following.MOST_TEXT,
    )  # fmt: skip
