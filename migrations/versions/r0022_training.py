"""How a version was trained."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "training",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("recipe", pg.JSONB, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False, comment="Outcomes were known up to then."),
        sa.Column("horizon", pg.INTERVAL, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.Text, nullable=False, comment="Of the training set."),
        sa.Column("libraries", pg.JSONB, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("made_by", sa.Text, nullable=False, server_default=sa.text("session_user")),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"], ondelete="CASCADE"
        ),
        schema="dbml",
        comment="How a version was made, and of what.",
    )


def downgrade() -> None:
    op.execute("drop function if exists dbml._training(text)")
    op.drop_table("training", schema="dbml")
