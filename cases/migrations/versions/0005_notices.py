"""What leaves the house: notices, signatures, dossiers, sealed evidence, reports, requests of people concerned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.tables import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what an organisation says of itself in a notice."""
    op.add_column("organisations", sa.Column("profile", sa.JSON(), nullable=True))
    _notices()
    _signatures_sendings_complaints()
    _dossiers()
    _bundles_and_reports()
    _rights()


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
    op.create_index(op.f("ix_notices_organisation_id"), "notices", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_notices_platform_sent_at"), "notices", ["platform", "sent_at"], unique=False)
    op.create_index(op.f("ix_notices_state_created_at"), "notices", ["state", "created_at"], unique=False)
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


def _signatures_sendings_complaints() -> None:
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


def _dossiers() -> None:
    op.create_table(
        "dossiers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("annex", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("markers", sa.JSON(), nullable=False),
        sa.Column("bases", sa.JSON(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("sent_by", sa.String(32), nullable=True),
        sa.Column("addressee", sa.String(200), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(24), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_dossiers_created_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_dossiers_organisation_id")),
        sa.ForeignKeyConstraint(["sent_by"], ["people.id"], name=op.f("fk_dossiers_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossiers")),
    )
    op.create_index(op.f("ix_dossiers_organisation_id"), "dossiers", ["organisation_id"], unique=False)
    op.create_table(
        "dossier_items",
        sa.Column("dossier_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_items_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "position", name=op.f("pk_dossier_items")),
    )
    op.create_index(op.f("ix_dossier_items_document_id"), "dossier_items", ["document_id"], unique=False)
    op.create_table(
        "duties",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("answer", sa.String(24), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("informed_at", Moment(), nullable=True),
        sa.Column("answered_by", sa.String(32), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_duties_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("document_id", name=op.f("uq_duties_document_id")),
    )


def _bundles_and_reports() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject_kind", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(512), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("taken_until", Moment(), nullable=True),
        sa.Column("file", sa.String(200), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=True),
        sa.Column("made_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_bundles_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundles")),
    )
    op.create_index(op.f("ix_bundles_subject_id"), "bundles", ["subject_id"], unique=False)
    op.create_table(
        "bundle_items",
        sa.Column("bundle_id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name=op.f("fk_bundle_items_bundle_id")),
        sa.PrimaryKeyConstraint("bundle_id", "document_id", name=op.f("pk_bundle_items")),
    )
    op.create_index(op.f("ix_bundle_items_document_id"), "bundle_items", ["document_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changelog", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(32), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("read_by", sa.String(32), nullable=True),
        sa.Column("read_at", Moment(), nullable=True),
        sa.Column("published_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_reports_made_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_reports_organisation_id")),
        sa.ForeignKeyConstraint(["read_by"], ["people.id"], name=op.f("fk_reports_read_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("kind", "organisation_id", "since", "until", "version", name=op.f("uq_reports_version")),
    )


def _rights() -> None:
    op.create_table(
        "informations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("subject_kind", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("choice", sa.String(24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("informed_at", Moment(), nullable=True),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_informations_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_informations")),
    )
    op.create_index(op.f("ix_informations_subject_id"), "informations", ["subject_id"], unique=False)
    op.create_table(
        "requests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("noted_by", sa.String(32), nullable=False),
        sa.Column("identity_checked", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.Column("examined_at", Moment(), nullable=True),
        sa.Column("agreed_by", sa.String(32), nullable=True),
        sa.Column("agreed_at", Moment(), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=True),
        sa.Column("proof", sa.JSON(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"], name=op.f("fk_requests_agreed_by")),
        sa.ForeignKeyConstraint(["noted_by"], ["people.id"], name=op.f("fk_requests_noted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
