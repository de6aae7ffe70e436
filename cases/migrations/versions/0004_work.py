"""What was submitted, read and answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _submissions()
    _adjudications_and_comments()
    _declined_and_golden()
    _identifications_and_opt_outs()
    _reviews()
    _urgencies()
    _contests_and_submission_steps()
    _links()


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("taken_until", Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_submissions_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_submissions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_document_id"), "submissions", ["document_id"], unique=False)
    op.create_index("ix_submissions_organisation_id_created_at", "submissions", ["organisation_id", "created_at"], unique=False)
    op.create_index("ix_submissions_state_created_at", "submissions", ["state", "created_at"], unique=False)


def _adjudications_and_comments() -> None:
    op.create_table(
        "adjudications",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("reviews", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_adjudications_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudications")),
    )
    op.create_index(op.f("ix_adjudications_act"), "adjudications", ["act"], unique=False)
    op.create_index(op.f("ix_adjudications_document_id"), "adjudications", ["document_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("seat", sa.String(16), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_claims_person_id")),
        sa.PrimaryKeyConstraint("document_id", "person_id", name=op.f("pk_claims")),
        sa.UniqueConstraint("document_id", "seat", name="uq_claims_document_id_seat"),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_comments_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_document_id"), "comments", ["document_id"], unique=False)


def _declined_and_golden() -> None:
    op.create_table(
        "declined",
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_declined_person_id")),
        sa.PrimaryKeyConstraint("document_id", "person_id", name=op.f("pk_declined")),
    )
    op.create_table(
        "golden",
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("qualification", sa.String(32), nullable=False),
        sa.Column("submarkers", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("retired_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_golden_set_by")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_golden")),
    )


def _identifications_and_opt_outs() -> None:
    op.create_table(
        "identifications",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("candidate", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("agreed_by", sa.String(32), nullable=True),
        sa.Column("refused_by", sa.String(32), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("matches", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"], name=op.f("fk_identifications_agreed_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_identifications_asked_by")),
        sa.ForeignKeyConstraint(["refused_by"], ["people.id"], name=op.f("fk_identifications_refused_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifications")),
    )
    op.create_index(op.f("ix_identifications_document_id"), "identifications", ["document_id"], unique=False)
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("wish", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=True),
        sa.Column("open_cases", sa.Integer(), nullable=True),
        sa.Column("examined_at", Moment(), nullable=True),
        sa.Column("agreed_by", sa.String(32), nullable=True),
        sa.Column("agreed_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"], name=op.f("fk_opt_outs_agreed_by")),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_opt_outs_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(512), nullable=True),
        sa.Column("seat", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("qualification", sa.String(32), nullable=False),
        sa.Column("markers", sa.JSON(), nullable=False),
        sa.Column("submarkers", sa.JSON(), nullable=False),
        sa.Column("exclusions", sa.JSON(), nullable=False),
        sa.Column("quotes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lane", sa.String(32), nullable=True),
        sa.Column("stratum", sa.String(64), nullable=True),
        sa.Column("inclusion", sa.Double(), nullable=True),
        sa.Column("taxonomy", sa.String(64), nullable=False),
        sa.Column("distressing", sa.Boolean(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reviews_person_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_reviews")),
        sa.UniqueConstraint("id", name=op.f("uq_reviews_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reviews_act"), "reviews", ["act"], unique=False)
    op.create_index("ix_reviews_document_id_number", "reviews", ["document_id", "number"], unique=False)
    op.create_index(op.f("ix_reviews_person_id"), "reviews", ["person_id"], unique=False)


def _urgencies() -> None:
    op.create_table(
        "urgencies",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("opened_by", sa.String(32), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("called", sa.JSON(), nullable=False),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("acted_at", Moment(), nullable=True),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by"], ["people.id"], name=op.f("fk_urgencies_closed_by")),
        sa.ForeignKeyConstraint(["opened_by"], ["people.id"], name=op.f("fk_urgencies_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgencies")),
    )
    op.create_index(op.f("ix_urgencies_document_id"), "urgencies", ["document_id"], unique=False)


def _contests_and_submission_steps() -> None:
    op.create_table(
        "contests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("submission_id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("decision_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(32), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_contests_answered_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_contests_person_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_contests_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contests")),
    )
    op.create_index(op.f("ix_contests_document_id"), "contests", ["document_id"], unique=False)
    op.create_index(op.f("ix_contests_submission_id"), "contests", ["submission_id"], unique=False)
    op.create_table(
        "submission_steps",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("act", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_submission_steps_submission_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_submission_steps")),
    )
    op.create_index(op.f("ix_submission_steps_submission_id"), "submission_steps", ["submission_id"], unique=False)


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_links")),
    )
