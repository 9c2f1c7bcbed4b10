"""Profiles that are being attached while they are in use: how far their rows are counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in (
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.true()),
        # The key up to which rows are counted, as text.
        sa.Column("backfilled", pg.ARRAY(sa.Text)),
    ):
        op.add_column("profile", column, schema="dbml")


def downgrade() -> None:
    for column in ("backfilled", "complete"):
        op.drop_column("profile", column, schema="dbml")
