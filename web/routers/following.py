"""What became of a submission, for those who made it and for whoever they give the link to; and how they contest it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import following, submissions
from cases.people import Actor
from cases.policy import load_policy
from cases.submissions import Submission
from core.atom import TYPE
from core.errors import Conflict, Invalid
from web import links
from web.access import allow, public
from web.console import Console, ConsoleOf
from web.feeds import Followed, feed
from web.listing import address_of, name_of, rows
from web.pages import go_to, render
from web.progress import Progress, public_events
from web.submission_page import base_of, progress_of

router = APIRouter()
RECENT = 40  # submissions that the feed of an organisation speaks of
TOLD = ("decision", "correction", "reponse", "ecartee", "visible")  # what such a feed tells: a state on the way is no news
Contester = Annotated[Actor, Depends(allow("contest"))]
Follower = Annotated[Actor, Depends(allow("follow"))]


@router.get("/soumissions/{identifier}/contester")
def contest_page(request: Request, actor: Contester, console: ConsoleOf, identifier: str) -> Response:
    """The form."""
    found, standing = _decided(console, identifier, actor)
    return _form(request, found, standing)


@router.post("/soumissions/{identifier}/contester")
def contest(request: Request, actor: Contester, console: ConsoleOf, identifier: str, raison: Annotated[str, Form()] = "") -> Response:
    """Contest what was decided."""
    found, standing = _decided(console, identifier, actor)
    try:
        following.contest(console.database, found.id, reason=raison, actor=actor)
    except Invalid:
        fault = f"Dites pourquoi en une phrase ou deux, de {following.LEAST_REASON} à {following.MOST_REASON} signes."
        return _form(request, found, standing, fault=fault, reason=raison[: following.MOST_REASON])
    return go_to(f"/soumissions/{found.id}")


@router.post("/soumissions/{identifier}/lien")
def new_link(actor: Follower, console: ConsoleOf, identifier: str) -> Response:
    """Withdraw the links to one submission; the page shows a new one."""
    found = submissions.find(console.database, identifier, organisation_id=actor.organisation_id)
    links.withdraw(console, links.FOLLOW, found.id, by=actor)
    return go_to(f"/soumissions/{found.id}")


@router.post("/soumissions/flux")
def new_feed(actor: Follower, console: ConsoleOf) -> Response:
    """Withdraw the address of the actor's feed; the list shows a new one."""
    links.withdraw(console, links.FEED, actor.id, by=actor)
    return go_to("/soumissions")


@router.get("/soumissions.atom", dependencies=[Depends(public)])
def organisation_feed(request: Request, console: ConsoleOf, jeton: str = "") -> Response:
    """What is new on an organisation's submissions, for the holder of its address."""
    organisation_id = links.feed_of(console, jeton)
    shown = rows(console, submissions.listed(console.database, organisation_id=organisation_id, size=RECENT))
    base = base_of(request, console)
    told = [
        Followed(
            row.submission, row.name, tuple(event for event in following.events(console.database, row.submission) if event.kind in TOLD),
            f"{base}/soumissions/{row.submission.id}",
        )
        for row in shown
    ]  # fmt: skip
    made = feed(f"signalements:{organisation_id}", "vos signalements", told, address=f"{base}/soumissions.atom?jeton={jeton}")
    return Response(made, media_type=TYPE)


@router.get("/suivi/{token}.atom", dependencies=[Depends(public)])
def follow_feed(request: Request, console: ConsoleOf, token: str) -> Response:
    """What became of one submission, for the holder of its link."""
    found = submissions.find(console.database, links.followed(console, token), organisation_id=None)
    base, name = base_of(request, console), name_of(found, None)
    told = Followed(found, name, public_events(following.events(console.database, found)), f"{base}/suivi/{token}")
    return Response(feed(f"signalement:{found.id}", name, [told], address=f"{base}/suivi/{token}.atom"), media_type=TYPE)


@router.get("/suivi/{token}", dependencies=[Depends(public)])
def follow(request: Request, console: ConsoleOf, token: str) -> Response:
    """How one submission stands, for the holder of its link: read only, without the note, the passages or who submitted it."""
    found = submissions.find(console.database, links.followed(console, token), organisation_id=None)
    shown = progress_of(console, found)
    shown = shown._replace(events=public_events(shown.events))
    return render(request, "soumissions/suivi.html", submission=found, address=address_of(found), progress=shown)


def _decided(console: Console, identifier: str, actor: Actor) -> tuple[Submission, Progress]:
    """A submission on which something is decided. Raises NotFound, Conflict."""
    found = submissions.find(console.database, identifier, organisation_id=actor.organisation_id)
    standing = progress_of(console, found)
    if standing.outcome is None:
        raise Conflict("nothing is decided on this submission yet: there is nothing to contest")
    return found, standing


def _form(request: Request, found: Submission, standing: Progress, *, fault: str = "", reason: str = "") -> Response:
    values: dict[str, Any] = {"submission": found, "outcome": standing.outcome, "address": address_of(found), "fault": fault, "reason": reason,
              "days": load_policy().contest_days}  # fmt: skip
    return render(request, "soumissions/contester.html", status=422 if fault else 200, **values)
