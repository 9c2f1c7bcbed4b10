"""What was a setting or an advisory lock, both anybody's, becomes a row that only ``dbml_owner`` can write."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


class XID8(sa.types.UserDefinedType[str]):
    """A transaction's number, without wraparound."""

    def get_col_spec(self, **_: object) -> str:
        """As PostgreSQL names it."""
        return "xid8"


def upgrade() -> None:
    op.create_table(
        "recount",
        sa.Column("xid", XID8(), primary_key=True),
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
