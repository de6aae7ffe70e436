"""/rapports/candidature: the proof behind a request to become a trusted flagger, and the register behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from cases.papers.paper import Paper
from cases.people import Actor
from cases.register import register
from cases.reporting.candidature import BEGINNING, candidature
from cases.reporting.candidature_paper import candidature_paper, register_csv
from cases.reporting.kinds import checked
from cases.reporting.providers import providers_in
from cases.reports import known_names
from core.errors import NotFound, nearest
from web.access import allow
from web.console import Console, ConsoleOf
from web.pages import render
from web.reporting_files import attached, paper_file

router = APIRouter(prefix="/rapports/candidature")
Reads = Annotated[Actor, Depends(allow("reports"))]
FILES = {"candidature.pdf": "PDF", "candidature.docx": "Word (DOCX)"}


@router.get("")
def candidature_page(request: Request, actor: Reads, console: ConsoleOf) -> Response:
    """What can be shown today, and what is missing."""
    found = candidature(console.database, organisation_id=actor.organisation_id)
    return render(request, "rapports/candidature.html", paper_=candidature_paper(found), files=FILES, missing=found.missing)


@router.get("/registre.csv")
def register_file(actor: Reads, console: ConsoleOf) -> Response:
    """Every item of every notice that was sent: codes, times, outcomes."""
    rows = register(console.database, organisation_id=actor.organisation_id, since=BEGINNING, until=datetime.now(UTC))
    with console.database.reading() as session:
        providers = providers_in(session, actor.organisation_id)
    name = 'attachment; filename="registre.csv"'
    return StreamingResponse(register_csv(rows, providers), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


@router.get("/{name}")
def candidature_file(name: str, actor: Reads, console: ConsoleOf) -> Response:
    """The pack as PDF or DOCX; refused where it names somebody."""
    if name not in FILES:
        raise NotFound(f"file {name[:40]!r} does not exist; {nearest(name[:40], [*FILES, 'registre.csv'])}")
    return attached(paper_file(_paper(console, actor), name), name)


def _paper(console: Console, actor: Actor) -> Paper:
    found = candidature(console.database, organisation_id=actor.organisation_id)
    ours = (found.entity.contact, found.entity.website)
    return checked(candidature_paper(found), names=known_names(console.database), ours=ours)
