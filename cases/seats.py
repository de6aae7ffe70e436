"""Which seat a person may take on an item: the rules, on what one look at the rows found. Nobody reads the same text in two seats."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from cases.decisions import chunks, standing_rows
from cases.progress import BLIND, progress_on, readings_of
from cases.tables_work import ClaimRow, DeclinedRow, GoldenRow, ReviewRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from cases.people import Actor
    from cases.policy import Policy
    from cases.progress import Progress, Seat


class Refusal(NamedTuple):
    """Why a person may not read an item now."""

    why: str


class Seen(NamedTuple):
    """What one look at an item found."""

    document_id: str
    progress: Progress
    readers: frozenset[str]  # who has read this text, or adjudicated it, and did not withdraw
    own: ClaimRow | None  # of the person who asks, also one that has ended
    others: tuple[ClaimRow, ...]  # live ones of others
    declined: bool
    withdrew: bool  # a blind reading of this item, once
    told: bool = False  # took a reading back while somebody else's stood: what became of the two told what the other one says


def look(session: Session, texts: Mapping[str, str | None], *, actor: Actor, now: datetime) -> dict[str, Seen]:
    """What there is on these items, by id, each with the digest of its text or None, see ``cases.progress.progress_on``."""
    names = list(texts)
    readings = readings_of(session, names)
    decided = {row.document_id: row for row in standing_rows(session, names)}
    claims = _claims(session, names)
    declined = _named(session, names, DeclinedRow.document_id, DeclinedRow.person_id == actor.id)
    withdrew = _withdrew(session, names, actor)
    found = {}
    for name, text in texts.items():
        rows, held = readings.get(name, []), claims.get(name, [])
        progress = progress_on(rows, decided.get(name), text)
        found[name] = Seen(
            name, progress, frozenset(row.person_id for row in rows if text in (None, row.text_sha256)),
            next((row for row in held if row.person_id == actor.id), None),
            tuple(row for row in held if row.person_id != actor.id and row.until > now), name in declined, name in withdrew,
            name in withdrew and any(row.at < withdrew[name] for row in progress.readings if row.person_id != actor.id),
        )  # fmt: skip
    return found


def free(seen: Seen, *, actor: Actor, also: bool = False) -> Seat | Refusal:
    """The seat that this person may take. ``also``: beside a person who reads it now, or after the one who decided alone."""
    name, progress = seen.document_id, seen.progress
    if actor.id in seen.readers or (seen.told and progress.state == "seconde"):
        return Refusal(f"you have read {name} already; a second reading is somebody else's")
    taken = {row.seat for row in seen.others}
    if progress.state == "decide":
        return _after(seen, taken, also=also)
    if progress.state == "arbitrage":
        if not actor.has("valide") or seen.withdrew:
            return Refusal(f"two people have read {name} and differ: somebody with the role valide decides who has not read it")
        return _unless_taken(name, "arbitrage", taken)
    if progress.state == "seconde":
        return _unless_taken(name, "premiere" if progress.readings[0].seat == "seconde" else "seconde", taken, *BLIND)
    beside = "premiere" in taken and (also or (seen.own is not None and seen.own.seat == "seconde"))
    return _unless_taken(name, "seconde" if beside else "premiere", taken)


def _after(seen: Seen, taken: set[str], *, also: bool) -> Seat | Refusal:
    """On what is decided: a golden item that was given to this person, or a second look that is asked for."""
    if seen.own and seen.own.seat == "repere":
        return "repere"
    given = seen.own is not None and seen.own.seat == "seconde"  # begun before the decision, or after it on purpose
    if (also or given) and seen.progress.rests and len(seen.progress.readings) == 1:
        return _unless_taken(seen.document_id, "seconde", taken)
    return Refusal(f"{seen.document_id} is decided; undo the decision first, if it is wrong")


def _unless_taken(name: str, seat: Seat, taken: set[str], *others: Seat) -> Seat | Refusal:
    return Refusal(f"{name} is being read by somebody else now; take another item") if taken & {seat, *others} else seat


def live(session: Session, document_ids: Sequence[str], now: datetime) -> dict[str, list[ClaimRow]]:
    """The leases on these items that have not ended."""
    return {name: [row for row in rows if row.until > now] for name, rows in _claims(session, document_ids).items()}


def _named(session: Session, names: Sequence[str], column: InstrumentedAttribute[str], *conditions: ColumnElement[bool]) -> set[str]:
    return {name for part in chunks(names) for name in session.scalars(select(column).where(column.in_(part), *conditions))}


def _withdrew(session: Session, names: Sequence[str], actor: Actor) -> dict[str, datetime]:
    """When this person last took back a blind reading of these items."""
    mine = (ReviewRow.person_id == actor.id, ReviewRow.withdrawn_at.is_not(None), ReviewRow.seat.in_(BLIND))
    wanted = select(ReviewRow.document_id, func.max(ReviewRow.withdrawn_at)).where(*mine).group_by(ReviewRow.document_id)
    return {name: at for part in chunks(names) for name, at in session.execute(wanted.where(ReviewRow.document_id.in_(part))).tuples() if at}


def _claims(session: Session, document_ids: Sequence[str]) -> dict[str, list[ClaimRow]]:
    found: dict[str, list[ClaimRow]] = {}
    for part in chunks(document_ids):
        for row in session.scalars(select(ClaimRow).where(ClaimRow.document_id.in_(part))):
            found.setdefault(row.document_id, []).append(row)
    return found


def lot(*parts: str | int) -> float:
    """A number from 0 to 1 that these words always draw."""
    return int(hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:13], 16) / 16**13


def golden_for(session: Session, *, actor: Actor, now: datetime, policy: Policy) -> str | None:
    """The golden item that this person is to read now, if one is due: drawn by how many items they have read, so that no place tells it."""
    if not policy.golden_every:
        return None
    others = (GoldenRow.retired_at.is_(None), GoldenRow.set_by != actor.id)  # who wrote the answer learns nothing by reading it
    names = session.scalars(select(GoldenRow.document_id).where(*others).order_by(GoldenRow.document_id)).all()
    if not names:
        return None
    done = session.scalar(select(func.count()).select_from(ReviewRow).where(ReviewRow.person_id == actor.id)) or 0
    if lot("repere", policy.second_reading_salt, actor.id, done) >= 1 / policy.golden_every:
        return None
    return _first_open(session, sorted(names, key=lambda name: lot(actor.id, name)), actor=actor, now=now)


def _first_open(session: Session, names: Sequence[str], *, actor: Actor, now: datetime) -> str | None:
    """A golden item that this person has never read, in any seat, and that nobody reads as one now."""
    known = _named(session, names, ReviewRow.document_id, ReviewRow.person_id == actor.id)
    found = look(session, {name: None for name in names if name not in known}, actor=actor, now=now)
    return next((name for name, seen in found.items() if _may(seen)), None)


def _may(seen: Seen) -> bool:
    return seen.progress.state == "decide" and not seen.declined and all(row.seat != "repere" for row in seen.others)
