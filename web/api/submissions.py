"""Submissions as programs send and get them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from cases.following import LEAST_REASON, MOST_REASON, EventKind, Outcome, events
from cases.submission_text import LEAST_TEXT, MOST_NOTE, MOST_TEXT, MOST_TITLE
from cases.submissions import State, Submission, steps
from core.records import CaseStatus, Marker, Probability, Qualification
from core.records import Decision as Level
from web.refusals import refusal
from web.seen import seen

if TYPE_CHECKING:
    from core.taxonomy import Taxonomy
    from index.documents import Entry
    from web.console import Console

Text = Annotated[str, StringConstraints(strip_whitespace=True)]


def _is_written(value: Any) -> Any:
    if isinstance(value, str) and WRITTEN.match(value):
        return value
    raise ValueError("expected a date and a time with its zone, such as 2026-11-22T14:05:00+01:00")


WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d")  # pydantic takes numbers for seconds, too
Instant = Annotated[AwareDatetime, BeforeValidator(_is_written)]


class Asked(BaseModel):
    """What programs send: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


NONE: dict[str, Any] = {"type": "null"}
A_PAGE: dict[str, Any] = {
    "required": ["url"],
    "properties": {"url": {"type": "string"}, "text": NONE, "title": NONE, "seen_at": {"const": ""}, "public": {"const": False}},
}
A_TEXT: dict[str, Any] = {"required": ["text", "public"], "properties": {"text": {"type": "string"}, "url": NONE, "public": {"const": True}}}


class NewSubmission(Asked):
    """A page by its address, or a text that was public where a page cannot be fetched; one of the two."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [A_PAGE, A_TEXT]})

    url: Annotated[Text, Field(min_length=1, max_length=2000)] | None = Field(
        None, description="address of a public page, http or https", examples=["https://forum.example/sujet/12"]
    )
    text: Annotated[Text, Field(min_length=LEAST_TEXT, max_length=MOST_TEXT)] | None = Field(None, description="the text itself")
    title: Annotated[Text, Field(max_length=MOST_TITLE)] | None = Field(None, description="of the text")
    seen_at: Annotated[Text, Field(max_length=2000)] = Field(
        "", description="address of where the text was seen", examples=["https://salon.example/42"]
    )
    public: bool = Field(
        default=False, description="of a text: that everybody could read it; it must be true: what was written in private is not collected"
    )
    note: Annotated[Text, Field(max_length=MOST_NOTE)] = Field("", description="why, for the analysts; no names of private persons")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.url is None) == (self.text is None):
            raise ValueError("give url or text, one of the two")
        if self.url is not None and (self.title or self.seen_at or self.public):
            raise ValueError("title, seen_at and public belong to text; leave them out with url")
        if self.text is not None and not self.public:
            raise ValueError("public must be true with text: only what everybody could read may be submitted")
        return self


class Contested(Asked):
    """Why an organisation disagrees with what was decided."""

    reason: Annotated[Text, Field(min_length=LEAST_REASON, max_length=MOST_REASON)]


class ContestRead(BaseModel):
    """A contest, and its answer once there is one."""

    id: str
    submission_id: str
    at: datetime
    outcome: Outcome | None = Field(description="maintenue: the decision stands; revue: it was changed")
    answered_at: datetime | None


class Receipt(BaseModel):
    """A submission that was taken up, or found: an organisation has one for each page."""

    id: str
    state: State = Field(description="recue: waits; en_cours: is read; collectee: fetched; visible: scored and shown; ecartee: set aside, see reason")
    reason: str | None = Field(description="a stable word for why it was set aside, or why it waits", examples=["http_404"])
    explanation: str | None = Field(description="of what was set aside, in French, for people")
    url: str
    is_text: bool = Field(description="whether a text was given; then url leads nowhere")
    document_id: str = Field(description="of the document that it becomes, or joined; readable at /documents/{id} for who may read")
    created_at: datetime
    updated_at: datetime


class Submitted(Receipt):
    """A submission with what its submitter wrote."""

    title: str | None
    note: str


class Step(BaseModel):
    """When a submission came to a state."""

    state: State
    reason: str | None
    at: datetime


class Passage(BaseModel):
    """A passage of the text, and the signs that it may show, in French."""

    text: str
    signs: list[str]


class MarkerSeen(BaseModel):
    """What the model sees of one marker. It is about a content, never about a person."""

    id: Marker
    name: str = Field(description="in French")
    decision: Level = Field(description="rien, a_lire or alerte: what the model proposes; people decide")
    level: str = Field(description="the same in French", examples=["ressemblance à vérifier"])
    said: str = Field(description="one sentence in French, with what it does not mean")
    score: Probability | None = Field(description="probability; null where the model said nothing")
    evidence: list[Passage]


class FlagSeen(BaseModel):
    """A transversal sign, in French."""

    name: str
    definition: str


class Seen(BaseModel):
    """What Vigie sees in the content."""

    markers: list[MarkerSeen]
    flags: list[FlagSeen]
    stance: str | None = Field(description="how the text speaks, in French, where that changes how it is to be understood")
    urgent: bool = Field(description="whether a life may be in danger: call 15, 17, 112, 119 or 3114; Vigie calls nobody")


class Ruling(BaseModel):
    """What people decided, as it stands."""

    status: CaseStatus
    qualification: Qualification | None
    decided_at: datetime | None


class Happening(BaseModel):
    """Something that happened to it, in French."""

    at: datetime
    kind: EventKind
    text: str


class SubmissionInFull(Submitted):
    """A submission with all that its organisation may know of it."""

    steps: list[Step]
    seen: Seen | None = Field(description="null until it is visible")
    decision: Ruling | None = Field(description="null until it is visible")
    events: list[Happening]


def receipt(found: Submission) -> Receipt:
    """Of a row, without what its submitter wrote."""
    return Receipt.model_validate(_fields(found, Receipt))


def submitted(found: Submission) -> Submitted:
    """Of a row."""
    return Submitted.model_validate(_fields(found, Submitted))


def in_full(console: Console, found: Submission) -> SubmissionInFull:
    """All that its organisation may know: what Vigie sees in it and what people decided, once it is visible."""
    entry = console.index.get(found.document_id) if found.state == "visible" else None
    return SubmissionInFull(
        **_fields(found, Submitted),
        steps=[Step(state=one.state, reason=one.reason, at=one.at) for one in steps(console.database, found.id)],
        seen=_seen_in(entry, console.taxonomy) if entry else None,
        decision=Ruling(status=entry["status"], qualification=entry["qualification"], decided_at=entry["decided_at"]) if entry else None,
        events=[Happening(at=one.at, kind=one.kind, text=one.text) for one in events(console.database, found)],
    )


def _fields(found: Submission, shape: type[Receipt]) -> dict[str, Any]:
    said = refusal("text" if found.is_text else "page", found.reason).said if found.state == "ecartee" else None
    return {**found.model_dump(include=set(shape.model_fields)), "is_text": found.is_text, "explanation": said}


def _seen_in(entry: Entry, taxonomy: Taxonomy) -> Seen:
    """As the page of the submission says it."""
    found = seen(entry, taxonomy)
    markers = [
        MarkerSeen(
            id=one.id, name=one.name, decision=one.decision, level=one.level, said=one.said, score=entry[f"score_{one.id}"],
            evidence=[Passage(text=quote.text, signs=list(quote.signs)) for quote in one.quotes],
        )
        for one in found.markers
    ]  # fmt: skip
    flags = [FlagSeen(name=flag.name, definition=flag.definition) for flag in found.flags]
    return Seen(markers=markers, flags=flags, stance=found.stance, urgent=found.urgent)
