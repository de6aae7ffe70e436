"""Notices as programs send and get them. Answers to acts hold ids and states: what was collected is read by GET alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field

from cases import informing
from cases.decisions import MOST_REASON
from cases.informing import Choice
from cases.legal import load_legal
from cases.notice import MOST_ITEMS, Content, Measure, Quoted, Recipient
from cases.notice_following import timers
from cases.notice_signing import readiness
from cases.notices import Notice, problems
from cases.platforms import Channel
from cases.signing import MOST_INTERESTS, STATEMENT
from core.records import Marker, NoticeState, Sha256
from web.api.submissions import Asked, Instant, Text
from web.noticing.documents import service_of

if TYPE_CHECKING:
    from cases.people import Actor
    from web.console import Console

Id = Annotated[str, Field(min_length=1, max_length=512)]
Long = Annotated[Text, Field(max_length=2000)]
Gate = Literal["sante", "droit"]
VERSION = "version that was read: where the notice is at another one, nothing is changed"
DIGEST = "SHA-256 of the content that was read, from GET /notices/{notice_id}: for another one, nothing is done"


class NewNotice(Asked):
    """The content items of a draft: of one provider, each decided as illicite_presume or urgence by two people."""

    documents: Annotated[list[Id], Field(min_length=1, max_length=MOST_ITEMS)]
    platform: Annotated[str, Field(max_length=64)] | None = Field(None, description="id of a service; by default that of the items' hosts")


class ElementTaken(Asked):
    """What shows one element of a legal basis."""

    basis: Annotated[str, Field(max_length=64)]
    element: Annotated[str, Field(max_length=64)]
    says: Long = ""
    quotes: Annotated[list[Quoted], Field(max_length=50)] = Field(
        default_factory=list, description="passages that readers quoted; parts may be masked with [...], nothing else is changed"
    )


class WeighedTaken(Asked):
    """An exclusion, or an exception of the law as ``basis/exclusion``, and why it does not apply."""

    exclusion: Annotated[str, Field(max_length=130)]
    why: Annotated[Text, Field(min_length=1, max_length=2000)]


class NoticeChanges(Asked):
    """Fields to write anew; what is left out stays. Signatures under what was there before fall."""

    version: Annotated[int, Field(ge=1)] = Field(description=VERSION)
    items: Annotated[list[Id], Field(min_length=1, max_length=MOST_ITEMS)] | None = Field(None, description="all its documents, in their order")
    bases: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=20)] | None = None
    elements: Annotated[list[ElementTaken], Field(max_length=200)] | None = None
    weighed: Annotated[list[WeighedTaken], Field(max_length=100)] | None = None
    category: Annotated[str, Field(max_length=80)] | None = None
    keyword: Annotated[str, Field(max_length=80)] | None = None
    keyword_other: Annotated[Text, Field(max_length=500)] | None = None
    explanation: Long | None = None
    summary_en: Long | None = None
    measure: Measure | None = None
    art18: bool | None = None
    art18_why: Long | None = None
    victims: Literal["aucune", "masquees"] | None = None
    confidential: bool | None = None
    recipient: Recipient | None = Field(None, description="who runs a service that Vigie does not know")

    @property
    def fields(self) -> dict[str, Any]:
        """Those that were sent."""
        return {name: value for name, value in self.model_dump(exclude_unset=True, exclude={"version"}).items() if value is not None}


class NewSignature(Asked):
    """A signature of the key's owner. Two different people sign; two keys of one person are one person."""

    digest: Sha256 = Field(description=DIGEST)
    statement: Annotated[str, Field(max_length=1000)] = Field(description="the exact words of `statement`, which the signer has read")
    interests: Annotated[Text, Field(min_length=1, max_length=MOST_INTERESTS)] = Field(description="declared; aucun where there are none")
    gates: Annotated[list[Gate], Field(max_length=2)] = Field(default_factory=list, description="looks that the signer answers for, by role")


class NewInformation(Asked):
    """GDPR art. 14: a person's choice on informing the people whose data the notice discloses. The last one counts, whatever the version."""

    choice: Choice = Field(description="informe: they were told; differe: later, by due_at; exception_14_5_b: not, and why")
    reason: Annotated[Text, Field(min_length=1, max_length=MOST_REASON)] = Field(description="why, or how they were told; no name")
    informed_at: Instant | None = Field(None, description="of informe: when")
    due_at: Instant | None = Field(None, description="of differe: until when")


class SendingConfirmed(Asked):
    """A person confirms that a signed notice leaves through the provider's interface now."""

    digest: Sha256 = Field(description=DIGEST)
    channel: Channel


class MarkedSent(Asked):
    """A person says that they sent a signed notice themselves."""

    digest: Sha256 = Field(description=DIGEST)
    channel: Channel
    sent_at: Instant | None = Field(None, description="when; by default now")
    reference: Annotated[Text, Field(max_length=200)] | None = Field(None, description="that the provider gave")


class NoticeReceipt(BaseModel):
    """How a notice stands after an act."""

    id: str
    state: NoticeState
    version: int
    digest: str
    missing: int = Field(description="things that keep it from being signed; GET /notices/{notice_id} names them")
    signatures_missing: int
    open_gates: list[Gate] = Field(description="looks that nobody answers for yet")
    informing_missing: list[Literal["choix_absent", "echeance_passee"]] = Field(
        description="the choice on informing people (GDPR art. 14) that keeps it from leaving: none made, or its date is over"
    )


