"""What waits to be sent through an interface: which rows are free, which wait for a while, and what they say. See cases.notice_sending."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from cases.legal import load_legal
from cases.notice_records import record_of
from cases.papers.notice_form import notice_fields
from cases.platforms import load_platforms
from cases.profiles import notifier_in
from cases.signing import STATEMENT
from cases.tables_notices import NoticeRow, SendingRow
from core.errors import Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from cases.database import Database
    from cases.notice_sending import Sending


IDLE = timedelta(hours=1)  # a worker looks every few seconds


def free(now: datetime) -> ColumnElement[bool]:
    """Rows that may be taken: confirmed, and not waiting until later."""
    return (SendingRow.state == "attend") & or_(SendingRow.taken_until.is_(None), SendingRow.taken_until <= now)


def waits(database: Database, *, now: datetime) -> bool:
    """Whether there is anything for the worker; nobody waits for this. Raises Unavailable, ConfigError."""
    left = (SendingRow.state == "en_cours") & (SendingRow.taken_until < now)
    with database.reading() as session:
        return session.scalar(select(SendingRow.id).where(free(now) | left).limit(1)) is not None


def held_up(database: Database, *, now: datetime) -> tuple[int, int]:
    """How many sendings need a person: it is not known whether they have left; confirmed an hour ago and never tried, so that no worker runs."""
    with database.reading() as session:
        uncertain = select(func.count()).select_from(SendingRow).where(SendingRow.state == "incertaine")
        idle = select(func.count()).select_from(SendingRow).where(free(now), SendingRow.tries == 0, SendingRow.confirmed_at < now - IDLE)
        return session.scalar(uncertain) or 0, session.scalar(idle) or 0


def put_back(database: Database, identifier: str, *, until: datetime, reason: str, at: datetime) -> None:
    """Nothing left, and it may later: what was taken waits until then. Raises Unavailable, ConfigError."""
    with database.writing() as session:
        row = session.get(SendingRow, identifier)
        if row is not None and row.state == "en_cours":
            row.state, row.taken_until, row.reason, row.updated_at = "attend", until, reason, at


def words_of(database: Database, sending: Sending) -> str:
    """What is sent of this item: the text of the interface's one field, which the notice's page shows too.

    Raises NotFound; Invalid where address, notifier or good faith (DSA art. 16(2)) do not fit; Unavailable, ConfigError.
    """
    with database.reading() as session:
        row = session.get(NoticeRow, sending.notice_id)
        if row is None:
            raise NotFound(f"notice {sending.notice_id[:40]!r} does not exist")
        notice, house = record_of(session, row), notifier_in(session, row.organisation_id)
    platform = load_platforms().platform(notice.platform)
    text = notice_fields(notice, house, load_legal(), platform, position=sending.position)[0].text
    url = notice.content.items[sending.position - 1].url if notice.content else ""
    if not all(needed and needed in text for needed in (url, house.name, house.profile.email, STATEMENT)):
        raise Invalid(f"notice {notice.id}: what must be said of item {sending.position} does not fit into what {platform.id} takes; use its form")
    return text
