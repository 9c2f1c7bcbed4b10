"""What explanations need beside a plan, and scoring never loads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "background",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", pg.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"], ondelete="CASCADE"
        ),
        schema="dbml",
        comment="How the training data went through a version's trees, and the means of what its margin is a sum of.",
    )


def downgrade() -> None:
    op.execute(
        "drop function if exists dbml.explain(text, anyelement, text), dbml.explain(text, jsonb, text), "
        "dbml.explanations(text, text, text), dbml.importance(text, text, text), "
        "dbml.explain_change(text, anyelement, anyelement), dbml.explain_change(text, jsonb, jsonb), "
        "dbml._add_background(text, integer, text)"
    )
    op.drop_table("background", schema="dbml")
