"""Reports as they were made: frozen with their figures, read over by another person who signs that nobody is named, then published.

Nothing is overwritten: a correction is a new version with its changelog; the ones before stay. What names or reaches a person is refused before
anything is kept.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import AwareDatetime
from sqlalchemy import func, select

from cases import audit
from cases.papers.tableau import Picture, year_before
from cases.reporting.checking import findings_in, refuse
from cases.reporting.providers import known_names_in
from cases.reporting.subtracting import between
from cases.scanning import personal_data
from cases.tables_notices import ReportRow
from cases.tables_people import OrganisationRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor
    from cases.scanning import Finding

Kind = Literal["annuel_22_3", "statistiques", "article_34", "tableau_annuel"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HIDING: tuple[Kind, ...] = ("statistiques", "article_34", "tableau_annuel")  # counts of the whole house, of which small ones are hidden
MOST_CHANGELOG = 2000  # characters
STATEMENT = "J'ai relu ce rapport en entier : il ne nomme aucune personne et ne permet d'en reconnaître aucune."


class Report(Record):
    """A frozen report. ``figures``: of the record of its kind; ``sha256``: of them in one spelling."""

    id: str
    kind: Kind
    organisation_id: str
    organisation: str
    since: date
    until: date
    version: int
    changelog: str
    figures: dict[str, Any]
    sha256: str
    made_by: str
    made_at: AwareDatetime
    read_by: str | None = None
    read_at: AwareDatetime | None = None
    published_at: AwareDatetime | None = None
    superseded: bool = False  # a later version of the same period is published


def known_names(database: Database) -> tuple[str, ...]:
    """Names and logins of everybody with an account: none of them stands in a report."""
    with database.reading() as session:
        return known_names_in(session)


def looked_through(database: Database, kind: Kind, figures: Record) -> tuple[Finding, ...]:
    """What in these figures could name or reach a person. Empty: it may be kept and printed."""
    return findings_in(kind, figures.model_dump(mode="json"), names=known_names(database))


def refuse_loose_draft(kind: Kind) -> None:
    """Raises Forbidden for a draft that is to leave its page, of a kind that hides: nothing limits which periods are drafted."""
    if kind in HIDING:
        raise Forbidden(
            f"a draft of {kind} is given neither as a file nor to programs: two of them, subtracted, tell what each hides; freeze one, "
            "or look at the page"
        )


def freeze(
    database: Database, figures: Record, *, kind: Kind, since: date, until: date, changelog: str, actor: Actor, act: str, now: datetime | None = None
) -> Report:
    """Keep a report of the actor's own organisation as its next version. The same act again changes nothing.

    Raises Invalid where it names somebody, where the period is not over, or where a later version does not say what changed; Conflict for
    statistics whose difference with others would tell what each hides: of a period that overlaps another one, of care alone beside all contents, or
    see _refuse_subtraction.
    """
    at, said = now or datetime.now(UTC), changelog.strip()
    identifier = hashlib.sha256(f"report\n{actor.id}\n{act}".encode()).hexdigest()[:32]
    values, names = figures.model_dump(mode="json"), known_names(database)
    refuse((*findings_in(kind, values, names=names), *personal_data({"Changements": said}, names=names)))
    _check(since, until, said, today=at.date())
    with database.writing() as session:
        if session.get(ReportRow, identifier) is None:
            _refuse_subtraction(session, kind, values)
            version = _next_version(session, kind, actor.organisation_id, since, until, health=bool(values.get("health")))
            if version > 1 and not said:
                raise Invalid("a later version of a report says what changed and why; write its changelog")
            session.add(ReportRow(
                id=identifier, kind=kind, organisation_id=actor.organisation_id, since=since, until=until, version=version, changelog=said,
                figures=values, sha256=digest_of(values), made_by=actor.id, made_at=at,
            ))  # fmt: skip
            details = {"kind": kind, "period": f"{since}/{until}", "version": version}
            audit.record(session, actor=actor.id, action="report_frozen", subject=("report", identifier), details=details, at=at)
    return find(database, identifier, actor=actor)


def _check(since: date, until: date, changelog: str, *, today: date) -> None:
    if until < since:
        raise Invalid(f"period {since}/{until} ends before it begins; give the first and the last day")
    if until >= today:
        raise Invalid(f"the period ends on {until}, which is not over; look at the draft, and freeze it from the day after on")
    if len(changelog) > MOST_CHANGELOG:
        raise Invalid(f"a changelog of {len(changelog)} characters; expected at most {MOST_CHANGELOG}")


def _next_version(session: Session, kind: Kind, organisation_id: str, since: date, until: date, *, health: bool) -> int:
    if kind in HIDING:
        _refuse_difference(session, kind, since, until, health=health)
    own = (ReportRow.kind == kind, ReportRow.organisation_id == organisation_id)
    last = session.scalar(select(func.max(ReportRow.version)).where(*own, ReportRow.since == since, ReportRow.until == until))
    return (last or 0) + 1


def _refuse_difference(session: Session, kind: Kind, since: date, until: date, *, health: bool) -> None:
    """Raises Conflict where two reports, of whichever kind that hides and whichever organisation, count some contents together and others not.

    What they count is the house's.
    """
    for found in session.scalars(select(ReportRow).where(ReportRow.kind.in_(HIDING))):
        other = f"a report on {found.since}/{found.until} was frozen, of this organisation or another one of this console"
        theirs = _counted(found.kind, found.since, found.until)
        if any(_overlap(one, another) for one in _counted(kind, since, until) for another in theirs):
            raise Conflict(f"{other}; it overlaps {since}/{until}, and their difference could tell what is hidden: take the same period")
        same = (found.kind, found.since, found.until) == (kind, since, until)
        if same and bool(found.figures.get("health")) != health:
            raise Conflict(
                f"{other}, on {'all contents' if health else 'care alone'}; the difference of the two could tell what is hidden: keep to one"
            )


def _refuse_subtraction(session: Session, kind: Kind, figures: dict[str, Any], *, beside: str = "") -> None:
    """Raises Conflict where these figures and a published report, of any organisation, would tell together what one of them hides.

    ``beside``: id of the report that they are of.
    """
    if kind not in HIDING:
        return
    rows = session.scalars(select(ReportRow).where(ReportRow.kind.in_(HIDING), ReportRow.published_at.is_not(None), ReportRow.id != beside))
    if found := between(figures, [row.figures for row in rows]):
        raise Conflict(
            f"a published report on {found[0]['since']}/{found[0]['until']} and this one would tell together {found[1]}; what is published stays: "
            "wait until the counts differ by five or more, or give these contents in the report of another period"
        )


def published_picture(database: Database, since: date, until: date) -> Picture | None:
    """The last picture of exactly these days that is published, of whichever organisation: all count the same contents."""
    with database.reading() as session:
        wanted = select(ReportRow).where(ReportRow.kind == "tableau_annuel", ReportRow.since == since, ReportRow.until == until)
        wanted = wanted.where(ReportRow.published_at.is_not(None)).order_by(ReportRow.published_at.desc(), ReportRow.id)
        row = session.scalars(wanted.limit(1)).first()
        return Picture.model_validate(row.figures) if row else None


def _counted(kind: str, since: date, until: date) -> tuple[tuple[date, date], ...]:
    """The periods whose contents a report counts: a picture also counts the same days of the year before."""
    return ((since, until), year_before(since, until)) if kind == "tableau_annuel" else ((since, until),)


def _overlap(one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Whether two periods share days and are not the same."""
    return one != other and one[0] <= other[1] and other[0] <= one[1]


