"""What a strategy was when it ended, so that a migration's downgrade can let it go on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0029"
down_revision = "0027"


def upgrade() -> None:
    op.add_column(
        "strategy_act",
        sa.Column("ended", pg.JSONB, comment="The strategy that a promote or an abort has ended; else NULL."),
        schema="dbml",
    )


def downgrade() -> None:
    op.drop_column("strategy_act", "ended", schema="dbml")
