"""What a worker does again and again, and who is at it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "duty",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("due", moment, nullable=False),
        sa.Column("worker", sa.Text, comment="Who is at it; NULL: nobody."),
        sa.Column("lease_until", moment, comment="Until then it is his. A worker that lives prolongs it."),
        sa.Column("began", moment),
        sa.Column("progressed", moment, comment="When the count of what is done last moved."),
        sa.Column("ended", moment),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger, comment="About how much there is to do; NULL: unknown."),
        sa.Column("runs", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("failures", sa.BigInteger, nullable=False, server_default="0", comment="In a row."),
        sa.Column("error", sa.Text, comment="What the last run failed of."),
        sa.CheckConstraint("(worker is null) = (lease_until is null)", name="duty_lease"),
        schema="dbml",
        comment="Duties of workers. A duty is one worker's at a time, for as long as his lease.",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.job")
    op.drop_table("duty", schema="dbml")
