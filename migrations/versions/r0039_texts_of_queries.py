"""Queries for training sets are texts with the day in them."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    for function in (
        "_labelled(text, text)",
        "_exposed(text, text)",
        "_exposures(text, timestamptz, timestamptz)",
        "_learn_step(dbml.learn, jsonb, integer)",
    ):
        op.execute(f"drop function if exists dbml.{function}")


def downgrade() -> None:
    for function in (
        "_labelled(text, text, text)",
        "_exposed(text, text, text, text)",
        "_learn_step(dbml.learn, jsonb)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
