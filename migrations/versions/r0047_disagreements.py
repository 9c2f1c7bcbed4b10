"""Counters of all event tables that disagree are told at once."""

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.execute("drop function if exists dbml._refuse_disagreement(text, text, text[], jsonb)")


def downgrade() -> None:
    op.execute("drop function if exists dbml._refuse_disagreements(text, jsonb)")
