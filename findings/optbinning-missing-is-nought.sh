#!/bin/sh
# optbinning learns a bin for missing values and does not use it: transform() gives a missing value the event
# rate 0.0, or WoE 0.0, where its own table says 56 % and -1.59. A category never seen gets the average.
#
# Why one guesses otherwise: binning_table.build() prints a row "Missing" with a count, an event rate and a
# WoE, and counts it into the information value, so the model is expected to use it; that a missing value
# tells something is what such tables are made to show. WoE 0 means "average"; an event rate of 0 means
# "never", below every bin that was learned.
#
# Instead: transform(..., metric_missing="empirical"), and metric_special likewise; in BinningProcess and
# Scorecard too, which hand the same default on.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check optbinning==1.0.0 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np
from optbinning import OptimalBinning

print("optbinning", version("optbinning"))
rng = np.random.default_rng(0)
x = np.r_[rng.normal(size=800), np.full(200, np.nan)]
y = np.r_[rng.random(800) < 0.1, rng.random(200) < 0.5].astype(int)
binning = OptimalBinning(name="income", dtype="numerical").fit(x, y)
table = binning.binning_table.build()
row = table[table["Bin"] == "Missing"].iloc[0]
truth = float(row["Event rate"]), float(row["WoE"])
seen = tuple(float(binning.transform([np.nan], metric=m)[0]) for m in ("event_rate", "woe"))
asked = tuple(float(binning.transform([np.nan], metric=m, metric_missing="empirical")[0]) for m in ("event_rate", "woe"))
plans = OptimalBinning(name="plan", dtype="categorical").fit(np.array(["a", "b"] * 500, dtype=object), y)
unseen = float(plans.transform(np.array(["never seen"], dtype=object), metric="event_rate")[0])
print(f"guess: a missing value gets event rate {truth[0]:.3f} and WoE {truth[1]:.2f}, as the table says")
print(f"seen:  event rate {seen[0]} and WoE {seen[1]}; asked for, {asked[0]:.3f} and {asked[1]:.2f};",
      f"an unseen category gets {unseen:.3f}, the average is {y.mean():.3f}")
as_described = (seen == (0.0, 0.0) and truth[0] > 0.4 and np.allclose(asked, truth)
                and np.isclose(unseen, y.mean(), atol=0.01))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
