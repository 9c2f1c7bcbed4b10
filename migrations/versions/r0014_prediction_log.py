"""A log of predictions, and where outcomes are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column(
        "prediction",
        sa.Column("log", sa.Text, comment="all, scores, or the share of entities that is logged; NULL: no log."),
        schema="dbml",
    )
    op.create_table(
        "log",
        # Numbers first, so that no row needs padding.
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Double, comment="NULL: the model could not score the row."),
        # A profile's number may be given again.
        sa.Column("profile", pg.REGCLASS, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("entity", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("numbers", pg.ARRAY(sa.Double), comment="The features that are numbers, in the model''s order."),
        sa.Column("texts", pg.ARRAY(sa.Text), comment="The features that are texts, in the model''s order."),
        sa.Column("failure", sa.Text),
        sa.Column("trace", sa.Text),
        schema="dbml",
        comment="Every logged prediction: its own rows are none, they are in the segments that inherit from it.",
    )
    op.create_table(
        "log_segment",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("indexed", sa.Boolean, nullable=False, server_default=sa.false()),
        schema="dbml",
        comment="The tables log_<number>; predictions go to the one that is not closed.",
    )
    op.create_table(
        "outcome",
        sa.Column("profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False, comment="A query."),
        sa.Column("key", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("otherwise", sa.Text),
        sa.Column("at", sa.Text),
        sa.Column("horizon", pg.INTERVAL, nullable=False),
        sa.Column("better", sa.Text, sa.CheckConstraint("better in ('low', 'high')"), nullable=False),
        schema="dbml",
        comment="Where it stands what really happened to the entities of a profile.",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.prediction_log")
    op.drop_table("outcome", schema="dbml")
    op.drop_table("log_segment", schema="dbml")
    op.execute("drop table dbml.log cascade")
    op.drop_column("prediction", "log", schema="dbml")
