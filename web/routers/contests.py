"""/contestations: what associations disagree with, and the answers. Answering that a decision is looked at anew undoes it in the same act."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from cases import accounts, decisions, following, submissions
from cases.contesting import reconsider
from cases.deciding import show
from cases.decisions import Act
from cases.people import Actor
from cases.policy import load_policy
from web.access import allow
from web.console import ConsoleOf
from web.naming import QUALIFICATION_NAMES, item_labels, marker_names
from web.pages import go_to, render

router = APIRouter()


@router.get("/contestations", dependencies=[Depends(allow("adjudicate"))])
def contests_page(request: Request, console: ConsoleOf) -> Response:
    """What waits for an answer, the oldest first."""
    waiting = following.open_contests(console.database)
    return render(
        request, "qualite/contestations.html", waiting=waiting, labels=item_labels(console, [one.document_id for one in waiting]),
        days=load_policy().contest_days,
    )  # fmt: skip


@router.get("/contestations/{contest_id}", dependencies=[Depends(allow("adjudicate"))])
def contest_page(request: Request, contest_id: str, console: ConsoleOf) -> Response:
    """One contest: what was decided and why, what the association says, and the form of the answer."""
    contest = following.find_contest(console.database, contest_id)
    history = decisions.history(console.database, contest.document_id)
    standing = decisions.standing(console.database, [contest.document_id]).get(contest.document_id)
    submission = submissions.find(console.database, contest.submission_id, organisation_id=None)
    houses = {one.id: one.name for one in accounts.organisations(console.database)}
    return render(
        request, "qualite/contestation.html", contest=contest, decided=next((row for row in history if row.id == contest.decision_id), None),
        standing=standing, organisation=houses.get(submission.organisation_id, "—"), labels=item_labels(console, [contest.document_id]),
        qualifications=QUALIFICATION_NAMES, markers=marker_names(console.taxonomy), act=uuid.uuid4().hex,
    )  # fmt: skip


@router.post("/contestations/{contest_id}")
def answer(
    *, contest_id: str, actor: Annotated[Actor, Depends(allow("adjudicate"))], console: ConsoleOf, text: Annotated[str, Form(max_length=2000)],
    act: Annotated[str, Form(min_length=8, max_length=64)], outcome: Annotated[Literal["maintenue", "revue"], Form()],
) -> Response:  # fmt: skip
    """Answer; the association sees it at once."""
    if outcome == "maintenue":
        following.answer(console.database, contest_id, outcome=outcome, text=text, actor=actor)
    else:
        contest, _ = reconsider(console.database, contest_id, text=text, actor=actor, act=Act(id=act))
        show(console.index, console.database, [contest.document_id])
    return go_to(f"/contestations/{contest_id}")
