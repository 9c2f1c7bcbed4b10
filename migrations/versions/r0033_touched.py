"""Entities that wait for the statement's or the transaction's end to be counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    # Unlogged: a row is there for one transaction alone. No key: one entity may be touched several times.
    op.create_table(
        "touched",
        sa.Column("xid", sa.BigInteger, nullable=False),
        sa.Column("profile", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("entity", pg.ARRAY(sa.Text), nullable=False),
        schema="dbml",
        prefixes=["UNLOGGED"],
        comment="Entities whose events a running transaction has changed, and that are still to be counted.",
    )
    op.create_index("touched_xid", "touched", ["xid", "profile"], schema="dbml")
    op.create_table(
        "settling",
        sa.Column("xid", sa.BigInteger, primary_key=True, autoincrement=False),
        schema="dbml",
        prefixes=["UNLOGGED"],
        comment="Running transactions that count at their end; the trigger on this table does it.",
    )


def downgrade() -> None:
    op.execute("drop function if exists dbml._settle() cascade")
    op.drop_table("settling", schema="dbml")
    op.drop_table("touched", schema="dbml")
