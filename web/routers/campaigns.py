"""Copies and rewordings of one text, which one decision may serve."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from cases import accounts, claims, urgencies
from cases.people import Actor
from core.errors import NotFound
from index.queries import Query
from index.search_url import cursor, to_cursor
from web.access import allow
from web.blindness import blinded
from web.console import ConsoleOf
from web.pages import render
from web.reading.campaign import campaign_counted
from web.reading.rows import row_of

router = APIRouter()
Reader = Annotated[Actor, Depends(allow("read"))]


@router.get("/campagnes/{identifier}")
def show_campaign(request: Request, identifier: str, console: ConsoleOf, actor: Reader, apres: str = "") -> Response:
    """Its items, the worst first; deciding for all begins on the page of the worst one."""
    campaign = campaign_counted(console.index, identifier)
    if not campaign.members:
        raise NotFound(f"campaign {identifier[:80]!r} has no items; it was erased, or the address is wrong")
    page = console.index.search(Query(terms={"campaign": (identifier,)}, after=cursor(apres) if apres else None))
    preferences = accounts.preferences_of(console.database, actor.id)
    held = claims.claims_on(console.database, [entry["id"] for entry in page.entries])
    readers = {name: "Réservé pour vous" if one.person_id == actor.id else "Lu en ce moment" for name, one in held.items()}
    shown = blinded(console, page.entries, actor)
    return render(
        request, "lecture/campagne.html", campaign=campaign, rows=[row_of(entry, blur=preferences.blur, readers=readers) for entry in shown],
        next=urlencode({"apres": to_cursor(page.next)}) if page.next else "", can_review=actor.has("analyse", "valide"), preferences=preferences,
        open_ones=urgencies.open_ones(console.database),
    )  # fmt: skip
