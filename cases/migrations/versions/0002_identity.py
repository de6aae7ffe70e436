"""The id by which an archive knows its case database again."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of one row, and draw the id."""
    table = op.create_table("identity", sa.Column("id", sa.String(32), nullable=False), sa.PrimaryKeyConstraint("id", name="pk_identity"))
    op.bulk_insert(table, [{"id": uuid.uuid4().hex}])
