"""Taking back a reading. The row stays, marked as withdrawn; the decision that rests on it is undone by a row; the item is open again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases import audit
from cases.decisions import MOST_REASON, Act, Choice, Item, decide_in, decided_of, standing_rows, undo_in
from cases.policy import load_policy
from cases.progress import BLIND, progress_of, readings_of
from cases.rounds import name_of, own_act
from cases.tables import DecisionRow
from cases.tables_people import AuditRow
from cases.tables_work import ReviewRow
from core.errors import Conflict, Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Decided
    from cases.people import Actor
    from cases.policy import Policy
    from cases.progress import Progress

SAID = "Lecture retirée."  # the reason of what is undone, where none is given
ACTION = "reading_withdrawn"


class Withdrawn(NamedTuple):
    """The items that are open again, and the rows by which decisions were undone."""

    documents: tuple[str, ...]
    undone: tuple[Decided, ...]


class _Back(NamedTuple):
    """What goes back on one item."""

    rows: list[ReviewRow]
    undo: bool
    heir: ReviewRow | None = None  # the urgency was decided by what goes back, and stands by this reading from now on


def withdraw(
    database: Database, document_id: str, *, actor: Actor, act: Act, whole: bool = False, reason: str = SAID, policy: Policy | None = None
) -> Withdrawn:
    """Take back one's own reading of an item, also when it decided, within the time of the policy; with the role valide anybody's, at any time.

    ``whole``: of all items of the same act, such as a campaign. What was adjudicated goes back to who adjudicates, by somebody who was not one of its
    readers. An urgency stands as long as one person says so, by that one reading, and a second one is wanted again; its case stays open until it is
    closed. Repeating it under the same act changes nothing.
    Raises NotFound where there is nothing to take back, Forbidden, Conflict, Invalid, Unavailable, ConfigError.
    """
    own, policy = own_act(act, actor, "retrait"), policy or load_policy()
    if not reason.strip() or len(reason) > MOST_REASON:
        raise Invalid(f"a reason of {len(reason.strip())} characters; expected 1 to {MOST_REASON}")
    with database.writing() as session:
        if done := _again(session, document_id, actor, own):
            return done
        mine = _mine(session, document_id, actor)
        in_time = mine is not None and own.at - mine.at <= timedelta(minutes=policy.undo_minutes)
        back = _own(session, mine, whole=whole) if mine and in_time else {}
        if document_id not in back:
            if not actor.has("valide"):
                raise _refusal(document_id, mine, own, policy)
            back = _others(session, document_id, actor, whole=whole)
        undone = [name for name, one in back.items() if one.undo]
        for name, one in back.items():
            for row in one.rows:
                row.withdrawn_at = own.at
            details = {"reviews": [row.id for row in one.rows], "undone": one.undo, "act": own.id}
            audit.record(session, actor=actor.id, action=ACTION, subject=("document", name), details=details, at=own.at)
        rows = undo_in(session, undone, reason=reason.strip(), by=actor.name, act=own, actor=actor.id) if undone else ()
        for name, one in back.items():
            if one.heir:
                _hand_on(session, name, one.heir, reason=reason.strip(), own=own, actor=actor)
        return Withdrawn(tuple(back), rows)


def _again(session: Session, document_id: str, actor: Actor, own: Act) -> Withdrawn | None:
    wanted = select(AuditRow).where(AuditRow.actor == actor.id, AuditRow.action == ACTION, AuditRow.details.contains(f'"act":"{own.id}"'))
    found = session.scalars(wanted.where(AuditRow.subject_kind == "document", AuditRow.subject_id == audit.alias_of(session, document_id))).first()
    if found is None:
        return None
    undone = session.scalars(select(DecisionRow).where(DecisionRow.act == own.id).order_by(DecisionRow.number))
    names = session.scalars(wanted.with_only_columns(AuditRow.subject_id).order_by(AuditRow.number)).all()
    known = audit.documents_of(session, names)
    return Withdrawn(tuple(known[name] for name in names if name in known), tuple(map(decided_of, undone)))


def _mine(session: Session, document_id: str, actor: Actor) -> ReviewRow | None:
    """This person's last blind reading of an item. Raises Conflict for a golden item: its answer was shown."""
    rows = [row for row in readings_of(session, [document_id]).get(document_id, []) if row.person_id == actor.id]
    if rows and rows[-1].seat == "repere":
        raise Conflict(f"the reading of {document_id} stays: it decided nothing, and its explanation was shown")
    return next((row for row in reversed(rows) if row.seat in BLIND), None)


def _refusal(document_id: str, mine: ReviewRow | None, own: Act, policy: Policy) -> Exception:
    if mine is None:
        return NotFound(f"no reading of yours stands on {document_id}: there is nothing to take back")
    if own.at - mine.at > timedelta(minutes=policy.undo_minutes):
        return Forbidden(f"read more than {policy.undo_minutes} minutes ago; somebody with the role valide can undo it")
    return Conflict(f"{document_id} was decided by somebody else after your reading; somebody with the role valide can undo it")


