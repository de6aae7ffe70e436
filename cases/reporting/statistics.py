"""Statistics exchanged with Miviludes and the Orders: contents that people found worrying or unlawful, counted by what they show, never by who.

Conventions of the CNOM (29 September 2023) and of the Ordre infirmier (1 June 2023): number, nature and characteristics. Tables share no dimension,
so that each is protected by itself (cases/suppression.py). What the index knows of a content (its platform, its flags) is given by the caller.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from cases.decisions import chunks, standing_rows
from cases.notice import NO_ACTION
from cases.platforms import load_platforms
from cases.profiles import notifier
from cases.reporting.yearly import PARIS, bounds
from cases.suppression import protect
from cases.tables import DecisionRow
from cases.tables_notices import DossierItemRow, DossierRow, NoticeItemRow, NoticeRow
from cases.tables_work import ReviewRow, SubmissionRow
from core.records import Record
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.papers.seen import Known

DIMENSIONS = ("period", "nature", "markers", "qualification", "sign", "platform", "author", "minors", "vulnerable", "orientation", "outcome")
TABLES: tuple[tuple[str, ...], ...] = (
    ("period", "nature"), ("markers", "qualification"), ("sign",), ("platform",), ("author",), ("minors", "vulnerable"), ("orientation", "outcome"),
)  # fmt: skip
COUNTED = ("licite_preoccupant", "illicite_presume", "urgence")
HEALTH = "abandon_soins"
UNKNOWN = "inconnu"
MINORS, VULNERABLE, TITLE, PROFESSIONAL = "T1", "T3", "T6", "T9"  # flags of nlp/markers/flags.yml


class StatisticCell(Record):
    """``values``: one a dimension of the table, () for its total; None: hidden."""

    dimensions: tuple[str, ...]
    values: tuple[str, ...]
    number: Annotated[int, Field(ge=0)] | None


class StatisticTable(Record):
    """One table with its totals."""

    dimensions: tuple[str, ...]
    cells: tuple[StatisticCell, ...]


class Statistics(Record):
    """An exchange: nothing in it counts fewer than five, and nothing that does can be computed from it."""

    kind: Literal["statistiques"] = "statistiques"
    schema_version: int = 1
    since: date
    until: date
    as_of: AwareDatetime
    health: bool  # contents on care alone, as the Orders exchange
    total: int | None
    tables: tuple[StatisticTable, ...]


def statistics(
    database: Database,
    *,
    organisation_id: str,
    since: date,
    until: date,
    facts: Callable[[Sequence[str]], Mapping[str, Known]],
    health: bool = False,
    as_of: datetime | None = None,
) -> Statistics:
    """Of contents decided in the period, whose decision stands. Raises Invalid, NotFound, Unavailable."""
    begin, end = bounds(since, until)
    notifier(database, organisation_id)
    counts: Counter[tuple[str, ...]] = Counter()
    with database.reading() as session:
        made = select(DecisionRow.document_id).where(DecisionRow.decided_at >= begin, DecisionRow.decided_at < end).distinct()
        for ids in chunks(session.scalars(made).all()):
            counts.update(_keys(session, ids, organisation_id, facts(ids), health=health))
    return statistics_of(counts, since=since, until=until, as_of=as_of or datetime.now(UTC), health=health)


def statistics_of(counts: Mapping[tuple[str, ...], int], **known: object) -> Statistics:
    """Pure: ``counts`` by a value for each of DIMENSIONS."""
    shown = protect(counts, DIMENSIONS, TABLES).shown if counts else {}
    tables = tuple(StatisticTable(dimensions=table, cells=tuple(_cells(shown, table))) for table in TABLES)
    return Statistics.model_validate({**known, "total": shown.get((), {}).get((), 0), "tables": tables})


def _cells(shown: Mapping[tuple[str, ...], Mapping[tuple[str, ...], int | None]], table: tuple[str, ...]) -> Iterable[StatisticCell]:
    parts = [table] if len(table) == 1 else [table, *((name,) for name in table)]
    for part in parts:
        for values, number in sorted(shown.get(part, {}).items()):
            yield StatisticCell(dimensions=part, values=values, number=number)


def _keys(session: Session, ids: Sequence[str], organisation_id: str, facts: Mapping[str, Known], *, health: bool) -> Iterable[tuple[str, ...]]:
    own = set(session.scalars(select(SubmissionRow.document_id).where(
        SubmissionRow.document_id.in_(ids), SubmissionRow.organisation_id == organisation_id)))  # fmt: skip
    signs, ways, ends = _signs(session, ids), _orientations(session, ids, organisation_id), _outcomes(session, ids, organisation_id)
    for row in standing_rows(session, ids):
        fact = facts.get(row.document_id)
        about_care = HEALTH in row.markers or (fact is not None and bool({TITLE, PROFESSIONAL} & set(fact.flags)))
        if row.qualification in COUNTED and (about_care or not health):
            month = row.decided_at.astimezone(PARIS)
            yield (
                f"{month.year}-T{(month.month + 2) // 3}", "signalement" if row.document_id in own else "veille", "+".join(sorted(row.markers)),
                row.qualification or "", signs.get(row.document_id, UNKNOWN), *_told(fact), ways.get(row.document_id, "aucune"),
                ends.get(row.document_id, "sans_objet"),
            )  # fmt: skip


def _told(fact: Known | None) -> tuple[str, str, str, str]:
    """Platform, author, minors, vulnerable."""
    if fact is None:
        return (UNKNOWN,) * 4
    flags = set(fact.flags)
    author = "se_dit_professionnel_de_sante" if PROFESSIONAL in flags else "titre_peut_etre_non_reconnu" if TITLE in flags else UNKNOWN
    minors, vulnerable = ("oui" if flag in flags else "non" for flag in (MINORS, VULNERABLE))
    return load_platforms().of_host(fact.platform).id, author, minors, vulnerable


def _signs(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Of each content the gravest sign that a reader found present."""
    gravity = {one.id: (one.severity, one.id) for one in load_taxonomy().submarkers()}
    found: dict[str, set[str]] = {}
    rows = select(ReviewRow.document_id, ReviewRow.submarkers).where(
        ReviewRow.document_id.in_(ids), ReviewRow.withdrawn_at.is_(None), ReviewRow.seat != "repere"
    )
    for document_id, answers in session.execute(rows).tuples():
        found.setdefault(document_id, set()).update(name for name, answer in answers.items() if answer == "present" and name in gravity)
    return {document_id: max(names, key=lambda name: gravity[name]) for document_id, names in found.items() if names}


