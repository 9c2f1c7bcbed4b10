#!/bin/sh
# tea-tasting counts rows whose metric is NULL as observations: the means are right, the interval is that of a
# sample five times as large, and a difference of nothing becomes significant.
#
# Why one guesses otherwise: the mean and the variance leave NULL out, as SQL's avg() does, so the estimates
# are right to the last digit and nobody doubts the rest. The standard error divides by count(*) instead of
# count(metric). A metric that only some customers have (the value of an order, a survey's answer) is NULL
# for the rest, and the more are missing, the surer the test is. Its non-parametric metrics have a
# nan_policy; Mean, the usual one, has none and says nothing.
#
# Instead: drop the rows without a value before analyze(), one metric at a time.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tea-tasting==1.14.0 pandas==2.3.3 pyarrow==24.0.0
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, pandas as pd, pyarrow as pa, tea_tasting as tt
from scipy.stats import ttest_ind

print("tea-tasting", tt.__version__)
rng = np.random.default_rng(0)
test = tt.Experiment(order=tt.Mean("order"))


def analysed(table):
    result = test.analyze(table)["order"]
    return result.pvalue, result.effect_size_ci_upper - result.effect_size_ci_lower


counted, width, honest, honest_width = [], [], [], []
for _ in range(100):
    rows = pd.DataFrame({"variant": np.repeat([0, 1], 1000), "order": rng.normal(30, 10, 2000)})
    rows.loc[rng.random(2000) < 0.8, "order"] = np.nan
    p, w = analysed(pa.Table.from_pandas(rows))
    counted.append(p < 0.05), width.append(w)
    p, w = analysed(rows.dropna())
    honest.append(p < 0.05), honest_width.append(w)
groups = [part.order.dropna() for _, part in rows.groupby("variant")]
assert np.isclose(p, ttest_ind(*groups, equal_var=False).pvalue)
print("100 experiments without an effect, 80 % of the customers without an order")
print(f"guess: {np.mean(honest):.0%} significant, intervals {np.mean(honest_width):.2f} wide (rows without a value dropped)")
print(f"seen:  {np.mean(counted):.0%} significant, intervals {np.mean(width):.2f} wide")
as_described = bool(np.mean(honest) < 0.12 and np.mean(counted) > 0.25
                    and np.isclose(np.mean(width) / np.mean(honest_width), 0.2**0.5, atol=0.02))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
