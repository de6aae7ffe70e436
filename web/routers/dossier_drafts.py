"""/dossiers/{id}/modifier and /signer: writing what a dossier says, and signing it. Two people sign; see cases/signing.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import dossier_items, dossier_leaving, dossiers
from cases.decisions import MOST_REASON
from cases.dossier import LEFT
from cases.people import Actor
from core.errors import Conflict, Forbidden, VigieError
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.noticing.form import act_of, many, said, version_of
from web.pages import go_to, render
from web.referring.form import changes_of
from web.referring.page import form_page, missing, signing_page
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cases.dossiers import Dossier

router = APIRouter(prefix="/dossiers/{dossier_id}")
Referrer = Annotated[Actor, Depends(allow("refer"))]
Signer = Annotated[Actor, Depends(allow("sign"))]
Given = Annotated[FormData, Depends(form_of)]
Done = Annotated[str, Query(max_length=20)]
CHANGED = "Quelqu'un a changé ce dossier entre-temps. Ce que vous aviez saisi est resté en place : comparez, puis enregistrez de nouveau."


@router.get("/modifier")
def edit(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, fait: Done = "") -> Response:
    """The form, with what is missing at its top."""
    found = dossiers.find(console.database, dossier_id, actor=actor)
    if found.content is None or found.state in LEFT:
        return go_to(f"/dossiers/{dossier_id}")
    return _form(request, console, found, saved=fait == "enregistre")


@router.post("/modifier")
def save(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Keep what was entered; what cannot be kept comes back as it was."""
    found = dossiers.find(console.database, dossier_id, actor=actor)
    if found.content is None:
        return go_to(f"/dossiers/{dossier_id}")
    version, changes = version_of(form), changes_of(form, found.content, found.spec)
    try:
        dossiers.change(console.database, dossier_id, changes, version=version, actor=actor, act=act_of(form))
    except VigieError as error:
        no = Refused(CHANGED, status=409) if isinstance(error, Conflict) and version != found.version else refused(error)
        return _form(request, console, found, entered=changes, no=no)
    return go_to(f"/dossiers/{dossier_id}/modifier?fait=enregistre")


@router.post("/contenus/retirer")
def leave_out(request: Request, dossier_id: str, console: ConsoleOf, actor: Referrer, form: Given) -> Response:
    """Take one content out of the draft, with the facts that it alone shows."""
    found = dossiers.find(console.database, dossier_id, actor=actor)
    try:
        dossier_items.remove(console.database, dossier_id, said(form, "contenu"), actor=actor, act=act_of(form))
    except VigieError as error:
        return _form(request, console, found, no=refused(error))
    return go_to(f"/dossiers/{dossier_id}/modifier?fait=enregistre")


def _form(
    request: Request, console: Console, dossier: Dossier, *, entered: Mapping[str, Any] | None = None, no: Refused | None = None, saved: bool = False
) -> Response:
    if dossier.content is None:
        return go_to(f"/dossiers/{dossier.id}")
    values = form_page(console, dossier, dossier.content, entered=entered)
    waits, first = missing(console, dossier, page=""), {f"#c-porte-{gate.id}" for gate in dossier.spec.gates if gate.first}
    return render(
        request, "dossiers/modifier.html", status=no.status if no else 200, dossier=dossier, act=uuid4().hex, no=no, saved=saved, most=MOST_REASON,
        missing=[one for one in waits if one[0] in first] if values["closed"] else waits, **values,
    )  # fmt: skip


@router.get("/signer")
def signing_form(request: Request, dossier_id: str, console: ConsoleOf, actor: Signer, fait: Done = "") -> Response:
    """The whole dossier on one page, who has signed, and the statement."""
    found = _readable(console, dossier_id, actor)
    if found.content is None or found.state in LEFT:
        return go_to(f"/dossiers/{dossier_id}")
    done = {"retiree": "Votre signature est retirée.", "signe": "C'est signé."}.get(fait, "")
    return _signing(request, console, actor, found, done=done)


def _readable(console: Console, dossier_id: str, actor: Actor) -> Dossier:
    """Raises Forbidden for who neither reads dossiers nor answers for a look, NotFound."""
    found = dossiers.find(console.database, dossier_id, actor=actor)
    if not actor.has(*dossier_leaving.SIGNERS):
        raise Forbidden(f"this needs the role {' or '.join(dossier_leaving.SIGNERS)}; ask an administrator of Vigie")
    return found


@router.post("/signer")
def sign(request: Request, dossier_id: str, console: ConsoleOf, actor: Signer, form: Given) -> Response:
    """Sign the version that was on the page, and no other."""
    found = _readable(console, dossier_id, actor)
    typed: dict[str, Any] = {"interests": said(form, "interests"), "gates": many(form, "gates")}
    try:
        dossier_leaving.sign(
            console.database, dossier_id, digest=said(form, "digest"), statement=said(form, "statement"), **typed, actor=actor, act=act_of(form),
            secret=console.secret,
        )  # fmt: skip
    except VigieError as error:
        return _signing(request, console, actor, found, typed=typed, no=refused(error))
    if not actor.has("valide", "droit"):
        return go_to(f"/dossiers/{dossier_id}/signer?fait=signe")  # whose page of the dossier is not theirs to open
    state = dossiers.find(console.database, dossier_id, actor=actor).state
    return go_to(f"/dossiers/{dossier_id}?fait={'complet' if state == 'signe' else 'signe'}")


@router.post("/signer/retirer")
def withdraw(dossier_id: str, console: ConsoleOf, actor: Signer, form: Given) -> Response:
    """Take one's own signature back."""
    dossier_leaving.withdraw(console.database, dossier_id, actor=actor, act=act_of(form), secret=console.secret)
    return go_to(f"/dossiers/{dossier_id}/signer?fait=retiree")


def _signing(
    request: Request,
    console: Console,
    actor: Actor,
    dossier: Dossier,
    *,
    typed: Mapping[str, Any] | None = None,
    no: Refused | None = None,
    done: str = "",
) -> Response:
    if dossier.content is None:
        return go_to(f"/dossiers/{dossier.id}")
    return render(
        request, "dossiers/signer.html", status=no.status if no else 200, dossier=dossier, act=uuid4().hex, no=no, done=done,
        typed=typed or {"interests": "", "gates": ()}, sees=actor.has("valide", "droit"), **signing_page(console, dossier, actor),
    )  # fmt: skip
