"""The tables of notices, part of step 0005 and frozen with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.tables import Moment


def create() -> None:
    """Notices, their items, events, signatures, sendings and complaints."""
    _notices()
    _notice_items()
    _notice_events()
    _signatures()
    _sendings()
    _complaints()


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(255), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(80), nullable=True),
        sa.Column("keyword", sa.String(80), nullable=True),
        sa.Column("markers", sa.JSON(), nullable=False),
        sa.Column("bases", sa.JSON(), nullable=False),
        sa.Column("source_type", sa.String(40), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("sent_by", sa.String(32), nullable=True),
        sa.Column("channel", sa.String(16), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", Moment(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("acted_at", Moment(), nullable=True),
        sa.Column("redress_given", sa.Boolean(), nullable=True),
        sa.Column("automated", sa.Boolean(), nullable=True),
        sa.Column("overturned_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.CheckConstraint("(sent_at IS NULL) = (sent_by IS NULL)", name=op.f("ck_notices_sent_by_a_person")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_notices_created_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_notices_organisation_id")),
        sa.ForeignKeyConstraint(["sent_by"], ["people.id"], name=op.f("fk_notices_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_organisation_id_sent_at"), "notices", ["organisation_id", "sent_at"], unique=False)
    op.create_index(op.f("ix_notices_platform_sent_at"), "notices", ["platform", "sent_at"], unique=False)
    op.create_index(op.f("ix_notices_state_created_at"), "notices", ["state", "created_at"], unique=False)


def _notice_items() -> None:
    op.create_table(
        "notice_items",
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=True),
        sa.Column("campaign", sa.String(512), nullable=True),
        sa.Column("action", sa.String(32), nullable=True),
        sa.Column("ground", sa.String(8), nullable=True),
        sa.Column("scope", sa.String(8), nullable=True),
        sa.Column("until", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_items_notice_id")),
        sa.PrimaryKeyConstraint("notice_id", "position", name=op.f("pk_notice_items")),
    )
    op.create_index(op.f("ix_notice_items_document_id"), "notice_items", ["document_id"], unique=False)


def _notice_events() -> None:
    op.create_table(
        "notice_events",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("noted_at", Moment(), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_events_notice_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notice_events")),
        sa.UniqueConstraint("act", name=op.f("uq_notice_events_act")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notice_events_notice_id_number"), "notice_events", ["notice_id", "number"], unique=False)


def _signatures() -> None:
    op.create_table(
        "signatures",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject_kind", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("gates", sa.JSON(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("interests", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_signatures_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint("subject_id", "digest", "person_id", name=op.f("uq_signatures_subject_id_digest_person_id")),
    )
    op.create_index(op.f("ix_signatures_subject_id"), "signatures", ["subject_id"], unique=False)


def _sendings() -> None:
    op.create_table(
        "sendings",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("confirmed_by", sa.String(32), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("taken_until", Moment(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by"], ["people.id"], name=op.f("fk_sendings_confirmed_by")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_sendings_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sendings")),
    )
    op.create_index(op.f("ix_sendings_notice_id"), "sendings", ["notice_id"], unique=False)


def _complaints() -> None:
    op.create_table(
        "complaints",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.String(200), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("filed_at", Moment(), nullable=False),
        sa.Column("filed_by", sa.String(32), nullable=False),
        sa.Column("received_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(24), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["filed_by"], ["people.id"], name=op.f("fk_complaints_filed_by")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_complaints_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
    )
    op.create_index(op.f("ix_complaints_notice_id"), "complaints", ["notice_id"], unique=False)
