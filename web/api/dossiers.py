"""Dossiers as programs send and get them. Identities are not for programs: the sealed annex is opened on its page, by a person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field

from cases import dossier_leaving, dossiers, duties
from cases.checking import Answer
from cases.dossier import LEFT, MOST_FACTS, Dated, Kind, Outcome, State
from cases.dossier_kinds import KindSpec, load_grids
from cases.dossier_reasons import load_setting
from cases.dossier_rules import gates_of
from cases.notice import MOST_ITEMS, Quoted
from cases.signing import DOSSIER_STATEMENT
from core.records import Sha256
from web.api.notices import DIGEST, Gate, ProblemRead, SignatureRead
from web.api.submissions import Asked, Instant, Text
from web.referring.documents import signers

if TYPE_CHECKING:
    from cases.dossiers import Dossier
    from cases.people import Actor
    from web.console import Console

Id = Annotated[str, Field(min_length=1, max_length=512)]
Key = Annotated[str, Field(max_length=100)]
Long = Annotated[Text, Field(max_length=2000)]


class NewDossier(Asked):
    """The contents of a draft, and for whom it is."""

    kind: Kind
    documents: Annotated[list[Id], Field(min_length=1, max_length=MOST_ITEMS)]


class FactTaken(Asked):
    """One thing that happened. `item`: number of the content that shows it, from 1; null for what somebody told (`rapporte`)."""

    at: Instant
    dated: Dated
    says: Annotated[Text, Field(min_length=1, max_length=2000)]
    item: Annotated[int, Field(ge=1, le=MOST_ITEMS)] | None = None
    quotes: Annotated[list[Quoted], Field(max_length=100)] = Field(default_factory=list, description="only passages that readers took")


class DossierElement(Asked):
    """What shows one element of a legal basis, or that nothing does."""

    basis: Key
    element: Key
    says: Long
    quotes: Annotated[list[Quoted], Field(max_length=100)] = Field(default_factory=list)


class DossierWeighed(Asked):
    """An exclusion, and why it does not apply."""

    exclusion: Annotated[str, Field(max_length=140)]
    why: Long


class CriterionTaken(Asked):
    """One criterion of the Miviludes' grids. A present one says what shows it; nothing is ever concluded from them."""

    answer: Answer
    evidence: Long = ""


