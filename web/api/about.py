"""What the API says of itself, of a key, and of the taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from cases.people import Role, Scope
from core.records import Marker, Probability

if TYPE_CHECKING:
    from core.taxonomy import Taxonomy


class Me(BaseModel):
    """What a key may do: what its scopes say and its owner's roles allow."""

    person_id: str
    name: str
    organisation_id: str
    roles: list[Role]
    key_id: str
    scopes: list[Scope]


class Health(BaseModel):
    """Whether the server answers; no more is told to strangers."""

    status: Literal["ok"] = "ok"


class Excluded(BaseModel):
    """Why a text that looks like a marker is none; in French."""

    id: str
    name: str
    definition: str


class Observable(BaseModel):
    """A sub-marker: one observable sign; in French."""

    id: str = Field(examples=["A1"])
    key: str
    name: str
    definition: str
    severity: Probability
    gate: list[Literal["sante", "droit"]] = Field(description="who must look before anything is sent")
    min_items: int = Field(description="dated items that it takes")


class MarkerOfTaxonomy(BaseModel):
    """A marker with its sub-markers and what excludes it; in French."""

    id: Marker
    name: str
    definition: str
    rule: str
    submarkers: list[Observable]
    exclusions: list[Excluded]


class FlagOfTaxonomy(BaseModel):
    """A transversal sign; in French."""

    id: str = Field(examples=["T7"])
    key: str
    name: str
    definition: str
    note: str = Field(description="what to do")


class TaxonomyRead(BaseModel):
    """The guideline that people read by. A reading names its version."""

    version: str
    markers: list[MarkerOfTaxonomy]
    flags: list[FlagOfTaxonomy]


def taxonomy_read(taxonomy: Taxonomy) -> TaxonomyRead:
    """What of the taxonomy a program needs: legal bases, rules and examples stay in its files."""
    return TaxonomyRead.model_validate(taxonomy, from_attributes=True)
