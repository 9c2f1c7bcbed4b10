#!/bin/sh
# Apache's avro for Python writes a decimal that has more digits than the schema's precision, without a word,
# and reads it back cut to that many digits: 123.45 in decimal(4, 2) returns as 123.4.
#
# Why one guesses otherwise: the same library refuses a value with too many digits *behind* the point, and
# fastavro refuses this one. The bytes in the file are right (12345 of scale 2): it is the reader that rounds,
# in a decimal context of `precision` digits, and half to even at that. 123.45 becomes 123.4, so amounts above
# the limit shrink by less than a per cent and nobody notices.
#
# Instead: check abs(value) < 10 ** (precision - scale) before writing, or write with fastavro.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check avro==1.12.2 fastavro==1.13.1
venv/bin/python - <<'PY'
import io, json, sys
from decimal import Decimal
from importlib.metadata import version
import avro.io, avro.schema, fastavro

print("avro", version("avro"), "fastavro", version("fastavro"))
schema = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
apache = avro.schema.parse(json.dumps(schema))


def round_trip(value):
    buffer = io.BytesIO()
    avro.io.DatumWriter(apache).write(value, avro.io.BinaryEncoder(buffer))
    return buffer.getvalue(), avro.io.DatumReader(apache).read(avro.io.BinaryDecoder(io.BytesIO(buffer.getvalue())))


try:
    fastavro.schemaless_writer(io.BytesIO(), schema, Decimal("123.45"))
    other = "accepted"
except ValueError as refused:
    other = str(refused)
try:
    round_trip(Decimal("1.005"))
    scale = "accepted"
except Exception as refused:
    scale = f"{type(refused).__name__}: {refused}"
data, back = round_trip(Decimal("123.45"))
print("guess: an error, as fastavro has it:", other)
print("       and avro itself for too fine a value:", scale)
print("seen:  123.45 is written as the bytes", int.from_bytes(data[1:], "big", signed=True), "and read as", back)
as_described = back == Decimal("123.4") and int.from_bytes(data[1:], "big") == 12345 \
    and other != "accepted" and scale != "accepted"
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
