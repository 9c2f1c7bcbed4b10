"""How far the entities that are due have been taken: what was taken is not looked through again in each batch."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.add_column(
        "event",
        sa.Column(
            "due_after",
            sa.BigInteger,
            nullable=False,
            server_default="0",
            comment="The number in dbml.due up to which entities have been taken.",
        ),
        schema="dbml",
    )


def downgrade() -> None:
    op.drop_column("event", "due_after", schema="dbml")
