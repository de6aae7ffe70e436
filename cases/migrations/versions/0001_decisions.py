"""Decisions, how far each index shows them, and the erasing of what expired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cases.tables import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REFUSED = "a decision is never changed: a later one supersedes it"


def upgrade() -> None:
    """Make the first tables."""
    _decisions()
    op.create_table(
        "projections",
        sa.Column("index_identity", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("index_identity", name="pk_projections"),
    )
    op.create_table(
        "leaving",
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("batch", sa.String(200), nullable=False),
        sa.Column("collected_at", Moment(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name="pk_leaving"),
    )
    op.create_table(
        "erased",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("platform", sa.String(255), nullable=False),
        sa.Column("marker", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "platform", "marker", "outcome", name="pk_erased"),
    )
    _never_changed()


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("document_id", sa.String(512), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("campaign", sa.String(512), nullable=True),
        sa.Column("qualification", sa.String(32), nullable=True),
        sa.Column("undoes", sa.String(32), nullable=True),
        sa.Column("markers", sa.JSON(), nullable=False),
        sa.Column("exclusions", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lane", sa.String(32), nullable=True),
        sa.Column("stratum", sa.String(64), nullable=True),
        sa.Column("inclusion", sa.Double(), nullable=True),
        sa.Column("taxonomy", sa.String(64), nullable=False),
        sa.Column("decided_by", sa.String(40), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_decisions"),
        sa.UniqueConstraint("id", name="uq_decisions_id"),
        sa.UniqueConstraint("undoes", name="uq_decisions_undoes"),
        sa.ForeignKeyConstraint(["undoes"], ["decisions.id"], name="fk_decisions_undoes"),
        sa.CheckConstraint("(undoes IS NULL) = (qualification IS NOT NULL)", name=op.f("ck_decisions_decides_or_undoes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_act", "decisions", ["act"])
    op.create_index("ix_decisions_document_number", "decisions", ["document_id", "number"])


def _never_changed() -> None:
    """The database itself refuses to change a decision; only the retention periods remove one."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END")
        return
    op.execute(f"CREATE FUNCTION decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$")
    op.execute("CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions FOR EACH ROW EXECUTE FUNCTION decisions_stay()")
