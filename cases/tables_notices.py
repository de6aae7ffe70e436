"""The tables of what leaves the house: notices, dossiers, sealed evidence, reports, and what the people concerned ask.

What the register needs for ever stands in columns of its own and holds no personal data; the words stand in ``content``, which an erasing empties.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.tables import Base, Moment


class NoticeRow(Base):
    """A notice (DSA art. 16) to one provider."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("(sent_at IS NULL) = (sent_by IS NULL)", name="sent_by_a_person"),
        Index("ix_notices_organisation_id_sent_at", "organisation_id", "sent_at"),
        Index("ix_notices_platform_sent_at", "platform", "sent_at"),
        Index("ix_notices_state_created_at", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    created_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))  # a value of core.records.NOTICE_STATES
    version: Mapped[int]  # of the content; rises with each change
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # cases.notice.Content; None once erased
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the content: what people sign
    # what the register keeps: numbers and words of ours
    platform: Mapped[str] = mapped_column(String(64))  # id of cases/platforms
    provider: Mapped[str] = mapped_column(String(255), default="")  # which one of a platform that many run: cases/providers.py
    items: Mapped[int]
    category: Mapped[str | None] = mapped_column(String(80))
    keyword: Mapped[str | None] = mapped_column(String(80))
    markers: Mapped[list[str]] = mapped_column(JSON)
    bases: Mapped[list[str]] = mapped_column(JSON)  # ids of cases/legal
    source_type: Mapped[str] = mapped_column(String(40))  # SOURCE_ARTICLE_16 or SOURCE_TRUSTED_FLAGGER
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str | None] = mapped_column(String(16))  # a value of cases.platforms.CHANNELS
    reference: Mapped[str | None] = mapped_column(Text)  # that the provider gave
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment)  # art. 16(4)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)  # art. 16(5)
    acted_at: Mapped[datetime | None] = mapped_column(Moment)
    redress_given: Mapped[bool | None]
    automated: Mapped[bool | None]  # the provider says that it decided by automated means, art. 16(6)
    overturned_at: Mapped[datetime | None] = mapped_column(Moment)  # its author's complaint was upheld
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class NoticeItemRow(Base):
    """One content item of a notice, and what the provider did about it."""

    __tablename__ = "notice_items"
    __table_args__ = (Index("ix_notice_items_document_id", "document_id"),)

    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)  # from 1
    document_id: Mapped[str | None] = mapped_column(String(512))  # None once it is erased
    campaign: Mapped[str | None] = mapped_column(String(512))
    action: Mapped[str | None] = mapped_column(String(32))  # a value of cases.notice.ACTIONS
    ground: Mapped[str | None] = mapped_column(String(8))  # loi, cgu
    scope: Mapped[str | None] = mapped_column(String(8))  # FR, EU, monde
    until: Mapped[datetime | None] = mapped_column(Moment)  # how long the measure lasts; None: without end, or not said


class SignatureRow(Base):
    """One person's signature under one version of a notice or a dossier. It does not hold for another version."""

    __tablename__ = "signatures"
    __table_args__ = (
        UniqueConstraint("subject_id", "digest", "person_id", name="uq_signatures_subject_id_digest_person_id"),
        Index("ix_signatures_subject_id", "subject_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(16))  # notice, dossier
    subject_id: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    gates: Mapped[list[str]] = mapped_column(JSON)  # sante, droit: looks that this person answers for
    statement: Mapped[str] = mapped_column(Text)  # the words that were signed, DSA art. 16(2)(d)
    interests: Mapped[str] = mapped_column(Text)  # declared; "aucun" where there are none
    at: Mapped[datetime] = mapped_column(Moment)
    seal: Mapped[str] = mapped_column(String(64))  # HMAC-SHA256 over all of it: a row written past the product is known
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class NoticeEventRow(Base):
    """What happened to a notice, in the order in which it was noted. Never changed."""

    __tablename__ = "notice_events"
    __table_args__ = (Index("ix_notice_events_notice_id_number", "notice_id", "number"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(64), unique=True)  # asking again under the same one changes nothing
    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id"))
    kind: Mapped[str] = mapped_column(String(24))  # a value of cases.notice.EVENTS
    at: Mapped[datetime] = mapped_column(Moment)  # when it happened
    noted_at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(40))  # id of a person, or what acted by itself
    data: Mapped[dict[str, Any]] = mapped_column(JSON)  # ids, counts, words of ours
    words: Mapped[str | None] = mapped_column(Text)  # what was answered or noted; None once erased


class SendingRow(Base):
    """A notice that a person confirmed is to be sent through a provider's API. A flow carries it out, never without that person."""

    __tablename__ = "sendings"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # of notice, digest and channel: nothing is sent twice
    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id"), index=True)
    position: Mapped[int]  # of the item: these interfaces take one at a time
    channel: Mapped[str] = mapped_column(String(16))
    confirmed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))  # attend, en_cours, partie, refusee, incertaine
    tries: Mapped[int] = mapped_column(default=0)
    taken_until: Mapped[datetime | None] = mapped_column(Moment)
    reference: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)  # why it was refused
    updated_at: Mapped[datetime] = mapped_column(Moment)


