"""How long scores take."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "timing",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("engine", sa.Text, primary_key=True),
        sa.Column("counts", pg.ARRAY(sa.BigInteger), nullable=False, comment="By the buckets of dbml._timing_edges()."),
        sa.Column("seconds", sa.Double, nullable=False, comment="All times together."),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"], ondelete="CASCADE"
        ),
        schema="dbml",
        comment="What scores take, measured by a worker: a histogram for each version and engine.",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.metrics")
    for function in (
        "_metrics()",
        "measure_scores(integer)",
        "_count_times(text, integer, text, double precision[])",
        "_times(dbml.profile, dbml.prediction, dbml.scorer, integer)",
        "_timing_edges()",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_table("timing", schema="dbml")
