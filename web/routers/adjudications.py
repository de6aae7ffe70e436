"""/arbitrages: items on which two blind readings differ. Both side by side without names, and a third person's own decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from cases import adjudications, care, claims, decisions, readings
from cases.deciding import item_of, show
from cases.decisions import Act
from cases.people import Actor
from core.errors import NotFound
from core.taxonomy import load_taxonomy
from index.harm import sounded
from index.values import VALUE_NAMES
from web.access import allow, form_of
from web.adjudicating import agreed, agreements, alone, blind, lines, pieces, quoted, reading_of
from web.console import Console, ConsoleOf
from web.naming import item_labels, marker_names
from web.pages import go_to, render
from web.passages import shown, warnings
from web.reading.checklist import checklist
from web.reading.form import blank, entered_of, located, problems
from web.reading.preferences import preferences_of
from web.reading.words import CHOICES

if TYPE_CHECKING:
    from cases.adjudications import Waiting
    from cases.decisions import Item
    from index.documents import Entry
    from web.reading.form import Entered, Problem

router = APIRouter()
Allowed = Annotated[Actor, Depends(allow("adjudicate"))]
QUALIFICATIONS = VALUE_NAMES["qualification"]


@router.get("/arbitrages")
def adjudications_page(request: Request, actor: Allowed, console: ConsoleOf) -> Response:
    """What waits, urgent ones first."""
    waiting = adjudications.waiting(console.database, actor=actor)
    ids = [one.document_id for one in waiting]
    taken = {name: claim for name, claim in claims.claims_on(console.database, ids).items() if claim.seat == "arbitrage"}
    return render(request, "qualite/arbitrages.html", waiting=waiting, labels=item_labels(console, ids), taken=taken)


@router.post("/arbitrages/{document_id}/prendre")
def take(document_id: str, actor: Allowed, console: ConsoleOf) -> Response:
    """Keep it from others for a while."""
    item = _item(_entry(console, document_id))
    claims.take(console.database, document_id, actor=actor, text=item.text_sha256)
    return go_to(f"/arbitrages/{document_id}")


@router.get("/arbitrages/{document_id}")
def adjudication_page(request: Request, document_id: str, actor: Allowed, console: ConsoleOf) -> Response:
    """Both readings, the text, and the form; once it is decided: all readings with their names, and the decision."""
    entry = _entry(console, document_id)
    return _page(request, console, actor, entry, None)


@router.post("/arbitrages/{document_id}")
def adjudicate(request: Request, document_id: str, actor: Allowed, console: ConsoleOf, form: Annotated[FormData, Depends(form_of)]) -> Response:
    """Decide; what stands in the way is told with all that was entered."""
    entry = _entry(console, document_id)
    entered, strange = located(entered_of(form), entry["text"])
    found = problems(entered, entry, strange)
    if found:
        return _page(request, console, actor, entry, entered, wrong=found)
    group = [entry, *(_others(console, actor, document_id) if entered.campaign else ())]
    try:
        settled = adjudications.adjudicate(
            console.database, [_item(one) for one in group], reading_of(entered, entry), actor=actor, act=Act(id=entered.act),
            texts={one["id"]: one["text"] for one in group}, campaign=entry["campaign"] if len(group) > 1 else None,
            distressing=care.distressing(entry),
        )  # fmt: skip
    except adjudications.Alone:
        return _page(request, console, actor, entry, entered, wrong=(alone(entered.qualification),))
    show(console.index, console.database, [row.document_id for row in settled.decided])
    return go_to("/urgences" if settled.urgency else f"/arbitrages/{document_id}")


def _page(request: Request, console: Console, actor: Actor, entry: Entry, given: Entered | None, *, wrong: tuple[Problem, ...] = ()) -> Response:
    item, name = _item(entry), entry["id"]
    seen = readings.seen_by(console.database, name, actor=actor, text=item.text_sha256)
    pair, decided = blind(seen, item), decisions.standing(console.database, [name]).get(name)
    seat = claims.seat_for(console.database, name, actor=actor, text=item.text_sha256)
    claim = claims.claim_held(console.database, name, actor=actor)
    if seat != "arbitrage" and not _over(seen, decided):
        pair = ()  # who is to read it blind, or has read it, is shown nothing before it is decided
    others = _others(console, actor, name) if seat == "arbitrage" else []
    entered = given or agreed(blank(entry), pair)
    named = {marker for one in pair for marker in one.markers}  # what one of them confirms is opened
    values: dict[str, Any] = {
        "entry": entry, "title": shown(entry["title"] or ""), "pieces": pieces(shown(entry["text"]), pair), "warnings": warnings(entry["text"]),
        "pair": pair, "lines": lines(pair), "final": next((one for one in reversed(seen) if one.seat == "arbitrage" and not one.withdrawn_at), None),
        "decided": decided, "is_over": _over(seen, decided), "may": seat == "arbitrage", "claim": claim, "quoted": quoted(pair), "entered": entered,
        "checklist": checklist({**entry, "markers": [*entry["markers"], *named]}, entered),
        "problems": wrong, "others": len(others), "qualifications": QUALIFICATIONS, "choices": CHOICES,
        "agreed": () if given else agreements(pair),
        "markers": marker_names(load_taxonomy()), "chosen": {one.value for one in entered.cited},
        "is_open": bool(wrong) or not preferences_of(console.database, actor).blur,
    }  # fmt: skip
    return render(request, "qualite/arbitrage.html", status=422 if wrong else 200, **values)


def _over(seen: tuple[readings.Review, ...], decided: decisions.Decided | None) -> bool:
    """Whether it was adjudicated, and that stands."""
    return decided is not None and any(one.seat == "arbitrage" and one.act == decided.act for one in seen)


def _others(console: Console, actor: Actor, document_id: str) -> list[Entry]:
    """The other items of its campaign that wait for the same decision and that this person may decide."""
    waiting = adjudications.waiting(console.database, actor=actor)
    campaign = next((one.campaign for one in waiting if one.document_id == document_id), None)
    names = [one.document_id for one in waiting if _is_beside(one, document_id, campaign)]
    return [entry for name in names if (entry := console.index.get(name))]


def _is_beside(one: Waiting, document_id: str, campaign: str | None) -> bool:
    return campaign is not None and one.campaign == campaign and one.document_id != document_id and one.allowed


def _item(entry: Entry) -> Item:
    """What is decided on."""
    return item_of(entry, drawn=sounded)


def _entry(console: Console, document_id: str) -> Entry:
    entry = console.index.get(document_id)
    if entry is None:
        raise NotFound(f"document {document_id[:40]} is not in the index")
    return entry
