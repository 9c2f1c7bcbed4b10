"""How a version runs on this server, apart from what it is."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0009"
down_revision = "0008"

KEY = ["model", "version"]


def moved(nullable: bool = True) -> list[sa.Column[Any]]:
    """The columns that go from one table to the other."""
    return [
        sa.Column("engine", sa.Text, nullable=nullable),
        sa.Column("parity", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("cost", pg.JSONB, nullable=False, server_default=sa.text("'{}'")),
    ]


def upgrade() -> None:
    op.create_table(
        "version_engine",
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *moved(nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        # session_user, because the functions that write here are SECURITY DEFINER.
        sa.Column("chosen_by", sa.Text, nullable=False, server_default=sa.text("session_user")),
        sa.PrimaryKeyConstraint(*KEY),
        sa.ForeignKeyConstraint(KEY, [f"dbml.model_version.{column}" for column in KEY], ondelete="CASCADE"),
        schema="dbml",
        comment="The engine by which a version runs here, and what each did in its trial; can be chosen anew.",
    )
    op.execute(
        "insert into dbml.version_engine (model, version, engine, parity, cost, chosen_at, chosen_by)"
        " select model, version, engine, parity, cost, created_at, created_by from dbml.model_version"
    )
    # Others may have views over dbml's own, which therefore are not dropped: the code step, in the same
    # transaction, writes them anew.
    op.execute("""
do $$
declare
  view regclass;
begin
  foreach view in array array_remove(array[to_regclass('dbml.model'), to_regclass('dbml.status')], null) loop
    execute format('create or replace view %s as select %s', view, (
      select string_agg(format('null::%s as %I', format_type(a.atttypid, a.atttypmod), a.attname), ', '
                        order by a.attnum)
        from pg_attribute a
       where a.attrelid = view and a.attnum > 0));
  end loop;
end
$$""")
    op.drop_constraint("model_version_unpickled_check", "model_version", schema="dbml")
    for column in moved():
        op.drop_column("model_version", column.name, schema="dbml")
    # It has other parameters now.
    op.execute(
        "drop function if exists dbml._add_version(text, integer, text, text, text, jsonb, jsonb, jsonb, jsonb, bytea,"
        " text, text[], text[], jsonb, jsonb, jsonb, text, text, boolean, text)"
    )


def downgrade() -> None:
    op.execute("drop view if exists dbml.status, dbml.model")
    for column in moved():
        op.add_column("model_version", column, schema="dbml")
    # The trigger that keeps versions as they are.
    op.execute("alter table dbml.model_version disable trigger user")
    op.execute(
        "update dbml.model_version v set engine = e.engine, parity = e.parity, cost = e.cost"
        " from dbml.version_engine e where (e.model, e.version) = (v.model, v.version)"
    )
    op.execute("alter table dbml.model_version enable trigger user")
    op.alter_column("model_version", "engine", nullable=False, schema="dbml")
    op.create_check_constraint(
        "model_version_unpickled_check", "model_version", "kind = 'joblib' or engine <> 'python'", schema="dbml"
    )
    op.drop_table("version_engine", schema="dbml")
