"""Models, their versions and deployments; profiles, their predictions and events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None

NOW = sa.text("now()")
# session_user, because the functions that write here are SECURITY DEFINER.
WHO = sa.text("session_user")


def upgrade() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        schema="dbml",
        comment="What only the owner may set: where the server's Python packages live, the code's hash.",
    )
    op.create_table(
        "model_version",
        sa.Column("model", sa.Text, sa.CheckConstraint("model ~ '^[a-z_][a-z0-9_]{0,39}$'"), nullable=False),
        sa.Column("version", sa.Integer, sa.CheckConstraint("version > 0"), nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("signature", pg.JSONB, nullable=False),
        sa.Column("golden", pg.JSONB, nullable=False),
        sa.Column("libraries", pg.JSONB, nullable=False),
        sa.Column("training_summary", pg.JSONB),
        sa.Column("artifact", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("created_by", sa.Text, nullable=False, server_default=WHO),
        sa.PrimaryKeyConstraint("model", "version"),
        sa.UniqueConstraint("model", "fingerprint"),
        schema="dbml",
        comment="A stored model. Immutable: UPDATE and TRUNCATE are refused.",
    )
    # Scorers find a version by its fingerprint: a reused number can never answer from a stale cache.
    op.create_index("model_version_fingerprint", "model_version", ["fingerprint"], schema="dbml")
    op.create_table(
        "deployment",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("deployed_by", sa.Text, nullable=False, server_default=WHO),
        sa.ForeignKeyConstraint(["model", "version"], ["dbml.model_version.model", "dbml.model_version.version"]),
        schema="dbml",
        comment="Every deployment ever made; the newest of a model is the one that serves.",
    )
    op.create_index("deployment_model", "deployment", ["model", "id"], schema="dbml")
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("relation", pg.REGCLASS, nullable=False, unique=True),
        sa.Column("key", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("spec", pg.JSONB, nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("attached_by", sa.Text, nullable=False, server_default=WHO),
        schema="dbml",
        comment="A table that carries features and predictions, one row per entity.",
    )
    op.create_table(
        "prediction",
        sa.Column("profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("column_name", sa.Text, nullable=False),
        sa.Column("version_column", sa.Text),
        sa.Column("scored_at_column", sa.Text),
        sa.Column("on_error", sa.Text, sa.CheckConstraint("on_error in ('keep', 'null', 'raise')"), nullable=False),
        sa.Column("features", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("profile", "model"),
        schema="dbml",
        comment="A profile column that a model keeps; features maps a feature to its SQL expression.",
    )
    op.create_table(
        "event",
        sa.Column("profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("relation", pg.REGCLASS, nullable=False),
        sa.Column("key", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("counters", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("profile", "position"),
        sa.UniqueConstraint("profile", "relation"),
        schema="dbml",
        comment="A table whose rows move counters of a profile; counters maps a column to its aggregate.",
    )
    op.create_table(
        "failure",
        sa.Column("profile", sa.Integer, sa.ForeignKey("dbml.profile.id", ondelete="CASCADE"), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("entity", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("sqlstate", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("profile", "model", "entity"),
        schema="dbml",
        comment="Entities whose score is stale because the model could not score them: the queue of rescore.",
    )


def downgrade() -> None:
    for table in ("failure", "event", "prediction", "profile", "deployment", "model_version", "setting"):
        op.drop_table(table, schema="dbml")
