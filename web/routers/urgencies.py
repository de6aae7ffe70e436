"""Urgencies: what is open, and what was done about it, with a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import accounts, reviews, urgencies
from cases.deciding import text_of
from cases.decisions import MOST_REASON
from cases.people import Actor
from cases.policy import load_policy
from core.errors import Invalid
from core.times import PARIS, paris
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.pages import go_to, render
from web.passages import shown
from web.reading import words

if TYPE_CHECKING:
    from cases.urgencies import Urgency
    from index.documents import Entry

router = APIRouter()
Reviewer = Annotated[Actor, Depends(allow("review"))]
Given = Annotated[FormData, Depends(form_of)]
SERVICES = (
    ("15", "15, SAMU"),
    ("17", "17, police ou gendarmerie"),
    ("112", "112"),
    ("119", "119, enfance en danger"),
    ("3114", "3114, prévention du suicide"),
    ("PHAROS", "PHAROS"),
    ("aucun", "personne : ce n'était pas une urgence, ou d'autres s'en occupaient déjà"),
)
SHOWN_DAYS = 30
MOST_SHOWN = 400  # characters of a text


class Answered(NamedTuple):
    """What a form brought that could not be taken."""

    id: str = ""
    called: tuple[str, ...] = ()
    action: str = ""
    when: str = ""
    wrong: tuple[tuple[str, str], ...] = ()  # anchor, words


@router.get("/urgences")
def show_urgencies(request: Request, console: ConsoleOf, actor: Annotated[Actor, Depends(allow("read"))], dit: str = "") -> Response:
    """What is open, the oldest first, and what was closed lately."""
    return _page(request, console, actor, told="Urgence close : ce qui a été fait est écrit." if dit == "close" else "")


@router.post("/urgences/{identifier}/clore")
def close(request: Request, identifier: str, console: ConsoleOf, actor: Reviewer, form: Given) -> Response:
    """Say who was called, what was done and when."""
    called = tuple(str(one) for one in form.getlist("appele"))
    given = Answered(identifier, called, str(form.get("fait", "")).strip(), str(form.get("quand", "")))
    moment, wrong = _checked(given)
    if not wrong and moment:
        try:
            urgencies.close(console.database, identifier, called=given.called, action=given.action, acted_at=moment, actor=actor)
        except Invalid as error:
            wrong = [(f"quand-{identifier}", f"L'heure ne va pas : ni dans le futur, ni longtemps avant l'ouverture de l'urgence. ({error})")]
    if wrong:
        return _page(request, console, actor, given=given._replace(wrong=tuple(wrong)), status=422)
    return go_to("/urgences?dit=close")


def _checked(given: Answered) -> tuple[datetime | None, list[tuple[str, str]]]:
    wrong, moment = [], None
    if not given.called or ("aucun" in given.called and len(set(given.called)) > 1) or not set(given.called) <= set(urgencies.SERVICES):
        wrong.append((f"appele-{given.id}", "Dites qui a été appelé ; « personne » se coche seul."))
    if not given.action or len(given.action) > MOST_REASON:
        wrong.append((f"fait-{given.id}", f"Dites ce qui a été fait, en une phrase ou deux ({MOST_REASON} signes au plus)."))
    try:
        moment = datetime.fromisoformat(given.when).replace(tzinfo=PARIS)
    except ValueError:
        wrong.append((f"quand-{given.id}", "Dites quand : jour et heure, à Paris."))
    return moment, wrong


def _page(request: Request, console: Console, actor: Actor, *, given: Answered = Answered(), told: str = "", status: int = 200) -> Response:  # noqa: B008
    now = datetime.now(UTC)
    names = {person.id: person.name for person in accounts.people(console.database)}
    open_now = [{**_shown(one, names, now), **_content(console, actor, one)} for one in urgencies.open_ones(console.database, now=now)]
    closed = [
        {**_shown(one, names, now), **_named(console.index.get(one.document_id))}
        for one in urgencies.closed_since(console.database, now - timedelta(days=SHOWN_DAYS))
    ]
    return render(
        request, "lecture/urgences.html", status=status, waiting=open_now, closed=closed, services=SERVICES, given=given, told=told, days=SHOWN_DAYS,
        now=now.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M"), can_review=actor.has("analyse", "valide"), minutes=load_policy().urgency_minutes,
    )  # fmt: skip


def _content(console: Console, actor: Actor, one: Urgency) -> dict[str, str]:
    """What it is about; the reason only where it tells nothing to who is still to read the item blind."""
    entry = console.index.get(one.document_id)
    seen = reviews.seen_by(console.database, one.document_id, actor=actor, text=text_of(entry) if entry else None)
    said = [each.reason for each in seen if each.qualification == "urgence" and not each.withdrawn_at]
    return {**_named(entry), "text": words.excerpt(entry, most=MOST_SHOWN) if entry else "", "reason": shown(said[0]) if said else ""}


def _named(entry: Entry | None) -> dict[str, str]:
    """Kind, platform and date; without a word of its own."""
    if entry is None:
        return {"heading": "Contenu effacé"}
    at = entry["published_at"]
    return {"heading": f"{words.heading(entry)}, {'publié' if at else 'collecté'} le {paris(at or entry['collected_at'])}"}


def _shown(one: Urgency, names: dict[str, str], now: datetime) -> dict[str, Any]:
    minutes = int(abs((one.due_at - now).total_seconds()) // 60)
    left = f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"
    said = dict(SERVICES)
    return {
        "id": one.id, "document": one.document_id, "by": names.get(one.opened_by, "?"), "opened_at": one.opened_at, "due_at": one.due_at,
        "overdue": one.overdue, "left": left, "called": ", ".join(said.get(name, name) for name in one.called), "action": shown(one.action or ""),
        "acted_at": one.acted_at, "closed_by": names.get(one.closed_by or "", "?"), "closed_at": one.closed_at,
    }  # fmt: skip
