#!/bin/sh
# fastavro writes 3.7 into an "int" as 3, and the integer 16777217 into the union ["float", "long"] as
# 16777216.0: numbers change and nothing is raised, where Apache's avro refuses or finds the exact branch.
#
# Why one guesses otherwise: a schema is there to catch a producer that sends the wrong type; fastavro does
# refuse text for an int, and an integer beyond int64. A float is simply passed to int(). In a union it takes
# the first branch that a number may be written to, float before long, although an exact one stands beside it.
# Its own fastavro.validate() says that 3.7 is no int.
#
# Instead: fastavro.validate(record, schema) before writing, or validator=True in fastavro.writer; list
# "long" before "float" in unions, or drop "float" for "double".
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check avro==1.12.2 fastavro==1.13.1
venv/bin/python - <<'PY'
import io, json, sys
from importlib.metadata import version
import avro.io, avro.schema, fastavro

print("fastavro", version("fastavro"), "avro", version("avro"))


def with_fastavro(schema, value):
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, schema, value)
    return fastavro.schemaless_reader(io.BytesIO(buffer.getvalue()), schema)


def with_apache(schema, value):
    parsed, buffer = avro.schema.parse(json.dumps(schema)), io.BytesIO()
    try:
        avro.io.DatumWriter(parsed).write(value, avro.io.BinaryEncoder(buffer))
    except avro.errors.AvroTypeException as refused:
        return type(refused).__name__
    return avro.io.DatumReader(parsed).read(avro.io.BinaryDecoder(io.BytesIO(buffer.getvalue())))


seen = []
for schema, value in (("int", 3.7), ("long", -0.9), (["float", "long"], 16777217)):
    seen.append((with_apache(schema, value), with_fastavro(schema, value), fastavro.validate(value, schema, raise_errors=False)))
    print(f"{json.dumps(schema):17} {value!r:>9} guess (avro): {seen[-1][0]!r:20} seen: {seen[-1][1]!r:11} fastavro.validate: {seen[-1][2]}")
try:
    with_fastavro("int", "3.7")
    text = "accepted"
except TypeError as refused:
    text = f"TypeError: {refused}"
print("text in an int:", text)
as_described = [s[1] for s in seen] == [3, 0, 16777216.0] and seen[0][2] is False \
    and seen[0][0] == "AvroTypeException" and seen[2][0] == 16777217 and text != "accepted"
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
