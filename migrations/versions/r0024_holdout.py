"""A holdout: entities whose score is logged and stands in no profile."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column(
        "prediction",
        sa.Column("holdout", sa.Numeric, comment="The share of entities whose score is logged alone; NULL: none."),
        schema="dbml",
    )


def downgrade() -> None:
    op.drop_column("prediction", "holdout", schema="dbml")
