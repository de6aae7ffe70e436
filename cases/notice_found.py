"""What people decided and read on the items of a notice, taken from the rows each time it is asked: what a notice says is not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases.decisions import OPEN, chunks, decided_of, standing_rows
from cases.progress import progress_on, readings_of
from cases.signers import same_person
from cases.tables import LeavingRow
from cases.tables_people import PersonRow
from core.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from cases.decisions import Decided
    from cases.notice import Quoted
    from cases.tables_work import ReviewRow

SEATS = ("premiere", "seconde", "arbitrage")  # of readings that count; golden items decide nothing


class Passage(NamedTuple):
    """What a reader took from the text: ``text == document.text[start:end]``."""

    start: int
    end: int
    text: str
    submarker: str | None


class Found(NamedTuple):
    """Of one item's text: the decision that stands on it, who read it so, and what the readers said."""

    decision: Decided | None = None  # that stands, whatever the text
    readers: frozenset[str] = frozenset()  # who read this text and found it unlawful or urgent
    settled: bool = False  # nobody is to read it again, and the decision is one of these readings'
    submarkers: tuple[str, ...] = ()  # present, as one of these readers says
    exclusions: tuple[str, ...] = ()  # that anybody ticked who read it, also who found it lawful
    passages: tuple[Passage, ...] = ()
    leaving: bool = False


def found_in(session: Session, texts: Mapping[str, str]) -> dict[str, Found]:
    """Of these documents, each with the digest of its text."""
    standing = {row.document_id: decided_of(row) for row in standing_rows(session, texts)}
    readings = readings_of(session, texts)
    gone = _leaving(session, texts)
    found = {name: _found(standing.get(name), readings.get(name, []), text, leaving=name in gone) for name, text in texts.items()}
    same = same_people(session, {person for one in found.values() for person in one.readers})
    return {name: one._replace(readers=frozenset(same.get(person, person) for person in one.readers)) for name, one in found.items()}


def same_people(session: Session, people: set[str]) -> dict[str, str]:
    """Of these accounts, those that are one person with another, under one id."""
    rows = sorted(session.scalars(select(PersonRow).where(PersonRow.id.in_(people))), key=lambda row: row.id)
    return {row.id: next(other.id for other in rows if same_person(row, other)) for row in rows}


def _found(decision: Decided | None, readings: list[ReviewRow], text: str, *, leaving: bool) -> Found:
    read = [row for row in readings if row.text_sha256 == text and row.seat in SEATS]
    agreeing = [row for row in read if row.qualification in OPEN and bears(decision, row)]
    ticked = [name for row in read for name in row.exclusions] + list(decision.exclusions if decision and decision.text_sha256 == text else ())
    rests = decision is not None and decision.text_sha256 == text and decision.act in {row.act for row in agreeing}
    shown = sign_of(decision)
    return Found(
        decision=decision,
        readers=frozenset(row.person_id for row in agreeing),
        settled=rests and progress_on(read, decision, text).state == "decide",
        submarkers=tuple(
            sorted({name for row in agreeing for name, answer in row.submarkers.items() if answer == "present" and shown(name)}, key=_order)
        ),
        exclusions=tuple(dict.fromkeys(ticked)),
        passages=tuple(dict.fromkeys(Passage(one["start"], one["end"], one["text"], one.get("submarker")) for row in agreeing for one in row.quotes)),
        leaving=leaving,
    )


def bears(decision: Decided | None, row: ReviewRow) -> bool:
    """Whether a reading confirms a marker that the decision rests on: found unlawful for another reason, it does not bear this one out.

    Complotisme is no such marker where there is another one. An urgency may name none.
    """
    if decision is None or not decision.markers:
        return True
    return bool((set(decision.markers) - {"complotisme"} or set(decision.markers)) & set(row.markers))


def sign_of(decision: Decided | None) -> Callable[[str], bool]:
    """Tells whether a sign is of a marker that the decision confirms; an urgency may name none, then all are."""
    letters = {marker.letter for marker in load_taxonomy().markers if decision is None or not decision.markers or marker.id in decision.markers}
    return lambda name: name[0] in letters


def _order(name: str) -> tuple[str, int]:
    return name[0], int(name[1:]) if name[1:].isdigit() else 0


def _leaving(session: Session, names: Iterable[str]) -> set[str]:
    rows = (session.scalars(select(LeavingRow.document_id).where(LeavingRow.document_id.in_(part))) for part in chunks(list(names)))
    return {name for part in rows for name in part}


def original_of(quote: Quoted, passages: Iterable[Passage]) -> Passage | None:
    """The reader's passage that a quote lies in, the one for its own sign first; its own part of it as ``text``."""
    within = [one for one in passages if one.start <= quote.start and quote.end <= one.end]
    same = [one for one in within if one.submarker == quote.submarker]
    for one in same if quote.submarker else within:
        return Passage(quote.start, quote.end, one.text[quote.start - one.start : quote.end - one.start], one.submarker)
    return None


def signs_of(quote: Quoted, passages: Iterable[Passage]) -> frozenset[str | None]:
    """The signs that readers took the passages for in which a quote lies: leaving its sign out does not make it another quote."""
    return frozenset(one.submarker for one in passages if one.start <= quote.start and quote.end <= one.end)
