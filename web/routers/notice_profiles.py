"""What an organisation says of itself in notices: by its own people at /notifications/profil, by who administers under /administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import profiles
from cases.people import Actor
from core.errors import VigieError
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.noticing.profile_form import PARTS, given_of, profile_of_form, typed_of
from web.pages import go_to, render
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

router = APIRouter()
OWN, OTHERS = "/notifications/profil", "/administration/organisations/{organisation_id}/profil"
Own = Annotated[Actor, Depends(allow("send"))]
Administers = Annotated[Actor, Depends(allow("administer"))]
Given = Annotated[FormData, Depends(form_of)]
Done = Annotated[str, Query(max_length=20)]


@router.get(OWN)
def own_profile(request: Request, console: ConsoleOf, actor: Own, fait: Done = "") -> Response:
    """Of one's own organisation."""
    return _page(request, console, actor.organisation_id, OWN, saved=bool(fait))


@router.post(OWN)
def save_own(request: Request, console: ConsoleOf, actor: Own, form: Given) -> Response:
    """The same."""
    return _save(request, console, actor, form, organisation_id=actor.organisation_id, address=OWN)


@router.get(OTHERS)
def profile(request: Request, organisation_id: str, console: ConsoleOf, actor: Administers, fait: Done = "") -> Response:  # noqa: ARG001 - the gate
    """Of any organisation."""
    return _page(request, console, organisation_id, OTHERS.format(organisation_id=organisation_id), saved=bool(fait))


@router.post(OTHERS)
def save(request: Request, organisation_id: str, console: ConsoleOf, actor: Administers, form: Given) -> Response:
    """The same."""
    return _save(request, console, actor, form, organisation_id=organisation_id, address=OTHERS.format(organisation_id=organisation_id))


def _save(request: Request, console: Console, actor: Actor, form: FormData, *, organisation_id: str, address: str) -> Response:
    try:
        profiles.set_profile(console.database, organisation_id, profile_of_form(form), actor=actor)
    except (VigieError, ValidationError) as error:
        return _page(request, console, organisation_id, address, typed=given_of(form), no=refused(error))
    return go_to(f"{address}?fait=profil")


def _page(request: Request, console: Console, organisation_id: str, address: str, *, typed: Mapping[str, str] | None = None,
          no: Refused | None = None,
          saved: bool = False) -> Response:  # fmt: skip
    known = profiles.notifier(console.database, organisation_id)
    return render(
        request, "administration/profil.html", status=no.status if no else 200, name=known.name, parts=PARTS, typed=typed or typed_of(known.profile),
        address=address, no=no, saved=saved, own=address == OWN,
    )  # fmt: skip
