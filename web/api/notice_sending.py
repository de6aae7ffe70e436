"""The items of a notice on their way through a provider's interface, as programs get them, and what a person says of one that is uncertain."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from cases.notice_sending import MOST_REFERENCE, State
from web.api.submissions import Asked, Text


class SendingRead(BaseModel):
    """One item on its way."""

    id: str
    position: int
    channel: str
    state: State = Field(description="attend, en_cours: the worker has it; partie: it has left; refusee: it has not; incertaine: a person must look")
    confirmed_at: datetime
    tries: int
    reference: str | None
    reason: str | None = Field(description="in French")
    updated_at: datetime


class SendingOutcome(Asked):
    """What a person found with the provider."""

    arrived: bool = Field(description="whether the provider has it; where it has not, it may be confirmed again")
    reference: Annotated[Text, Field(max_length=MOST_REFERENCE)] | None = Field(None, description="that the provider gave")
