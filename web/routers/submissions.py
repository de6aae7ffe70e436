"""What an organisation submits: the forms, the list, and the page that follows one submission from its receipt to its decision."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from starlette.responses import Response

from cases import submissions
from cases.overview import submission_states
from cases.people import Actor
from cases.submission_text import BadText
from cases.submissions import Submission
from core.addresses import BadAddress
from core.errors import Invalid, TooMany
from web import submitting
from web.access import allow
from web.console import Console, ConsoleOf
from web.links import feed_token
from web.listing import FILTERS, rows
from web.pages import go_to, render
from web.refusals import used_up
from web.submission_page import announced, base_of, mark_of, page
from web.submitting import Fault
from web.table_report import Report, report

router = APIRouter()
SIZE = 30
KNOWN = timedelta(seconds=10)  # a submission older than this was not made just now: the organisation had it already
Submitter = Annotated[Actor, Depends(allow("submit"))]
Follower = Annotated[Actor, Depends(allow("follow"))]
Text = Annotated[str, Form()]


@router.get("/soumissions")
def listing(request: Request, actor: Follower, console: ConsoleOf, etat: str = "", avant: str = "") -> Response:
    """The organisation's submissions, the newest first."""
    states = next((states for word, _, states in FILTERS if word == etat), ())
    chosen = etat if states else ""
    found = submissions.listed(console.database, organisation_id=actor.organisation_id, before=avant or None, size=SIZE + 1, states=states)
    counted = submission_states(console.database, organisation_id=actor.organisation_id)
    filters = [("", "Tous", sum(counted.values())), *((word, name, sum(counted.get(one, 0) for one in states)) for word, name, states in FILTERS)]
    older = {"etat": chosen, "avant": found[SIZE - 1].id} if len(found) > SIZE else {}
    return render(
        request,
        "soumissions/liste.html",
        rows=rows(console, found[:SIZE]),
        filters=filters,
        chosen=chosen,
        older=avant,
        next=urlencode(older),
        left=submissions.quota_left(console.database, actor.organisation_id),
        feed=f"{base_of(request, console)}/soumissions.atom?jeton={feed_token(console, actor)}",
    )


@router.get("/soumissions/nouvelle", dependencies=[Depends(allow("submit"))])
def new_page(request: Request, url: str = "", vu: str = "") -> Response:
    """The form; ``url`` comes from the bookmark, ``vu`` from a page that could not be read."""
    return _form(request, url=url[:4000], seen_at=vu[:500], opened=bool(vu))


@router.post("/soumissions/nouvelle")
def submit_page(request: Request, actor: Submitter, console: ConsoleOf, *, url: Text = "", note: Text = "", acte: Text = "") -> Response:
    """Submit a page."""
    try:
        places = console.settings.own_places
        made = submissions.submit_url(console.database, submitting.tidy(url), note=note, actor=actor, places=places, act=_act(acte))
    except TooMany as error:
        return _form(request, faults=(Fault(used_up(error)),), status=error.status, url=url[:4000], note=note)
    except BadText as error:
        return _form(request, faults=(submitting.fault(error, "note"),), url=url[:4000], note=note)
    except BadAddress as error:
        sentence, closed = error.reason == "sentence", error.reason == "closed_place"  # the text is what can be sent instead
        return _form(
            request, faults=(submitting.fault(error, "url"),), opened=sentence or closed, url=url[:4000], note=note, text=url if sentence else "",
            seen_at=submitting.tidy(url)[:500] if closed else "",
        )  # fmt: skip
    return _to(made)


@router.post("/soumissions/texte")
def submit_text(
    request: Request, actor: Submitter, console: ConsoleOf, *, texte: Text = "", titre: Text = "", vu: Text = "", note: Text = "", public: Text = "",
    acte: Text = "",
) -> Response:  # fmt: skip
    """Submit a text whose page cannot be fetched."""
    seen = submitting.seen_at(vu)
    given: dict[str, Any] = {"opened": True, "text": texte, "title": titre, "seen_at": vu, "text_note": note, "public": public == "oui"}
    if faults := submitting.text_faults(texte, title=titre, place=vu, note=note, public=public == "oui"):
        return _form(request, faults=faults, **given)
    try:
        made = submissions.submit_text(
            console.database,
            texte,
            public=public == "oui",
            title=titre or None,
            seen_at=seen.url,
            note=seen.with_note(note),
            actor=actor,
            act=_act(acte),
        )
    except TooMany as error:
        return _form(request, faults=(Fault(used_up(error)),), status=error.status, **given)
    return _to(made)


