"""Profile rows that meet their events without a foreign key; how far windows have been followed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "arrival",
        # No foreign key: it would lock the profile's record once an event.
        sa.Column("profile", sa.Integer, nullable=False),
        sa.Column("entity", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("profile", "entity"),
        schema="dbml",
        comment="Where an event without a profile row and the arriving profile row wait for each other.",
    )
    op.create_index("arrival_at", "arrival", ["at"], schema="dbml")
    op.add_column(
        "event",
        sa.Column("followed_until", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        schema="dbml",
    )


def downgrade() -> None:
    op.drop_column("event", "followed_until", schema="dbml")
    op.drop_table("arrival", schema="dbml")
