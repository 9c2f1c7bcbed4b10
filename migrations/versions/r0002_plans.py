"""Plans of versions, and what the engines make of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        # json and not jsonb: a float keeps its sign of zero and is not written out with 308 digits.
        sa.Column("plan", pg.JSON),
        sa.Column("expression", pg.ARRAY(sa.Text)),
        sa.Column("careful_expression", pg.ARRAY(sa.Text)),
        sa.Column("parity", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("cost", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
    ):
        op.add_column("model_version", column, schema="dbml")
    op.create_table(
        "bytecode",
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("python", sa.Text, nullable=False),
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "python"),
        schema="dbml",
        comment="Plans compiled in this server for its own Python; can be emptied at any time.",
    )
    # Decompressing takes longer than reading: a session's first score waits for this.
    op.execute("alter table dbml.bytecode alter column code set storage external")
    # What scoring needs of a version: a row of model_version would bring the artifact along.
    op.execute(
        "create type dbml.scorer as (model text, version integer, engine text, fingerprint text,"
        " signature jsonb, expression text[], in_batches boolean)"
    )


def downgrade() -> None:
    op.execute("drop type dbml.scorer")
    op.drop_table("bytecode", schema="dbml")
    for column in ("cost", "parity", "careful_expression", "expression", "plan"):
        op.drop_column("model_version", column, schema="dbml")
