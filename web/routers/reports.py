"""/rapports: drafts of reports, what was frozen, who read it over, what is public; and the pack of a candidature."""

from __future__ import annotations

import uuid
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from cases import reports
from cases.people import Actor
from cases.reporting.kinds import SORTS, paper_of, sort_of
from cases.reporting.yearly import bounds
from cases.reports import HIDING, MOST_CHANGELOG, STATEMENT
from core.errors import Invalid, VigieError
from web.access import allow, public
from web.console import Console, ConsoleOf
from web.naming import people_names
from web.pages import go_to, render
from web.reporting import Asked, draft, is_over, period_of, proposed_year
from web.reporting_files import KINDS_OF_FILE, draft_file, keep, kept_file, public_address
from web.sentences import Refused, refused

router = APIRouter()
Reads = Annotated[Actor, Depends(allow("reports"))]
Publishes = Annotated[Actor, Depends(allow("publish"))]
Day = Annotated[str, Query(max_length=10)]
Words = Annotated[list[str], Query(default_factory=list, max_length=50)]


class Wanted(NamedTuple):
    """The period of a draft, as an address says it."""

    since: str
    until: str
    accepted: tuple[str, ...]
    health: bool


def wanted(*, du: Day = "", au: Day = "", accepte: Words, soins: bool = False) -> Wanted:
    """A dependency."""
    return Wanted(du, au, tuple(one[:200] for one in accepte), soins)


@router.get("/rapports")
def reports_page(request: Request, actor: Reads, console: ConsoleOf) -> Response:
    """Which reports there are, and the form for each."""
    return _reports_page(request, actor, console)


def _reports_page(
    request: Request, actor: Actor, console: Console, *, no: Refused | None = None, slug: str = "", given: Wanted | None = None
) -> Response:
    """``given``: what was asked in the form of ``slug``, and why not."""
    since, until = proposed_year(console.database, actor.organisation_id)
    return render(
        request, "rapports/accueil.html", status=no.status if no else 200, sorts=SORTS, since=since, until=until, no=no, slug=slug, given=given,
        listed=reports.listed(console.database, actor=actor), names={one.kind: one.name for one in SORTS},
        may_publish=actor.has("droit", "administre"),
    )  # fmt: skip


@router.get("/rapports/publics", dependencies=[Depends(public)])
def public_reports(request: Request, console: ConsoleOf) -> Response:
    """What is published, for everybody."""
    names = {one.kind: one.name for one in SORTS}
    return render(request, "rapports/publics.html", listed=reports.public(console.database), names=names)


@router.get("/rapports/publics/{report_id}", dependencies=[Depends(public)])
def public_report(request: Request, report_id: str, console: ConsoleOf) -> Response:
    """One published version."""
    found = reports.find_public(console.database, report_id)
    paper = paper_of(found, names=reports.known_names(console.database), address=public_address(console, found.id))
    return render(request, "rapports/public.html", report=found, paper_=paper, sort=sort_of(found.kind))


@router.get("/rapports/publics/{report_id}/{name}", dependencies=[Depends(public)])
def public_file(report_id: str, name: str, console: ConsoleOf) -> Response:
    """One of its files."""
    return kept_file(console, reports.find_public(console.database, report_id), name)


@router.get("/rapports/nouveau/{kind}")
def draft_page(request: Request, kind: str, actor: Reads, console: ConsoleOf, asked: Annotated[Wanted, Depends(wanted)]) -> Response:
    """A report as it would be now."""
    return _draft_page(request, kind, actor, console, asked)


@router.get("/rapports/nouveau/{kind}/{name}")
def draft_download(kind: str, name: str, actor: Reads, console: ConsoleOf, asked: Annotated[Wanted, Depends(wanted)]) -> Response:
    """The draft as a file; refused where it could name somebody, and for kinds that hide small numbers: what leaves the house is frozen."""
    return draft_file(sort_of(kind), console, _asked(actor, console, asked), name)


