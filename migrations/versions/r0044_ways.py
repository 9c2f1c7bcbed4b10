"""How keys of events lead through other tables to the profile, so that others' DDL on the way is told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0044"
down_revision = "0043"

COLUMNS = (
    ("way_by", pg.ARRAY(sa.Text), "Columns of a foreign key on the way of a key through other tables."),
    ("way_to", sa.Integer, "The position of the table that they point at; 0 for the profile."),
    ("way_at", pg.ARRAY(sa.Text), "The columns there, in the same order."),
    ("way_required", pg.ARRAY(sa.Text), "Those that are NOT NULL, so that no key ends there."),
)


def upgrade() -> None:
    for name, kind, says in COLUMNS:
        op.add_column("attached_table", sa.Column(name, kind, comment=says), schema="dbml")


def downgrade() -> None:
    op.execute("drop function if exists dbml._remember_way(integer, integer, text[], integer, text[], text[])")
    op.execute("drop function if exists dbml._parts(integer, integer)")
    for name, _, _ in COLUMNS:
        op.drop_column("attached_table", name, schema="dbml")
