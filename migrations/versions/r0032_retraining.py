"""When a model was last made anew by a duty."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "retraining",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("because", sa.Text, nullable=False, comment="Why it was due."),
        sa.Column("version", sa.Integer, comment="That passed; NULL: none did."),
        sa.Column("verdict", sa.Text, comment="Of the gate."),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        schema="dbml",
        comment="The last time that each model was made anew because it was due.",
    )


def downgrade() -> None:
    op.execute("drop function if exists dbml._retrained(text, text, integer, text)")
    op.execute("drop function if exists dbml._retraining(text)")
    op.drop_table("retraining", schema="dbml")
