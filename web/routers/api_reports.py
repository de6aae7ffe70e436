"""The API of reports: drafts, frozen ones, freezing. That a report names nobody is signed by a person on the pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from cases import reports
from cases.people import Actor
from cases.reporting.kinds import sort_of
from web.access import allow_api
from web.api.once import OnceNeeded
from web.api.openapi import PREFIX
from web.api.paging import Paged
from web.api.reports import DraftRead, NewReport, ReportRead, Slug, report_read
from web.api.route import ApiRoute
from web.console import ConsoleOf
from web.reporting import Asked, draft

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["reports"])
Reads = Annotated[Actor, Depends(allow_api("reports"))]
Publishes = Annotated[Actor, Depends(allow_api("publish"))]


@router.get("/reports", operation_id="reports", summary="Frozen reports", response_model=Paged[ReportRead])
def all_reports(console: ConsoleOf, actor: Reads) -> Paged[ReportRead]:
    """Of your organisation, the newest first, every version."""
    found = [report_read(one) for one in reports.listed(console.database, actor=actor)]
    return Paged(items=found, total=len(found), next=None)


@router.get("/reports/draft", operation_id="report_draft", summary="The figures as they stand now")
def report_draft(
    *,
    console: ConsoleOf,
    actor: Reads,
    kind: Annotated[Slug, Query(description="which report")],
    since: Annotated[date, Query(description="the first day, in Paris")],
    until: Annotated[date, Query(description="the last day")],
    health: Annotated[bool, Query(description="statistics: contents on care alone")] = False,
) -> DraftRead:
    """What freezing would keep, of the yearly report. Texts of the organisation that could name somebody are left out and told by place and kind.

    403 for the kinds that hide small numbers: two drafts, subtracted, would tell them. Freeze one, or look at the draft on the page.
    """
    sort = sort_of(kind)
    reports.refuse_loose_draft(sort.kind)
    found = draft(sort, console.database, console.index, Asked(actor.organisation_id, since, until, health=health))
    figures = found.figures.model_dump(mode="json")
    if found.findings:
        figures.pop("entity", None)
    said = [f"{one.where}: {one.kind}" for one in found.findings]
    return DraftRead(kind=sort.kind, since=since, until=until, findings=said, figures=figures)


@router.get("/reports/{report_id}", operation_id="report", summary="A frozen report")
def one_report(report_id: str, console: ConsoleOf, actor: Reads) -> ReportRead:
    """Only your organisation's own."""
    return report_read(reports.find(console.database, report_id, actor=actor))


@router.post("/reports", operation_id="freeze_report", summary="Freeze a report", status_code=201, response_model=ReportRead)
def freeze_report(asked: NewReport, console: ConsoleOf, actor: Publishes, once: OnceNeeded) -> Response:
    """The next version of its period, with the figures of now. Needs `Idempotency-Key`.

    422 where it could name somebody. Another person reads it over and publishes it on the pages.
    """

    def act(identifier: str) -> ReportRead:
        sort = sort_of(asked.kind)
        wanted = Asked(actor.organisation_id, asked.since, asked.until, tuple(asked.accepted), asked.health)
        figures = draft(sort, console.database, console.index, wanted).figures
        made = reports.freeze(
            console.database, figures, kind=sort.kind, since=asked.since, until=asked.until, changelog=asked.changelog, actor=actor, act=identifier
        )
        return report_read(made)

    return once.run(actor, asked, act)
