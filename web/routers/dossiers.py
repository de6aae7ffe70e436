"""/dossiers: what an organisation prepares for an authority. Vigie sends nothing: a person takes the papers, hands them over, and says so here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import dossier_items, dossier_leaving, dossiers
from cases.deciding import entries_named
from cases.dossier import STATES
from cases.papers.dossier_words import STATE_NAMES
from cases.people import Actor
from core.errors import Invalid, VigieError
from core.times import PARIS
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.noticing import informing
from web.noticing.form import act_of, many, said
from web.noticing.picking import choices
from web.pages import go_to, render
from web.passages import shown as shown_line
from web.referring import choosing
from web.referring.documents import file_of
from web.referring.page import dossier_page, kinds, rows
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cases.dossiers import Dossier
    from index.documents import Entry

router = APIRouter(prefix="/dossiers")
Reader = Annotated[Actor, Depends(allow("dossiers"))]
Referrer = Annotated[Actor, Depends(allow("refer"))]
Given = Annotated[FormData, Depends(form_of)]
SIZE = 30
MOST_CONTENTS = 50
NONE = "Choisissez au moins un contenu : cochez-en un, ou donnez son adresse."
UNKNOWN = "Vigie ne connaît pas ces adresses : {}. Vérifiez-les, ou soumettez-les : un contenu est d'abord lu et décidé."
DONE = {
    "signe": "C'est signé.",
    "complet": "C'est signé par deux personnes : le dossier peut être remis.",
    "transmis": "C'est noté : ce dossier a été remis.",
    "reponse": "La réponse est notée.",
    "clos": "Le dossier est clos.",
    "information": "C'est noté.",
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
    state = etat if etat in STATES else ""
    last = dossiers.find(console.database, apres, actor=actor) if apres else None
    before = (last.created_at, last.id) if last else None
    found = dossiers.listed(console.database, actor=actor, state=state or None, before=before, size=SIZE + 1)
    more = f"/dossiers?{f'etat={state}&' if state else ''}apres={found[SIZE - 1].id}" if len(found) > SIZE else ""
    return render(request, "dossiers/liste.html", rows=rows(console, found[:SIZE], actor), chosen=state, states=STATE_NAMES, following=more)


@router.get("/nouveau")
def new(
    *,
    request: Request,
    console: ConsoleOf,
    actor: Referrer,
    contenu: Annotated[list[str] | None, Query(max_length=MOST_CONTENTS)] = None,
    nature: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Choosing the contents and the addressee, or the draft that takes them."""
    return _new(request, console, actor, entries_named(console.index, contenu or []), kind=nature, act=uuid4().hex)


def _new(
    request: Request,
    console: Console,
    actor: Actor,
    entries: list[Entry],
    *,
    kind: str,
    act: str,
    typed: str = "",
    no: Refused | None = None,
) -> Response:
    return render(
        request,
        "dossiers/nouveau.html",
        status=no.status if no else 200,
        entries=choices(entries),
        confirmed=choosing.confirmed(console, actor, {entry["id"] for entry in entries}),
        drafts=choosing.drafts(console, actor),
        kinds=kinds(),
        kind=kind,
        act=act,
        typed=typed,
        no=no,
    )


@router.post("/nouveau")
def draft(request: Request, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Make the draft, or add to one; addresses that were typed are found first. What is refused is told beside the same choice."""
    ticked, lines = list(many(form, "contenu")), said(form, "adresses").splitlines()
    kind, act = said(form, "nature"), act_of(form)
    entries, unknown = choosing.named(console, [*ticked, *lines][:MOST_CONTENTS])
    no = None if entries else Refused(NONE)
    if unknown:
        no = Refused(UNKNOWN.format(", ".join(shown_line(one[:100]) for one in unknown[:5])))
    if no or said(form, "etape") == "trouver":
        return _new(request, console, actor, entries, kind=kind, act=act.id, typed="\n".join(unknown), no=no)
    try:
        if kind.startswith(choosing.TO):
            made = dossier_items.add(console.database, kind.removeprefix(choosing.TO), entries, actor=actor, act=act)
        else:
            made = dossiers.draft(console.database, kind, entries, actor=actor, act=act)
    except VigieError as error:
        return _new(request, console, actor, entries, kind=kind, act=act.id, no=refused(error))
    return go_to(f"/dossiers/{made.id}/modifier")


@router.get("/{dossier_id}")
def show(request: Request, dossier_id: str, console: ConsoleOf, actor: Reader, fait: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The dossier as it is printed, and what can be done with it now."""
    return _page(request, console, actor, dossiers.find(console.database, dossier_id, actor=actor), done=DONE.get(fait, ""))


def _page(request: Request, console: Console, actor: Actor, found: Dossier, *, no: Refused | None = None, done: str = "") -> Response:
    now = datetime.now(PARIS).strftime("%Y-%m-%dT%H:%M")
    return render(
        request,
        "dossiers/dossier.html",
        status=no.status if no else 200,
        dossier=found,
        act=uuid4().hex,
        no=no,
        done=done,
        now=now,
        may_name=actor.has("droit"),
        **dossier_page(console, found, actor),
    )


@router.get("/{dossier_id}/document.{ending}")
def document(dossier_id: str, ending: str, console: ConsoleOf, actor: Reader) -> Response:
    """The dossier as a file: pdf, docx to be edited, txt."""
    found = file_of(console, dossiers.find(console.database, dossier_id, actor=actor), ending, actor)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "Cache-Control": "no-store"}
    return Response(found.body, media_type=found.media_type, headers=headers)


@router.post("/{dossier_id}/information")
def inform(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Art. 14 of the GDPR: whether the people concerned were informed, will be, or why not."""
    return _noted(request, console, actor, dossier_id, lambda: informing.choose(console, "dossier", dossier_id, form, actor), word="information")


@router.post("/{dossier_id}/transmis")
def hand_over(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Say that a person handed it over: when, under which reference."""

    def how() -> object:
        return dossier_leaving.hand_over(
            console.database, dossier_id, digest=said(form, "digest"), sent_at=_needed(form, "quand"), reference=said(form, "reference"),
            informs=said(form, "informe"), actor=actor, act=act_of(form), secret=console.secret,
        )  # fmt: skip

    return _noted(request, console, actor, dossier_id, how, word="transmis")


@router.post("/{dossier_id}/reponse")
def answered(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Note what the authority answered."""

    def how() -> object:
        return dossier_leaving.answered(
            console.database, dossier_id, outcome=said(form, "suite"), answered_at=_needed(form, "quand"), reference=said(form, "reference"),
            actor=actor, act=act_of(form),
        )  # fmt: skip

    return _noted(request, console, actor, dossier_id, how, word="reponse")


@router.post("/{dossier_id}/clore")
def close(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Nothing more is awaited."""
    return _noted(
        request, console, actor, dossier_id, lambda: dossier_leaving.close(console.database, dossier_id, actor=actor, act=act_of(form)), word="clos"
    )


def _noted(request: Request, console: Console, actor: Actor, dossier_id: str, how: Callable[[], object], *, word: str) -> Response:
    """Do it and say so; what is refused is told in the form of that name, on the page as it was."""
    found = dossiers.find(console.database, dossier_id, actor=actor)
    try:
        how()
    except VigieError as error:
        return _page(request, console, actor, found, no=refused(error, form=word))
    return go_to(f"/dossiers/{found.id}?fait={word}")


def _needed(form: FormData, name: str) -> datetime:
    found = informing.moment(form, name)
    if found is None:
        raise Invalid("the time is none; expected a day and an hour")
    return found
