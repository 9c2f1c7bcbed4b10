#!/bin/sh
# DataSketches in Python: the customer 7 and the customer 7.0 are two customers. Two sketches of the same thousand
# keys, one column read as integers and one as floats, have one element in common.
#
# Why one guesses otherwise: 7 == 7.0 and hash(7) == hash(7.0) in Python, set, dict and SQL's DISTINCT agree,
# and a column of integers becomes floats by itself as soon as pandas sees one NULL. update() hashes the bytes
# of an int64 in one case and of a double in the other; only nought is the same in both. Nothing is raised, a
# union reads twice the customers, and the overlap of two campaigns reads none.
#
# Instead: give keys one type before update(), int(key) or str(key), in every job that will be merged later.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check datasketches==5.2.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import datasketches, pandas as pd

print("datasketches", version("datasketches"))
january = pd.DataFrame({"customer": range(1000)})
february = pd.DataFrame({"customer": [*range(1000), None]}).dropna()
sketches = []
for month in (january, february):
    sketch = datasketches.update_theta_sketch()
    for key in month.customer.tolist():
        sketch.update(key)
    sketches.append(sketch)
union, both = datasketches.theta_union(), datasketches.theta_intersection()
for sketch in sketches:
    union.update(sketch), both.update(sketch)
seen = union.get_result().get_estimate(), both.get_result().get_estimate()
truth = len({*january.customer} | {*february.customer}), len({*january.customer} & {*february.customer})
print("columns:", january.customer.dtype, "and", february.customer.dtype)
print("guess: union and intersection", truth, "as Python's sets say")
print("seen: ", seen)
as_described = truth == (1000, 1000) and seen == (1999, 1)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
