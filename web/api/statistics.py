"""Counts and agreement, as programs get them. Nothing here names a person, a document or an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from cases import fairness, overview
from index.queries import Query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cases.people import Actor
    from web.console import Console

COUNTED = ("status", "qualification", "decision", "markers", "flags", "kind", "platform", "language", "source", "model")


class AgreementRead(BaseModel):
    """How alike two people read blind, with intervals at 95 %; null where nothing varies, or too little was read."""

    code: str = Field(description="qualification, a marker, or a sub-marker", examples=["A1"])
    kind: Literal["qualification", "marqueur", "sous_marqueur"]
    items: int = Field(description="items with two answers: below 30 conclude nothing")
    alike: int
    kappa: float | None = Field(description="Cohen's, -1 to 1")
    kappa_low: float | None
    kappa_high: float | None
    alpha: float | None = Field(description="Krippendorff's, -1 to 1")
    alpha_low: float | None
    alpha_high: float | None


class Statistics(BaseModel):
    """Where things stand."""

    documents: int = Field(description="in the index")
    by: dict[str, dict[str, int]] = Field(
        description="documents by field and value, the 50 most frequent of each", examples=[{"status": {"decide": 12}}]
    )
    submissions: dict[str, int] = Field(description="of the key's own organisation, by state")
    false_positives: int = Field(description="that the scores flagged and people found to be out of scope, since `since`")
    agreement: list[AgreementRead]


def statistics(console: Console, actor: Actor, *, since: datetime | None) -> Statistics:
    """Of the whole house, submissions of the own organisation alone."""
    everything = Query()
    facets = console.index.facets(everything, COUNTED, size=50)
    return Statistics(
        documents=console.index.search(everything.model_copy(update={"size": 1})).total,
        by={name: dict(counts) for name, counts in facets.items()},
        submissions=overview.submission_states(console.database, organisation_id=actor.organisation_id),
        false_positives=len(fairness.false_positives(console.database, since=since)),
        agreement=_agreement(fairness.agreement(console.database, since=since, taxonomy=console.taxonomy)),
    )


def _agreement(found: Sequence[fairness.Agreement]) -> list[AgreementRead]:
    return [AgreementRead.model_validate(one.model_dump(include=set(AgreementRead.model_fields))) for one in found]
