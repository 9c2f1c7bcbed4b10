"""What steps wait for beside their time: enough entities, an approval, and signals; a guard on scores."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0048"
down_revision = "0047"

ACTS = "act in ('start', 'share', 'step', 'promote', 'abort'{})"


def columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("score_limit", sa.Numeric, comment="By how much the arms' mean scores may differ."),
        sa.Column(
            "min_exposures", sa.BigInteger, comment="How many entities the candidate scores before the next step."
        ),
        sa.Column("min_outcomes", sa.BigInteger, comment="Of how many of these the outcome must be known."),
        sa.Column(
            "approvals", pg.ARRAY(sa.Numeric), comment="Steps that are taken only when somebody has approved them."
        ),
        sa.Column("approved", sa.Numeric, comment="The step that was approved last."),
        sa.Column("signals", pg.ARRAY(sa.Text), comment="What pauses the steps."),
        sa.Column("heard", pg.ARRAY(sa.Text), comment="Signals in spite of which somebody has resumed this step."),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.Column("paused_by", sa.Text, comment="A signal; NULL: somebody."),
    )


def upgrade() -> None:
    for column in columns():
        op.add_column("rollout", column, schema="dbml")
    op.drop_constraint("strategy_act_act_check", "strategy_act", schema="dbml")
    op.create_check_constraint(
        "strategy_act_act_check", "strategy_act", ACTS.format(", 'approve', 'pause', 'resume'"), schema="dbml"
    )
    # They have other parameters or results now, or are gone.
    for function in (
        "deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[],"
        " boolean, integer, boolean)",
        "advance(text)",
        "_advance(text)",
        "_fails_too_often(dbml.rollout)",
        "_guarded_by_outcome(text)",
        "_guard_outcome(text)",
        "_explain_segment(dbml.prediction, bigint, integer, bigint, bigint)",
        "_shadow_due(dbml.profile, dbml.arm, text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")


def downgrade() -> None:
    op.execute("drop view if exists dbml.status, dbml.model, dbml.deployment_history, dbml.serving")
    for function in (
        "deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[],"
        " boolean, integer, boolean, numeric, bigint, bigint, numeric[], text[])",
        "advance(text)",
        "_advance(text, bigint)",
        "_guards(text)",
        "_explain_segment(dbml.prediction, text, integer, text)",
        "_shadow_due(dbml.profile, dbml.arm, text, text)",
        "_log_walk(text, bigint, integer)",
        "_as_columns(text[], text[], text)",
        "_by_batches(text, text[], text[], text)",
        "_fails_too_often(text, numeric)",
        "_moved(text, numeric)",
        "_open_alert(text)",
        "_require_log(text)",
        "_watch(text, boolean, numeric, text[])",
        "_let_steps_wait(text, bigint, bigint, numeric[])",
        "_steps_passed(dbml.rollout)",
        "_outcomes_wanted(text)",
        "_outcomes_since(text, timestamptz)",
        "_seen_enough(dbml.rollout, bigint)",
        "approve(text, text)",
        "pause(text, text)",
        "_pause(text, text, text)",
        "resume(text, text)",
        "_between_arms(text, text, text, float8, boolean, timestamptz, timestamptz[], timestamptz, text[])",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    # What was done stays in the history, under the word that is nearest.
    op.execute(
        "update dbml.strategy_act set note = concat_ws(': ', act, note), act = 'share'"
        " where act in ('approve', 'pause', 'resume')"
    )
    op.drop_constraint("strategy_act_act_check", "strategy_act", schema="dbml")
    op.create_check_constraint("strategy_act_act_check", "strategy_act", ACTS.format(""), schema="dbml")
    for column in reversed(columns()):
        op.drop_column("rollout", column.name, schema="dbml")
