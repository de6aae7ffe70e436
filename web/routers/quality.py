"""/qualite: how far people agree, what was flagged wrongly, what readings can teach, and golden items. No person's figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import adjudications, fairness, golden, tallies
from cases.checking import Answer
from cases.people import Actor
from core.pseudonyms import load_key
from core.records import Qualification
from index.queries import Query
from index.values import VALUE_NAMES
from web.access import allow
from web.console import Console, ConsoleOf
from web.exports import csv_answer, lines_answer
from web.naming import item_labels, marker_names, people_names
from web.pages import go_to, render
from web.training import FALSE_POSITIVES, examples, false_positive_rows

router = APIRouter(prefix="/qualite")
SHOWN = 200  # false positives on the page; the file has all


@router.get("")
def quality_page(request: Request, actor: Annotated[Actor, Depends(allow("quality"))], console: ConsoleOf) -> Response:
    """Agreement, golden items and counts."""
    names = marker_names(console.taxonomy) | {"qualification": "Qualification"}
    return render(
        request, "qualite/accueil.html", agreement=fairness.agreement(console.database, taxonomy=console.taxonomy), names=names, least=fairness.LEAST,
        tally=tallies.tally(console.database), waiting=len(adjudications.waiting(console.database)), golden=golden.listed(console.database),
        states=dict(console.index.facets(Query(), ("status",)).get("status", ())), values=VALUE_NAMES, may_set=actor.has("valide"),
        may_export=actor.has("valide", "administre"), false_positives=len(fairness.false_positives(console.database)),
    )  # fmt: skip


@router.get("/faux-positifs", dependencies=[Depends(allow("export"))])
def false_positives_page(request: Request, console: ConsoleOf) -> Response:
    """What was flagged and found to be hors champ."""
    found = fairness.false_positives(console.database)
    return render(
        request, "qualite/faux_positifs.html", rows=list(false_positive_rows(found[:SHOWN], console.index)), total=len(found),
        names=marker_names(console.taxonomy), exclusions=_exclusions(console),
    )  # fmt: skip


@router.get("/faux-positifs.csv", dependencies=[Depends(allow("export"))])
def false_positives_file(console: ConsoleOf) -> Response:
    """All of them as a file."""
    return csv_answer(FALSE_POSITIVES, false_positive_rows(fairness.false_positives(console.database), console.index), name="faux-positifs")


@router.get("/exemples.jsonl", dependencies=[Depends(allow("export_texts"))])
def examples_file(console: ConsoleOf) -> Response:
    """Training candidates, with their masked texts."""
    found = fairness.candidates(console.database)
    return lines_answer(examples(found, console.index, key=load_key(console.settings)), name="exemples")


@router.get("/reperes", dependencies=[Depends(allow("adjudicate"))])
def golden_page(request: Request, console: ConsoleOf, document: str = "") -> Response:
    """Golden items, and the form for one more."""
    found = golden.listed(console.database)
    return render(
        request, "qualite/reperes.html", golden=found, labels=item_labels(console, [one.document_id for one in found]), document=document[:512],
        qualifications=VALUE_NAMES["qualification"], people=people_names(console), taxonomy=console.taxonomy,
    )  # fmt: skip


@router.post("/reperes")
def set_golden(
    *, actor: Annotated[Actor, Depends(allow("adjudicate"))], console: ConsoleOf, document: Annotated[str, Form(max_length=512)],
    qualification: Annotated[Qualification, Form()], note: Annotated[str, Form(max_length=2000)],
    present: Annotated[list[str], Form(default_factory=list, max_length=60)],
) -> Response:  # fmt: skip
    """Add one, or correct what is right."""
    signs: dict[str, Answer] = dict.fromkeys(present, "present")
    golden.set_golden(
        console.database, document.strip(), qualification=qualification, note=note, submarkers=signs, actor=actor, taxonomy=console.taxonomy
    )
    return go_to("/qualite/reperes")


@router.post("/reperes/{document_id}/retirer")
def retire(document_id: str, actor: Annotated[Actor, Depends(allow("adjudicate"))], console: ConsoleOf) -> Response:
    """Ask nobody any more."""
    golden.retire(console.database, document_id, actor=actor)
    return go_to("/qualite/reperes")


def _exclusions(console: Console) -> dict[str, str]:
    return {name: one.name for name, one in console.taxonomy.exclusions().items()}
