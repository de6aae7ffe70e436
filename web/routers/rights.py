"""/donnees: what people concerned ask for under the GDPR, what was found, who must agree, the proof."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import audit, rights
from cases.papers.pdf import paper_pdf
from cases.people import Actor
from cases.protection.proof import proof_paper
from cases.protection.texts import text_of
from cases.request import KINDS
from cases.request import Request as Asked
from core.errors import Conflict, Invalid, NotFound, VigieError
from core.times import PARIS
from web.access import allow
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.pages import go_to, render
from web.sentences import Refused, refused

router = APIRouter()
Allowed = Annotated[Actor, Depends(allow("rights"))]
Lawyer = Annotated[Actor, Depends(allow("identities"))]  # what is given to a person holds texts: who administers reads none
Text = Annotated[str, Form(max_length=20_000)]
FOLDER = "rights"  # as flows/rights_export.py writes below the data folder


@router.get("/donnees", dependencies=[Depends(allow("rights"))])
def requests_page(request: Request, console: ConsoleOf) -> Response:
    """What was asked, what waits for whom, what was answered."""
    return _list(request, console)


def _list(request: Request, console: Console, *, no: Refused | None = None, typed: dict[str, str] | None = None) -> Response:
    said = typed or {}
    return render(
        request, "donnees/demandes.html", status=no.status if no else 200, names=people_names(console), no=no, typed=said, kinds=KINDS,
        waiting=rights.listed(console.database, is_open=True, secret=console.secret), act=said.get("act") or uuid.uuid4().hex,
        over=rights.listed(console.database, is_open=False, secret=console.secret), now=datetime.now(UTC),
        today=datetime.now(PARIS).date().isoformat(),
    )  # fmt: skip


@router.post("/donnees/demandes")
def ask(
    *, request: Request, actor: Allowed, console: ConsoleOf, act: Annotated[str, Form(min_length=8, max_length=64)], kind: Text = "",
    subject: Text = "", received: Text = "", identity: Text = "",
) -> Response:  # fmt: skip
    """Write a request down."""
    try:
        made = rights.ask(
            console.database, kind, subject, received_at=day_of(received), identity_checked=identity, actor=actor, act=act, secret=console.secret
        )
    except VigieError as error:
        typed = {"act": act, "kind": kind, "subject": subject, "received": received, "identity": identity}
        return _list(request, console, no=refused(error), typed=typed)
    return go_to(f"/donnees/demandes/{made.id}")


def day_of(written: str) -> datetime:
    """Noon of a day in Paris, or the present moment for today. Raises Invalid."""
    try:
        day = datetime.strptime(written.strip(), "%Y-%m-%d").replace(hour=12, tzinfo=PARIS)
    except ValueError as error:
        raise Invalid(f"day {written[:20]!r}; expected a date such as 2026-11-22") from error
    now = datetime.now(PARIS)
    return now if day.date() == now.date() else day


@router.get("/donnees/demandes/{identifier}", dependencies=[Depends(allow("rights"))])
def request_page(request: Request, identifier: str, console: ConsoleOf) -> Response:
    """One request."""
    return _one(request, console, identifier)


def _one(request: Request, console: Console, identifier: str, *, no: Refused | None = None, typed: dict[str, str] | None = None) -> Response:
    found = rights.find(console.database, identifier, secret=console.secret)
    return render(
        request, "donnees/demande.html", status=no.status if no else 200, one=found, names=people_names(console), places=text_of("places"), no=no,
        typed=typed or {}, ready=_file(console, identifier) is not None, now=datetime.now(UTC),
        beside=rights.beside(console.database, found, secret=console.secret),
    )  # fmt: skip


@router.post("/donnees/demandes/{identifier}/accord")
def agree(
    *, request: Request, identifier: str, actor: Allowed, console: ConsoleOf, seen: Annotated[int, Form(ge=0)],
    everything: Annotated[bool, Form()] = False, unread: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Let it be carried out."""
    try:
        rights.agree(console.database, identifier, seen=seen, everything=everything, unread=unread, actor=actor, secret=console.secret)
    except VigieError as error:
        return _one(request, console, identifier, no=refused(error))
    return go_to(f"/donnees/demandes/{identifier}")


@router.post("/donnees/demandes/{identifier}/refus")
def refuse(request: Request, identifier: str, actor: Allowed, console: ConsoleOf, reason: Text = "") -> Response:
    """Refuse it, with the reason that the person is told."""
    try:
        rights.refuse(console.database, identifier, reason=reason, actor=actor, secret=console.secret)
    except VigieError as error:
        return _one(request, console, identifier, no=refused(error, form="refus"), typed={"refus": reason})
    return go_to(f"/donnees/demandes/{identifier}")


@router.post("/donnees/demandes/{identifier}/reponse")
def answer(request: Request, identifier: str, actor: Allowed, console: ConsoleOf, words: Text = "") -> Response:
    """Note that the person was answered; what was prepared for them is removed."""
    try:
        rights.answer(console.database, identifier, words=words, actor=actor, secret=console.secret)
    except VigieError as error:
        return _one(request, console, identifier, no=refused(error, form="reponse"), typed={"reponse": words})
    (console.settings.data_dir / FOLDER / f"{identifier}.zip").unlink(missing_ok=True)
    return go_to(f"/donnees/demandes/{identifier}")


@router.get("/donnees/demandes/{identifier}/donnees.zip")
def given(identifier: str, actor: Lawyer, console: ConsoleOf) -> Response:
    """What is given to the person on a request for access."""
    found = rights.find(console.database, identifier, secret=console.secret)
    made = _file(console, found.id)
    if made is None:
        raise NotFound(f"nothing is prepared for request {identifier[:40]}, or it was given already")
    with console.database.writing() as session:
        audit.record(session, actor=actor.id, action="right_downloaded", subject=("request", found.id))
    return _download(made, "application/zip", "donnees.zip")


@router.get("/donnees/demandes/{identifier}/preuve.json", dependencies=[Depends(allow("rights"))])
def proof(identifier: str, console: ConsoleOf) -> Response:
    """The proof of what was done, whose digest anybody can compute again."""
    found = _proved(console, identifier)
    return _download(json.dumps(found.proof, ensure_ascii=False, indent=2, sort_keys=True).encode(), "application/json", "preuve.json")


@router.get("/donnees/demandes/{identifier}/preuve.pdf", dependencies=[Depends(allow("rights"))])
def proof_page(identifier: str, console: ConsoleOf) -> Response:
    """The same to read."""
    found = _proved(console, identifier)
    return _download(paper_pdf(proof_paper(found, house=console.settings.console_name)), "application/pdf", "preuve.pdf")


def _proved(console: Console, identifier: str) -> Asked:
    found = rights.find(console.database, identifier, secret=console.secret)
    if not found.proof:
        raise Conflict(f"request {found.id} has no proof yet; it is made when it is carried out")
    return found


def _file(console: Console, identifier: str) -> bytes | None:
    path = console.settings.data_dir / FOLDER / f"{identifier}.zip"
    return path.read_bytes() if path.is_file() else None


def _download(body: bytes, kind: str, name: str) -> Response:
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
