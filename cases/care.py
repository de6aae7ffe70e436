"""Care for who reads: how many distressing items a person has read today, and whether a pause is to be proposed. For that person alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from cases.policy import load_policy
from cases.tables_work import ReviewRow
from core.times import PARIS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.database import Database
    from cases.people import Actor
    from cases.policy import Policy

FLAGS = ("T1", "T7")  # minors, danger to life


class Care(NamedTuple):
    """Of one person: what they read today, how much of it distressing, how much of that since their last pause, and whether to propose one."""

    read: int
    distressing: int
    since_pause: int
    pause: bool


def distressing(entry: Mapping[str, Any]) -> bool:
    """Whether an item is likely to weigh on who reads it: harm to the sick, minors, danger to life. ``entry``: of an index."""
    urgent = entry.get("qualification") == "urgence"
    return urgent or "abandon_soins" in (entry.get("markers") or ()) or any(flag in (entry.get("flags") or ()) for flag in FLAGS)


def today(database: Database, *, actor: Actor, now: datetime | None = None, policy: Policy | None = None) -> Care:
    """Since midnight in Paris; one act on a whole campaign counts once. Raises Unavailable, ConfigError."""
    at, policy = now or datetime.now(UTC), policy or load_policy()
    midnight = at.astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = select(ReviewRow.act, ReviewRow.at, ReviewRow.distressing).where(ReviewRow.person_id == actor.id, ReviewRow.at >= midnight)
    with database.reading() as session:
        acts = {row.act: (row.at, row.distressing) for row in session.execute(wanted.order_by(ReviewRow.at, ReviewRow.number))}
    return _care(list(acts.values()), at, policy)


def _care(acts: Sequence[tuple[datetime, bool]], now: datetime, policy: Policy) -> Care:
    pause, since, before = timedelta(minutes=policy.pause_minutes), 0, None
    for at, hard in acts:
        since = (0 if before and at - before >= pause else since) + hard
        before = at
    if before and now - before >= pause:
        since = 0
    return Care(len(acts), sum(hard for _, hard in acts), since, since >= policy.pause_after)
