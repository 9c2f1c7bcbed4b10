"""Rows whose score a worker gives."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column(
        "prediction",
        sa.Column("mode", sa.Text, sa.CheckConstraint("mode = 'queued'"), comment="NULL: the statement itself scores."),
        schema="dbml",
    )
    # No key and no index: a row is put in by every statement, and the worker takes what he finds.
    op.create_table(
        "queue",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("profile", sa.Integer, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("entity", pg.ARRAY(sa.Text), nullable=False),
        schema="dbml",
        comment="Entities whose features have changed since they were scored; one may be here several times.",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.queue_status")
    op.execute("drop function if exists dbml._score_queued(integer)")
    op.drop_table("queue", schema="dbml")
    op.drop_column("prediction", "mode", schema="dbml")
