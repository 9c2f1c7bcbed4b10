#!/bin/sh
# toad.metrics.PSI compares distinct values, not bins: of a continuous score before and after a shift of
# five standard deviations it says 0.0, and a category that is new in the second sample counts nothing.
#
# Why one guesses otherwise: PSI in a scorecard package is for the scores, its docstring says "test: pd.Series
# or np.ndarray", a float array raises nothing, and 0.0 is the answer one hopes for. Values found in only one
# of the samples drop out of the sum, and of continuous scores no value is in both.
#
# Instead: pass a `combiner` fitted on the reference, or bin yourself; a value unseen before needs a floor
# so that it counts.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check toad==0.1.7 pandas==2.3.3 scikit-learn==1.8.0
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, pandas as pd, toad
from toad.metrics import PSI

print("toad", toad.__version__)
rng = np.random.default_rng(0)
before = pd.Series(rng.normal(size=1000))
after = pd.Series(rng.normal(size=1000) + 5)
edges = np.quantile(before, np.linspace(0, 1, 11)[1:-1])
binned = PSI(pd.Series(np.digitize(before, edges)), pd.Series(np.digitize(before + 0.5, edges)))
plans = pd.Series(["a"] * 90 + ["b"] * 10)
new_plan = pd.Series(["a"] * 90 + ["b"] * 10 + ["c"] * 900)
kept_out = PSI(plans, new_plan)
share = np.array([0.09, 0.01]), np.array([0.9, 0.1])
without_c = np.sum((share[0] - share[1]) * np.log(share[0] / share[1]))
print("guess: scores shifted by five standard deviations give a PSI far above 0.25")
print("seen: ", PSI(before, after), "- binned first, a shift of half a deviation:", round(binned, 3))
print("seen:  a plan that is new and has 90 % of the rows: PSI", round(kept_out, 4),
      "= the sum over the two old plans", round(without_c, 4))
as_described = PSI(before, after) == 0 and binned > 0.2 and np.isclose(kept_out, without_c)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