@router.get("/soumissions/lot")
def many_page(request: Request, actor: Submitter, console: ConsoleOf) -> Response:
    """The form for a list."""
    return _many(request, console, actor)


@router.post("/soumissions/lot")
def submit_many(request: Request, actor: Submitter, console: ConsoleOf, fichier: UploadFile | None = None) -> Response:
    """Submit a list, and say of each line that was refused why. Sending it again submits nothing twice."""
    try:
        data = submitting.table(fichier.file.read(submitting.MOST_UPLOAD + 1), fichier.filename or "") if fichier else submitting.table(b"", "")
    except Invalid as error:
        return _many(request, console, actor, fault=str(error))
    start = datetime.now(UTC)
    try:
        many = submissions.submit_many(console.database, data, actor=actor, places=console.settings.own_places)
    except Invalid:
        return _many(
            request, console, actor, fault="Ce fichier n'est pas une liste lisible : une colonne « url », une adresse par ligne, 500 lignes au plus."
        )
    return _many(request, console, actor, outcome=report(many, since=start))


@router.get("/soumissions/{identifier}")
def detail(request: Request, actor: Follower, console: ConsoleOf, *, identifier: str, vu: str = "", pause: str = "", deja: str = "") -> Response:
    """One submission. A page that asks again says by ``vu`` what it shows, and gets only what is new."""
    found = submissions.find(console.database, identifier, organisation_id=actor.organisation_id)
    moving = request.headers.get("hx-request") == "true"
    if moving and vu == mark_of(found):
        return Response(status_code=204)
    values = page(console, found, actor=actor)
    if moving:
        return render(request, "soumissions/_etat.html", **{**values, "announced": announced(found)})
    link = f"{base_of(request, console)}{values['link_path']}"
    return render(request, "soumissions/detail.html", **values, link=link, refresh=not pause and not values["slow"], known=bool(deja))


@router.get("/favori", dependencies=[Depends(allow("submit"))])
def bookmark(request: Request, console: ConsoleOf) -> Response:
    """A link that opens the form with the address of the page one is on."""
    return render(request, "soumissions/favori.html", code=submitting.bookmarklet(base_of(request, console)))


def _form(
    request: Request, *, faults: tuple[Fault, ...] = (), status: int = 422, opened: bool = False, url: str = "", note: str = "", text: str = "",
    title: str = "", seen_at: str = "", text_note: str = "", public: bool = False,
) -> Response:  # fmt: skip
    values: dict[str, Any] = {
        "act": uuid.uuid4().hex,
        "text_act": uuid.uuid4().hex,
        "faults": faults,
        "said": {fault.field: fault for fault in faults},
        "opened": opened,
        "url": url,
        "note": note,
        "text": text,
        "title": title,
        "seen_at": seen_at,
        "text_note": text_note,
        "public": public,
    }
    return render(request, "soumissions/nouvelle.html", status=status if faults else 200, **values)


def _many(request: Request, console: Console, actor: Actor, *, fault: str = "", outcome: Report | None = None) -> Response:
    left = submissions.quota_left(console.database, actor.organisation_id)
    return render(request, "soumissions/lot.html", status=422 if fault else 200, fault=fault, report=outcome, left=left)


def _to(made: Submission) -> Response:
    known = datetime.now(UTC) - made.created_at > KNOWN
    return go_to(f"/soumissions/{quote(made.id)}{'?deja=oui' if known else ''}")


def _act(given: str) -> str | None:
    """The form's own id: a form that is sent twice is one submission. Anything else is none."""
    return given if len(given) == 32 and given.isalnum() else None
