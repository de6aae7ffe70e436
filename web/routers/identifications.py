"""/identifications: whether a named account wrote one item. Two people, one answer, a trace; never a list, never a search."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cases import identifications
from cases.people import Actor
from core.accounts import named_account, spellings
from core.errors import NotFound, VigieError
from core.pseudonyms import load_key, pseudonym
from web.access import allow
from web.console import Console, ConsoleOf
from web.naming import item_labels, people_names
from web.pages import go_to, render
from web.sentences import Refused, refused

router = APIRouter()
Allowed = Annotated[Actor, Depends(allow("identify"))]
Short = Annotated[str, Form(max_length=300)]
UNKNOWN = "Aucun contenu conservé n'a cet identifiant. Copiez-le de nouveau depuis la page du contenu."


@router.get("/identifications")
def questions_page(request: Request, actor: Allowed, console: ConsoleOf, document: Annotated[str, Query(max_length=512)] = "") -> Response:
    """The form, what waits for this person, and the answers to what this person asked or agreed to."""
    return _page(request, actor, console, typed={"document": document})


def _page(request: Request, actor: Actor, console: Console, *, no: Refused | None = None, typed: dict[str, str] | None = None) -> Response:
    waiting, own = identifications.waiting(console.database, actor=actor), identifications.own(console.database, actor=actor)
    labels, said = item_labels(console, [one.document_id for one in (*waiting, *own)]), typed or {}
    return render(
        request, "administration/identifications.html", status=no.status if no else 200, waiting=waiting, own=own, labels=labels, no=no, typed=said,
        names=people_names(console), document=said.get("document", ""), act=said.get("act") or uuid.uuid4().hex,
        limits=(identifications.MOST_A_DAY, identifications.KEEP.days),
    )  # fmt: skip


@router.post("/identifications")
def ask(
    *, request: Request, actor: Allowed, console: ConsoleOf, act: Annotated[str, Form(min_length=8, max_length=64)],
    document: Annotated[str, Form(max_length=512)] = "", platform: Short = "", account: Short = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:  # fmt: skip
    """Ask. The account becomes its pseudonym here and is written nowhere."""
    typed = {"act": act, "document": document, "platform": platform, "account": account, "reason": reason}
    try:
        authors = _authors(console, document.strip())
        known = named_account(account, platform=platform)
        key = load_key(console.settings)
        written = [pseudonym(key, platform=host, account=name) for host, name in spellings(known)]  # as parsers may have written it
        candidate = next((one for one in written if one in authors), written[0])
        identifications.ask(console.database, document.strip(), candidate=candidate, reason=reason, actor=actor, act=act)
    except NotFound:
        return _page(request, actor, console, no=Refused(UNKNOWN, "document", 404), typed=typed)
    except VigieError as error:
        return _page(request, actor, console, no=refused(error), typed=typed)
    return go_to("/identifications")


@router.post("/identifications/{identifier}/accord")
def agree(request: Request, identifier: str, actor: Allowed, console: ConsoleOf) -> Response:
    """The second person agrees, and both see the answer."""
    question = identifications.find(console.database, identifier)
    try:
        identifications.agree(console.database, identifier, authors=_authors(console, question.document_id), actor=actor)
    except VigieError as error:
        return _page(request, actor, console, no=refused(error, form="questions"))
    return go_to("/identifications#reponses")


@router.post("/identifications/{identifier}/refus")
def refuse(request: Request, identifier: str, actor: Allowed, console: ConsoleOf) -> Response:
    """The second person refuses, or the first one withdraws."""
    try:
        identifications.refuse(console.database, identifier, actor=actor)
    except VigieError as error:
        return _page(request, actor, console, no=refused(error, form="questions"))
    return go_to("/identifications#reponses")


def _authors(console: Console, document_id: str) -> frozenset[str]:
    """Pseudonyms of who wrote or organises an item. Raises NotFound."""
    entry = console.index.get(document_id)
    if entry is None:
        raise NotFound(f"document {document_id[:40]} is not in the index")
    organiser = (entry["funding"] or {}).get("organiser")
    return frozenset(name for name in (entry["author"], organiser) if name)
