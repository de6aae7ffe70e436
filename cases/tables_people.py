"""The tables of who may do what: organisations, people, sessions, keys. No secret stands in them as it is given: digests only."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.tables import Base, Moment


class OrganisationRow(Base):
    """An association, an Order, an authority. What it declares itself to be decides what it may receive."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    capacity: Mapped[str] = mapped_column(String(32))  # legal capacity: a value of cases.people.CAPACITIES
    registration: Mapped[str | None] = mapped_column(String(32))  # SIREN or RNA
    quota: Mapped[int]  # submissions a day
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # cases.profiles.Profile: what it says of itself in notices and reports
    created_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class PersonRow(Base):
    """A person with an account. Never a person that content is about."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    login: Mapped[str] = mapped_column(String(254), unique=True)  # an e-mail address, lower case
    name: Mapped[str] = mapped_column(String(40))  # as decisions show it
    roles: Mapped[list[str]] = mapped_column(JSON)  # values of cases.people.ROLES
    password: Mapped[str | None] = mapped_column(String(200))  # argon2id, with its parameters
    totp_secret: Mapped[str | None] = mapped_column(String(200))  # encrypted with the console's secret
    totp_step: Mapped[int | None]  # the last time step whose code was taken: none is taken twice
    oidc_subject: Mapped[str | None] = mapped_column(String(400), unique=True)  # issuer and subject
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class SessionRow(Base):
    """A signed-in browser, by the SHA-256 of its token."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class TokenRow(Base):
    """A link that works once: an invitation, or a new password."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class KeyRow(Base):
    """A key for programs, shown once; it may do what its scopes say and its owner may do."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(16))  # what is shown of it later
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of a random secret of 256 bits
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class AttemptRow(Base):
    """Something that is counted to be limited, such as a sign-in that failed; removed when its window is over."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_subject_at", "subject", "at"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(80))  # what is limited, and a keyed hash of whom
    at: Mapped[datetime] = mapped_column(Moment)


class AnswerRow(Base):
    """What was answered to a request with an idempotency key, to answer the same again."""

    __tablename__ = "answers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of person, route and key
    request: Mapped[str] = mapped_column(String(64))  # SHA-256 of its body
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class SavedFilterRow(Base):
    """A search that a person keeps for the queue."""

    __tablename__ = "saved_filters"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    search: Mapped[str] = mapped_column(Text)  # as index.search_url writes it
    at: Mapped[datetime] = mapped_column(Moment)


class AliasRow(Base):
    """What the audit trail calls a document. Removed with it: the trail stays whole, and nobody can tell any more which document it spoke of."""

    __tablename__ = "aliases"

    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    alias: Mapped[str] = mapped_column(String(32), unique=True)  # random


class AuditRow(Base):
    """One action, chained to the one before: whoever changes or removes one breaks the chain. Never a text, never a name outside the house."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject_kind_subject_id", "subject_kind", "subject_id"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1, 2, 3 without a gap
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(80), index=True)  # id of a person, or what acted by itself
    action: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(512))
    details: Mapped[str] = mapped_column(Text)  # JSON in one spelling: what is hashed is what is stored
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
