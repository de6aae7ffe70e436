"""What people decided on contents in a period, with what an index knows of them: rows without a word, an address or an account of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases.decisions import chunks, standing_rows
from cases.platforms import load_platforms
from cases.reporting.yearly import bounds
from cases.tables import DecisionRow
from cases.tables_work import ReviewRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.database import Database

WORRYING = ("licite_preoccupant", "illicite_presume", "urgence")  # all but hors_champ


class Known(NamedTuple):
    """What an index knows of a content. ``platform``: host; ``flags``: raised by a model, not by a person."""

    platform: str
    flags: tuple[str, ...] = ()
    language: str | None = None
    campaign: str | None = None


class Seen(NamedTuple):
    """One content that was decided on. ``platform``: id of cases/platforms; ``markers`` and ``signs``: as people found them."""

    at: datetime
    qualification: str
    markers: tuple[str, ...]
    signs: tuple[str, ...]
    lane: str | None
    platform: str
    flags: tuple[str, ...]
    language: str | None
    campaign: str | None


def seen(database: Database, *, since: date, until: date, facts: Callable[[Sequence[str]], Mapping[str, Known]]) -> Iterator[Seen]:
    """Of contents decided in the period, whose decision stands: what it says now. Raises Invalid for a period that is none; Unavailable."""
    begin, end = bounds(since, until)
    with database.reading() as session:
        made = select(DecisionRow.document_id).where(DecisionRow.decided_at >= begin, DecisionRow.decided_at < end).distinct()
        for ids in chunks(session.scalars(made.order_by(DecisionRow.document_id)).all()):
            signs, known = _signs(session, ids), facts(ids)
            for row in standing_rows(session, ids):
                yield _seen(row, signs.get(row.document_id, ()), known.get(row.document_id))


def _seen(row: DecisionRow, signs: tuple[str, ...], known: Known | None) -> Seen:
    return Seen(
        at=row.decided_at, qualification=row.qualification or "", markers=tuple(sorted(row.markers)), signs=signs, lane=row.lane,
        platform=load_platforms().of_host(known.platform).id if known else "inconnu", flags=known.flags if known else (),
        language=known.language if known else None, campaign=known.campaign if known else None,
    )  # fmt: skip


def _signs(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The signs that any reader found present; golden items count for nothing."""
    rows = select(ReviewRow.document_id, ReviewRow.submarkers)
    rows = rows.where(ReviewRow.document_id.in_(ids), ReviewRow.withdrawn_at.is_(None), ReviewRow.seat != "repere")
    found: dict[str, set[str]] = {}
    for name, answers in session.execute(rows).tuples():
        found.setdefault(name, set()).update(sign for sign, answer in answers.items() if answer == "present")
    return {name: tuple(sorted(signs)) for name, signs in found.items()}
