"""What a provider answers to a notice, as programs send and get it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from cases.notice import MOST_ITEMS, Action, Event, Ground, Outcome, Scope
from cases.notice_following import MOST_TEXT
from web.api.submissions import Asked, Instant, Text

Words = Annotated[Text, Field(max_length=4000)]
Reference = Annotated[Text, Field(max_length=200)]
AT = "when it happened; by default now"


class Acknowledgement(Asked):
    """The provider confirmed receipt (art. 16(4))."""

    at: Instant | None = Field(None, description=AT)
    reference: Reference | None = None


class OutcomeTaken(Asked):
    """What the provider did about one item; where nothing was done there is no ground, scope or end."""

    position: Annotated[int, Field(ge=1, le=MOST_ITEMS)]
    action: Action
    ground: Ground | None = None
    scope: Scope | None = None
    until: Instant | None = None


class Answered(Asked):
    """The provider's decision (art. 16(5))."""

    outcomes: Annotated[list[OutcomeTaken], Field(min_length=1, max_length=MOST_ITEMS)]
    decided_at: Instant | None = Field(None, description=AT)
    redress_given: bool | None = Field(None, description="whether it said how to complain")
    automated: bool | None = Field(None, description="whether it said that it decided by automated means, art. 16(6)")
    reference: Reference | None = None
    words: Words | None = Field(None, description="what it wrote, without names")


class NewComplaint(Asked):
    """A complaint that a person filed: with the provider (art. 20), or out of court with a certified body (art. 21)."""

    kind: Literal["interne", "hors_tribunal"] = "interne"
    body: Annotated[Text, Field(max_length=200)] | None = Field(None, description="out of court: which one")
    text: Annotated[Text, Field(min_length=1, max_length=MOST_TEXT)] = Field(description="as it was filed, without names; masks are [...]")
    filed_at: Instant | None = Field(None, description=AT)


class ComplaintOutcome(Asked):
    """What came of a complaint."""

    outcome: Outcome
    decided_at: Instant | None = Field(None, description=AT)
    outcomes: Annotated[list[OutcomeTaken], Field(max_length=MOST_ITEMS)] = Field(
        default_factory=list, description="what the provider does about the items from then on, where it changed its decision"
    )
    words: Words | None = None


class NewEvent(Asked):
    """Something else that happened, as a person says it."""

    kind: Literal["note", "correction", "retrait", "auteur_retabli", "cloture"] = Field(
        description="a note; what the provider was told to correct; that the notice is withdrawn; that the author complained and was right; the end"
    )
    at: Instant | None = Field(None, description=AT)
    words: Words = Field("", description="needed for note, correction and retrait")


class ComplaintRead(BaseModel):
    """A complaint, and what came of it."""

    id: str
    kind: Literal["interne", "hors_tribunal"]
    body: str | None
    filed_at: datetime
    received_at: datetime | None
    outcome: Outcome | None
    decided_at: datetime | None


class EventRead(BaseModel):
    """One event of a notice. None is ever changed."""

    number: int
    kind: Event
    at: datetime
    noted_at: datetime
    by: str = Field(description="a person's name, or what acted by itself")
    data: dict[str, Any]
    words: str | None = Field(description="null where there are none, or once they are erased")
