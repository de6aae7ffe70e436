"""The tables of the work: submissions, claims, readings, adjudications, urgencies, contests, opt-outs. About content, never persons."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.tables import Base, Moment


class SubmissionRow(Base):
    """Something that an organisation asks to be looked at. A row that a flow picks up."""

    __tablename__ = "submissions"
    __table_args__ = (
        Index("ix_submissions_organisation_id_created_at", "organisation_id", "created_at"),
        Index("ix_submissions_state_created_at", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    url: Mapped[str] = mapped_column(Text)  # canonical; of a text that was given: an address that leads nowhere
    given: Mapped[str] = mapped_column(Text)  # the address as it was given
    title: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)  # given instead of a page; removed once it is in the archive
    note: Mapped[str] = mapped_column(Text)  # why, for the analysts
    document_id: Mapped[str] = mapped_column(String(512), index=True)
    state: Mapped[str] = mapped_column(String(16))  # a value of cases.submissions.STATES
    reason: Mapped[str | None] = mapped_column(String(64))  # why it could not be read: a word of crawlers/reasons.yml
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    taken_until: Mapped[datetime | None] = mapped_column(Moment)  # by a worker; who died is waited for until then
    tries: Mapped[int] = mapped_column(default=0)


class SubmissionStepRow(Base):
    """When a submission came to a state."""

    __tablename__ = "submission_steps"

    number: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    act: Mapped[str | None] = mapped_column(String(64))  # of the caller who asked for it: asking again under the same one changes nothing


class ContestRow(Base):
    """An organisation that disagrees with what was decided on what it submitted, and the answer."""

    __tablename__ = "contests"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    document_id: Mapped[str] = mapped_column(String(512), index=True)
    decision_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(16))  # maintenue, revue
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


class LinkRow(Base):
    """The number that links to one thing carry; it rises when they are withdrawn. None: no link was ever withdrawn."""

    __tablename__ = "links"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)  # what they open
    number: Mapped[int]


class ClaimRow(Base):
    """Who reads an item now; ends by itself."""

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("document_id", "seat", name="uq_claims_document_id_seat"),)

    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    seat: Mapped[str] = mapped_column(String(16))  # a value of cases.progress.SEATS
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)


class DeclinedRow(Base):
    """An item that a person would rather not read. Nobody else is shown it, and no reason is asked."""

    __tablename__ = "declined"

    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


class ReviewRow(Base):
    """One reading of one item by one person, kept as it was made also when it is withdrawn or another one decides."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_document_id_number", "document_id", "number"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    act: Mapped[str] = mapped_column(String(64), index=True)
    document_id: Mapped[str] = mapped_column(String(512))
    content_sha256: Mapped[str] = mapped_column(String(64))
    text_sha256: Mapped[str] = mapped_column(String(64))
    campaign: Mapped[str | None] = mapped_column(String(512))
    seat: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    qualification: Mapped[str] = mapped_column(String(32))
    markers: Mapped[list[str]] = mapped_column(JSON)
    submarkers: Mapped[dict[str, str]] = mapped_column(JSON)  # id: present, absent, incertain
    exclusions: Mapped[list[str]] = mapped_column(JSON)
    quotes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # start, end, text, submarker
    reason: Mapped[str] = mapped_column(Text)
    lane: Mapped[str | None] = mapped_column(String(32))
    stratum: Mapped[str | None] = mapped_column(String(64))
    inclusion: Mapped[float | None] = mapped_column(Double)
    taxonomy: Mapped[str] = mapped_column(String(64))
    distressing: Mapped[bool]  # for the reader's own count of the day; shown to nobody else
    at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class AdjudicationRow(Base):
    """How two readings that differ became one decision; both stay."""

    __tablename__ = "adjudications"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    act: Mapped[str] = mapped_column(String(64), index=True)  # of the decision
    document_id: Mapped[str] = mapped_column(String(512), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reviews: Mapped[list[str]] = mapped_column(JSON)  # ids
    at: Mapped[datetime] = mapped_column(Moment)


class UrgencyRow(Base):
    """Life in danger, or a child: open until a person says, with a time, what was done."""

    __tablename__ = "urgencies"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(512), index=True)
    opened_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    called: Mapped[list[str]] = mapped_column(JSON)  # services
    action: Mapped[str | None] = mapped_column(Text)
    acted_at: Mapped[datetime | None] = mapped_column(Moment)  # when they were called, as the person says
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class GoldenRow(Base):
    """An item whose right reading is known, mixed into the queue to see how people read."""

    __tablename__ = "golden"

    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    qualification: Mapped[str] = mapped_column(String(32))
    submarkers: Mapped[dict[str, str]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text)  # shown after the reading
    set_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)


class CommentRow(Base):
    """What people who read an item say to each other about it."""

    __tablename__ = "comments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(512), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class OptOutRow(Base):
    """A wish not to be read any more, until a flow has carried it out. What it names is removed from here then."""

    __tablename__ = "opt_outs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    wish: Mapped[str | None] = mapped_column(Text)  # an address, or platform and account; None once it is done
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    covered: Mapped[int | None]  # documents that would go; None until a flow has looked
    open_cases: Mapped[int | None]  # of these, with an open case or a notice
    examined_at: Mapped[datetime | None] = mapped_column(Moment)
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))  # of two people, where an open case would lose its evidence
    agreed_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(16))  # a value of cases.optouts.OUTCOMES
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    result: Mapped[str | None] = mapped_column(Text)  # counts as JSON, or why it was refused


class IdentificationRow(Base):
    """A question whether an account that is named is the author of an item. Two people ask it; the name is not kept."""

    __tablename__ = "identifications"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(512), index=True)
    candidate: Mapped[str] = mapped_column(String(64))  # pseudonym of the account that was named
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    refused_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    matches: Mapped[bool | None]
