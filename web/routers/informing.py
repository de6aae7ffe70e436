"""/donnees/information: the dated choice of GDPR art. 14 on what a notice or a dossier discloses."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import informing
from cases.informing import CHOICES
from cases.people import Actor
from core.errors import Forbidden, Invalid, VigieError
from web.access import PERMISSIONS, allow
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.pages import go_to, render
from web.routers.rights import day_of
from web.sentences import Refused, refused

router = APIRouter()
Allowed = Annotated[Actor, Depends(allow("notify"))]
Chooser = Annotated[Actor, Depends(allow("send"))]
Text = Annotated[str, Form(max_length=20_000)]
BACK = {"notice": "/notifications/", "dossier": "/dossiers/"}


@router.get("/donnees/information")
def due_page(request: Request, actor: Allowed, console: ConsoleOf) -> Response:
    """What lacks a choice, or waits for its date, in one's own organisation."""
    found = informing.due(console.database, organisation_id=actor.organisation_id)
    shown = [one for one in found if one.kind == "notice" or actor.has(*PERMISSIONS["dossiers"].roles)]
    return render(request, "donnees/informations.html", found=shown, law=informing.texts()["law"])


@router.get("/donnees/information/{kind}/{identifier}")
def choice_page(request: Request, kind: str, identifier: str, actor: Allowed, console: ConsoleOf) -> Response:
    """The choices made so far, and the form for another."""
    return _page(request, console, (kind, identifier), actor)


@router.post("/donnees/information/{kind}/{identifier}")
def choose(
    *, request: Request, kind: str, identifier: str, actor: Chooser, console: ConsoleOf, act: Annotated[str, Form(min_length=8, max_length=64)],
    choice: Text = "", reason: Text = "", day: Text = "",
) -> Response:  # fmt: skip
    """Write a choice down."""
    _may(kind, actor)
    try:
        at = day_of(day) if day.strip() else None
        informing.choose(
            console.database, kind, identifier, choice=choice, reason=reason, actor=actor, act=act,
            due_at=at if choice == "differe" else None, informed_at=at if choice == "informe" else None,
        )  # fmt: skip
    except VigieError as error:
        return _page(
            request, console, (kind, identifier), actor, no=refused(error), typed={"choice": choice, "reason": reason, "day": day, "act": act}
        )
    return go_to(f"/donnees/information/{kind}/{identifier}")


def _page(
    request: Request, console: Console, subject: tuple[str, str], actor: Actor, *, no: Refused | None = None, typed: dict[str, str] | None = None
) -> Response:
    kind, identifier = subject
    _may(kind, actor)
    said = typed or {}
    made = informing.informations(console.database, kind, identifier, actor=actor)
    return render(
        request, "donnees/information.html", status=no.status if no else 200, kind=kind, identifier=identifier, made=made, words=informing.texts(),
        missing=informing.missing(console.database, kind, identifier), choices=CHOICES, names=people_names(console), no=no, typed=said,
        act=said.get("act") or uuid.uuid4().hex, back=BACK[kind] + identifier,
        may_choose=actor.has(*PERMISSIONS["send"].roles), letter=informing.letter(), now=datetime.now(UTC),
    )  # fmt: skip


def _may(kind: str, actor: Actor) -> None:
    if kind not in BACK:
        raise Invalid(f"kind {kind[:16]!r}; expected notice or dossier")
    if kind == "dossier" and not actor.has(*PERMISSIONS["dossiers"].roles):
        raise Forbidden(f"this needs the role {' or '.join(PERMISSIONS['dossiers'].roles)}; ask an administrator of Vigie")