def find(database: Database, identifier: str, *, actor: Actor) -> Report:
    """A report of the actor's own organisation. Raises NotFound."""
    with database.reading() as session:
        row = session.get(ReportRow, identifier)
        if row is None or row.organisation_id != actor.organisation_id:
            raise NotFound(f"report {identifier[:40]!r} does not exist, or is another organisation's")
        return _reports(session, [row])[0]


def listed(database: Database, *, actor: Actor) -> tuple[Report, ...]:
    """Those of the actor's own organisation, the newest first."""
    with database.reading() as session:
        wanted = select(ReportRow).where(ReportRow.organisation_id == actor.organisation_id).order_by(ReportRow.made_at.desc(), ReportRow.id)
        return _reports(session, session.scalars(wanted).all())


def public(database: Database) -> tuple[Report, ...]:
    """All published reports, every version; the newest first."""
    with database.reading() as session:
        wanted = select(ReportRow).where(ReportRow.published_at.is_not(None)).order_by(ReportRow.published_at.desc(), ReportRow.id)
        return _reports(session, session.scalars(wanted).all())


def find_public(database: Database, identifier: str) -> Report:
    """A published report, for everybody. Raises NotFound."""
    with database.reading() as session:
        row = session.get(ReportRow, identifier)
        if row is None or row.published_at is None:
            raise NotFound(f"report {identifier[:40]!r} does not exist, or is not published")
        return _reports(session, [row])[0]


