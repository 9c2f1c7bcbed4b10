"""An event goes to the outbox or to the write-ahead log; what it says is put together before."""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.execute("drop function if exists dbml._publish(text, text, text[], oid, jsonb, jsonb, bigint, bigint, text[])")


def downgrade() -> None:
    for function in (
        "_publish(text, text[], jsonb)",
        "_emit(text, text[], jsonb)",
        "_cloud_event(uuid, timestamptz, text[], jsonb)",
        "_subject(text[])",
        "_score_change(text, text[], oid, jsonb, jsonb, bigint, bigint, integer[], text[])",
        "_decile(text, bigint, double precision)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
