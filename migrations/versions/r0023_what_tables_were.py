"""What an attachment's tables were like, by which others' DDL is told and followed; and what had to be set aside."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0023"
down_revision = "0022"


def _profile(primary_key: bool) -> sa.Column[int]:
    cascade = sa.ForeignKey("dbml.profile.id", ondelete="CASCADE")
    return sa.Column("profile", sa.Integer, cascade, nullable=False, primary_key=primary_key)


def upgrade() -> None:
    op.create_table(
        "attached_table",
        _profile(primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, comment="That of the event; 0 for the profile itself."),
        sa.Column("schema_name", sa.Text, nullable=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("columns", pg.JSONB, nullable=False, comment="Each with name, number, type, generated, used."),
        sa.Column("follows", sa.Boolean, nullable=False, comment="Whether a foreign key keeps it to the profile."),
        schema="dbml",
        comment="The tables of each profile as they were when its functions were made.",
    )
    op.create_table(
        "missed",
        _profile(primary_key=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("sqlstate", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Index("missed_profile_idx", "profile"),
        schema="dbml",
        comment="Profiles of which something was not counted or scored, since when and why; dbml repair counts it.",
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.status")
    for function in (
        "_remember_tables(integer, jsonb)",
        "_broken(integer)",
        "_waits(integer)",
        "_fits(integer, integer, text)",
        "_fits_now(integer, integer, text)",
        "_miss(integer, text, text)",
        "_bind_fits(dbml.profile, boolean)",
        "_as_it_was(integer, integer)",
    ):
        op.execute(f"drop function if exists dbml.{function}")
    op.drop_table("missed", schema="dbml")
    op.drop_table("attached_table", schema="dbml")
