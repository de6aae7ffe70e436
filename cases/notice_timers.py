"""Which day something is due on a notice. Pure but for ``due``. Six months, 90 and 180 days are the law's; reminders without an answer are ours:
articles 16 and 22 name no number of days ("without undue delay")."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime
from sqlalchemy import select

from cases.notice import NO_ACTION
from cases.notice_records import Notice, NoticeItem, record_of
from cases.tables_notices import NoticeRow
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import Database

RECEIPT = timedelta(days=3)  # ours
ANSWER = timedelta(days=14)  # ours, and again every so many days
INTERNAL = timedelta(days=30)  # ours: an internal complaint without an answer
COMPLAINT_MONTHS = 6  # art. 20(1): at least, from the day the notifier is told
BODY, BODY_LONGEST = timedelta(days=90), timedelta(days=180)  # art. 21(4): calendar days from the receipt of the complaint
SOON = timedelta(days=30)  # before the end of the six months
Kind = Literal["accuse", "reponse", "reclamation", "reclamation_sans_reponse", "hors_tribunal_90", "hors_tribunal_180", "cloture"]


class Timer(Record):
    """Something to do by a day. ``says`` in French."""

    notice_id: str
    kind: Kind
    due_at: AwareDatetime
    late: bool
    says: str


def months_after(start: datetime, months: int) -> datetime:
    """The same day so many months later; the last one of a month that has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1]))


def timers(notice: Notice, now: datetime) -> tuple[Timer, ...]:
    """What is due on this notice, the first first."""
    if notice.sent_at is None or notice.state == "close":
        return ()
    found = (Timer(notice_id=notice.id, kind=kind, due_at=at, late=at <= now, says=says) for kind, at, says in _due(notice, now))
    return tuple(sorted(found, key=lambda one: (one.due_at, one.kind)))


def _due(notice: Notice, now: datetime) -> Iterator[tuple[Kind, datetime, str]]:
    if notice.sent_at is None:
        return
    if notice.decided_at is None:
        yield from _silent(notice, notice.sent_at, now)
        return
    yield from _complaints(notice)
    ends = {one.position: months_after(one.told_at or notice.decided_at, COMPLAINT_MONTHS) for one in notice.items}
    filed = any(one.kind == "interne" for one in notice.complaints)
    near = min((ends[one.position] for one in notice.items if _refused(one) and now < ends[one.position]), default=None)
    if not filed and near:
        yield "reclamation", near, "Dernier jour assuré pour une réclamation interne gratuite (art. 20, par. 1 : six mois au moins)."
    if all(one.outcome is not None for one in notice.complaints) and (filed or not near):
        yield (
            "cloture",
            max([*ends.values(), *(one.decided_at for one in notice.complaints if one.decided_at)]),
            "Plus rien n'est attendu : la notification peut être close.",
        )


def refused(notice: Notice) -> bool:
    """Whether the provider did nothing about an item."""
    return any(map(_refused, notice.items))


def _refused(item: NoticeItem) -> bool:
    return item.action is None or item.action in NO_ACTION


def _silent(notice: Notice, sent_at: datetime, now: datetime) -> Iterator[tuple[Kind, datetime, str]]:
    if notice.acknowledged_at is None:
        yield "accuse", sent_at + RECEIPT, "Sans accusé de réception ce jour-là (art. 16, par. 4 : sans retard indu), vérifiez l'envoi et relancez."
    start = notice.acknowledged_at or sent_at
    passed = max(1, (now - start) // ANSWER)
    yield (
        "reponse",
        start + ANSWER * passed,
        "Sans décision ce jour-là (art. 16, par. 5 : sans retard indu), relancez le fournisseur et notez la relance.",
    )


def _complaints(notice: Notice) -> Iterator[tuple[Kind, datetime, str]]:
    for one in notice.complaints:
        if one.outcome is not None:
            continue
        start = one.received_at or one.filed_at
        if one.kind == "interne":
            yield (
                "reclamation_sans_reponse",
                start + INTERNAL,
                "Sans réponse à la réclamation interne ce jour-là, relancez, ou pensez à un organe certifié (art. 21).",
            )
        else:
            yield "hors_tribunal_90", start + BODY, "L'organe de règlement doit avoir décidé ce jour-là (art. 21, par. 4 : 90 jours)."
            yield "hors_tribunal_180", start + BODY_LONGEST, "Dernier jour si l'affaire est très complexe (art. 21, par. 4 : 180 jours au plus)."


def due(database: Database, now: datetime, *, organisation_id: str | None = None, within: timedelta = SOON) -> tuple[Timer, ...]:
    """What is late or due soon on all notices that were sent and are open, the first first. Raises Unavailable, ConfigError."""
    wanted = select(NoticeRow).where(NoticeRow.sent_at.is_not(None), NoticeRow.state != "close").order_by(NoticeRow.sent_at)
    if organisation_id:
        wanted = wanted.where(NoticeRow.organisation_id == organisation_id)
    with database.reading() as session:
        notices = [record_of(session, row) for row in session.scalars(wanted)]
    found = (one for notice in notices for one in timers(notice, now) if one.due_at <= now + within)
    return tuple(sorted(found, key=lambda one: (one.due_at, one.notice_id, one.kind)))
