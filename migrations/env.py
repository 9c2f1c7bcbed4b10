"""Alembic environment of the schema ``dbml``.

Always offline: ``dbml install`` asks for the SQL between two revisions and runs it on the caller's own
connection, in the caller's transaction, whichever driver that connection came from.
"""

from alembic import context

context.configure(
    dialect_name="postgresql",
    # pyformat would double every "%" in the script; named parameters leave it as written.
    dialect_opts={"paramstyle": "named"},
    version_table="alembic_version",
    version_table_schema="dbml",
)
context.run_migrations()
