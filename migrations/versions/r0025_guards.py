"""Guards on outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    guard = sa.Column(
        "outcome_guard",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="Whether a candidate whose outcomes are worse is aborted.",
    )
    op.add_column("rollout", guard, schema="dbml")
    # It has more parameters now.
    op.execute(
        "drop function if exists dbml.deploy(text, integer, text, text[], text, numeric, text, numeric[], interval,"
        " numeric, integer[], boolean, integer)"
    )


def downgrade() -> None:
    for function in (
        "deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[],"
        " boolean, integer, boolean)",
        "advance(text)",
        "_worse(text)",
        "_advance(text)",
        "_guarded_by_outcome(text)",
        "_guard_outcome(text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_column("rollout", "outcome_guard", schema="dbml")
