"""Shadows, which answer beside the version that serves and are not heard; rolling at a rate."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column(
        "arm",
        sa.Column("shadow_share", sa.Numeric, comment="Percent of the entities that a shadow answers; else NULL."),
        schema="dbml",
    )
    op.add_column(
        "arm",
        # A transaction's number without wraparound; SQLAlchemy, which reflects these tables, does not know xid8.
        sa.Column(
            "answered_before",
            sa.BigInteger,
            comment="A deferred shadow has answered what transactions before this one have logged.",
        ),
        schema="dbml",
    )
    op.add_column("rollout", sa.Column("rate", sa.BigInteger, comment="Rows a second that change over."), schema="dbml")
    # They have more parameters now.
    op.execute(
        "drop function if exists"
        " dbml.deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[]),"
        " dbml._start_strategy(text, integer[], text, numeric, text, numeric[], interval, numeric, text)"
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.status, dbml.model, dbml.deployment_history, dbml.serving")
    for function in (
        "deploy(text, integer, text, text[], text, numeric, text, numeric[], interval, numeric, integer[],"
        " boolean, integer)",
        "answer_shadows()",
        "_answer_shadows(integer)",
        "_answer_shadow(dbml.arm, integer)",
        "_shadow_due(dbml.profile, dbml.arm, text)",
        "_shadow_source(dbml.profile, dbml.prediction, dbml.arm, text)",
        "_shadow_condition(dbml.profile, dbml.prediction, dbml.arm, text)",
        "_roll_on(dbml.rollout, numeric)",
        "_row_shadows(dbml.profile, dbml.prediction, text)",
        "_start_strategy(text, integer[], text, numeric, text, numeric[], interval, numeric, boolean, integer, text)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_column("rollout", "rate", schema="dbml")
    op.drop_column("arm", "answered_before", schema="dbml")
    op.drop_column("arm", "shadow_share", schema="dbml")