def _own(session: Session, mine: ReviewRow, *, whole: bool) -> dict[str, _Back]:
    """One's own reading, or all readings of its act; without those on which somebody else has decided since."""
    act = select(ReviewRow).where(ReviewRow.act == mine.act, ReviewRow.withdrawn_at.is_(None)).order_by(ReviewRow.number)
    rows = session.scalars(act).all() if whole else [mine]
    found = progress_of(session, {row.document_id: row.text_sha256 for row in rows})
    return {
        row.document_id: _Back([row], undo=_rests(found[row.document_id], [row]), heir=_heir(found[row.document_id], [row]))
        for row in rows
        if found[row.document_id].decision is None or found[row.document_id].rests
    }


def _heir(progress: Progress, going: Sequence[ReviewRow]) -> ReviewRow | None:
    """The other reading that says urgence, where the one that decided so goes back."""
    if progress.decision is None or progress.decision.qualification != "urgence" or progress.decision.act not in {row.act for row in going}:
        return None
    names = {row.id for row in going}
    return next((row for row in progress.readings if row.id not in names and row.qualification == "urgence"), None)


def _hand_on(session: Session, name: str, heir: ReviewRow, *, reason: str, own: Act, actor: Actor) -> None:
    """The urgency stands without a gap, now by the reading that says so still: that reader may take it back in turn, and another one is asked."""
    undo_in(session, [name], reason=reason, by=actor.name, act=Act(id=f"{own.id}-relais", at=own.at), actor=actor.id)
    said = {field: getattr(heir, field) for field in ("qualification", "markers", "exclusions", "reason", "taxonomy")}
    choice = Choice.model_validate({**said, "by": name_of(session, heir.person_id)})
    item = Item.model_validate({field: getattr(heir, field) for field in Item.model_fields})
    decide_in(session, [item], choice, act=Act(id=heir.act, at=own.at), campaign=heir.campaign, actor=actor.id)


def _rests(progress: Progress, going: Sequence[ReviewRow]) -> bool:
    """Whether the decision falls with these readings. An urgency stands as long as one person says so."""
    if progress.decision is None or not progress.rests:
        return False
    staying = [row for row in progress.readings if row.id not in {one.id for one in going}]
    if progress.decision.qualification == "urgence" and any(row.qualification == "urgence" for row in staying):
        return False
    made = next(row for row in progress.readings if row.act == progress.decision.act)
    return made in going or any(row.number < made.number for row in going)  # of two who agree, the second made it


def _others(session: Session, document_id: str, actor: Actor, *, whole: bool) -> dict[str, _Back]:
    """``_all_of``, without what was adjudicated between a reading of this person and another one. Raises NotFound, Forbidden."""
    back = _all_of(session, document_id, whole=whole)
    judged = [name for name, one in back.items() if one.undo and not one.rows]  # nothing of these is a reading's decision
    readings = readings_of(session, judged)
    deciding = {row.document_id: row for row in standing_rows(session, judged)}
    party = {
        name for name in judged
        if any(row.seat == "arbitrage" and row.act == deciding[name].act for row in readings.get(name, []))
        and any(row.seat in BLIND and row.person_id == actor.id and row.text_sha256 == deciding[name].text_sha256 for row in readings[name])
    }  # fmt: skip
    if document_id in party:
        raise Forbidden(f"{document_id} was decided between your reading and another one; another person with the role valide can undo that decision")
    return {name: one for name, one in back.items() if name not in party}


def _all_of(session: Session, document_id: str, *, whole: bool) -> dict[str, _Back]:
    """All readings that a decision rests on; of what was adjudicated or decided outside, the decision alone. Raises NotFound."""
    first = progress_of(session, {document_id: None})[document_id]
    acts = {first.decision.act} if first.decision else {row.act for row in first.readings[-1:]}
    if not acts:
        raise NotFound(f"no reading and no decision stands on {document_id}: there is nothing to take back")
    names = [document_id, *_of_acts(session, acts)] if whole else [document_id]
    found = progress_of(session, dict.fromkeys(names))
    return {
        name: _Back([], undo=True) if one.decision and not one.rests else _Back(list(one.readings), undo=one.decision is not None)
        for name, one in found.items()
        if acts & ({one.decision.act} if one.decision else {row.act for row in one.readings})
    }


def _of_acts(session: Session, acts: Iterable[str]) -> list[str]:
    decided = select(DecisionRow.document_id).where(DecisionRow.act.in_(list(acts)))
    read = select(ReviewRow.document_id).where(ReviewRow.act.in_(list(acts)), ReviewRow.withdrawn_at.is_(None))
    return sorted({*session.scalars(decided), *session.scalars(read)})
