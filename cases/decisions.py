"""Decisions of people on content items. None is ever changed: a later one supersedes it, and undoing is a later row."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from cases import audit
from cases.tables import DecisionRow, LeavingRow
from cases.tables_work import ReviewRow, SubmissionRow
from core.errors import Invalid, NotFound
from core.records import Lane, Marker, Probability, Qualification, Record, Sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database

MOST_REASON = 2000  # characters: what the DSA transparency database takes
OPEN = ("illicite_presume", "urgence")  # what opens a case
CHUNK = 500  # parameters of one statement
COMMAND = "vigie decide"  # who acts, for the audit trail, where nobody is signed in
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Choice(Record):
    """What a person decided. Raises Invalid for what the rules of the taxonomy forbid."""

    qualification: Qualification
    markers: tuple[Marker, ...] = ()  # that the person confirms
    exclusions: tuple[str, ...] = ()  # ids of the taxonomy's exclusions that the person ticked
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_REASON)]
    by: Label  # the name of an account, or initials given on the command line
    taxonomy: str  # version of the guideline

    def model_post_init(self, _context: object) -> None:
        """Complotisme is a lawful opinion by default: alone it never becomes a notice."""
        if self.qualification == "hors_champ" and self.markers:
            raise Invalid(f"hors_champ with the markers {', '.join(self.markers)}; what shows a marker is licite_preoccupant at least")
        if self.qualification != "illicite_presume":
            return
        if not self.markers:
            raise Invalid("illicite_presume without a marker; say which one the content shows: --marker gourou or --marker abandon_soins")
        if set(self.markers) == {"complotisme"}:
            raise Invalid(
                "illicite_presume with complotisme alone: an opinion is lawful by default and never becomes a notice by itself; "
                "confirm the other marker that makes it unlawful, or decide licite_preoccupant"
            )


class Item(Record):
    """The version of a content item that a person read, and how it came into the queue."""

    document_id: str
    content_sha256: Sha256
    text_sha256: Sha256  # see ``text_digest``
    lane: Lane | None = None
    stratum: str | None = None
    inclusion: Probability | None = None  # probability with which it came into the queue


class Decided(Record):
    """One row of the history; without a ``qualification`` it undoes the row of id ``undoes``."""

    number: int  # in the order of all
    id: str
    act: str
    document_id: str
    content_sha256: Sha256
    text_sha256: Sha256
    campaign: str | None
    qualification: Qualification | None
    undoes: str | None
    markers: tuple[Marker, ...]
    exclusions: tuple[str, ...]
    reason: str
    lane: Lane | None
    stratum: str | None
    inclusion: Probability | None
    taxonomy: str
    decided_by: str
    decided_at: AwareDatetime


class Act(Record):
    """One action of one person. Repeating it under the same ``id`` changes nothing, so that a caller who got no answer may try again."""

    id: Annotated[str, Field(min_length=8, max_length=64)]
    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))


def text_digest(title: str | None, text: str) -> str:
    """SHA-256 of what a decision is about: a crowdfunding page whose amount grows is not another text."""
    return hashlib.sha256(f"{title or ''}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def decide(database: Database, items: Sequence[Item], choice: Choice, *, act: Act, campaign: str | None = None) -> tuple[Decided, ...]:
    """Write down what a person decided on these items, all or none; the rows. ``campaign``: that it was decided for as a whole.

    Raises Invalid for an item that is being erased, Unavailable, ConfigError.
    """
    with database.writing() as session:
        return decide_in(session, items, choice, act=act, campaign=campaign)


def decide_in(
    session: Session, items: Sequence[Item], choice: Choice, *, act: Act, campaign: str | None = None, actor: str = COMMAND
) -> tuple[Decided, ...]:
    """``decide`` in a transaction that does more. ``actor``: id of a person, for the audit trail. Raises Invalid."""
    said = choice.model_dump(exclude={"by"})
    refuse_leaving(session, [item.document_id for item in items])
    new = [
        DecisionRow(id=_row_id(act, item.document_id), act=act.id, campaign=campaign, decided_by=choice.by, decided_at=act.at,
                    **item.model_dump(), **{**said, "markers": list(choice.markers), "exclusions": list(choice.exclusions)})
        for item in items
    ]  # fmt: skip
    return _added(session, new, actor=actor)


def undo(database: Database, document_ids: Sequence[str], *, reason: str, by: str, act: Act) -> tuple[Decided, ...]:
    """Undo the decisions that stand on these items, all or none; what stood before stands again. Raises NotFound where none stands, Invalid."""
    if not reason.strip() or len(reason) > MOST_REASON:
        raise Invalid(f"a reason of {len(reason.strip())} characters; expected 1 to {MOST_REASON}")
    with database.writing() as session:
        return undo_in(session, document_ids, reason=reason.strip(), by=by, act=act)


def undo_in(session: Session, document_ids: Sequence[str], *, reason: str, by: str, act: Act, actor: str = COMMAND) -> tuple[Decided, ...]:
    """``undo`` in a transaction that does more. Readings that what is undone rests on are set aside: the item is open again. Raises NotFound."""
    done = _rows(session, [_row_id(act, name) for name in document_ids])
    if done:
        return tuple(map(decided_of, done))
    standing = {row.document_id: row for row in standing_rows(session, document_ids)}
    for name in document_ids:
        if name not in standing:
            raise NotFound(f"no decision stands on {name}: there is nothing to undo; vigie decide {name} --history shows what was decided")
    rows = _added(session, [_undoing(standing[name], act=act, reason=reason, by=by) for name in document_ids], actor=actor)
    if actor == COMMAND:
        _set_aside_readings(session, document_ids, act)
    return rows


def _set_aside_readings(session: Session, document_ids: Sequence[str], act: Act) -> None:
    for part in chunks(document_ids):
        resting = ReviewRow.document_id.in_(part) & ReviewRow.withdrawn_at.is_(None) & (ReviewRow.seat != "repere")
        session.execute(update(ReviewRow).where(resting).values(withdrawn_at=act.at))


def _undoing(row: DecisionRow, *, act: Act, reason: str, by: str) -> DecisionRow:
    same = ("document_id", "content_sha256", "text_sha256", "campaign", "lane", "stratum", "inclusion", "taxonomy")
    copied = {name: getattr(row, name) for name in same}
    return DecisionRow(id=_row_id(act, row.document_id), act=act.id, undoes=row.id, markers=[], exclusions=[], reason=reason, decided_by=by,
                       decided_at=act.at, **copied)  # fmt: skip


def standing(database: Database, document_ids: Iterable[str]) -> dict[str, Decided]:
    """The decision that stands on each of these items, for those that have one."""
    with database.reading() as session:
        return {row.document_id: decided_of(row) for row in standing_rows(session, document_ids)}


def same_act(database: Database, act: str) -> tuple[str, ...]:
    """The documents that one action decided on and on which its decision still stands."""
    with database.reading() as session:
        ids = session.scalars(select(DecisionRow.document_id).where(DecisionRow.act == act)).all()
        return tuple(sorted(row.document_id for row in standing_rows(session, ids) if row.act == act))


def history(database: Database, document_id: str) -> tuple[Decided, ...]:
    """All that was decided on one item, the first first."""
    with database.reading() as session:
        return tuple(map(decided_of, session.scalars(select(DecisionRow).where(DecisionRow.document_id == document_id).order_by(DecisionRow.number))))


def decided_since(database: Database, moment: datetime) -> tuple[Decided, ...]:
    """All rows written for decisions of this moment or later, in order."""
    with database.reading() as session:
        return tuple(map(decided_of, session.scalars(select(DecisionRow).where(DecisionRow.decided_at >= moment).order_by(DecisionRow.number))))


def sampled(database: Database) -> tuple[Decided, ...]:
    """The decisions that stand on items of the random sample of what was not flagged."""
    with database.reading() as session:
        ids = session.scalars(select(DecisionRow.document_id).where(DecisionRow.lane == "sondage").distinct()).all()
        return tuple(decided_of(row) for row in standing_rows(session, ids) if row.lane == "sondage")


def refuse_leaving(session: Session, document_ids: Sequence[str]) -> None:
    """Raises Invalid where one of these is being erased."""
    for part in chunks(document_ids):
        gone = session.scalars(select(LeavingRow.document_id).where(LeavingRow.document_id.in_(part))).first()
        if gone:
            raise Invalid(f"document {gone} is being erased: its retention period has ended; if it is still online, collect it again, then decide")


def _added(session: Session, rows: Sequence[DecisionRow], *, actor: str) -> tuple[Decided, ...]:
    """Add the rows that are not there yet, and tell the audit trail; all of them, in order."""
    known = {row.id for row in _rows(session, [row.id for row in rows])}
    new = [row for row in rows if row.id not in known]
    session.add_all(new)
    session.flush()
    for row in new:
        action, details = ("decided", {"qualification": row.qualification}) if row.qualification else ("decision_undone", {"undoes": row.undoes})
        details |= {"decision": row.id, "act": row.act}
        audit.record(session, actor=actor, action=action, subject=("document", row.document_id), details=details)
    return tuple(map(decided_of, _rows(session, [row.id for row in rows])))


def _rows(session: Session, ids: Sequence[str]) -> list[DecisionRow]:
    found = [row for part in chunks(ids) for row in session.scalars(select(DecisionRow).where(DecisionRow.id.in_(part)))]
    return sorted(found, key=lambda row: row.number)


def standing_rows(session: Session, document_ids: Iterable[str]) -> Iterator[DecisionRow]:
    """The last decision of each document that no row undoes; ids that have none are left out."""
    later = aliased(DecisionRow)
    undone = select(later.id).where(later.undoes == DecisionRow.id).exists()
    for part in chunks(list(dict.fromkeys(document_ids))):
        last = (
            select(func.max(DecisionRow.number))
            .where(DecisionRow.document_id.in_(part), DecisionRow.qualification.is_not(None), ~undone)
            .group_by(DecisionRow.document_id)
        )
        yield from session.scalars(select(DecisionRow).where(DecisionRow.number.in_(last)))


class Past(NamedTuple):
    """What counts for how long a document is kept: whether a case of any of its versions is open, the last undo, whether it was submitted."""

    open: bool = False
    undone_at: datetime | None = None
    reported: bool = False

    def lane(self, own: Lane | None) -> Lane | None:
        """Under which lane its period falls: what somebody reported waits for a reader like what the scores flag."""
        return own or ("signale" if self.reported else None)


def pasts(session: Session, document_ids: Iterable[str]) -> dict[str, Past]:
    """Of each of these that was ever decided on or submitted. An open case ends by being undone, not by a decision on what its author wrote since."""
    found: dict[str, Past] = {}
    later = aliased(DecisionRow)
    undone = select(later.id).where(later.undoes == DecisionRow.id).exists()
    for part in chunks(list(dict.fromkeys(document_ids))):
        rows = select(DecisionRow.document_id, DecisionRow.qualification, DecisionRow.decided_at, undone).where(DecisionRow.document_id.in_(part))
        for name, qualification, at, is_undone in session.execute(rows):
            past = found.get(name, Past())
            if qualification is None:
                past = past._replace(undone_at=max(at, past.undone_at or at))
            found[name] = past._replace(open=past.open or (qualification in OPEN and not is_undone))
        there = (SubmissionRow.document_id.in_(part), SubmissionRow.url != "", SubmissionRow.state != "ecartee")
        for name in session.scalars(select(SubmissionRow.document_id).where(*there).distinct()):
            found[name] = found.get(name, Past())._replace(reported=True)
    return found


def decided_as(database: Database, document_ids: Iterable[str]) -> set[tuple[str, str]]:
    """(document, qualification) of all that was ever decided on these, undone or not."""
    with database.reading() as session:
        return {
            (row.document_id, row.qualification)
            for part in chunks(list(document_ids))
            for row in session.execute(select(DecisionRow.document_id, DecisionRow.qualification).where(DecisionRow.document_id.in_(part)))
        }


def last_decided(database: Database) -> datetime | None:
    """When the newest decision was made."""
    with database.reading() as session:
        return session.scalar(select(func.max(DecisionRow.decided_at)))


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts that one statement can name."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _row_id(act: Act, document_id: str) -> str:
    return hashlib.sha256(f"{act.id}\n{document_id}".encode()).hexdigest()[:32]


def decided_of(row: DecisionRow) -> Decided:
    """The record of a row."""
    return Decided.model_validate({name: getattr(row, name) for name in Decided.model_fields})
