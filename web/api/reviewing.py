"""What programs do for a person who reads: the same acts as the pages', on the same rules. What only ``valide`` may do is not for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import care, readings, reviews, withdrawals
from cases.deciding import item_of, show, text_of
from cases.decisions import Act
from core.errors import Conflict, Invalid, NotFound
from index.harm import sounded
from web.api.readings import Settled, Withdrawn, reading_of
from web.reading.campaign import open_entries

if TYPE_CHECKING:
    from cases.people import Actor
    from index.documents import Entry
    from web.api.readings import NewReading, Withdrawal
    from web.console import Console


def entry_named(console: Console, document_id: str) -> Entry:
    """Of the index. Raises NotFound."""
    found = console.index.get(document_id)
    if found is None:
        raise NotFound(f"document {document_id[:100]!r} is not in the index; ids stand in lists, such as /api/v1/documents")
    return found


def as_reader(actor: Actor) -> Actor:
    """The same person without the role ``valide``: adjudicating, and undoing what others decided, take the pages."""
    return actor.model_copy(update={"roles": tuple(role if role != "valide" else "analyse" for role in actor.roles)})


def is_hidden(console: Console, entry: Entry, actor: Actor) -> bool:
    """Whether what others made of an item must not be told: this person is to read it blind."""
    return actor.has("analyse", "valide") and reviews.hidden_from(console.database, entry["id"], actor=actor, text=text_of(entry))


def read(console: Console, actor: Actor, document_id: str, asked: NewReading, *, act: str) -> Settled:
    """Write a reading down, then show what it led to. Raises what cases.readings.read raises, and Invalid for a campaign where there is none."""
    lead = entry_named(console, document_id)
    if asked.campaign and lead["campaign"] is None:
        raise Invalid(f"document {document_id} belongs to no campaign; leave campaign out")
    if asked.text_sha256 != text_of(lead):
        raise Conflict(f"the text of {document_id} has changed since it was read; get it again with view=collected and read what is new")
    entries = open_entries(console.index, lead) if asked.campaign else [lead]
    done = readings.read(
        console.database,
        [item_of(entry, drawn=sounded) for entry in entries],
        reading_of(asked),
        actor=as_reader(actor),
        act=Act(id=act),
        texts={entry["id"]: entry["text"] for entry in entries},
        campaign=lead["campaign"] if asked.campaign else None,
        distressing=care.distressing(lead),
        taxonomy=console.taxonomy,
    )
    show(console.index, console.database, [entry["id"] for entry in entries])
    return Settled(
        state=done.state, documents=[row.document_id for row in done.decided], skipped=list(done.skipped), note=done.golden, urgency=done.urgency
    )


def withdraw(console: Console, actor: Actor, document_id: str, asked: Withdrawal, *, act: str) -> Withdrawn:
    """Take one's own reading back, then show it. Raises what cases.withdrawals.withdraw raises."""
    done = withdrawals.withdraw(console.database, document_id, actor=as_reader(actor), act=Act(id=act), whole=asked.campaign, reason=asked.reason)
    show(console.index, console.database, done.documents)
    return Withdrawn(documents=list(done.documents), undone=[row.document_id for row in done.undone])
