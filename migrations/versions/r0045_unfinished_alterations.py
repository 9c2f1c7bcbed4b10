"""What an alteration has yet to count and to score, so that one that was killed goes on with that alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.add_column(
        "profile",
        sa.Column(
            "to_count", pg.ARRAY(sa.Integer), comment="While it is altered: events by their positions. NULL: all."
        ),
        schema="dbml",
    )
    op.add_column(
        "profile",
        sa.Column("to_score", pg.ARRAY(sa.Text), comment="While it is altered: models. NULL: all."),
        schema="dbml",
    )


def downgrade() -> None:
    op.drop_column("profile", "to_score", schema="dbml")
    op.drop_column("profile", "to_count", schema="dbml")
