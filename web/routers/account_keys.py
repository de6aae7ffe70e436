"""One's own keys for programs: made, shown once, revoked."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import Response

from cases import keys
from cases.people import SCOPES, Actor, Scope
from core.errors import Conflict, Invalid
from web.access import PERMISSIONS, allow
from web.console import Console, ConsoleOf
from web.pages import go_to, render

router = APIRouter()
Mine = Annotated[Actor, Depends(allow("account"))]
DAYS = (30, 90, 365)
WORDS = {
    "submissions:read": "suivre les signalements de son organisation",
    "submissions:write": "signaler et contester",
    "documents:read": "lire la file et les contenus collectés",
    "reviews:write": "écrire des lectures",
    "statistics:read": "lire les statistiques",
    "notices:read": "lire les notifications et leur suivi",
    "notices:write": "préparer des notifications, noter les réponses, dire qu'une notification part",
    "notices:sign": "signer en votre nom : donnez-le seulement à un programme que vous commandez vous-même",
    "dossiers:read": "lire les dossiers",
    "dossiers:write": "préparer des dossiers",
    "reports:read": "lire les rapports",
    "reports:write": "figer et publier des rapports",
}


class NewKey(BaseModel):
    """The form of a new key; ``act``: one key however often it is sent."""

    name: Annotated[str, StringConstraints(max_length=400)]
    act: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    scopes: list[Scope] = []
    days: int = 90


def useful(actor: Actor) -> list[tuple[str, str]]:
    """The scopes that this person's roles can use, with their meaning in French."""
    usable = {asked.scope for asked in PERMISSIONS.values() if actor.has(*asked.roles)}
    return [(scope, WORDS[scope]) for scope in SCOPES if scope in usable]


@router.get("/compte/cles")
def keys_page(request: Request, actor: Mine, console: ConsoleOf) -> Response:
    """One's keys, and the form for another one."""
    return _page(request, actor, console)


def _page(request: Request, actor: Actor, console: Console, *, made: str = "", wrong: str = "", status: int = 200) -> Response:
    now = datetime.now(UTC)
    mine = [(key, key.in_force(now)) for key in keys.keys_of(console.database, person=actor.id)]
    return render(
        request, "compte/cles.html", status=status, keys=mine, scopes=useful(actor), words=WORDS, days=DAYS, made=made, wrong=wrong,
        act=secrets.token_hex(16),
    )  # fmt: skip


@router.post("/compte/cles")
def make(request: Request, actor: Mine, console: ConsoleOf, form: Annotated[NewKey, Form()]) -> Response:
    """Make one, and show it on this answer alone: sent again, the same form makes none."""
    if form.days not in DAYS or not set(form.scopes) <= {scope for scope, _ in useful(actor)}:
        return _page(request, actor, console, wrong="Choisissez des droits et une durée de la liste.", status=422)
    until = datetime.now(UTC) + timedelta(days=form.days)
    try:
        _, secret = keys.make_key(console.database, person=actor.id, name=form.name, scopes=form.scopes, expires_at=until, by=actor.id, act=form.act)
    except Invalid:
        return _page(request, actor, console, wrong="Donnez un nom d'une ligne à la clé, et au moins un droit.", status=422)
    except Conflict:
        said = "Ce formulaire a déjà servi, ou vous avez déjà 20 clés. Une clé qui n'a pas été notée se révoque et se remplace."
        return _page(request, actor, console, wrong=said, status=409)
    return _page(request, actor, console, made=secret, status=201)


@router.post("/compte/cles/{key_id}/revoquer")
def revoke(actor: Mine, console: ConsoleOf, key_id: str) -> Response:
    """End one of one's own."""
    keys.revoke(console.database, key_id, by=actor.id, person=actor.id)
    return go_to("/compte/cles")
