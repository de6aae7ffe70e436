"""Sealed evidence: asking for it from the page of a notice or a dossier, and taking the file.

A page asks by ``<form method="post" action="/notifications/ID/preuves">`` (or ``/dossiers/ID/preuves``) with the hidden fields ``csrf`` and ``acte``
(32 letters and digits, fresh for each form; without it each press asks anew unless one waits). What was asked stands in
``cases.bundles.of_subject(console.database, "notice", ID)``; one whose ``state`` is ``faite`` is taken at ``/preuves/{bundle.id}``.
"""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import FileResponse, Response

from cases import bundles
from cases.decisions import Act
from cases.people import Actor
from web.access import allow
from web.console import ConsoleOf
from web.pages import go_to

router = APIRouter()
Given = Annotated[str, Form(alias="acte")]


@router.post("/notifications/{identifier}/preuves")
def ask_for_notice(identifier: str, console: ConsoleOf, actor: Annotated[Actor, Depends(allow("notify"))], acte: Given = "") -> Response:
    """Ask for the sealed evidence of a notice."""
    documents = bundles.documents_of(console.database, "notice", identifier, actor=actor)
    bundles.ask(console.database, "notice", identifier, documents, actor=actor, act=_act(acte))
    return go_to(f"/notifications/{identifier}#preuves")


@router.post("/dossiers/{identifier}/preuves")
def ask_for_dossier(identifier: str, console: ConsoleOf, actor: Annotated[Actor, Depends(allow("refer"))], acte: Given = "") -> Response:
    """Ask for the sealed evidence of a dossier."""
    documents = bundles.documents_of(console.database, "dossier", identifier, actor=actor)
    bundles.ask(console.database, "dossier", identifier, documents, actor=actor, act=_act(acte))
    return go_to(f"/dossiers/{identifier}#preuves")


@router.get("/preuves/{identifier}")
def take(identifier: str, console: ConsoleOf, actor: Annotated[Actor, Depends(allow("notices"))]) -> Response:
    """The zip file; who took a copy is written down."""
    path = bundles.taken(console.database, identifier, console.settings.data_dir, actor=actor)
    return FileResponse(path, media_type="application/zip", filename=f"preuves-{identifier}.zip", headers={"Cache-Control": "no-store"})


def _act(given: str) -> Act:
    """The form's own id: a form that is sent twice asks once. Anything else is none."""
    return Act(id=given if len(given) == 32 and given.isalnum() else uuid.uuid4().hex)
