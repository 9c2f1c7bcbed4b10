"""How far scoring in batches has come stands in the server: whoever asks for a batch is told no key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "walk",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column(
            "profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column(
            "what",
            sa.Text,
            sa.CheckConstraint("what in ('waiting', 'every', 'stale', 'aside')"),
            nullable=False,
            comment="Which rows, and that they are scored aside.",
        ),
        sa.Column("reached", pg.ARRAY(sa.Text), comment="The key of the last row that was scored; NULL at the start."),
        sa.Column("until", pg.ARRAY(sa.Text), comment="The last key of its range."),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        schema="dbml",
        comment="Ranges of profile rows that are being scored in batches, in order of their key.",
    )
    _drop_generated(6)
    # Of two relays the second must not wait for the first to make it.
    op.execute("insert into dbml.lock (name) values ('the outbox') on conflict do nothing")


def downgrade() -> None:
    for function in (
        "_start_walk(dbml.profile, text, text, bigint)",
        "_start_rescore(text, boolean, boolean, bigint)",
        "_start_aside(text)",
        "_walk_on(bigint, integer)",
        "_edges(dbml.profile, bigint)",
        "_rescore_rows(integer, text, text[], text[], integer, text)",
        "_made_ready(text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    _drop_generated(7)
    op.drop_table("walk", schema="dbml")


def _drop_generated(arguments: int) -> None:
    """Drop the generated functions that take so many; those of the release that is installed are made again."""
    op.execute(
        f"""
        do $$
        declare
          rescoring pg_catalog.regprocedure;
        begin
          for rescoring in
            select p.oid from pg_catalog.pg_proc p
             where p.pronamespace = 'dbml_scorer'::pg_catalog.regnamespace
               and p.proname operator(pg_catalog.~) '^profile_[0-9]+_rescore$' and p.pronargs = {arguments}
          loop
            execute pg_catalog.format('drop function %s', rescoring);
          end loop;
        end
        $$
        """
    )
