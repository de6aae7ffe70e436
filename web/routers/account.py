"""One's own account: name, password, preferences, browsers in which one is signed in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.responses import Response

from cases import accounts, changing, totp
from cases.limits import check_all, forgive
from cases.people import Actor, Preferences
from core.errors import Forbidden, Invalid, TooMany
from web.access import allow
from web.console import Console, ConsoleOf
from web.limits import BROWSER, limited
from web.pages import go_to, render
from web.sessions import put_session, session_token

router = APIRouter()
Mine = Annotated[Actor, Depends(allow("account"))]
Given = Annotated[str, StringConstraints(max_length=400)]
DONE = {
    "nom": "Votre nom est changé.",
    "mot-de-passe": "Votre mot de passe est changé. Vos autres navigateurs sont déconnectés.",
    "preferences": "Vos préférences sont gardées.",
    "sessions": "Vos autres navigateurs sont déconnectés.",
    "codes": "Un code vous sera demandé à chaque connexion. Vos autres navigateurs sont déconnectés.",
    "sans-code": "Aucun code ne vous sera plus demandé.",
}
WRONG = {
    "nom": "Un nom a de 1 à 40 caractères, sur une ligne.",
    "ancien": "L'ancien mot de passe n'est pas le bon.",
    "different": "Les deux nouveaux mots de passe ne sont pas les mêmes.",
    "simple": "Ce mot de passe est trop court ou trop simple : 12 à 200 caractères, par exemple une phrase.",
    "souvent": "Trop d'essais : réessayez dans un quart d'heure.",
    "pause": "Le nombre de contenus avant une pause va de 3 à 100.",
}


class NewPassword(BaseModel):
    """The form of a new password."""

    old: Given
    new: Given
    again: Given


class Chosen(BaseModel):
    """The form of the preferences: a box that is not ticked is not sent."""

    blur: bool = False
    greyscale: bool = False
    keys: bool = False
    hints: str = "apres"
    pause_after: Annotated[str, StringConstraints(max_length=10)] = ""


@router.get("/compte")
def account_page(request: Request, actor: Mine, console: ConsoleOf, fait: str = "") -> Response:
    """All of it."""
    return page(request, actor, console, done=DONE.get(fait, ""))


def page(request: Request, actor: Actor, console: Console, *, done: str = "", wrong: str = "", where: str = "", status: int = 200) -> Response:
    """The account page, with what was done or is wrong. ``where``: the form that is wrong."""
    database, token = console.database, session_token(request)
    person = accounts.find_person(database, identifier=actor.id)
    values: dict[str, Any] = {
        "person": person,
        "preferences": accounts.preferences_of(database, actor.id),
        "sessions": accounts.sessions_of(database, actor.id),
        "this": accounts.digest(token) if token else "",
        "codes": totp.is_on(database, actor.id),
        "organisation": next((one.name for one in accounts.organisations(database) if one.id == actor.organisation_id), ""),
    }
    return render(request, "compte/compte.html", status=status, done=done, wrong=WRONG.get(wrong, ""), where=where, **values)


@router.post("/compte/nom")
def change_name(request: Request, actor: Mine, console: ConsoleOf, name: Annotated[str, Form(max_length=400)]) -> Response:
    """The name that decisions show."""
    try:
        changing.rename(console.database, actor.id, name=name, by=actor.id)
    except Invalid:
        return page(request, actor, console, wrong="nom", where="nom", status=422)
    return go_to("/compte?fait=nom")


@router.post("/compte/mot-de-passe")
def change_password(request: Request, actor: Mine, console: ConsoleOf, form: Annotated[NewPassword, Form()]) -> Response:
    """A new password, and a new session in this browser; the others end."""
    wrong = _changed(console, actor, old=form.old, new=form.new) if form.new == form.again else "different"
    if wrong:
        return page(request, actor, console, wrong=wrong, where="mot-de-passe", status=429 if wrong == "souvent" else 422)
    answer = go_to("/compte?fait=mot-de-passe")
    put_session(answer, console, accounts.open_session(console.database, actor.id))
    return answer


def _changed(console: Console, actor: Actor, *, old: str, new: str) -> str:
    """What is wrong, or "". A browser that was left open lets nobody try passwords without end."""
    try:
        tries = check_all(console.database, [limited(console, "ancien", actor.id, BROWSER)])
        changing.change_password(console.database, actor.id, old=old, new=new)
    except TooMany:
        return "souvent"
    except Forbidden:
        return "ancien"
    except Invalid:
        return "simple"
    forgive(console.database, tries)
    return ""


@router.post("/compte/preferences")
def change_preferences(request: Request, actor: Mine, console: ConsoleOf, form: Annotated[Chosen, Form()]) -> Response:
    """How one reads."""
    try:
        wanted = Preferences.model_validate(form.model_dump() | {"pause_after": form.pause_after.strip() or None})
    except ValidationError:
        return page(request, actor, console, wrong="pause", where="preferences", status=422)
    accounts.set_preferences(console.database, actor.id, wanted)
    return go_to("/compte?fait=preferences")


@router.post("/compte/sessions/fermer")
def close_others(request: Request, actor: Mine, console: ConsoleOf) -> Response:
    """Sign out everywhere but here."""
    accounts.close_sessions(console.database, actor.id, by=actor.id, but=session_token(request))
    return go_to("/compte?fait=sessions")
