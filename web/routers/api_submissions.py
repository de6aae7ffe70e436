"""The API of submissions: an organisation's own, and nothing of another's."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cases import following, submissions
from cases.people import Actor
from cases.submission_text import BadText
from cases.submissions import State, Submission
from core.addresses import BadAddress
from core.errors import TooMany
from core.times import PARIS
from web.access import allow_api
from web.api.once import OnceOf
from web.api.openapi import PREFIX
from web.api.paging import LARGEST, Paged, next_page, sealed, unsealed
from web.api.problems import Mistake, answer
from web.api.route import ApiRoute
from web.api.submissions import Contested, ContestRead, NewSubmission, Receipt, SubmissionInFull, Submitted, in_full, receipt, submitted
from web.console import Console, ConsoleOf

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["submissions"])
LIST = "submissions"
DAY = 86_400
Submitter = Annotated[Actor, Depends(allow_api("submit"))]
Follower = Annotated[Actor, Depends(allow_api("follow"))]


@router.post("/submissions", operation_id="submit", summary="Submit a page or a text", status_code=201, response_model=Receipt)
def submit(asked: NewSubmission, console: ConsoleOf, actor: Submitter, once: OnceOf) -> Response:
    """It is fetched, scored and shown within seconds; look at it again until `state` is `visible` or `ecartee`.

    The organisation has one submission of a page: who submits it again gets that one. Private addresses, other schemes and ports are refused.
    """

    def act(identifier: str) -> Receipt:
        return receipt(_submit(console, asked, actor, identifier))

    try:
        return once.run(actor, asked, act, headers=lambda: _quota(console, actor))
    except (BadAddress, BadText) as error:
        return answer("invalid", str(error), errors=[Mistake(pointer=_place(error), detail=str(error))])
    except TooMany as error:
        return answer("too_many", str(error), headers={**_quota(console, actor), "Retry-After": str(error.wait)})


@router.get("/submissions", operation_id="submissions", summary="The organisation's submissions", response_model=Paged[Submitted])
def listed(
    *,
    request: Request,
    response: Response,
    console: ConsoleOf,
    actor: Follower,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    size: Annotated[int, Query(ge=1, le=LARGEST, description="items of a page")] = 20,
    after: Annotated[str | None, Query(max_length=2000, description="cursor of the page before; follow next instead of making one")] = None,
) -> dict[str, Any]:
    """The newest first."""
    response.headers.update(_quota(console, actor))
    before = str(unsealed(console, LIST, after)) if after is not None else None
    found = submissions.listed(
        console.database, organisation_id=actor.organisation_id, before=before, size=size + 1, states=(state,) if state else ()
    )
    cursor = sealed(console, LIST, found[size - 1].id) if len(found) > size else None
    return {"items": [submitted(one) for one in found[:size]], "next": next_page(request, response, cursor)}


@router.get("/submissions/{submission_id}", operation_id="submission", summary="One submission, with what Vigie sees and what was decided")
def one(console: ConsoleOf, actor: Follower, submission_id: str) -> SubmissionInFull:
    """Its states; once it is visible, what each marker shows in words and numbers, with quotes; what was decided and why; corrections and answers."""
    return in_full(console, submissions.find(console.database, submission_id, organisation_id=actor.organisation_id))


@router.post(
    "/submissions/{submission_id}/contests", operation_id="contest", summary="Contest what was decided", status_code=201, response_model=ContestRead
)
def contest(
    submission_id: str, asked: Contested, console: ConsoleOf, actor: Annotated[Actor, Depends(allow_api("contest"))], once: OnceOf
) -> Response:
    """Once a decision: contesting it again gives the same contest. A person answers, and the answer stands among the submission's events."""

    def act(_identifier: str) -> ContestRead:
        found = following.contest(console.database, submission_id, reason=asked.reason, actor=actor)
        return ContestRead.model_validate(found.model_dump(include=set(ContestRead.model_fields)))

    return once.run(actor, asked, act)


def _submit(console: Console, asked: NewSubmission, actor: Actor, act: str) -> Submission:
    if asked.url is not None:
        return submissions.submit_url(console.database, asked.url, note=asked.note, actor=actor, places=console.settings.own_places, act=act)
    return submissions.submit_text(
        console.database, asked.text or "", public=asked.public, title=asked.title, seen_at=asked.seen_at, note=asked.note, actor=actor, act=act
    )


def _place(error: BadAddress | BadText) -> str:
    if isinstance(error, BadAddress):
        return "#/url"
    return f"#/{error.reason.partition('_')[0]}"


def _quota(console: Console, actor: Actor) -> dict[str, str]:
    """What is left today (draft-ietf-httpapi-ratelimit-headers-10), of the whole organisation."""
    left, now = submissions.quota_left(console.database, actor.organisation_id), datetime.now(UTC)
    tomorrow = datetime.combine(now.astimezone(PARIS).date() + timedelta(days=1), time(), tzinfo=PARIS)
    return {"RateLimit": f'"submissions";r={left};t={int((tomorrow - now).total_seconds())}'}
