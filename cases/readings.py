"""Readings of content items by people, and the decision that they come to. All of one act is one transaction: kept, or nothing.

Blind: nobody is told whether theirs is the first or the second reading, nor what the other one said, before the item is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases import audit, golden, seats, urgencies
from cases.checking import Answer, Quote, Reading, check, choice_of, warnings
from cases.decisions import MOST_REASON, Act, Choice, Item, decided_of, refuse_leaving
from cases.policy import load_policy
from cases.progress import BLIND, agree, progress_of
from cases.reviews import Review, hidden_from, reviews, seen_by
from cases.rounds import Round, Settled, keep, name_of, own_act, release, write
from cases.seats import Refusal, lot
from cases.tables import DecisionRow
from cases.tables_work import ReviewRow
from cases.withdrawals import withdraw
from core.errors import Conflict, Invalid
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.database import Database
    from cases.people import Actor
    from cases.policy import Policy
    from cases.progress import Progress, Seat, State
    from cases.seats import Seen
    from core.taxonomy import Taxonomy

__all__ = ["Answer", "Quote", "Reading", "Review", "Settled", "hidden_from", "read", "reviews", "seen_by", "warnings", "withdraw"]

STATES: dict[State, str] = {"premiere": "seconde_lecture", "seconde": "seconde_lecture", "arbitrage": "arbitrage", "decide": "decide"}


class _Seated(NamedTuple):
    """An item, the seat in which this person reads it, and what was found on it before."""

    item: Item
    seat: Seat | Refusal
    seen: Seen


def read(
    database: Database, items: Sequence[Item], reading: Reading, *, actor: Actor, act: Act, texts: Mapping[str, str], campaign: str | None = None,
    distressing: bool = False, taxonomy: Taxonomy | None = None, policy: Policy | None = None,
) -> Settled:  # fmt: skip
    """Keep a reading of these items, and decide where that is due. ``items``: the one on the page, and with ``campaign`` the copies that it serves.

    ``texts``: of each item, by id, as the index shows it: quotes must stand in it. ``distressing``: see cases.care.
    Repeating it under the same act changes nothing. Raises Invalid for what the taxonomy's rules forbid, Conflict where the text has changed since it
    was read, or where somebody else reads or has decided the item; Unavailable, ConfigError. Then nothing of it is kept.
    """
    own = own_act(act, actor, "lecture")
    with database.writing() as session:
        turn = Round(session, actor, own, reading, texts, campaign, distressing, policy or load_policy())
        if done := _again(turn, [item.document_id for item in items]):
            return done
        lead, seated, skipped = _seated(turn, items)
        seat = seated[lead.document_id].seat
        if seat == "arbitrage":
            raise Conflict(f"two people have read {lead.document_id} and differ; decide under arbitrages, where both readings are shown")
        check(reading, turn.text(lead), taxonomy=taxonomy or load_taxonomy())
        if seat == "repere":
            return _golden(turn, lead)
        return _settled(turn, lead, seated, skipped)


def _again(turn: Round, names: Sequence[str]) -> Settled | None:
    """What this act came to, if it was made already."""
    rows = turn.session.scalars(select(ReviewRow).where(ReviewRow.act == turn.act.id).order_by(ReviewRow.number)).all()
    if not rows:
        return None
    if all(row.withdrawn_at for row in rows):
        raise Conflict(f"this reading of {names[0]} was written and taken back since; open the item again and read it anew")
    lead = next((row for row in rows if row.document_id == names[0]), rows[0])
    note = golden.note_of(turn.session, lead.document_id) if lead.seat == "repere" else None
    state = STATES[progress_of(turn.session, {lead.document_id: lead.text_sha256})[lead.document_id].state]
    made = turn.session.scalars(select(DecisionRow).where(DecisionRow.act == turn.act.id).order_by(DecisionRow.number)).all()
    kept = {row.document_id for row in rows}
    return Settled("decide" if note is not None else state, tuple(map(decided_of, made)), note, tuple(name for name in names if name not in kept),
                   urgencies.open_on(turn.session, lead.document_id))  # fmt: skip


def _seated(turn: Round, items: Sequence[Item]) -> tuple[Item, dict[str, _Seated], tuple[str, ...]]:
    """The item on the page, it and the copies that are free with their seats, and the copies that are left alone. Raises Invalid, Conflict."""
    if not items or (len(items) > 1 and turn.campaign is None):
        raise Invalid(f"{len(items)} items; expected one, or those of a campaign with its id")
    refuse_leaving(turn.session, [item.document_id for item in items])
    seen = seats.look(turn.session, {item.document_id: item.text_sha256 for item in items}, actor=turn.actor, now=turn.act.at)
    lead = next((item for item in items if _held(seen[item.document_id], turn)), items[0])
    if turn.reading.text_sha256 not in (None, lead.text_sha256):
        raise Conflict(f"the text of {lead.document_id} has changed since it was read; open it again and read what is new")
    found = {item.document_id: _Seated(item, seats.free(seen[item.document_id], actor=turn.actor), seen[item.document_id]) for item in items}
    if isinstance(seat := found[lead.document_id].seat, Refusal):
        raise Conflict(seat.why)
    free = {name: one for name, one in found.items() if one.item is lead or one.seat in BLIND}
    return lead, free, tuple(name for name in found if name not in free)


def _held(seen: Seen, turn: Round) -> bool:
    return seen.own is not None and seen.own.until > turn.act.at


def _settled(turn: Round, lead: Item, seated: Mapping[str, _Seated], skipped: tuple[str, ...]) -> Settled:
    rows = {name: keep(turn, one.item, str(one.seat), lead=lead) for name, one in seated.items()}
    turn.session.flush()
    drawn = lot(turn.policy.second_reading_salt, lead.document_id) < turn.policy.second_reading_share
    twice = drawn or turn.reading.qualification in turn.policy.leaves
    choices: dict[Choice, list[Item]] = {}
    states = {}
    for name, one in seated.items():
        beside = bool(one.seen.others)  # somebody reads it too, as was asked: their reading is waited for
        states[name], choice = _outcome(turn, one.seen.progress, rows[name], twice=twice or beside)
        if choice:
            choices.setdefault(choice, []).append(one.item)
        details = {"review": rows[name].id, "seat": rows[name].seat, "state": states[name], "act": turn.act.id}
        audit.record(turn.session, actor=turn.actor.id, action="read", subject=("document", name), at=turn.act.at, details=details)
    decided = [row for choice, group in choices.items() for row in write(turn, group, choice)]
    release(turn, list(seated))
    opened = urgencies.open_in(turn.session, lead.document_id, turn) if turn.reading.qualification == "urgence" else None
    return Settled(states[lead.document_id], tuple(sorted(decided, key=lambda row: row.number)), None, skipped, opened)


def _outcome(turn: Round, before: Progress, row: ReviewRow, *, twice: bool) -> tuple[str, Choice | None]:
    """What an item comes to by this reading, and the decision to write, if any. An urgency is decided at once, whoever reads it afterwards."""
    first = before.readings[0] if before.readings else None
    alone = "seconde_lecture" if twice else "decide"
    state = alone if first is None else "decide" if agree(first, row) else "arbitrage"
    if turn.reading.qualification == "urgence" and not (before.decision and before.decision.qualification == "urgence"):
        return state, choice_of(turn.reading, by=turn.actor.name)
    if state != "decide" or before.decision:
        return state, None
    return state, _joint(turn, first) if first else choice_of(turn.reading, by=turn.actor.name)


def _joint(turn: Round, first: ReviewRow) -> Choice:
    """The decision of two people who agree: both names, where there is room, and both reasons."""
    reasons = dict.fromkeys((first.reason, turn.reading.reason))
    both = "\n".join(reasons)
    name = name_of(turn.session, first.person_id)
    names = f"{name}, {turn.actor.name}"
    choice = choice_of(turn.reading, by=names if len(names) <= 40 else "deux lectures")
    exclusions = tuple(dict.fromkeys((*first.exclusions, *choice.exclusions)))
    return choice.model_copy(update={"reason": both if len(both) <= MOST_REASON else turn.reading.reason, "exclusions": exclusions})


def _golden(turn: Round, lead: Item) -> Settled:
    row = keep(turn, lead, "repere", lead=lead)
    turn.session.flush()
    details = {"review": row.id, "seat": "repere", "act": turn.act.id}
    audit.record(turn.session, actor=turn.actor.id, action="read", subject=("document", lead.document_id), at=turn.act.at, details=details)
    release(turn, [lead.document_id])
    return Settled("decide", golden=golden.note_of(turn.session, lead.document_id) or "")