def _orientations(session: Session, ids: Sequence[str], organisation_id: str) -> dict[str, str]:
    """Where a content went: "notification", kinds of dossier, or several joined by "+"."""
    sent = (
        select(NoticeItemRow.document_id)
        .join(NoticeRow)
        .where(NoticeItemRow.document_id.in_(ids), NoticeRow.organisation_id == organisation_id, NoticeRow.sent_at.is_not(None))
    )
    found: dict[str, set[str]] = {name: {"notification"} for name in session.scalars(sent) if name}
    handed = (
        select(DossierItemRow.document_id, DossierRow.kind)
        .join(DossierRow)
        .where(DossierItemRow.document_id.in_(ids), DossierRow.organisation_id == organisation_id, DossierRow.sent_at.is_not(None))
    )
    for name, kind in session.execute(handed).tuples():
        found.setdefault(name or "", set()).add(kind)
    return {name: "+".join(sorted(ways)) for name, ways in found.items()}


def _outcomes(session: Session, ids: Sequence[str], organisation_id: str) -> dict[str, str]:
    """What the platform did in the end, of contents that were notified."""
    rows = (
        select(NoticeItemRow.document_id, NoticeItemRow.action)
        .join(NoticeRow)
        .where(NoticeItemRow.document_id.in_(ids), NoticeRow.organisation_id == organisation_id, NoticeRow.sent_at.is_not(None))
    )
    found: dict[str, str] = {}
    for name, action in session.execute(rows.order_by(NoticeRow.sent_at)).tuples():
        said = "attend" if not action else "sans_mesure" if action in NO_ACTION else "mesure"
        if name and found.get(name) != "mesure":
            found[name] = said
    return found
