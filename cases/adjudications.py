"""Where two readings differ: a third person, who has read neither before, reads the item with both before them and decides. All readings stay."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import AwareDatetime
from sqlalchemy import func, select

from cases import audit, seats, urgencies
from cases.checking import check, choice_of
from cases.decisions import Act, chunks, decided_of, refuse_leaving, standing_rows, undo_in
from cases.policy import load_policy
from cases.progress import BLIND, progress_of
from cases.rounds import Round, Settled, keep, own_act, release, write
from cases.seats import Refusal
from cases.tables import DecisionRow
from cases.tables_work import AdjudicationRow, ReviewRow
from core.errors import Conflict, Forbidden, Invalid
from core.records import QUALIFICATIONS, Record
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.checking import Reading
    from cases.database import Database
    from cases.decisions import Item
    from cases.people import Actor
    from cases.policy import Policy
    from core.taxonomy import Taxonomy


class Alone(Invalid):
    """What leaves the house needs two people: the one who decides between two readings does not find it alone."""


ENDED = "Arbitrage : la décision qui suit remplace celle-ci."


class Waiting(Record):
    """An item on which two readings differ, since when, and whether this person may decide (they have not read it)."""

    document_id: str
    campaign: str | None
    since: AwareDatetime  # of the second reading
    urgent: bool  # one of them says urgence
    allowed: bool = True


def waiting(database: Database, *, actor: Actor | None = None) -> tuple[Waiting, ...]:
    """All items that wait, urgent ones first, then the oldest. Raises Unavailable, ConfigError."""
    with database.reading() as session:
        blind = ReviewRow.withdrawn_at.is_(None) & ReviewRow.seat.in_(BLIND)
        twice = select(ReviewRow.document_id).where(blind).group_by(ReviewRow.document_id).having(func.count() > 1)
        found = progress_of(session, dict.fromkeys(session.scalars(twice)))
        open_ones = {name: one.readings for name, one in found.items() if one.state == "arbitrage"}
        own = _read_by(session, list(open_ones), actor)
    rows = [
        Waiting(document_id=name, campaign=readings[0].campaign, since=readings[-1].at, allowed=name not in own,
                urgent=any(row.qualification == "urgence" for row in readings))
        for name, readings in open_ones.items()
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda one: (not one.urgent, one.since, one.document_id)))


def adjudicate(
    database: Database, items: Sequence[Item], reading: Reading, *, actor: Actor, act: Act, texts: Mapping[str, str], campaign: str | None = None,
    distressing: bool = False, taxonomy: Taxonomy | None = None, policy: Policy | None = None,
) -> Settled:  # fmt: skip
    """Decide between two readings that differ. Parameters and errors as for cases.readings.read; Forbidden without the role valide.

    What leaves the house (``policy.leaves``) is decided where one of the two readings said so; else it raises Alone: the item must be read again.
    With ``campaign``, its other items on which readings differ too are decided alike; the rest is skipped.
    """
    if not actor.has("valide"):
        raise Forbidden("deciding between two readings needs the role valide")
    if not items or (len(items) > 1 and campaign is None):
        raise Invalid(f"{len(items)} items; expected one, or those of a campaign with its id")
    own = own_act(act, actor, "arbitrage")
    with database.writing() as session:
        turn = Round(session, actor, own, reading, texts, campaign, distressing, policy or load_policy())
        if done := _again(turn, items):
            return done
        lead, rest, skipped = _open(turn, items)
        check(reading, turn.text(lead), taxonomy=taxonomy or load_taxonomy())
        rest, skipped = _said_too(turn, lead, rest, skipped)
        for item in (lead, *rest):
            _note(turn, item, lead=lead)
        _undo_standing(turn, [lead, *rest])
        decided = write(turn, [lead, *rest], choice_of(reading, by=actor.name))
        release(turn, [item.document_id for item in (lead, *rest)])
        opened = urgencies.open_in(session, lead.document_id, turn) if reading.qualification == "urgence" else None
        return Settled("decide", decided, None, skipped, opened)


def _again(turn: Round, items: Sequence[Item]) -> Settled | None:
    made = turn.session.scalars(select(DecisionRow).where(DecisionRow.act == turn.act.id).order_by(DecisionRow.number)).all()
    if not made:
        return None
    kept = {row.document_id for row in made}
    skipped = tuple(item.document_id for item in items if item.document_id not in kept)
    return Settled("decide", tuple(map(decided_of, made)), None, skipped, urgencies.open_on(turn.session, made[0].document_id))


def _open(turn: Round, items: Sequence[Item]) -> tuple[Item, list[Item], tuple[str, ...]]:
    """The item on the page, the others that wait too, and those that do not. Raises Conflict, Invalid."""
    refuse_leaving(turn.session, [item.document_id for item in items])
    seen = seats.look(turn.session, {item.document_id: item.text_sha256 for item in items}, actor=turn.actor, now=turn.act.at)
    found = {name: seats.free(one, actor=turn.actor) for name, one in seen.items()}
    lead = items[0]
    if turn.reading.text_sha256 not in (None, lead.text_sha256):
        raise Conflict(f"the text of {lead.document_id} has changed since it was read; open it again and read what is new")
    seat = found[lead.document_id]
    if isinstance(seat, Refusal):
        raise Conflict(seat.why)
    if seat != "arbitrage":
        raise Conflict(f"no two readings differ on {lead.document_id}; read it from the queue")
    rest = [item for item in items[1:] if found[item.document_id] == "arbitrage"]
    named = {item.document_id for item in (lead, *rest)}
    return lead, rest, tuple(item.document_id for item in items if item.document_id not in named)


def _said_too(turn: Round, lead: Item, rest: list[Item], skipped: tuple[str, ...]) -> tuple[list[Item], tuple[str, ...]]:
    """The other items on which one of two readings says what is decided now, where that leaves the house. Raises Alone for the one on the page."""
    said = turn.reading.qualification
    if said not in turn.policy.leaves:
        return rest, skipped
    found = progress_of(turn.session, {item.document_id: item.text_sha256 for item in (lead, *rest)})
    named = {name: {row.qualification for row in one.readings} for name, one in found.items()}
    if said not in named[lead.document_id]:
        others = [one for one in QUALIFICATIONS if one not in turn.policy.leaves or one in named[lead.document_id]]
        raise Alone(
            f"{said} on {lead.document_id}, which neither of the two readings says; choose one of {', '.join(others)}, or take both readings back so "
            "that two people read it again"
        )
    kept = [item for item in rest if said in named[item.document_id]]
    return kept, (*skipped, *(item.document_id for item in rest if item not in kept))


def _undo_standing(turn: Round, items: Sequence[Item]) -> None:
    """What one of the readers decided meanwhile, such as an urgency, ends here: superseded alone, its case would stay open and never be erased."""
    names = [row.document_id for row in standing_rows(turn.session, [item.document_id for item in items])]
    if names:
        act = Act(id=f"{turn.act.id}-avant", at=turn.act.at)
        undo_in(turn.session, names, reason=ENDED, by=turn.actor.name, act=act, actor=turn.actor.id)


def _note(turn: Round, item: Item, *, lead: Item) -> None:
    """The adjudicator's own reading beside the two, and which ones it decides between."""
    name = item.document_id
    readings = progress_of(turn.session, {name: item.text_sha256})[name].readings
    row = keep(turn, item, "arbitrage", lead=lead)
    turn.session.flush()
    made = AdjudicationRow(
        id=hashlib.sha256(f"arbitrage\n{turn.act.id}\n{name}".encode()).hexdigest()[:32], act=turn.act.id, document_id=name, person_id=turn.actor.id,
        reviews=[one.id for one in readings], at=turn.act.at,
    )  # fmt: skip
    turn.session.add(made)
    details = {"reviews": made.reviews, "review": row.id, "act": turn.act.id}
    audit.record(turn.session, actor=turn.actor.id, action="adjudicated", subject=("document", name), details=details, at=turn.act.at)


def _read_by(session: Session, names: list[str], actor: Actor | None) -> set[str]:
    """Those of these items that this person has read, also where they took it back."""
    if actor is None:
        return set()
    mine = ReviewRow.person_id == actor.id
    return {name for part in chunks(names) for name in session.scalars(select(ReviewRow.document_id).where(ReviewRow.document_id.in_(part), mine))}
