"""Drafts of reports: the figures of a kind for a period, from the case database and the index. Pages, API and command draw on the same."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from cases.papers.article34 import article34
from cases.papers.seen import Known, seen
from cases.papers.tableau import picture, year_before
from cases.profiles import notifier
from cases.reporting.kinds import drawn
from cases.reporting.statistics import statistics
from cases.reporting.yearly import PARIS, yearly
from cases.reports import known_names, looked_through, published_picture
from cases.tables_notices import NoticeRow
from core.errors import Invalid
from index.queries import MAX_VALUES, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cases.database import Database
    from cases.papers.paper import Paper
    from cases.reporting.kinds import Sort
    from cases.scanning import Finding
    from core.records import Record
    from index.protocol import Index


class Asked(NamedTuple):
    """What a draft is of. ``accepted``: words that look like a name and that a person says are none; ``health``: contents on care alone."""

    organisation_id: str
    since: date
    until: date
    accepted: tuple[str, ...] = ()
    health: bool = False


class Draft(NamedTuple):
    """Figures that nobody has frozen, and what in them could name somebody. ``paper`` is None where something could."""

    figures: Record
    findings: tuple[Finding, ...]
    paper: Paper | None


def proposed_year(database: Database, organisation_id: str, *, today: date | None = None) -> tuple[date, date]:
    """The period that a form proposes: the latest calendar year in which a notice was sent, else this one. Raises Unavailable."""
    sent = select(func.max(NoticeRow.sent_at)).where(NoticeRow.organisation_id == organisation_id)
    with database.reading() as session:
        last = session.scalar(sent)
    year = (last.astimezone(PARIS).date() if last else today or datetime.now(PARIS).date()).year
    return date(year, 1, 1), date(year, 12, 31)


def period_of(since: str, until: str) -> tuple[date, date]:
    """Of two days as a form gives them. Raises Invalid."""
    try:
        return date.fromisoformat(since), date.fromisoformat(until)
    except ValueError as error:
        raise Invalid(f"period {since[:20]!r}/{until[:20]!r} has no two days; expected YYYY-MM-DD for the first and the last one") from error


def draft(sort: Sort, database: Database, index: Index, asked: Asked) -> Draft:
    """The figures as they stand now. Raises Invalid, NotFound, Unavailable."""
    figures = figures_of(sort, database, index, asked)
    found = looked_through(database, sort.kind, figures)
    name = notifier(database, asked.organisation_id).name
    return Draft(figures, found, None if found else drawn(sort, figures, name, names=known_names(database)))


def figures_of(sort: Sort, database: Database, index: Index, asked: Asked) -> Record:
    """Of one kind. Raises Invalid, NotFound, Unavailable."""
    if sort.kind == "annuel_22_3":
        return yearly(database, organisation_id=asked.organisation_id, since=asked.since, until=asked.until, accepted=asked.accepted)
    if sort.kind == "statistiques":
        return statistics(
            database, organisation_id=asked.organisation_id, since=asked.since, until=asked.until, facts=facts_of(index), health=asked.health
        )
    rows = seen(database, since=asked.since, until=asked.until, facts=facts_of(index))
    if sort.kind == "article_34":
        return article34(rows, since=asked.since, until=asked.until)
    days = year_before(asked.since, asked.until)
    before = published_picture(database, *days) or seen(database, since=days[0], until=days[1], facts=facts_of(index))
    return picture(rows, before, since=asked.since, until=asked.until)


def facts_of(index: Index) -> Callable[[Sequence[str]], Mapping[str, Known]]:
    """What an index knows of some contents; those that it no longer holds are left out."""

    def facts(ids: Sequence[str]) -> dict[str, Known]:
        found: dict[str, Known] = {}
        for first in range(0, len(ids), MAX_VALUES):
            for entry in index.scan(Query(terms={"id": tuple(ids[first : first + MAX_VALUES])})):
                found[entry["id"]] = Known(entry["platform"], tuple(entry["flags"]), entry["language"], entry["campaign"])
        return found

    return facts


def is_over(until: date) -> bool:
    """Whether a period has ended, so that its report may be frozen."""
    return until < datetime.now(PARIS).date()
