"""How far the reading of an item's text has come: which seat is free, or that it is decided. Derived from the rows each time, never stored.

Two people read blind (premiere, seconde) where the policy asks for it; where they differ, a third decides (arbitrage). Golden items are read in a
seat of their own (repere), by as many people as it takes, and decide nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args

from sqlalchemy import select

from cases.decisions import chunks, standing_rows
from cases.tables_work import ReviewRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.decisions import Decided
    from cases.tables import DecisionRow
    from core.records import Marker

Seat = Literal["premiere", "seconde", "arbitrage", "repere"]
State = Literal["premiere", "seconde", "arbitrage", "decide"]
SEATS: tuple[Seat, ...] = get_args(Seat)
BLIND: tuple[Seat, ...] = ("premiere", "seconde")


class Said(Protocol):
    """What two readings are compared by."""

    @property
    def qualification(self) -> str: ...  # noqa: D102
    @property
    def markers(self) -> Sequence[str] | Sequence[Marker]: ...  # noqa: D102


class Made(Protocol):
    """What must be known of a decision."""

    @property
    def act(self) -> str: ...  # noqa: D102
    @property
    def qualification(self) -> str | None: ...  # noqa: D102


class Progress(NamedTuple):
    """The blind readings of one text that were not withdrawn, in order, and the decision that stands on this text."""

    readings: tuple[ReviewRow, ...]
    decision: Made | None

    @property
    def state(self) -> State:
        """The seat that is free now, or that nothing is left to read."""
        if self.decision and not self.rests:
            return "decide"  # by an adjudication, or outside the console
        if not self.readings:
            return "premiere"
        if len(self.readings) == 1:
            return "decide" if self.decision and self.decision.qualification != "urgence" else "seconde"
        return "decide" if self.decision and agree(*self.readings[:2]) else "arbitrage"

    @property
    def rests(self) -> bool:
        """Whether the decision was made by one of the readings."""
        return self.decision is not None and self.decision.act in {row.act for row in self.readings}

    @property
    def pending(self) -> bool:
        """Whether it was read, and is to be read again."""
        return self.state in ("seconde", "arbitrage")


def agree(first: Said, second: Said) -> bool:
    """Whether two readings come to the same decision: the same word, and the same markers."""
    return first.qualification == second.qualification and set(first.markers) == set(second.markers)


def readings_of(session: Session, document_ids: Iterable[str]) -> dict[str, list[ReviewRow]]:
    """All readings of these documents that were not withdrawn, of any text and seat, in order."""
    found: dict[str, list[ReviewRow]] = {}
    for part in chunks(list(dict.fromkeys(document_ids))):
        wanted = select(ReviewRow).where(ReviewRow.document_id.in_(part), ReviewRow.withdrawn_at.is_(None)).order_by(ReviewRow.number)
        for row in session.scalars(wanted):
            found.setdefault(row.document_id, []).append(row)
    return found


def progress_on(readings: Iterable[ReviewRow], decision: DecisionRow | Decided | None, text: str | None) -> Progress:
    """Of one document. ``text``: digest of the text that is asked about; None: the one that was read or decided last."""
    rows = [row for row in readings if row.seat in BLIND]
    if text is None:
        decided = [(decision.decided_at, decision.text_sha256)] if decision else []
        text = max([*((row.at, row.text_sha256) for row in rows), *decided], default=(None, ""))[1]
    return Progress(tuple(row for row in rows if row.text_sha256 == text), decision if decision and decision.text_sha256 == text else None)


def progress_of(session: Session, texts: Mapping[str, str | None]) -> dict[str, Progress]:
    """Of these documents, by id; each with the digest of its text, see ``progress_on``."""
    readings = readings_of(session, texts)
    decided = {row.document_id: row for row in standing_rows(session, texts)}
    return {name: progress_on(readings.get(name, ()), decided.get(name), text) for name, text in texts.items()}
