"""What experiments need: the smallest difference that counts, and whose share an act has set."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column(
        "outcome",
        sa.Column("effect", sa.Double, sa.CheckConstraint("effect > 0"), comment="The smallest that matters."),
        schema="dbml",
    )
    op.add_column("strategy_act", sa.Column("arm", sa.Text, nullable=False, server_default="candidate"), schema="dbml")
    # They return more, or have more parameters, now.
    op.execute("drop function if exists dbml._outcome(text), dbml._labelled(text)")


def downgrade() -> None:
    for function in (
        "experiment(text, text, timestamptz)",
        "_paired(text, text[], timestamptz, timestamptz, timestamptz)",
        "_epochs(text, timestamptz)",
        "_sequential(float8, float8, float8, float8)",
        "_ratio_evidence(bigint[], float8[])",
        "_lgamma(float8)",
        "_covariate(text, text)",
        "_ripe(text)",
        "_labelled(text, text)",
        "_answered(text, text)",
        "_outcome(text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_column("strategy_act", "arm", schema="dbml")
    op.drop_column("outcome", "effect", schema="dbml")
