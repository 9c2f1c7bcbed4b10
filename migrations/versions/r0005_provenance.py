"""Where a version comes from, and why it was deployed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for column in (
        sa.Column("metrics", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("git_revision", sa.Text),
        sa.Column("note", sa.Text),
        # A downgrade takes away what an upgrade brought, and nothing that was there before.
        sa.Column("migrated", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("model_version", column, schema="dbml")
    op.add_column("deployment", sa.Column("note", sa.Text), schema="dbml")
    # Without a version: from here on none serves.
    op.alter_column("deployment", "version", nullable=True, schema="dbml")


def downgrade() -> None:
    op.execute("delete from dbml.deployment where version is null")
    op.alter_column("deployment", "version", nullable=False, schema="dbml")
    op.drop_column("deployment", "note", schema="dbml")
    for column in ("migrated", "note", "git_revision", "metrics"):
        op.drop_column("model_version", column, schema="dbml")
