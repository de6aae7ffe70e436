"""What leaves the house: notices, signatures, dossiers, sealed evidence, reports, requests of people concerned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.migrations import notice_tables
from cases.migrations.guards import put
from cases.tables import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what an organisation says of itself in a notice."""
    op.add_column("organisations", sa.Column("profile", sa.JSON(), nullable=True))
    notice_tables.create()
    _dossiers()
    _duties()
    _bundles()
    _reports()
    _rights()
    put(op.get_bind())


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


def _duties() -> None:
    op.create_table(
        "duties",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("answer", sa.String(24), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("informed_at", Moment(), nullable=True),
        sa.Column("answered_by", sa.String(32), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_duties_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_duties_organisation_id")),
        sa.UniqueConstraint("document_id", "organisation_id", name=op.f("uq_duties_document_id")),
    )


def _bundles() -> None:
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


def _reports() -> None:
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
