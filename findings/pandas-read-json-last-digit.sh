#!/bin/sh
# pandas.read_json reads 0.3 as 0.30000000000000004, and every seventh number of three decimals as another than the
# nearest double. What to_json wrote does not come back, and a threshold that a number stood on is passed.
#
# Why one guesses otherwise: json.loads, read_csv (since pandas 1.2) and float() give the nearest double, and 0.3 is no
# hard number. The parameter precise_float is off by default, and its page speaks of "higher precision".
#
# Instead: pandas.read_json(..., precise_float=True).
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pandas==2.3.3 numpy==2.2.6
venv/bin/python -W ignore - <<'PY'
import io, json, sys
import numpy as np, pandas as pd

numbers = np.random.default_rng(0).normal(size=2_000).round(3).tolist()
text = json.dumps(numbers)
read = pd.read_json(io.StringIO(text))[0].tolist()
precise = pd.read_json(io.StringIO(text), precise_float=True)[0].tolist()
other = sum(a != b for a, b in zip(numbers, read))
one = float(pd.read_json(io.StringIO("[0.3]"))[0][0])
print("guess: numbers are read as json.loads reads them, 0 of 2000 others")
print(f"seen:  0.3 is read as {one!r}, and {other} of 2000 are others; with precise_float {sum(a != b for a, b in zip(numbers, precise))}")
as_described = one != 0.3 and other > 100 and precise == numbers
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
