"""What migrations did, so that a downgrade takes back its own part and no history is lost."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "deployment",
        sa.Column(
            "migration",
            sa.Text,
            sa.CheckConstraint("migration in ('deployed', 'withdrawn', 'restored')"),
            comment="A migration''s: it stands, was taken back, or is what taking another back left; NULL: by hand.",
        ),
        schema="dbml",
    )
    op.create_table(
        "former_deployment",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deployed_by", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("sha256", sa.Text),
        sa.Column("git_revision", sa.Text),
        schema="dbml",
        comment="Deployments of versions that a downgrade has removed.",
    )
    op.create_table(
        "migrated_version",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"],
            ["dbml.model_version.model", "dbml.model_version.version"],
            ondelete="CASCADE",
        ),
        schema="dbml",
        comment="How many migrations have added a version: several where tenants share a database.",
    )
    op.execute(
        "insert into dbml.migrated_version (model, version, times)"
        " select model, version, 1 from dbml.model_version where migrated"
    )
    # They have more parameters now.
    op.execute(
        "drop function if exists dbml.deploy(text, integer), dbml.deploy(text, integer, text), dbml.rollback(text)"
    )


def downgrade() -> None:
    # Beside the functions of before they would be ambiguous.
    for function in ("deploy(text, integer, text, text[])", "rollback(text, text)"):
        op.execute(f"drop function if exists dbml.{function}")
    op.execute("drop view if exists dbml.status, dbml.model, dbml.deployment_history, dbml.serving")
    op.drop_table("migrated_version", schema="dbml")
    op.drop_table("former_deployment", schema="dbml")
    op.drop_column("deployment", "migration", schema="dbml")
