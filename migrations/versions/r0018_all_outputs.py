"""Predictions of more than a score: which column holds which answer, and what compiled engines need to give it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column(
        "prediction",
        sa.Column("outputs", pg.JSONB, comment="Column to the answer that it holds; NULL: the score alone."),
        schema="dbml",
    )
    op.create_table(
        "version_output",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False, comment="By which sessions know the plan."),
        # Apart from the score's, which every session loads.
        sa.Column("plan", pg.JSON, nullable=False, comment="Of all answers."),
        sa.Column("expression", pg.ARRAY(sa.Text)),
        sa.Column("careful_expression", pg.ARRAY(sa.Text)),
        sa.Column("golden", pg.JSONB, nullable=False, comment="The estimator's own answers for the golden rows."),
        sa.ForeignKeyConstraint(
            ["model", "version"],
            ["dbml.model_version.model", "dbml.model_version.version"],
            ondelete="CASCADE",
        ),
        schema="dbml",
        comment="What versions answer beside their scores, as the engines sql and portable answer it.",
    )
    op.create_index("version_output_fingerprint_idx", "version_output", ["fingerprint"], schema="dbml")


def downgrade() -> None:
    op.execute(
        "drop function if exists dbml._outputs_scorer(dbml.scorer), dbml._prepare_outputs(text, integer),"
        " dbml._add_outputs(text, integer, text, text, text[], text[], jsonb)"
    )
    op.drop_table("version_output", schema="dbml")
    op.drop_column("prediction", "outputs", schema="dbml")
