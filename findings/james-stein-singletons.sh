#!/bin/sh
# category_encoders.JamesSteinEncoder believes a category that it saw once: it is encoded as exactly 0 or 1.
#
# Why one guesses otherwise: James-Stein is *the* shrinkage estimator, and rare categories are what one shrinks
# for; its neighbours in the package (TargetEncoder, MEstimateEncoder, CatBoostEncoder) pull a singleton most of
# the way to the mean. Here the pull is the variance within the category over the sum of variances, and one row,
# or a few rows with one outcome, has a variance of 0: no pull at all.
#
# Instead: MEstimateEncoder or TargetEncoder with smoothing, or model="binary" looked at on singletons first
# (printed below); group rare categories before.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check category_encoders==2.11.2 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
import category_encoders as ce, numpy as np, pandas as pd

print("category_encoders", ce.__version__)
rng = np.random.default_rng(0)
X = pd.DataFrame({"plan": ["common"] * 1000 + [f"rare{i}" for i in range(200)]})
y = pd.Series((rng.random(1200) < 0.3).astype(int))          # the plan tells nothing
singles = slice(1000, None)
seen = {}
for name, encoder in (("JamesStein", ce.JamesSteinEncoder()), ("JamesStein model='binary'", ce.JamesSteinEncoder(model="binary")),
                      ("MEstimate", ce.MEstimateEncoder(m=20)), ("Target", ce.TargetEncoder())):
    plan = encoder.fit(X, y).transform(X).plan
    seen[name] = np.sort(plan[singles].unique())
    print(f"{name:26} singletons become {seen[name].round(3)}")
print("guess: singletons near the mean of", y.mean().round(3))
print("seen:  JamesStein encodes them as their own label")
as_described = set(seen["JamesStein"]) == {0.0, 1.0} and all(0.1 < v < 0.5 for v in seen["MEstimate"])
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
