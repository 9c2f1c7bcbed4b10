"""Versions side by side: which strategy runs, its arms, and which buckets of entities belong to whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0015"
down_revision = "0014"

NOW = sa.text("now()")
# session_user, because the functions that write here are SECURITY DEFINER.
WHO = sa.text("session_user")


def upgrade() -> None:
    op.create_table(
        "rollout",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("predicate", sa.Text, comment="Only rows for which it is true take part; NULL: every row."),
        sa.Column("steps", pg.ARRAY(sa.Numeric), comment="Shares in percent, one after the other."),
        sa.Column("hold", pg.INTERVAL, comment="How long each step lasts."),
        sa.Column("failure_limit", sa.Numeric, comment="The share of failures from which the candidate is aborted."),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.CheckConstraint("strategy in ('rolling', 'blue-green', 'canary', 'ab', 'shadow')"),
        schema="dbml",
        comment="What runs for a model beside the version that serves; one strategy a model.",
    )
    op.create_table(
        "arm",
        sa.Column("model", sa.Text, sa.ForeignKey("dbml.rollout.model", ondelete="CASCADE"), primary_key=True),
        sa.Column("arm", sa.Text, sa.CheckConstraint("arm <> 'control'"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.ForeignKeyConstraint(["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"]),
        schema="dbml",
        comment="The versions that a strategy puts beside the control.",
    )
    op.create_table(
        "allocation",
        sa.Column("model", sa.Text, sa.ForeignKey("dbml.rollout.model", ondelete="CASCADE"), primary_key=True),
        sa.Column("bucket", sa.Integer, sa.CheckConstraint("bucket between 0 and 9999"), primary_key=True),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("taken", sa.BigInteger, nullable=False, comment="In which turn the arm took them from the control."),
        schema="dbml",
        comment="A step function: from a bucket on, up to the next one that is here, entities belong to an arm.",
    )
    op.create_table(
        "strategy_act",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("share", sa.Numeric, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("done_by", sa.Text, nullable=False, server_default=WHO),
        sa.Column("note", sa.Text),
        sa.CheckConstraint("act in ('start', 'share', 'step', 'promote', 'abort')"),
        schema="dbml",
        comment="What was done with strategies, by whom and why; never erased.",
    )
    # It has more parameters now.
    op.execute("drop function if exists dbml.deploy(text, integer, text, text[])")


def downgrade() -> None:
    op.execute("drop view if exists dbml.status, dbml.model, dbml.deployment_history, dbml.serving")
    for function in (
        "deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[])",
        "set_share(text, numeric, text)",
        "promote(text, text)",
        "abort(text, text)",
        "advance(text)",
        "_fails_too_often(dbml.rollout)",
        "_running(text)",
        "arm_of(text, text)",
        "version_of(text, text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    for table in ("strategy_act", "allocation", "arm", "rollout"):
        op.drop_table(table, schema="dbml")
