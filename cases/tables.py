"""The tables of the case database. A change here needs its step in migrations/versions; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, DateTime, Double, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class Moment(TypeDecorator[datetime]):
    """A time with its zone; SQLite keeps none, so that all are kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raises ValueError for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"time {value} has no time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Constraints have names, so that a later step can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class DecisionRow(Base):
    """What one person decided on one content item, or that an earlier decision is undone. Never changed; the last one stands."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("(undoes IS NULL) = (qualification IS NOT NULL)", name="decides_or_undoes"),
        Index("ix_decisions_document_number", "document_id", "number"),
        {"sqlite_autoincrement": True},  # a number is never given twice: cursors count by it
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    act: Mapped[str] = mapped_column(String(64), index=True)  # shared by the rows that one action of one person made
    document_id: Mapped[str] = mapped_column(String(512))
    content_sha256: Mapped[str] = mapped_column(String(64))  # of the version that was read
    text_sha256: Mapped[str] = mapped_column(String(64))  # of its title and text alone: amounts change every day
    campaign: Mapped[str | None] = mapped_column(String(512))  # that the decision was made for as a whole
    qualification: Mapped[str | None] = mapped_column(String(32))
    undoes: Mapped[str | None] = mapped_column(ForeignKey("decisions.id"), unique=True)
    markers: Mapped[list[str]] = mapped_column(JSON)
    exclusions: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    lane: Mapped[str | None] = mapped_column(String(32))
    stratum: Mapped[str | None] = mapped_column(String(64))
    inclusion: Mapped[float | None] = mapped_column(Double)  # probability with which it came into the queue
    taxonomy: Mapped[str] = mapped_column(String(64))  # version of the guideline
    decided_by: Mapped[str] = mapped_column(String(40))
    decided_at: Mapped[datetime] = mapped_column(Moment)


class ProjectionRow(Base):
    """Up to which decision an index shows them."""

    __tablename__ = "projections"

    index_identity: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int]


class IdentityRow(Base):
    """One row: the random id by which an archive knows this database again. A backup has the same."""

    __tablename__ = "identity"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)


class LeavingRow(Base):
    """A document that is being erased: counted already, and gone from here when nothing of it is left."""

    __tablename__ = "leaving"

    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    batch: Mapped[str] = mapped_column(String(200))  # of its newest version; a later one is another document
    collected_at: Mapped[datetime] = mapped_column(Moment)  # of its newest version
    since: Mapped[datetime] = mapped_column(Moment)


class ErasedRow(Base):
    """How many documents were erased: numbers alone, kept without end. Publish none below 5."""

    __tablename__ = "erased"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)  # of collection
    platform: Mapped[str] = mapped_column(String(255), primary_key=True)
    marker: Mapped[str] = mapped_column(String(32), primary_key=True)  # "tous": each document once; else under each of its markers
    outcome: Mapped[str] = mapped_column(String(32), primary_key=True)  # qualification, or non_lu, or ordinaire
    documents: Mapped[int]
