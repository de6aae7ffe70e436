"""What all steps of one act of reading share, and what they write."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete

from cases.checking import moved
from cases.decisions import Act, decide_in
from cases.tables_people import PersonRow
from cases.tables_work import ClaimRow, ReviewRow
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.checking import Reading
    from cases.decisions import Choice, Decided, Item
    from cases.people import Actor
    from cases.policy import Policy


class Settled(NamedTuple):
    """What became of a reading. ``state`` is that of the item that was read; of a campaign, ``skipped`` are the copies that were left as they are."""

    state: str  # decide, seconde_lecture, arbitrage
    decided: tuple[Decided, ...] = ()
    golden: str | None = None  # the note of a golden item, to be shown now
    skipped: tuple[str, ...] = ()  # decided already, read by this person before, or being read by somebody else
    urgency: str | None = None  # id of the urgency that is open now


class Round(NamedTuple):
    """One act on one or more items: what all steps of it need."""

    session: Session
    actor: Actor
    act: Act
    reading: Reading
    texts: Mapping[str, str]
    campaign: str | None
    distressing: bool
    policy: Policy

    def text(self, item: Item) -> str:
        """What the index shows of an item. Raises Invalid where it was not given."""
        if item.document_id not in self.texts:
            raise Invalid(f"no text of {item.document_id}; its quotes cannot be checked: give the texts of the items that were read")
        return self.texts[item.document_id]


def own_act(act: Act, actor: Actor, what: str) -> Act:
    """The act under an id that nobody else's act can have, whatever id a program chose."""
    return Act(id=hashlib.sha256(f"{what}\n{actor.id}\n{act.id}".encode()).hexdigest()[:32], at=act.at)


def write(turn: Round, items: Sequence[Item], choice: Choice) -> tuple[Decided, ...]:
    """Write the decision."""
    return decide_in(turn.session, items, choice, act=turn.act, campaign=turn.campaign, actor=turn.actor.id)


def keep(turn: Round, item: Item, seat: str, *, lead: Item) -> ReviewRow:
    """The row of a reading. A copy keeps those quotes that stand in its own text."""
    said, name = turn.reading, item.document_id
    quotes = said.quotes if item is lead else moved(said.quotes, turn.texts.get(name, ""))
    row = ReviewRow(
        id=hashlib.sha256(f"{turn.act.id}\n{name}".encode()).hexdigest()[:32], act=turn.act.id, campaign=turn.campaign, seat=seat,
        person_id=turn.actor.id, qualification=said.qualification, markers=list(dict.fromkeys(said.markers)), submarkers=dict(said.submarkers),
        exclusions=list(dict.fromkeys(said.exclusions)), quotes=[quote.model_dump() for quote in quotes], reason=said.reason, taxonomy=said.taxonomy,
        at=turn.act.at, distressing=turn.distressing or "abandon_soins" in said.markers or said.qualification == "urgence", **item.model_dump(),
    )  # fmt: skip
    turn.session.add(row)
    return row


def release(turn: Round, names: Iterable[str]) -> None:
    """The items are this person's no more."""
    for name in names:
        turn.session.execute(delete(ClaimRow).where(ClaimRow.document_id == name, ClaimRow.person_id == turn.actor.id))


def name_of(session: Session, person_id: str) -> str:
    """As decisions show it."""
    row = session.get(PersonRow, person_id)
    return row.name if row else "?"
