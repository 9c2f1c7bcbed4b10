"""Labels by which models learn while they serve."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0031"
down_revision = "0030"


def _features() -> list[sa.Column[Any]]:
    return [
        sa.Column("profile", sa.Integer),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, comment="Whose features these are."),
        sa.Column("entity", pg.ARRAY(sa.Text)),
        sa.Column("label", sa.Text),
        sa.Column("numbers", pg.ARRAY(sa.Float(53)), comment="NULL: the entity was not known."),
        sa.Column("texts", pg.ARRAY(sa.Text)),
    ]


def upgrade() -> None:
    op.create_table(
        "learn",
        sa.Column("profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("relation", pg.REGCLASS, nullable=False, comment="Whose rows are labels."),
        sa.Column("key", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("value", sa.Text, nullable=False, comment="SQL for the label, over a row of the table."),
        sa.Column("how", sa.Text, sa.CheckConstraint("how in ('batched', 'transaction')"), nullable=False),
        sa.Column("every", sa.Integer, nullable=False, comment="So many labels make a version."),
        sa.Column("within", pg.INTERVAL, nullable=False, comment="Labels that have waited so long make one as well."),
        sa.Column("together", sa.Integer, nullable=False, comment="Labels that partial_fit gets at once."),
        sa.Column("guard", sa.Float(53), comment="How far the running loss may grow; NULL: as far as it likes."),
        schema="dbml",
        comment="Which models learn from which rows.",
    )
    # No key: a row is put in by an application's statement, and a worker reads what is there and takes it out.
    op.create_table(
        "label",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("txid", sa.BigInteger, nullable=False, server_default=sa.text("pg_current_xact_id()::text::bigint")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        *_features(),
        schema="dbml",
        comment="Labels that wait to be learnt.",
    )
    op.create_table(
        "label_aside",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        *_features(),
        sa.Column("reason", sa.Text, nullable=False),
        schema="dbml",
        comment="Labels that could not be learnt.",
    )
    op.create_table(
        "learning",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("anchor", sa.Integer, nullable=False, comment="The version that learning began from."),
        sa.Column("head", sa.Integer, nullable=False, comment="The newest version that learning has made."),
        sa.Column("labels", sa.BigInteger, nullable=False, server_default="0", comment="Learnt since the anchor."),
        sa.Column("published", sa.BigInteger, nullable=False, server_default="0", comment="Of these, in the head."),
        sa.Column("loss", sa.Float(53), comment="Running loss of what has learnt, on labels not yet learnt."),
        sa.Column("anchor_loss", sa.Float(53), comment="The same of the anchor."),
        sa.Column("stopped", sa.Text, comment="Why no more is learnt."),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("weights", pg.ARRAY(sa.Float(53)), comment="Of a linear model that learns in the transaction."),
        sa.Column("intercept", sa.Float(53)),
        sa.Column("t", sa.Float(53), comment="Steps, as the estimator counts them."),
        sa.Column("settings", pg.JSONB, comment="How a label moves the weights."),
        schema="dbml",
        comment="How far each model has learnt.",
        # Every label updates its row.
        postgresql_with={"fillfactor": "10"},
    )
    op.create_table(
        "learned",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, nullable=False),
        sa.Column("parent_sha256", sa.Text, nullable=False),
        sa.Column("labels", sa.BigInteger, nullable=False, comment="By which it differs from its parent."),
        sa.Column("loss", sa.Float(53), comment="Running loss of the parent on them."),
        sa.Column("anchor_loss", sa.Float(53)),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"], ondelete="CASCADE"
        ),
        schema="dbml",
        comment="Versions that learning has made.",
    )


def downgrade() -> None:
    for function in (
        "_bind_learn(dbml.profile, boolean)",
        "_learn_body(dbml.profile, dbml.learn)",
        "_learn_step(dbml.learn, jsonb, integer)",
        "_learning_due()",
        "_hold_learning(text)",
        "_lock_coefficients(text)",
        "_learning(text)",
        "_learnt(text, jsonb, bigint[], jsonb)",
        "learn(text, jsonb, text)",
        "resume_learning(text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    for table in ("learned", "learning", "label_aside", "label", "learn"):
        op.drop_table(table, schema="dbml")