@router.post("/rapports/nouveau/{kind}")
def freeze(
    *, request: Request, kind: str, actor: Publishes, console: ConsoleOf, act: Annotated[str, Form(min_length=8, max_length=64)],
    du: Annotated[str, Form(max_length=10)], au: Annotated[str, Form(max_length=10)],
    changements: Annotated[str, Form(max_length=MOST_CHANGELOG)] = "", soins: Annotated[bool, Form()] = False,
    accepte: Annotated[list[str], Form(default_factory=list, max_length=50)],
) -> Response:  # fmt: skip
    """Keep the draft as a version."""
    sort, asked = sort_of(kind), Wanted(du, au, tuple(one[:200] for one in accepte), soins)
    try:
        whole = _asked(actor, console, asked)
        figures = draft(sort, console.database, console.index, whole).figures
        made = reports.freeze(
            console.database, figures, kind=sort.kind, since=whole.since, until=whole.until, changelog=changements, actor=actor, act=act
        )
    except VigieError as error:
        return _draft_page(request, kind, actor, console, asked, no=refused(error), act=act, changelog=changements)
    return go_to(f"/rapports/{made.id}")


def _asked(actor: Actor, console: Console, asked: Wanted) -> Asked:
    given = bool(asked.since or asked.until)
    since, until = period_of(asked.since, asked.until) if given else proposed_year(console.database, actor.organisation_id)
    bounds(since, until)
    return Asked(actor.organisation_id, since, until, asked.accepted, asked.health)


def _draft_page(
    request: Request, kind: str, actor: Actor, console: Console, asked: Wanted, *, no: Refused | None = None, act: str = "", changelog: str = ""
) -> Response:
    sort = sort_of(kind)
    try:
        whole = _asked(actor, console, asked)
    except Invalid as error:
        return _reports_page(request, actor, console, no=refused(error), slug=sort.slug, given=asked)
    found = draft(sort, console.database, console.index, whole)
    before = [one for one in reports.listed(console.database, actor=actor)
              if (one.kind, one.since, one.until) == (sort.kind, whole.since, whole.until)]  # fmt: skip
    return render(
        request, "rapports/brouillon.html", status=no.status if no else 200, sort=sort, asked=whole, draft=found, no=no, before=before,
        act=act or uuid.uuid4().hex, changelog=changelog, over=is_over(whole.until), may_publish=actor.has("droit", "administre"),
        soft=[one for one in found.findings if not one.sure], hard=[one for one in found.findings if one.sure], files=KINDS_OF_FILE,
        inside=sort.kind in HIDING,
    )  # fmt: skip


@router.get("/rapports/{report_id}")
def report_page(request: Request, report_id: str, actor: Reads, console: ConsoleOf) -> Response:
    """A frozen report, and what comes next for it."""
    return _report_page(request, report_id, actor, console)


@router.get("/rapports/{report_id}/{name}")
def report_file(report_id: str, name: str, actor: Reads, console: ConsoleOf) -> Response:
    """One of its files."""
    return kept_file(console, reports.find(console.database, report_id, actor=actor), name)


@router.post("/rapports/{report_id}/relire")
def read_over(
    *, request: Request, report_id: str, actor: Publishes, console: ConsoleOf, sha256: Annotated[str, Form(max_length=64)],
    signe: Annotated[bool, Form()] = False,
) -> Response:  # fmt: skip
    """Sign that it names nobody."""
    try:
        if not signe:
            return _report_page(request, report_id, actor, console, no=Refused("Cochez la phrase que vous signez.", "signe"))
        reports.read_over(console.database, report_id, sha256=sha256, actor=actor)
    except VigieError as error:
        return _report_page(request, report_id, actor, console, no=refused(error))
    return go_to(f"/rapports/{report_id}")


@router.post("/rapports/{report_id}/publier")
def publish(request: Request, report_id: str, actor: Publishes, console: ConsoleOf) -> Response:
    """Show it to everybody, and write its files."""
    try:
        made = reports.publish(console.database, report_id, actor=actor)
    except VigieError as error:
        return _report_page(request, report_id, actor, console, no=refused(error))
    keep(console, made)
    return go_to(f"/rapports/{report_id}")


def _report_page(request: Request, report_id: str, actor: Actor, console: Console, *, no: Refused | None = None) -> Response:
    found = reports.find(console.database, report_id, actor=actor)
    paper = paper_of(found, names=reports.known_names(console.database), address=public_address(console, found.id))
    return render(
        request, "rapports/rapport.html", status=no.status if no else 200, report=found, paper_=paper, sort=sort_of(found.kind), no=no,
        names=people_names(console), statement=STATEMENT, may_publish=actor.has("droit", "administre"), files=KINDS_OF_FILE,
    )  # fmt: skip
