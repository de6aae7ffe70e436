"""/devoirs: the question of art. 434-3 of the penal code, and a person's dated answer. What waits here keeps dossiers in the house."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import duties
from cases.people import Actor
from core.errors import Invalid, VigieError
from core.times import PARIS, paris
from web.access import allow, form_of
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.noticing.form import said
from web.pages import go_to, render
from web.passages import shown
from web.reading import words
from web.sentences import Refused, refused

if TYPE_CHECKING:
    from cases.duties import Duty

router = APIRouter(prefix="/devoirs")
Responsible = Annotated[Actor, Depends(allow("duties"))]
Given = Annotated[FormData, Depends(form_of)]
SHOWN_DAYS = 365
MOST_SHOWN = 400  # characters of a text
ANSWERS = (
    ("informe", "Nous avons informé les autorités"),
    ("deja_informe", "Les autorités étaient déjà informées"),
    ("pas_de_devoir", "Ce n'est pas un cas de cet article"),
)
WHY = {"urgence": "jugé urgence", "T7": "urgence vitale possible (T7)", "T1": "mineurs peut-être exposés (T1)"}


@router.get("")
def show(request: Request, console: ConsoleOf, actor: Responsible, dit: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What waits, the oldest first, and what was answered."""
    return _page(request, console, actor, told="La réponse est écrite, avec sa date." if dit == "repondu" else "")


@router.post("/{duty_id}")
def answer(request: Request, duty_id: str, console: ConsoleOf, actor: Responsible, form: Given) -> Response:
    """Answer one question, or answer it anew."""
    given = {"id": duty_id, "said": said(form, "reponse"), "reason": said(form, "raison"), "when": said(form, "quand")}
    try:
        moment = _moment(given["when"])
        duties.answer(
            console.database,
            duty_id,
            said=given["said"],
            reason=given["reason"],
            informed_at=moment,
            actor=actor,
            again=said(form, "de_nouveau") == "oui",
        )
    except VigieError as error:
        return _page(request, console, actor, given=given, no=refused(error))
    return go_to("/devoirs?dit=repondu")


def _moment(given: str) -> datetime | None:
    try:
        return datetime.fromisoformat(given).replace(tzinfo=PARIS) if given else None
    except ValueError as error:
        raise Invalid("the time is none; expected a day and an hour") from error


def _page(
    request: Request, console: Console, actor: Actor, *, given: dict[str, str] | None = None, no: Refused | None = None, told: str = ""
) -> Response:
    now, names = datetime.now(UTC), people_names(console)
    waiting = [_shown(console, one, names) for one in duties.unanswered(console.database, actor=actor)]
    done = [_shown(console, one, names) for one in duties.answered_since(console.database, now - timedelta(days=SHOWN_DAYS), actor=actor)]
    return render(
        request, "dossiers/devoirs.html", status=no.status if no else 200, waiting=waiting, done=done, answers=ANSWERS, no=no, told=told,
        given=given or {"id": "", "said": "", "reason": "", "when": ""}, now=now.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M"), days=SHOWN_DAYS,
    )  # fmt: skip


def _shown(console: Console, one: Duty, names: dict[str, str]) -> dict[str, Any]:
    entry = console.index.get(one.document_id)
    heading = f"{words.heading(entry)}, {paris(entry['published_at'] or entry['collected_at'])}" if entry else "Contenu effacé"
    return {
        "duty": one,
        "why": WHY.get(one.why, one.why),
        "by": names.get(one.answered_by or "", "—"),
        "answer": dict(ANSWERS).get(one.answer or "", ""),
        "heading": heading,
        "there": entry is not None,
        "text": words.excerpt(entry, most=MOST_SHOWN) if entry else "",
        "reason": shown(one.reason or "effacée avec le contenu"),
    }
