"""What stood to choose from when a version was made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column(
        "training",
        sa.Column("candidates", pg.JSONB, comment="Name → loss before the test; NULL: there was one."),
        schema="dbml",
    )


def downgrade() -> None:
    op.drop_column("training", "candidates", schema="dbml")