def read_over(database: Database, identifier: str, *, sha256: str, actor: Actor, now: datetime | None = None) -> Report:
    """Sign, as another person than who made it, that the report names nobody. ``sha256``: of the figures that were read.

    Raises NotFound, Forbidden for who made it, Conflict where something else was read.
    """
    find(database, identifier, actor=actor)
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = session.get_one(ReportRow, identifier)
        if row.made_by == actor.id:
            raise Forbidden("who made a report does not sign that it names nobody; another person reads it over")
        if not row.sha256 == sha256 == digest_of(row.figures):
            raise Conflict("the report is not the one that was read; open it again and read it")
        if row.read_at is None:
            row.read_by, row.read_at = actor.id, at
            audit.record(session, actor=actor.id, action="report_read_over", subject=("report", identifier), details={"sha256": sha256}, at=at)
    return find(database, identifier, actor=actor)


def publish(database: Database, identifier: str, *, actor: Actor, now: datetime | None = None) -> Report:
    """Show a report to everybody, once another person has read it over. It is looked through once more: accounts may have been added since.

    Raises NotFound, Conflict where nobody has read it over, its figures were changed or what was published since would tell with it what it hides,
    Invalid where it names somebody.
    """
    found, at = find(database, identifier, actor=actor), now or datetime.now(UTC)
    refuse(findings_in(found.kind, found.figures, names=known_names(database)))
    with database.writing() as session:
        row = session.get_one(ReportRow, identifier)
        if row.read_at is None or row.read_by in (None, row.made_by):
            raise Conflict("nobody has signed yet that this report names nobody; another person reads it over first")
        if row.sha256 != digest_of(row.figures):
            raise Conflict("the figures are not the ones that were frozen; freeze the report again")
        if row.published_at is None:
            _refuse_subtraction(session, found.kind, row.figures, beside=row.id)
            row.published_at = at
            details = {"kind": row.kind, "version": row.version, "sha256": row.sha256}
            audit.record(session, actor=actor.id, action="report_published", subject=("report", identifier), details=details, at=at)
    return find(database, identifier, actor=actor)


def digest_of(figures: dict[str, Any]) -> str:
    """SHA-256 of figures in one spelling."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def _reports(session: Session, rows: Sequence[ReportRow]) -> tuple[Report, ...]:
    names = {row.id: row.name for row in session.scalars(select(OrganisationRow)) if rows}
    last = select(ReportRow.kind, ReportRow.organisation_id, ReportRow.since, ReportRow.until, func.max(ReportRow.version))
    last = last.where(ReportRow.published_at.is_not(None)).group_by(ReportRow.kind, ReportRow.organisation_id, ReportRow.since, ReportRow.until)
    newest = {key: version for *key_parts, version in session.execute(last) for key in [tuple(key_parts)]}
    fields = set(Report.model_fields) - {"organisation", "superseded"}
    return tuple(
        Report.model_validate({
            **{name: getattr(row, name) for name in fields}, "organisation": names.get(row.organisation_id, ""),
            "superseded": newest.get((row.kind, row.organisation_id, row.since, row.until), 0) > row.version,
        })
        for row in rows
    )  # fmt: skip