class NoticeLine(BaseModel):
    """A notice in a list: numbers and words, no text."""

    id: str
    state: NoticeState
    version: int
    digest: str
    platform: str
    service: str
    items: int
    markers: list[Marker]
    bases: list[str]
    category: str | None
    keyword: str | None
    created_at: datetime
    sent_at: datetime | None
    channel: str | None
    reference: str | None
    acknowledged_at: datetime | None
    decided_at: datetime | None
    acted_at: datetime | None
    closed_at: datetime | None


class ProblemRead(BaseModel):
    """Something that keeps a notice from being signed."""

    code: str
    field: str
    says: str = Field(description="in French")


class SignatureRead(BaseModel):
    """A signature that was given."""

    by: str
    at: datetime
    version: int
    gates: list[Gate]
    interests: str
    withdrawn_at: datetime | None
    counts: bool = Field(description="under the version that stands, sealed, of an account that may still sign")


class ItemRead(BaseModel):
    """One content item, and what the provider did about it."""

    position: int
    document_id: str | None
    action: str | None
    ground: str | None
    scope: str | None
    until: datetime | None


class InformationRead(BaseModel):
    """The choice on informing the people concerned (GDPR art. 14) that stands."""

    choice: Choice
    reason: str
    informed_at: datetime | None
    due_at: datetime | None
    by: str
    at: datetime


class TimerRead(BaseModel):
    """A date that matters."""

    kind: str
    due_at: datetime
    says: str = Field(description="in French")


class LawRead(BaseModel):
    """A legal basis that is cited, with what it asks. To be checked by a lawyer."""

    id: str
    article: str
    status: Literal["lu", "non_verifie"]
    in_force_on: str | None = Field(description="day of the copy that was read")
    checked_on: str | None = Field(description="day on which a lawyer checked it")
    standalone: bool = Field(description="enough for a notice that rests on nothing else")
    elements: dict[str, str] = Field(description="by id: what is asked")
    exclusions: dict[str, str] = Field(description="by id as it is weighed: its name")


class NoticeInFull(NoticeLine):
    """All of it."""

    content: Content | None = Field(description="null once it is erased")
    outcomes: list[ItemRead]
    redress_given: bool | None
    automated: bool | None
    problems: list[ProblemRead]
    laws: list[LawRead]
    statement: str = Field(description="what a signer declares, word for word")
    signatures: list[SignatureRead]
    signatures_missing: int
    gates: list[Gate] = Field(description="looks that it asks for")
    open_gates: list[Gate]
    cautions: list[str] = Field(description="in French: what no database can settle about two signatures")
    timers: list[TimerRead]
    information: InformationRead | None = Field(description="null while nobody has chosen")
    informing_missing: list[str] = Field(description="in French: what keeps it from leaving")


def line(notice: Notice) -> dict[str, Any]:
    """Of a list."""
    said = {name: getattr(notice, name) for name in NoticeLine.model_fields if name not in ("service", "items")}
    return {**said, "service": service_of(notice), "items": len(notice.items)}


def in_full(console: Console, notice: Notice, actor: Actor, *, now: datetime) -> NoticeInFull:
    """Everything that this organisation may know of it. Raises Unavailable, ConfigError."""
    state = readiness(console.database, notice.id, actor=actor, secret=console.secret)
    open_case = notice.sent_at is None and notice.content is not None
    found = problems(console.database, notice) if open_case else ()
    told = informing.informations(console.database, "notice", notice.id, actor=actor)
    return NoticeInFull.model_validate(
        {
            **line(notice), "content": notice.content, "redress_given": notice.redress_given, "automated": notice.automated,
            "outcomes": [one.model_dump(include=set(ItemRead.model_fields)) for one in notice.items],
            "problems": [one.model_dump() for one in found], "laws": [law(name) for name in notice.bases], "statement": STATEMENT,
            "signatures": [
                {**one.model_dump(include=set(SignatureRead.model_fields)), "counts": one.current and one.person_id in state.signers}
                for one in notice.signatures
            ],
            "signatures_missing": state.missing, "gates": state.gates, "open_gates": state.open_gates, "cautions": state.cautions,
            "timers": [one._asdict() if hasattr(one, "_asdict") else one.model_dump() for one in timers(notice, now)],
            "information": told[0].model_dump(include=set(InformationRead.model_fields)) if told else None,
            "informing_missing": [one.says for one in informing.missing(console.database, "notice", notice.id, now=now)],
        }
    )  # fmt: skip


def law(name: str) -> dict[str, Any]:
    """A legal basis, with what it asks."""
    basis = load_legal().basis(name)
    return {
        "id": basis.id, "article": basis.article, "status": basis.status, "standalone": basis.standalone,
        "in_force_on": basis.in_force_on and basis.in_force_on.isoformat(), "checked_on": basis.checked_on and basis.checked_on.isoformat(),
        "elements": {one.id: one.asks for one in basis.elements}, "exclusions": {f"{basis.id}/{one.id}": one.name for one in basis.exclusions},
    }  # fmt: skip


def receipt(console: Console, notice: Notice, actor: Actor) -> NoticeReceipt:
    """How it stands. Raises Unavailable, ConfigError."""
    state = readiness(console.database, notice.id, actor=actor, secret=console.secret)
    said = {name: getattr(notice, name) for name in ("id", "state", "version", "digest")}
    number = len(problems(console.database, notice)) if notice.sent_at is None and notice.content else 0
    untold = [one.code for one in informing.missing(console.database, "notice", notice.id)]
    left = {"missing": number, "signatures_missing": state.missing, "open_gates": state.open_gates, "informing_missing": untold}
    return NoticeReceipt.model_validate({**said, **left})
