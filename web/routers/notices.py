"""/notifications: the notices of one's own organisation, what each waits for, and the first draft of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import bundles, notices
from cases.deciding import entries_named
from cases.people import Actor
from cases.platforms import load_platforms
from core.errors import VigieError
from core.records import NOTICE_STATES
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.noticing.documents import file_of, paper_of
from web.noticing.draft_page import missing
from web.noticing.form import act_of, many
from web.noticing.lists import all_due, rows, title, waits
from web.noticing.picking import choices, drafts_for, others
from web.noticing.rates import rates_page, told
from web.noticing.words import name_of, words
from web.pages import go_to, render
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from cases.notices import Notice

router = APIRouter(prefix="/notifications")
Reader = Annotated[Actor, Depends(allow("notices"))]
Drafter = Annotated[Actor, Depends(allow("notify"))]
Given = Annotated[FormData, Depends(form_of)]
SIZE = 30
MOST_CONTENTS = 50
DONE = {
    "signee": "C'est signé.",
    "complete": "C'est signé par deux personnes : la notification peut être envoyée.",
    "preuves": "Les preuves sont demandées : le fichier est prêt dans quelques minutes.",
}


@router.get("")
def listed(
    request: Request,
    console: ConsoleOf,
    actor: Reader,
    etat: Annotated[str, Query(max_length=20)] = "",
    apres: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The newest first, with what each waits for."""
    state = etat if etat in NOTICE_STATES else ""
    found = notices.listed(console.database, actor=actor, state=state or None, before=apres or None, size=SIZE + 1)
    more = f"/notifications?{f'etat={state}&' if state else ''}apres={found[SIZE - 1].id}" if len(found) > SIZE else ""
    return render(
        request, "notifications/liste.html", rows=rows(console, found[:SIZE], actor), chosen=state, states=words()["states"], following=more,
        overdue=sum(one.css == "late" for one in all_due(console, actor)), warnings=told(console, actor),
    )  # fmt: skip


@router.get("/echeances")
def deadlines(request: Request, console: ConsoleOf, actor: Reader) -> Response:
    """All dates, the nearest first."""
    return render(request, "notifications/echeances.html", rows=all_due(console, actor))


@router.get("/taux")
def rates(request: Request, console: ConsoleOf, actor: Reader) -> Response:
    """How often platforms reject, and how often they are right."""
    return render(request, "notifications/taux.html", **rates_page(console, actor))


@router.get("/nouvelle")
def new(
    request: Request, console: ConsoleOf, actor: Drafter, contenu: Annotated[list[str] | None, Query(max_length=MOST_CONTENTS)] = None
) -> Response:
    """Choosing the items of a draft."""
    return _new(request, console, actor, contenu or [], act=uuid4().hex)


def _new(request: Request, console: Console, actor: Actor, names: list[str], *, act: str, no: Refused | None = None) -> Response:
    entries = entries_named(console.index, names)
    if not entries:
        return go_to("/notifications")
    known = {one.id: one for name in names for one in notices.listed(console.database, actor=actor, document_id=name, size=5)}
    already = [(one.id, name_of("states", one.state).lower(), one.state != "close") for one in known.values()]
    return render(
        request, "notifications/nouvelle.html", status=no.status if no else 200, entries=choices(entries), others=others(console, entries, actor),
        platform=load_platforms().of_host(entries[0]["platform"]), already=sorted(already, key=lambda one: not one[2]), act=act, no=no,
        drafts=[one.id for one in drafts_for(console, entries[0]["platform"], actor) if one.id not in known],
    )  # fmt: skip


@router.post("/nouvelle")
def draft(request: Request, console: ConsoleOf, actor: Drafter, form: Given) -> Response:
    """Make the draft; what is refused is told beside the same choice."""
    names, act = list(many(form, "contenu"))[:MOST_CONTENTS], act_of(form)
    try:
        made = notices.draft(console.database, entries_named(console.index, names), actor=actor, act=act)
    except VigieError as error:
        return _new(request, console, actor, names, act=act.id, no=refused(error))
    return go_to(f"/notifications/{made.id}/modifier")


@router.get("/{notice_id}")
def shown(request: Request, notice_id: str, console: ConsoleOf, actor: Reader, fait: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The notice as it will be, or was, sent."""
    found = notices.find(console.database, notice_id, actor=actor)
    values: dict[str, Any] = {"paper": paper_of(console, found, actor)} if found.content else {}
    return render(
        request, "notifications/notification.html", notice=found, name=title(found), state=name_of("states", found.state), act=uuid4().hex,
        waits=waits(console, found, actor), missing=_missing(console, found), done=DONE.get(fait, ""),
        bundles=bundles.of_subject(console.database, "notice", found.id), bundle_states=words()["bundles"], **values,
    )  # fmt: skip


def _missing(console: Console, notice: Notice) -> list[tuple[str, str]]:
    if notice.sent_at or notice.content is None:
        return []
    return missing(notices.problems(console.database, notice), page=f"/notifications/{notice.id}/modifier")


@router.get("/{notice_id}/document.{ending}")
def document(notice_id: str, ending: str, console: ConsoleOf, actor: Reader) -> Response:
    """The notice as a file: pdf, json, txt or eml."""
    found = file_of(console, notices.find(console.database, notice_id, actor=actor), ending, actor)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Response(found.body, media_type=found.media_type, headers=headers)