class DossierChanges(Asked):
    """Fields to write anew; what is left out stays. Signatures under what was there before fall."""

    version: Annotated[int, Field(ge=1)] = Field(description="version that was read: where the dossier is at another one, nothing is changed")
    facts: Annotated[list[FactTaken], Field(max_length=MOST_FACTS)] | None = None
    bases: Annotated[list[Key], Field(max_length=20)] | None = None
    elements: Annotated[list[DossierElement], Field(max_length=200)] | None = None
    weighed: Annotated[list[DossierWeighed], Field(max_length=100)] | None = None
    exculpatory: Long | None = Field(None, description="what speaks for the author; néant where nothing was found")
    fields: Annotated[dict[Key, Long], Field(max_length=40)] | None = None
    gates: Annotated[dict[Key, Literal["oui", "non"]], Field(max_length=20)] | None = None
    criteria: Annotated[dict[Key, CriterionTaken], Field(max_length=40)] | None = None
    addressee: Key | None = None
    addressee_name: Annotated[Text, Field(max_length=150)] | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Those that were sent."""
        return {name: value for name, value in self.model_dump(mode="json", exclude_unset=True, exclude={"version"}).items() if value is not None}


class HandedOver(Asked):
    """A person says that they handed the signed dossier over themselves. Vigie sends nothing."""

    digest: Sha256 = Field(description=DIGEST)
    sent_at: Instant
    reference: Annotated[Text, Field(max_length=200)] = ""
    informs: Long = Field("", description="of a dossier for the prosecutor: why this is the dated answer to art. 434-3 on its contents")


class DossierAnswered(Asked):
    """What the authority answered."""

    outcome: Outcome
    answered_at: Instant
    reference: Annotated[Text, Field(max_length=200)] = ""


class DossierReceipt(BaseModel):
    """How a dossier stands after an act."""

    id: str
    kind: Kind
    state: State
    version: int
    digest: str
    missing: int = Field(description="things that keep it from being handed over; GET /dossiers/{dossier_id} names them")
    signatures_missing: int
    open_gates: list[Gate] = Field(description="looks that nobody answers for yet")


class DossierLine(BaseModel):
    """A dossier in a list: numbers and words, no text."""

    id: str
    kind: Kind
    state: State
    version: int
    digest: str
    items: int
    markers: list[str]
    bases: list[str]
    annex: bool = Field(description="whether identities are sealed beside it; they are not for programs")
    created_at: datetime
    sent_at: datetime | None
    addressee: str | None
    reference: str | None
    answered_at: datetime | None
    outcome: Outcome | None
    closed_at: datetime | None


class DutyRead(BaseModel):
    """The question of art. 434-3 on one of its contents. It is answered on the page of duties, by a person."""

    document_id: str
    why: str
    asked_at: datetime
    answer: duties.Answer | None
    informed_at: datetime | None
    answered_at: datetime | None


class DossierInFull(DossierLine):
    """All of it but the annex."""

    content: dict[str, Any] | None = Field(description="as cases/dossier.py has it; null once it is erased")
    problems: list[ProblemRead]
    duties: list[DutyRead]
    statement: str = Field(description="what a signer declares, word for word")
    signatures: list[SignatureRead]
    signatures_missing: int
    gates: list[Gate] = Field(description="looks that it asks for")
    open_gates: list[Gate]


class DossierKind(BaseModel):
    """What a kind asks for: fields, gates, addressees; of the Miviludes, the criteria whose wording was read."""

    kind: KindSpec
    criteria: dict[str, str]


def kind_read(spec: KindSpec) -> DossierKind:
    """Of the list of kinds."""
    return DossierKind(kind=spec, criteria={one.id: one.name for grid in load_grids() for one in grid.criteria} if spec.criteria else {})


def line(dossier: Dossier) -> dict[str, Any]:
    """Of a list."""
    return {name: getattr(dossier, name) for name in DossierLine.model_fields}


def in_full(console: Console, dossier: Dossier, actor: Actor) -> DossierInFull:
    """Everything that a program of this organisation may know of it. Raises Unavailable, ConfigError."""
    content, people, gates = dossier.content, 0, tuple[str, ...]()
    if content:
        people, gates = dossier_leaving.missing(console.database, dossier.id, actor=actor, secret=console.secret)
    counting = {one.id for one in signers(console, dossier, actor)}
    given = dossier_leaving.signatures(console.database, dossier.id, actor=actor)
    held = duties.of_documents(console.database, [item.document_id for item in content.items], actor=actor).values() if content else ()
    said = {
        **line(dossier),
        "content": content.model_dump(mode="json") if content else None,
        "problems": [one.model_dump() for one in dossiers.problems(console.database, dossier)] if content and dossier.state not in LEFT else [],
        "duties": [one.model_dump(include=set(DutyRead.model_fields)) for one in held],
        "statement": DOSSIER_STATEMENT,
        "signatures": [{**one.model_dump(include=set(SignatureRead.model_fields)), "counts": one.id in counting} for one in given],
        "signatures_missing": people,
        "gates": gates_of(content, load_setting()) if content else (),
        "open_gates": gates,
    }
    return DossierInFull.model_validate(said)


def receipt(console: Console, dossier: Dossier, actor: Actor) -> DossierReceipt:
    """How it stands. Raises Unavailable, ConfigError."""
    people, gates = dossier_leaving.missing(console.database, dossier.id, actor=actor, secret=console.secret)
    said = {name: getattr(dossier, name) for name in ("id", "kind", "state", "version", "digest")}
    number = 0 if dossier.state in LEFT else len(dossiers.problems(console.database, dossier))
    return DossierReceipt.model_validate({**said, "missing": number, "signatures_missing": people, "open_gates": gates})
