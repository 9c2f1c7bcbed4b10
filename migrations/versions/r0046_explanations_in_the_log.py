"""Why logged predictions are what they are, for a share of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.add_column(
        "prediction",
        sa.Column("explain", sa.Numeric, comment="The share of logged predictions that a worker explains; NULL: none."),
        schema="dbml",
    )
    op.create_table(
        "explanation",
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("profile", pg.REGCLASS, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("entity", pg.ARRAY(sa.Text), primary_key=True),
        sa.Column("segment", sa.BigInteger, nullable=False, comment="Of the log, with which it is dropped."),
        sa.Column("base", sa.Double, nullable=False),
        sa.Column(
            "contributions", pg.ARRAY(sa.Double), nullable=False, comment="To the margin, in the order of the features."
        ),
        schema="dbml",
        comment="What each feature added to logged scores.",
    )
    op.create_index(None, "explanation", ["profile", "entity"], schema="dbml")
    op.create_table(
        "explanation_mark",
        sa.Column("profile", sa.Integer, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("explained_to", sa.BigInteger, nullable=False, comment="A transaction: those before it are done."),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("failure", sa.Text, comment="Why the last ones could not be explained."),
        sa.ForeignKeyConstraint(
            ["profile", "model"], ["dbml.prediction.profile", "dbml.prediction.model"], ondelete="CASCADE"
        ),
        schema="dbml",
        comment="How far logged predictions have been explained.",
    )
    op.execute("insert into dbml.lock (name) values ('the explanations') on conflict do nothing")


def downgrade() -> None:
    op.execute("drop view if exists dbml.prediction_log")
    for function in (
        "explain_log()",
        "_unexplained()",
        "_explain_logged(integer)",
        "_explain_prediction(dbml.prediction, integer)",
        "_explain_segment(dbml.prediction, bigint, integer, bigint, bigint)",
        "_note_alerts(interval, jsonb)",
        "_quality_causes()",
        "_judged_models()",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_table("explanation_mark", schema="dbml")
    op.drop_table("explanation", schema="dbml")
    op.drop_column("prediction", "explain", schema="dbml")