class ComplaintRow(Base):
    """A complaint against a provider's decision: inside (DSA art. 20) or out of court (art. 21)."""

    __tablename__ = "complaints"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("notices.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # interne, hors_tribunal
    body: Mapped[str | None] = mapped_column(String(200))  # out of court: which one
    text: Mapped[str | None] = mapped_column(Text)  # None once erased
    filed_at: Mapped[datetime] = mapped_column(Moment)
    filed_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    received_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(24))  # a value of cases.notice.OUTCOMES
    decided_at: Mapped[datetime | None] = mapped_column(Moment)


class DossierRow(Base):
    """A dossier for an authority: prosecutor, PHAROS, Miviludes, an Order, DGCCRF."""

    __tablename__ = "dossiers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(16))  # a value of cases.dossier.KINDS
    state: Mapped[str] = mapped_column(String(16))  # brouillon, signe, transmis, repondu, clos
    version: Mapped[int]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # None once erased
    annex: Mapped[bytes | None] = mapped_column(LargeBinary)  # identities, encrypted; None: there is none, or it is erased
    digest: Mapped[str] = mapped_column(String(64))
    items: Mapped[int]
    markers: Mapped[list[str]] = mapped_column(JSON)
    bases: Mapped[list[str]] = mapped_column(JSON)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    addressee: Mapped[str | None] = mapped_column(String(200))
    reference: Mapped[str | None] = mapped_column(Text)  # that the authority gave
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(24))
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class DossierItemRow(Base):
    """One content item of a dossier."""

    __tablename__ = "dossier_items"
    __table_args__ = (Index("ix_dossier_items_document_id", "document_id"),)

    dossier_id: Mapped[str] = mapped_column(ForeignKey("dossiers.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[str | None] = mapped_column(String(512))


class DutyRow(Base):
    """Art. 434-3 of the penal code: the question to an organisation, and the dated answer of one of its people, on one content."""

    __tablename__ = "duties"
    __table_args__ = (UniqueConstraint("document_id", "organisation_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(512))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    why: Mapped[str] = mapped_column(String(32))  # the flag or qualification that asks for it
    asked_at: Mapped[datetime] = mapped_column(Moment)
    answer: Mapped[str | None] = mapped_column(String(24))  # informe, deja_informe, pas_de_devoir
    reason: Mapped[str | None] = mapped_column(Text)
    informed_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


class BundleRow(Base):
    """Sealed evidence that a person asked for; a flow makes the file."""

    __tablename__ = "bundles"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(16))  # notice, dossier, document
    subject_id: Mapped[str] = mapped_column(String(512), index=True)
    asked_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))  # demandee, en_cours, faite, impossible, effacee
    reason: Mapped[str | None] = mapped_column(Text)
    taken_until: Mapped[datetime | None] = mapped_column(Moment)
    file: Mapped[str | None] = mapped_column(String(200))  # below data_dir
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]  # bytes
    tokens: Mapped[int | None]  # time stamps
    made_at: Mapped[datetime | None] = mapped_column(Moment)


class BundleItemRow(Base):
    """A document whose evidence a bundle holds."""

    __tablename__ = "bundle_items"
    __table_args__ = (Index("ix_bundle_items_document_id", "document_id"),)

    bundle_id: Mapped[str] = mapped_column(ForeignKey("bundles.id"), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)


class ReportRow(Base):
    """A report as it was made, with its figures: what was published can be shown again, and corrections are seen."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("kind", "organisation_id", "since", "until", "version", name="uq_reports_version"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))  # annuel_22_3, statistiques, article_34, tableau_annuel
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)  # the last day
    version: Mapped[int]
    changelog: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))  # of the figures
    made_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    read_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))  # who signs that it names nobody
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    published_at: Mapped[datetime | None] = mapped_column(Moment)


class InformationRow(Base):
    """GDPR art. 14 on what a notice or a dossier discloses: informed, deferred or excepted, with the reason."""

    __tablename__ = "informations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(16))  # notice, dossier
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    choice: Mapped[str] = mapped_column(String(24))  # informe, differe, exception_14_5_b
    reason: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(Moment)  # deferred: until when
    informed_at: Mapped[datetime | None] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(Moment)


class RequestRow(Base):
    """What a person concerned asks under the GDPR. What it names is removed from here when it is answered."""

    __tablename__ = "requests"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # acces, effacement, rectification, opposition
    subject: Mapped[str | None] = mapped_column(Text)  # addresses and accounts, one a line; None once answered
    received_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)  # one month, art. 12(3)
    noted_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    identity_checked: Mapped[str] = mapped_column(Text)  # how, in words; never a copy of a document
    state: Mapped[str] = mapped_column(String(16))  # recue, examinee, accordee, faite, refusee
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # counts by place
    examined_at: Mapped[datetime | None] = mapped_column(Moment)
    agreed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    agreed_at: Mapped[datetime | None] = mapped_column(Moment)
    kept: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)  # what must stay, and why
    proof: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # counts by place after, and its SHA-256
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    answer: Mapped[str | None] = mapped_column(Text)
