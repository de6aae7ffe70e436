"""/confidentialite, which everybody may read, and the registers of data protection: processing, impact assessment, retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from cases.papers.docx import docx
from cases.papers.pdf import paper_pdf
from cases.protection.dpia import dpia_paper, figures_table
from cases.protection.facts import Facts, facts_of
from cases.protection.kept import erased_shown, held_counts
from cases.protection.register import periods_table, register_paper, sources_table
from cases.protection.texts import text_of
from index.queries import Query, Range
from web.access import allow, public
from web.capacities import vocabulary
from web.console import Console, ConsoleOf
from web.pages import render

if TYPE_CHECKING:
    from cases.papers.paper import Paper

router = APIRouter()
Rights = Annotated[object, Depends(allow("rights"))]
Form = Literal["pdf", "docx"]
KINDS = {"pdf": "application/pdf", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
AHEAD = (7, 30, 90)  # days


@router.get("/confidentialite", dependencies=[Depends(public)])
def privacy(request: Request, console: ConsoleOf) -> Response:
    """Who, why, what, how long, who receives it, and how to ask."""
    known = facts_of(console.settings, console.database)
    return render(
        request, "donnees/confidentialite.html", known=known, said=text_of("notice"), sources=_alone(sources_table(known, public=True)),
        periods=_alone(periods_table(known, public=True)), figures=_alone(figures_table(known)),
        named=[one for one in known.organisations if one.public],
    )  # fmt: skip


def _alone(block: object) -> Paper:
    """One block, to be shown by the macro of papers."""
    from cases.papers.paper import Paper

    return Paper(title="-", blocks=(block,))


@router.get("/donnees/registre")
def register(request: Request, console: ConsoleOf, _: Rights) -> Response:
    """The register of processing."""
    return _paper_page(request, _register(console), "registre")


@router.get("/donnees/registre.{form}")
def register_file(console: ConsoleOf, form: Form, _: Rights) -> Response:
    """The same to print or to complete."""
    return _file(_register(console), form, "registre")


@router.get("/donnees/aipd")
def dpia(request: Request, console: ConsoleOf, _: Rights) -> Response:
    """The template of the impact assessment."""
    return _paper_page(request, _dpia(console), "aipd")


@router.get("/donnees/aipd.{form}")
def dpia_file(console: ConsoleOf, form: Form, _: Rights) -> Response:
    """The same to print or to complete."""
    return _file(_dpia(console), form, "aipd")


@router.get("/donnees/conservation")
def retention(request: Request, console: ConsoleOf, _: Rights) -> Response:
    """What is kept, how long and why, what is due next, what was erased."""
    known = facts_of(console.settings, console.database)
    now = datetime.now(UTC)
    return render(
        request, "donnees/conservation.html", periods=_alone(periods_table(known)), due=_due(console, now), erased=erased_shown(console.database),
        held=_held(console), least=5,
    )  # fmt: skip


def _due(console: Console, now: datetime) -> list[tuple[str, int]]:
    """How many items of the index have to go by then; the first are late."""
    late = [("En retard : le prochain « vigie retention run » les efface", _until(console, now))]
    return late + [(f"Dans les {days} prochains jours", _until(console, now + timedelta(days=days)) - late[0][1]) for days in AHEAD]


def _until(console: Console, moment: datetime) -> int:
    return console.index.search(Query(ranges=(Range(field="retain_until", lte=moment),), size=1)).total


def _held(console: Console) -> dict[str, int]:
    documents = console.index.search(Query(size=1)).total
    return {"Contenus dans l'index": documents, **held_counts(console.database)}


def _facts(console: Console) -> Facts:
    return facts_of(console.settings, console.database)


def _register(console: Console) -> Paper:
    return register_paper(_facts(console), now=datetime.now(UTC))


def _dpia(console: Console) -> Paper:
    roles = {one.name: one.implies for one in vocabulary().roles.values()}
    return dpia_paper(_facts(console), counts=_held(console), roles=roles, now=datetime.now(UTC))


def _paper_page(request: Request, paper: Paper, name: str) -> Response:
    return render(request, "donnees/papier.html", paper=paper, name=name)


def _file(paper: Paper, form: Form, name: str) -> Response:
    body = paper_pdf(paper) if form == "pdf" else docx(paper)
    return Response(body, media_type=KINDS[form], headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'})
