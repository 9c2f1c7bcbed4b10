"""Whom ``attach --trust`` has named is remembered: nobody need be told of him again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.add_column(
        "profile",
        sa.Column(
            "trusted",
            pg.ARRAY(sa.Text),
            nullable=False,
            server_default="{}",
            comment="Roles that may run code as dbml_owner by its tables or its spec, as whoever attached it knew.",
        ),
        schema="dbml",
    )
    # It takes a third argument now.
    op.execute("drop function if exists dbml._refuse_strangers(text[], jsonb)")


def downgrade() -> None:
    for function in (
        "_refuse_strangers(text[], jsonb, text[])",
        "_trust_strangers(integer, text[], jsonb)",
        "_strangers_of(text[], jsonb)",
        "_read_as_owner(text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_column("profile", "trusted", schema="dbml")
