"""/dossiers/{id}/annexe: identities, sealed. The role droit alone writes and opens them; each opening is in the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import dossier_annex, dossiers
from cases.decisions import Act
from cases.dossier import LEFT
from cases.papers.dossier import annex_paper
from cases.papers.dossier_words import AGREES_NAMES, ROLE_NAMES
from cases.papers.pdf import paper_pdf
from cases.people import Actor
from cases.profiles import notifier
from core.errors import VigieError
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.noticing.form import said
from web.pages import go_to, render
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.dossier_annex import Annex

router = APIRouter(prefix="/dossiers/{dossier_id}/annexe")
Lawyer = Annotated[Actor, Depends(allow("identities"))]
Given = Annotated[FormData, Depends(form_of)]
PEOPLE = 3  # lines beyond those that are there
FIELDS = ("role", "name", "contact", "agrees", "known")
PRIVATE = {"Cache-Control": "no-store"}


@router.get("")
def closed(request: Request, dossier_id: str, console: ConsoleOf, actor: Lawyer) -> Response:
    """Who sealed and opened it; no identity is shown before somebody opens it."""
    return _page(request, console, actor, dossier_id)


@router.post("/ouvrir")
def opened(request: Request, dossier_id: str, console: ConsoleOf, actor: Lawyer) -> Response:
    """The identities, on a page that no browser keeps."""
    annex = dossier_annex.unseal(console.database, dossier_id, actor=actor, act=Act(id=uuid4().hex), secret=console.secret)
    return _page(request, console, actor, dossier_id, annex=annex)


@router.post("/papier")
def printed(dossier_id: str, console: ConsoleOf, actor: Lawyer) -> Response:
    """The identities as a PDF, for the addressee alone."""
    found = dossiers.find(console.database, dossier_id, actor=actor)
    annex = dossier_annex.unseal(console.database, dossier_id, actor=actor, act=Act(id=uuid4().hex), secret=console.secret, paper=True)
    body = paper_pdf(annex_paper(found, annex, notifier(console.database, found.organisation_id)))
    headers = {"Content-Disposition": f'attachment; filename="annexe-scellee-{dossier_id[:12]}.pdf"', **PRIVATE}
    return Response(body, media_type="application/pdf", headers=headers)


@router.post("")
def seal(request: Request, dossier_id: str, console: ConsoleOf, actor: Lawyer, form: Given) -> Response:
    """Seal what was typed in place of what was there; nothing typed removes it."""
    typed, version = list(_typed(form)), said(form, "version")
    try:
        dossier_annex.seal(
            console.database,
            dossier_id,
            typed,
            version=int(version) if version.isdecimal() else 0,
            actor=actor,
            act=Act(id=uuid4().hex),
            secret=console.secret,
        )
    except VigieError as error:
        return _page(request, console, actor, dossier_id, typed=typed, no=refused(error))
    return go_to(f"/dossiers/{dossier_id}/annexe")


def _typed(form: FormData) -> Iterator[dict[str, object]]:
    """One mapping a person that has a name."""
    for number in range(dossier_annex.MOST):
        if said(form, f"name:{number}"):
            yield {**{field: said(form, f"{field}:{number}") for field in FIELDS}, "minor": said(form, f"minor:{number}") == "oui"}


def _page(
    request: Request,
    console: Console,
    actor: Actor,
    dossier_id: str,
    *,
    annex: Annex | None = None,
    typed: Sequence[dict[str, object]] = (),
    no: Refused | None = None,
) -> Response:
    found = dossiers.find(console.database, dossier_id, actor=actor)
    openings = dossier_annex.openings(console.database, dossier_id, actor=actor)
    lines: list[dict[str, object]] = list(typed) or ([one.model_dump() for one in annex.identities] if annex else [])
    blank = {**dict.fromkeys(FIELDS, ""), "minor": False}
    return render(
        request,
        "dossiers/annexe.html",
        status=no.status if no else 200,
        headers=PRIVATE,
        dossier=found,
        openings=openings,
        names=people_names(console),
        opened=annex is not None,
        lines=[*lines, *[blank] * PEOPLE][: dossier_annex.MOST],
        no=no,
        roles=ROLE_NAMES,
        agrees=AGREES_NAMES,
        left=found.state in LEFT,
        writable=found.state not in LEFT and (annex is not None or not found.annex or bool(typed)),
    )
