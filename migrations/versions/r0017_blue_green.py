"""Scores aside: those of a version that is to serve all at once, or of one that did."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "aside",
        sa.Column("profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, comment="That brings the score into the profile."),
        sa.Column("entity", pg.ARRAY(sa.Text), primary_key=True),
        sa.Column("row", sa.Text, nullable=False, comment="Transaction and place of the row that it is the score of."),
        sa.Column("score", sa.Double, comment="NULL: the row cannot be scored."),
        sa.Column("failure", sa.Text),
        sa.Column("scored_version", sa.Integer, comment="The version whose score it is."),
        sa.Column("scored_at", sa.DateTime(timezone=True)),
        sa.Column("held", sa.Double, comment="The score that stood in the row."),
        schema="dbml",
        # What a crash takes is scored again.
        prefixes=["UNLOGGED"],
        comment="Scores of blue-green that do not stand in a profile now.",
    )


def downgrade() -> None:
    for function in (
        "comparison(text)",
        "score_aside(text)",
        "_score_aside(integer, text, text[], integer)",
        "_greens(text)",
        "_swap(text, integer, integer, text)",
        "_swap_rows(dbml.profile, dbml.prediction, integer, integer, boolean)",
        "_lock_rows(dbml.profile)",
        "_aside_missing(dbml.profile, text, integer)",
        "_swap_logged(dbml.profile, dbml.prediction, integer)",
        "_promote_green(text, text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_table("aside", schema="dbml")
