"""The yearly report of DSA art. 22(3): its figures, from the register and from the readings. Reads the case database, writes nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from cases import fairness
from cases.decisions import chunks, standing_rows
from cases.profiles import notifier
from cases.register import register
from cases.reporting.counting import quantile, tally
from cases.reporting.entity import ENTITY_TEXTS, entity_of
from cases.reporting.figures import Alike, Complaint, Counted, Cut, Readings, Yearly
from cases.reporting.providers import providers_in
from cases.suppression import LEAST, protect
from cases.tables import DecisionRow
from cases.tables_notices import ComplaintRow, NoticeItemRow, NoticeRow
from core.errors import Invalid
from core.records import MARKERS
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.reporting.counting import Tally
    from cases.reporting.figures import Entity

PARIS = ZoneInfo("Europe/Paris")
LONGEST = 366  # days
AGREED = ("qualification", *MARKERS)


def bounds(since: date, until: date) -> tuple[datetime, datetime]:
    """The first moment of a period and the first after it, in Paris. Raises Invalid for a period that ends before it begins, or is over a year."""
    if not since <= until or (until - since).days >= LONGEST:
        raise Invalid(f"period {since}/{until}; expected a first day and a last day that is not before it, at most {LONGEST} days in all")
    begin, end = (datetime.combine(day, time(), PARIS).astimezone(UTC) for day in (since, until + timedelta(days=1)))
    return begin, end


def yearly(
    database: Database, *, organisation_id: str, since: date, until: date, as_of: datetime | None = None, accepted: Iterable[str] = ()
) -> Yearly:
    """The figures of one organisation. ``accepted``: words of its profile that look like a name and are none. Raises Invalid, NotFound."""
    begin, end = bounds(since, until)
    entity = entity_of(notifier(database, organisation_id))
    rows = register(database, organisation_id=organisation_id, since=begin, until=end)
    with database.reading() as session:
        providers = providers_in(session, organisation_id)
    counted = tally(rows, as_of=as_of or datetime.now(UTC), providers=providers)
    with database.reading() as session:
        complaints = _complaints(session, organisation_id, begin, end, counted.as_of)
        duplicates = _duplicates(session, organisation_id, begin, end)
    return Yearly(
        since=since, until=until, as_of=counted.as_of, entity=entity, notices=counted.notices, items=counted.items, cuts=cuts_of(counted),
        totals=counted.summed(), durations=counted.durations(), complaints=complaints, quality=counted.quality(duplicates=duplicates),
        markers=hidden(counted.markers), readings=readings_of(database, begin, end), providers=counted.named(),
        accepted=accepted_in(entity, accepted),
    )  # fmt: skip


def accepted_in(entity: Entity, given: Iterable[str]) -> tuple[str, ...]:
    """Of these words those that stand in a text of the organisation, once each: nothing else is kept under that name."""
    texts = "\n".join([*(getattr(entity, name) for name in (*ENTITY_TEXTS, "area", "status_authority")), *(one.source for one in entity.funding)])
    return tuple(dict.fromkeys(one for one in map(str.strip, given) if one and one in texts))


def cuts_of(counted: Tally) -> tuple[Cut, ...]:
    """Table 1, in the order of its columns."""
    places = sorted({place for place, _ in counted.cells})
    return tuple(Cut(**place._asdict(), notices=counted.cells[place, "notices"], items=counted.cells[place, "items"]) for place in places)


def hidden(counts: Mapping[str, int]) -> tuple[Counted, ...]:
    """Counts of values of which each thing has one, with those under five hidden, and what would tell them."""
    shown = protect({(value,): number for value, number in counts.items()}, ("value",), [("value",)]).shown
    return tuple(Counted(value=key[0], number=number) for key, number in sorted(shown.get(("value",), {}).items()))


def _complaints(session: Session, organisation_id: str, begin: datetime, end: datetime, as_of: datetime) -> tuple[Complaint, ...]:
    """Those filed in the period, by kind and outcome."""
    wanted = select(ComplaintRow.kind, ComplaintRow.outcome, ComplaintRow.filed_at, ComplaintRow.decided_at).join(
        NoticeRow, NoticeRow.id == ComplaintRow.notice_id
    )
    wanted = wanted.where(NoticeRow.organisation_id == organisation_id, ComplaintRow.filed_at >= begin, ComplaintRow.filed_at < end)
    hours: dict[tuple[str, str], list[float | None]] = {}
    for kind, outcome, filed, decided in session.execute(wanted).tuples():
        over = decided is not None and decided <= as_of
        spent = (decided - filed).total_seconds() / 3600 if over and decided else None
        hours.setdefault((kind, (outcome or "") if over else ""), []).append(spent)
    return tuple(
        Complaint(kind=kind, outcome=outcome, number=len(spent), median=quantile(sorted(one for one in spent if one is not None), 0.5))
        for (kind, outcome), spent in sorted(hours.items())
    )


def _duplicates(session: Session, organisation_id: str, begin: datetime, end: datetime) -> int:
    """Items of the period whose content had been notified already in it; a content that was erased since is not known again."""
    item = NoticeItemRow.document_id
    times = (
        select(func.count().label("times"))
        .select_from(NoticeItemRow)
        .join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id)
        .where(NoticeRow.organisation_id == organisation_id, NoticeRow.sent_at >= begin, NoticeRow.sent_at < end, item.is_not(None))
        .group_by(item)
        .having(func.count() > 1)
        .subquery()
    )
    return session.scalar(select(func.coalesce(func.sum(times.c.times - 1), 0))) or 0


def readings_of(database: Database, begin: datetime, end: datetime) -> Readings:
    """Of the whole house: those who read are one team, whichever organisation notifies."""
    with database.reading() as session:
        made = select(DecisionRow.document_id).where(DecisionRow.decided_at >= begin, DecisionRow.decided_at < end).distinct()
        lanes, exclusions = Counter[str](), Counter[str]()
        read = outside = 0
        for ids in chunks(session.scalars(made).all()):
            for row in standing_rows(session, ids):
                read += 1
                lanes[row.lane or ""] += 1
                if row.qualification == "hors_champ":
                    outside += 1
                    exclusions.update(set(row.exclusions))
    found = {one.code: one for one in fairness.agreement(database, since=begin)}
    alike = [Alike(code=code, items=found[code].items, alpha=_short(found[code].alpha), low=_short(found[code].alpha_low),
                   high=_short(found[code].alpha_high)) for code in AGREED]  # fmt: skip
    return Readings(
        agreement=tuple(alike), read=read, outside=outside, lanes=hidden(lanes), taxonomy=load_taxonomy().version,
        exclusions=tuple(Counted(value=name, number=number if number >= LEAST else None) for name, number in sorted(exclusions.items())),
    )  # fmt: skip


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
