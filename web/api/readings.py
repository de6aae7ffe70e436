"""Readings, decisions, claims and urgencies as programs send and get them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from cases.checking import MOST_QUOTES, Answer, Quote, Reading
from cases.decisions import MOST_REASON
from cases.urgencies import SERVICES, Service
from core.records import Marker, Qualification, Sha256
from web.api.submissions import Asked, Instant, Text

if TYPE_CHECKING:
    from cases.decisions import Decided


class Decision(BaseModel):
    """What was decided once. None is ever changed: a later one supersedes it, and undoing is a later row."""

    id: str
    qualification: Qualification | None = Field(description="null where the row undoes another")
    undoes: str | None = Field(description="id of the decision that it undoes")
    markers: list[Marker] = Field(description="that people confirm")
    exclusions: list[str] = Field(description="ids of the taxonomy that were ticked")
    reason: str
    campaign: str | None = Field(description="that it was decided for as a whole")
    taxonomy: str = Field(description="version of the guideline")
    text_sha256: str = Field(description="of the text that was read: a later text is to be read again")
    decided_by: str
    decided_at: datetime


class QuoteTaken(Asked):
    """A passage that shows a sign: ``text == document.text[start:end]`` of view=collected, in Unicode code points."""

    start: Annotated[int, Field(ge=0, le=2**31)]
    end: Annotated[int, Field(gt=0, le=2**31)]
    text: Annotated[str, Field(min_length=1, max_length=5000)]
    submarker: Annotated[str, Field(max_length=8)] | None = Field(None, description="the sign that it shows")


class NewReading(Asked):
    """What one person makes of one item. The rules are the console's: a sign that is present has a quote, an exclusion takes its marker away."""

    qualification: Qualification
    text_sha256: Sha256 = Field(description="of the text that was read, from view=collected: where it has changed meanwhile, nothing is written")
    reason: Annotated[Text, Field(min_length=1, max_length=MOST_REASON)]
    taxonomy: Annotated[str, Field(min_length=1, max_length=64)] = Field(description="version of the guideline that was read by, see /taxonomy")
    markers: Annotated[list[Marker], Field(max_length=3)] = Field(default_factory=list)
    submarkers: Annotated[dict[str, Answer], Field(max_length=100)] = Field(
        default_factory=dict, description="present, absent or incertain, by id; what is not named was not answered", examples=[{"A1": "present"}]
    )
    exclusions: Annotated[list[str], Field(max_length=100)] = Field(default_factory=list, description="ids of the taxonomy that apply")
    quotes: Annotated[list[QuoteTaken], Field(max_length=MOST_QUOTES)] = Field(default_factory=list)
    campaign: bool = Field(default=False, description="whether it serves every open document of the campaign, too")


class Settled(BaseModel):
    """What a reading led to."""

    state: Literal["decide", "seconde_lecture", "arbitrage"] = Field(
        description="decide: the decision stands; seconde_lecture: another person reads it too; arbitrage: two readings differ, a third decides"
    )
    documents: list[str] = Field(description="ids that were decided by it; none while it waits")
    skipped: list[str] = Field(description="ids of the campaign that were left as they are: decided, read before, or being read by others")
    note: str | None = Field(description="of an item whose right reading is known: what it was")
    urgency: str | None = Field(description="id of the urgency that is open now: call first, then close it with what was done")


class Withdrawal(Asked):
    """Why a reading is taken back."""

    reason: Annotated[Text, Field(min_length=1, max_length=MOST_REASON)]
    campaign: bool = Field(default=False, description="whether it is taken back of all documents that the same act served")


class Withdrawn(BaseModel):
    """What is open again."""

    documents: list[str] = Field(description="ids of which the reading was taken back")
    undone: list[str] = Field(description="of these, those that it had decided")


class ClaimRead(BaseModel):
    """A lease on an item. It ends by itself. Whether it is a first or a second reading is not told: that is what makes it blind."""

    document_id: str
    since: datetime
    until: datetime


class UrgencyRead(BaseModel):
    """Life in danger, or a child: open until a person says, with a time, what was done."""

    id: str
    document_id: str
    opened_at: datetime
    due_at: datetime = Field(description="an answer is overdue after it")
    closed_at: datetime | None
    overdue: bool
    called: list[Service] = Field(description="services that were called; empty until it is closed")


class UrgencyClosed(Asked):
    """What was done."""

    called: Annotated[list[Service], Field(min_length=1, max_length=len(SERVICES))] = Field(
        description="services that were called, or aucun alone", examples=[["17", "119"]]
    )
    action: Annotated[Text, Field(min_length=1, max_length=MOST_REASON)] = Field(description="what was done, without names")
    acted_at: Instant = Field(description="when, with its time zone")


def decision_of(row: Decided) -> Decision:
    """Of a row of the history."""
    return Decision.model_validate(row.model_dump(include=set(Decision.model_fields)))


def reading_of(asked: NewReading) -> Reading:
    """As cases/readings.py takes it."""
    quotes = tuple(Quote(**one.model_dump()) for one in asked.quotes)
    return Reading.model_validate({**asked.model_dump(exclude={"quotes", "campaign"}), "quotes": quotes})
