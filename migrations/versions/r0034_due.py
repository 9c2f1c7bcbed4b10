"""Entities whose window of time has changed, so that they can be moved in batches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    # Unlogged: after a crash who is due is found once more.
    op.create_table(
        "due",
        sa.Column("profile", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entity", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="When it was found to be due."),
        schema="dbml",
        prefixes=["UNLOGGED"],
        comment="Entities whose counters over a window of time are still to be moved.",
    )


def downgrade() -> None:
    for function in ("_due_profiles()", "_collect_due(integer)", "_expire_due(integer, integer)"):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_table("due", schema="dbml")
