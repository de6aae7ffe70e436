"""The reading queue: what to read first, as a person filters it, and the next item of it."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import accounts, claims, filters, urgencies
from cases.people import Actor
from cases.reported import declined
from core.errors import Invalid
from index.queries import Cursor, Query
from index.queue import OPEN, QueueCursor, QueuePage, read_queue
from index.search_form import Search, to_query
from index.search_url import LARGEST, from_url, to_url
from web.access import allow
from web.blindness import blinded
from web.console import Console, ConsoleOf
from web.pages import go_to, render
from web.reading.choices import choices_of
from web.reading.following import item_address, next_for, queue_address
from web.reading.keys import QUEUE_KEYS
from web.reading.page import done_of
from web.reading.pause import care_of
from web.reading.reported import FEW, FILTER, Shown, readers_of, shown
from web.reading.rows import Row, row_of
from web.reading.words import counted

router = APIRouter()
Reader = Annotated[Actor, Depends(allow("read"))]
Reviewer = Annotated[Actor, Depends(allow("review"))]
Filtered = Annotated[str, Form(alias="file", max_length=8000)]
OWN = ("apres", "dit", "fait", "etat")  # parameters of this page that say nothing of the search
TOLD = {
    "rendu": "Le contenu est rendu à la file.",
    "passe": "C'est noté, pour vous seulement : ce contenu ira à quelqu'un d'autre.",
    "vide": "Plus rien à lire avec ces filtres pour l'instant.",
    "garde": "Filtre gardé.",
    "retire": "Filtre retiré.",
}


@router.get("/file")
def show_queue(request: Request, console: ConsoleOf, actor: Reader) -> Response:
    """What to read first."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    own = {name: value for name, value in pairs if name in OWN}
    if ("lane", "soumis") in pairs:
        return _reported_page(request, console, actor, own)
    search = from_url(urlencode([pair for pair in pairs if pair[0] not in OWN]))
    after = _cursor(own["apres"]) if own.get("apres") else None
    page = read_queue(console.index, to_query(search), after=after)
    preferences = accounts.preferences_of(console.database, actor.id)
    filtered, can_review = to_url(search), actor.has("analyse", "valide")
    first_page = not filtered and after is None
    reported = shown(console, actor, blur=preferences.blur, size=FEW) if first_page else Shown([], 0, "")
    above = {row.id for row in reported.rows}
    values = [row for row in _rows(console, actor, page, blur=preferences.blur) if row.id not in above]
    return render(
        request, "lecture/file.html", rows=values, reported=reported,
        first=(after.shown if after else 0) + 1, search=search, filtered=filtered, active=_active(search),
        suite=f"?{urlencode({'file': filtered})}" if filtered else "", next=_next(filtered, page), total_words=_total(page, search),
        saved=filters.kept(console.database, actor=actor), choices=choices_of(console.index, Query(terms={"status": OPEN})), can_review=can_review,
        preferences=preferences, open_ones=urgencies.open_ones(console.database), care=care_of(console.database, actor, preferences),
        told=TOLD.get(own.get("dit", "")), done=done_of(console, actor, request), keys=QUEUE_KEYS,
    )  # fmt: skip


def _rows(console: Console, actor: Actor, page: QueuePage, *, blur: bool) -> list[Row]:
    unwanted = declined(console.database, [item.entry["id"] for item in page.items], actor=actor)
    items = [item for item in page.items if item.entry["id"] not in unwanted]
    readers = readers_of(console, actor, [item.entry["id"] for item in items])
    entries = blinded(console, [item.entry for item in items], actor)
    return [row_of(entry, copies=item.copies, blur=blur, readers=readers) for entry, item in zip(entries, items, strict=True)]


def _reported_page(request: Request, console: Console, actor: Actor, own: dict[str, str]) -> Response:
    """What associations reported and the model did not flag, the first reported first."""
    preferences = accounts.preferences_of(console.database, actor.id)
    reported = shown(console, actor, blur=preferences.blur, after=own.get("apres", ""))
    return render(
        request, "lecture/soumis.html", reported=reported, filtered=FILTER, suite=f"?{urlencode({'file': FILTER})}", preferences=preferences,
        total_words=f"{counted(reported.total, 'contenu')} à lire.", can_review=actor.has("analyse", "valide"),
        open_ones=urgencies.open_ones(console.database), care=care_of(console.database, actor, preferences), told=TOLD.get(own.get("dit", "")),
        done=done_of(console, actor, request), keys=QUEUE_KEYS,
    )  # fmt: skip


def _active(search: Search) -> int:
    """How many filters are set."""
    return sum(getattr(search, name) != field.default for name, field in Search.model_fields.items() if name not in ("sort", "size", "after"))


def _total(page: QueuePage, search: Search) -> str:
    if search.lanes == ("sondage",):
        return "Contenus tirés au sort parmi ceux que le modèle n'a pas relevés."
    return f"{counted(page.total, 'contenu relevé par le modèle', 'contenus relevés par le modèle')} à examiner, copies comprises."


def _next(filtered: str, page: QueuePage) -> str:
    if page.next is None:
        return ""
    written = urlencode({"apres": json.dumps(page.next, separators=(",", ":"))})
    return f"{filtered}&{written}" if filtered else written


def _cursor(written: str) -> QueueCursor:
    """Where the page before ended, as ``_next`` writes it. Raises Invalid."""
    try:
        flagged, sample, shown = json.loads(written)
        return QueueCursor(_end(flagged), _end(sample), int(shown))
    except (ValueError, TypeError, IndexError, KeyError, RecursionError, OverflowError) as error:
        raise Invalid(f"apres {written[:100]!r} cannot be read; expected the value that the page before gave") from error


def _end(given: Any) -> Cursor | None:
    """Raises ValueError, TypeError."""
    if given is None:
        return None
    value, last = given
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < LARGEST):
        raise ValueError("no number that an index can hold")
    return value, str(last)


@router.post("/file/suivant")
def next_item(
    console: ConsoleOf, actor: Reviewer, filtered: Filtered = "", left: Annotated[str, Form(alias="sauf", max_length=512)] = "",
    reserve: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Reserve the next item that this person may read, and go to it. ``sauf``: the one that they leave; ``reserve``: they do not leave it yet."""
    if left and not reserve:
        claims.release(console.database, left, actor=actor)
    found = next_for(console, actor, filtered=filtered, without=left)
    return go_to(item_address(found, filtered) if found else queue_address(filtered, dit="vide"))


@router.post("/file/filtres")
def keep_filter(console: ConsoleOf, actor: Reviewer, name: Annotated[str, Form(alias="nom", max_length=200)], filtered: Filtered = "") -> Response:
    """Keep a filter under a name, for oneself."""
    search = to_url(from_url(filtered))
    filters.keep(console.database, name=name, search=search, actor=actor)
    return go_to(queue_address(search, dit="garde"))


@router.post("/file/filtres/{identifier}/retirer")
def drop_filter(identifier: str, console: ConsoleOf, actor: Reviewer) -> Response:
    """Remove a filter of one's own."""
    filters.drop(console.database, identifier, actor=actor)
    return go_to(queue_address("", dit="retire"))
