"""The first page: where a person's work begins."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from web.access import public, signed_in
from web.pages import go_to, render

router = APIRouter()


@router.get("/", dependencies=[Depends(public)])
def home(request: Request) -> Response:
    """What Vigie is for; who is signed in sees where to go on."""
    if signed_in(request) is None:
        return go_to("/connexion")
    return render(request, "accueil.html")
