"""What was a setting or an advisory lock, both anybody's, becomes a row that only ``dbml_owner`` can write."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "recount",
        # The transaction's number without wraparound; SQLAlchemy, which reflects these tables, does not know xid8.
        sa.Column("xid", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("statement", sa.DateTime(timezone=True), nullable=False),
        schema="dbml",
        prefixes=["UNLOGGED"],
        comment="Which statement of a running transaction has recounted an entity last.",
    )
    op.create_table(
        "lock",
        sa.Column("name", sa.Text, primary_key=True),
        schema="dbml",
        comment="A row for each thing that only one transaction at a time may change.",
    )


def downgrade() -> None:
    op.execute("drop function if exists dbml._hold(text), dbml._mark_recount(), dbml._recounted()")
    op.drop_table("lock", schema="dbml")
    op.drop_table("recount", schema="dbml")
