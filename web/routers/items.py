"""One item: reading it, deciding on it, leaving it to somebody else."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, JSONResponse, Response

from cases import audit, care, claims, comments, readings, withdrawals
from cases.deciding import item_of, show, text_of
from cases.decisions import Act
from cases.people import Actor
from core.errors import Conflict, Invalid
from index.documents import Entry
from index.harm import sounded
from web.access import allow, csrf_token, form_of
from web.console import Console, ConsoleOf
from web.pages import go_to
from web.reading.campaign import open_entries
from web.reading.following import item_address, next_for, queue_address
from web.reading.form import Entered, Problem, entered_of, located, problems, reading_of
from web.reading.page import banner, entry_of, item_page
from web.reading.proof import record_bytes

router = APIRouter()
Reader = Annotated[Actor, Depends(allow("read"))]
Reviewer = Annotated[Actor, Depends(allow("review"))]
Given = Annotated[FormData, Depends(form_of)]
Filtered = Annotated[str, Form(alias="file", max_length=8000)]
ActId = Annotated[str, Form(alias="acte", min_length=8, max_length=64)]
Said = Annotated[str, Form(alias="commentaire", max_length=4000)]
SCRIPT = "X-Vigie"  # our own script asks, and goes on by itself


@router.get("/contenus/{identifier}")
def show_item(request: Request, identifier: str, console: ConsoleOf, actor: Reader) -> Response:
    """The item, and where a person holds it, the form of their reading."""
    return item_page(request, console, actor, entry_of(console, identifier))


@router.post("/contenus/{identifier}/lecture")
def read(request: Request, identifier: str, console: ConsoleOf, actor: Reviewer, form: Given) -> Response:
    """Write a reading down, then go on. What cannot be written comes back as it was entered."""
    entry = entry_of(console, identifier)
    entered, strange = located(entered_of(form), entry["text"])
    wrong = problems(entered, entry, strange)
    if wrong:
        return item_page(request, console, actor, entry, entered=entered, problems=wrong, status=422)
    try:
        settled = _write(console, actor, entry, entered)
    except (Invalid, Conflict) as error:
        told = Problem("lecture", f"{REFUSED[error.kind]} ({error})")
        return item_page(request, console, actor, entry, entered=entered, problems=(told,), status=error.status)
    state = "repere" if settled.golden is not None else "decide" if settled.state == "decide" else "attente"
    address = _following(console, actor, identifier, entered, state)
    if SCRIPT not in request.headers:
        return go_to(address)
    return HTMLResponse(banner(console, actor, identifier, state, csrf=csrf_token(request)), headers={"X-Vigie-Suite": address})


REFUSED = {
    "invalid": "Cette lecture ne peut pas être écrite telle quelle.",
    "conflict": "Le contenu a changé, ou quelqu'un d'autre le lit ou l'a déjà lu. Votre lecture n'est pas écrite.",
}


def _write(console: Console, actor: Actor, entry: Entry, entered: Entered) -> readings.Settled:
    campaign = entry["campaign"] if entered.campaign else None
    entries = open_entries(console.index, entry) if campaign else [entry]
    settled = readings.read(
        console.database,
        [item_of(one, drawn=sounded) for one in entries],
        reading_of(entered, entry["text"]),
        actor=actor,
        act=Act(id=entered.act),
        texts={one["id"]: one["text"] for one in entries},
        campaign=campaign,
        distressing=care.distressing(entry),
    )
    show(console.index, console.database, [one["id"] for one in entries])
    return settled


def _following(console: Console, actor: Actor, identifier: str, entered: Entered, state: str) -> str:
    """Where to go on: the item that was reserved, the next one of the queue, or the same."""
    if not entered.following:
        return item_address(identifier, entered.filtered, fait=identifier, etat=state)
    held = entered.reserved and claims.claim_held(console.database, entered.reserved, actor=actor)
    following = entered.reserved if held else next_for(console, actor, filtered=entered.filtered, without=identifier)
    if following:
        return item_address(following, entered.filtered, fait=identifier, etat=state)
    return queue_address(entered.filtered, fait=identifier, etat=state)


@router.post("/contenus/{identifier}/prendre")
def take(identifier: str, console: ConsoleOf, actor: Reviewer, form: Given) -> Response:
    """Reserve an item for oneself; ``aussi``: although somebody reads it, or decided it alone; ``campagne``: to decide for all of its campaign."""
    entry = entry_of(console, identifier)
    claims.take(console.database, identifier, actor=actor, text=text_of(entry), also=bool(form.get("aussi")))
    more = {"campagne": "1"} if form.get("campagne") else {}
    return go_to(item_address(identifier, str(form.get("file", "")), dit="pris", **more))


@router.post("/contenus/{identifier}/prolonger")
def extend(identifier: str, console: ConsoleOf, actor: Reviewer) -> Response:
    """Keep it a while longer, as the page asks while somebody reads it."""
    claim = claims.extend(console.database, identifier, actor=actor)
    return JSONResponse({"jusqua": claim.until.isoformat()})


@router.post("/contenus/{identifier}/relacher")
def release(identifier: str, console: ConsoleOf, actor: Reviewer, filtered: Filtered = "") -> Response:
    """Leave it to others."""
    claims.release(console.database, identifier, actor=actor)
    return go_to(queue_address(filtered, dit="rendu"))


@router.post("/contenus/{identifier}/passer")
def decline(identifier: str, console: ConsoleOf, actor: Reviewer, filtered: Filtered = "") -> Response:
    """Rather not read it: no reason, and nobody is told."""
    claims.decline(console.database, identifier, actor=actor)
    return go_to(queue_address(filtered, dit="passe"))


@router.post("/contenus/{identifier}/annuler")
def undo(identifier: str, console: ConsoleOf, actor: Reviewer, act: ActId) -> Response:
    """Take back one's own reading, of a whole campaign where it served one; the item is theirs to read again where nobody else was quicker."""
    done = withdrawals.withdraw(console.database, identifier, actor=actor, act=Act(id=act), whole=True)
    show(console.index, console.database, done.documents)
    with suppress(Conflict):
        claims.take(console.database, identifier, actor=actor, text=text_of(entry_of(console, identifier)))
    return go_to(item_address(identifier, "", dit="annule"))


@router.post("/contenus/{identifier}/commentaires")
def comment(identifier: str, console: ConsoleOf, actor: Reviewer, act: ActId, said: Said) -> Response:
    """Say something to those who read the item too."""
    entry = entry_of(console, identifier)
    comments.add(console.database, identifier, said, actor=actor, act=Act(id=act), digest=text_of(entry))
    return go_to(f"{item_address(identifier, '', dit='commente')}#titre-commentaires")


@router.get("/contenus/{identifier}/preuve")
def evidence(identifier: str, console: ConsoleOf, actor: Reader) -> Response:
    """The record of the item's evidence as it was archived: one gzip member of a WARC file. Who took a copy is written down."""
    entry = entry_of(console, identifier)
    found = record_bytes(console.settings.archive_dir, entry)
    with console.database.writing() as session:
        audit.record(session, actor=actor.id, action="evidence_downloaded", subject=("document", identifier), details={"bytes": len(found)})
    return Response(found, media_type="application/gzip", headers={"Content-Disposition": f'attachment; filename="{entry["id"]}.warc.gz"'})
