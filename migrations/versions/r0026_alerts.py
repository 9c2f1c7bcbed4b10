"""What was predicted, in numbers that outlive the log; alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "tally",
        sa.Column("segment", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("arm", sa.Text, primary_key=True),
        sa.Column("outcome", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True, comment="The SQLSTATE of a failure; empty: none."),
        sa.Column("n", sa.BigInteger, nullable=False),
        schema="dbml",
        comment="How many predictions each segment of the log has had; it may have been dropped since.",
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("model", sa.Text, comment="NULL: it concerns no one model."),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("says", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False, server_default=sa.text("now()")),
        sa.Column("seen_at", moment, nullable=False, server_default=sa.text("now()")),
        sa.Column("reopened", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("acknowledged_at", moment),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("closed_at", moment),
        sa.Column("told_open", pg.ARRAY(sa.Text), nullable=False, server_default="{}", comment="Where it was told."),
        sa.Column("told_closed", pg.ARRAY(sa.Text), nullable=False, server_default="{}"),
        schema="dbml",
        comment="What somebody should look at: one alert a cause.",
    )
    op.create_index(
        "alert_cause",
        "alert",
        [sa.text("coalesce(model, '')"), "cause"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
        schema="dbml",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.metrics")
    op.drop_table("alert", schema="dbml")
    op.drop_table("tally", schema="dbml")
