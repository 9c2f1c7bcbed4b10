"""Up to where predictions were exported as spans."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "trace_mark",
        sa.Column("one", sa.Boolean, sa.CheckConstraint("one"), primary_key=True, server_default=sa.true()),
        sa.Column("exported_to", sa.BigInteger, nullable=False, comment="The first transaction that is not exported."),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        schema="dbml",
        comment="Up to where the log was exported as spans: one row, once a worker has begun.",
    )


def downgrade() -> None:
    for function in ("_trace_window()", "_spans(bigint, bigint)", "_traced(bigint)"):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_table("trace_mark", schema="dbml")
