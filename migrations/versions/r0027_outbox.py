"""Events for others, and events of others: what waits to be relayed, what was consumed, and what could not be."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0027"
down_revision = "0026"

# The clock, not now(): a long transaction's events are not as old as its beginning.
CLOCK = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        # A bigint, because SQLAlchemy, which reflects the table, does not know xid8.
        sa.Column(
            "txid", sa.BigInteger, nullable=False, server_default=sa.text("(pg_current_xact_id()::text)::bigint")
        ),
        sa.Column("event_id", pg.UUID, nullable=False, server_default=sa.text("gen_random_uuid()")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("entity", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("data", pg.JSONB, nullable=False),
        schema="dbml",
        comment="Events that wait for a worker to relay them; those that have gone out are deleted.",
    )
    op.create_index("outbox_txid", "outbox", ["txid"], schema="dbml")
    op.create_table(
        "consumed",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("event", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        schema="dbml",
        comment="Events of others that have been inserted, by their ids, so that none is inserted twice.",
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("event", sa.Text, comment="Its id, where it has one that can be read."),
        sa.Column("place", sa.Text, nullable=False, comment="Where the broker has it."),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=CLOCK),
        sa.UniqueConstraint("topic", "place"),
        schema="dbml",
        comment="Events of others that could not be inserted, as they came, and why.",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.outbox_status")
    for function in (
        "_outbox_batch(integer)",
        "_outbox_sent(bigint[])",
        "_publish(text, text, text[], oid, jsonb, jsonb, bigint, bigint, text[])",
        "_consume(text, text)",
        "_dead_letter(text, text, text, bytea, text)",
        "_forget_consumed(interval)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    for table in ("dead_letter", "consumed", "outbox"):
        op.drop_table(table, schema="dbml")
