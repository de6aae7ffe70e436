"""How fairly items are read: agreement of blind readings, the register of false positives, and what people's readings can teach a model.

Counted are items that two people read blind, each act on a whole campaign once. A reading that its author took back does not count: it was a slip.
Nor does one that was added to what the first reader had decided alone: that decision could be seen. An urgency is decided by the first reader too,
but is kept from the second one.
Readings that an adjudication decided between count as they were made. No name of a person leaves here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cases.agreement import alpha, kappa
from cases.checking import Answer, Quote
from cases.decisions import chunks, decided_of, standing_rows
from cases.policy import load_policy
from cases.progress import BLIND, progress_on
from cases.tables import DecisionRow
from cases.tables_work import ReviewRow
from core.records import MARKERS, Marker, Qualification, Record
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.agreement import Figure, Value
    from cases.database import Database
    from cases.policy import Policy
    from core.taxonomy import Taxonomy

Pair = tuple[ReviewRow, ReviewRow]
LEAST = 30  # items: below it a page says that there are too few to conclude anything


class Agreement(Record):
    """Of one question: how many items two people answered, how many of them alike, and the figures; None where nothing varies, or nobody answered."""

    code: str  # qualification, a marker, or a sub-marker such as A1
    kind: Literal["qualification", "marqueur", "sous_marqueur"]
    items: int  # with two answers
    alike: int
    found: int  # with at least one answer present
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None


class FalsePositive(Record):
    """Something that the scores flagged and that people found to be hors champ, and why it looked like a case."""

    document_id: str
    decision_id: str
    decided_at: AwareDatetime
    exclusions: tuple[str, ...]
    taxonomy: str
    text_sha256: str
    campaign: str | None


class Candidate(Record):
    """What people made of one text, to train on after a look. The text itself is in the index, under ``document_id`` and ``text_sha256``."""

    document_id: str
    content_sha256: str
    text_sha256: str
    qualification: Qualification
    markers: tuple[Marker, ...]
    submarkers: dict[str, Answer]  # those on which the readings agree, or as adjudicated
    exclusions: tuple[str, ...]
    quotes: tuple[Quote, ...]
    taxonomy: str  # version of the guideline
    agreement: Literal["une_lecture", "accord", "arbitrage"]
    readings: int
    lane: str | None
    stratum: str | None
    inclusion: float | None
    decided_at: AwareDatetime


def agreement(
    database: Database, *, since: datetime | None = None, taxonomy: Taxonomy | None = None, policy: Policy | None = None
) -> tuple[Agreement, ...]:
    """For the qualification, each marker and each sub-marker. ``since``: of the second reading. Raises Unavailable, ConfigError."""
    samples, known = (policy or load_policy()).bootstrap_samples, taxonomy or load_taxonomy()
    with database.reading() as session:
        pairs = _pairs(session, since)
        asked: list[tuple[str, str, list[tuple[Value, Value]]]]
        asked = [("qualification", "qualification", [(a.qualification, b.qualification) for a, b in pairs])]
        asked += [(name, "marqueur", [(name in a.markers, name in b.markers) for a, b in pairs]) for name in MARKERS]
        asked += [(one.id, "sous_marqueur", [(a.submarkers.get(one.id), b.submarkers.get(one.id)) for a, b in pairs]) for one in known.submarkers()]
    return tuple(_agreement(code, kind, answers, samples) for code, kind, answers in asked)


def _agreement(code: str, kind: Any, answers: list[tuple[Value, Value]], samples: int) -> Agreement:
    full = [pair for pair in answers if None not in pair]
    first, second = kappa(answers, samples=samples), alpha(answers, samples=samples)
    found = 0 if kind == "qualification" else sum(True in pair or "present" in pair for pair in full)
    return Agreement(code=code, kind=kind, items=len(full), alike=sum(a == b for a, b in full), found=found, **_named("kappa", first),
                     **_named("alpha", second))  # fmt: skip


def _named(name: str, figure: Figure) -> dict[str, Any]:
    return {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}


def _pairs(session: Session, since: datetime | None) -> list[Pair]:
    """First and second reading of each text, one pair for all copies that the same two acts served."""
    twice = (
        select(ReviewRow.document_id, ReviewRow.text_sha256)
        .where(ReviewRow.withdrawn_at.is_(None), ReviewRow.seat.in_(BLIND))
        .group_by(ReviewRow.document_id, ReviewRow.text_sha256)
        .having(func.count() > 1)
        .subquery()
    )
    same = (ReviewRow.document_id == twice.c.document_id) & (ReviewRow.text_sha256 == twice.c.text_sha256)
    wanted = select(ReviewRow).join(twice, same).where(ReviewRow.withdrawn_at.is_(None), ReviewRow.seat.in_(BLIND)).order_by(ReviewRow.number)
    texts: dict[tuple[str, str], list[ReviewRow]] = {}
    for row in session.scalars(wanted):
        texts.setdefault((row.document_id, row.text_sha256), []).append(row)
    found: dict[tuple[str, str], Pair] = {}
    pairs = [(rows[0], rows[1]) for rows in texts.values() if since is None or rows[1].at >= since]
    seen = _seen(session, pairs)
    for first, second in pairs:
        if second.id not in seen:
            found.setdefault((first.act, second.act), (first, second))
    return list(found.values())


def _seen(session: Session, pairs: list[Pair]) -> set[str]:
    """The second readings that were made while the decision of the first one stood, by id: they are not blind."""
    later = aliased(DecisionRow)
    wanted = select(DecisionRow.document_id, DecisionRow.act, later.decided_at).outerjoin(later, later.undoes == DecisionRow.id)
    alone = wanted.where(DecisionRow.qualification.is_not(None), DecisionRow.qualification != "urgence")
    acts = chunks(sorted({first.act for first, _ in pairs}))
    ends = {(name, act): end for part in acts for name, act, end in session.execute(alone.where(DecisionRow.act.in_(part))).tuples()}
    return {
        second.id for first, second in pairs
        if (key := (first.document_id, first.act)) in ends and ((end := ends[key]) is None or end > second.at)
    }  # fmt: skip


def false_positives(database: Database, *, since: datetime | None = None) -> tuple[FalsePositive, ...]:
    """What was flagged, and stands as hors champ; the last first. Raises Unavailable, ConfigError."""
    flagged = select(DecisionRow.document_id).where(DecisionRow.lane == "signale", DecisionRow.qualification == "hors_champ").distinct()
    with database.reading() as session:
        rows = [row for row in standing_rows(session, session.scalars(flagged).all()) if row.qualification == "hors_champ" and row.lane == "signale"]
        return tuple(
            FalsePositive(document_id=row.document_id, decision_id=row.id, decided_at=row.decided_at, exclusions=tuple(row.exclusions),
                          taxonomy=row.taxonomy, text_sha256=row.text_sha256, campaign=row.campaign)
            for row in sorted(rows, key=lambda row: row.number, reverse=True)
            if since is None or row.decided_at >= since
        )  # fmt: skip


def candidates(database: Database) -> Iterator[Candidate]:
    """Each item that was read in the console and is decided, once, the first decided first. Golden items are left out: their answer is given.

    Raises Unavailable, ConfigError.
    """
    with database.reading() as session:
        rows: dict[str, list[ReviewRow]] = {}
        for row in session.scalars(select(ReviewRow).where(ReviewRow.withdrawn_at.is_(None), ReviewRow.seat != "repere").order_by(ReviewRow.number)):
            rows.setdefault(row.document_id, []).append(row)
        for decision in sorted(standing_rows(session, list(rows)), key=lambda row: row.number):
            made = _candidate(decision, rows[decision.document_id])
            if made:
                yield made


def _candidate(decision: DecisionRow, rows: list[ReviewRow]) -> Candidate | None:
    """None where the decision does not come from these readings, or is not the last word."""
    progress = progress_on(rows, decision, decision.text_sha256)
    judged = next((row for row in rows if row.seat == "arbitrage" and row.act == decision.act), None)
    if progress.state != "decide" or not (judged or progress.rests):
        return None
    basis = [judged] if judged else list(progress.readings)
    kind: Literal["une_lecture", "accord", "arbitrage"] = "arbitrage" if judged else "accord" if len(basis) > 1 else "une_lecture"
    said = decided_of(decision).model_dump(include=set(Candidate.model_fields) & set(type(decided_of(decision)).model_fields))
    return Candidate.model_validate({
        **said, "submarkers": _agreed(basis), "quotes": _quotes(basis), "agreement": kind, "readings": len(progress.readings) + (judged is not None),
    })  # fmt: skip


def _agreed(rows: list[ReviewRow]) -> dict[str, str]:
    first = rows[0].submarkers
    return {name: answer for name, answer in first.items() if all(row.submarkers.get(name) == answer for row in rows)}


def _quotes(rows: list[ReviewRow]) -> list[dict[str, Any]]:
    """All of them, each once, in the order of the text."""
    found = {(quote["start"], quote["end"], quote["submarker"] or ""): quote for row in rows for quote in row.quotes}
    return [found[place] for place in sorted(found)]
