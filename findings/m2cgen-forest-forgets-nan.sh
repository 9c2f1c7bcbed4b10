#!/bin/sh
# m2cgen sends every NaN to the right child: a forest that scikit-learn fitted on rows with NaN gives other scores as
# generated code for nearly every row that has one.
#
# Why one guesses otherwise: m2cgen keeps the way of NaN for LightGBM, the forest exports and runs without a word, and
# rows without NaN agree to the last digit. scikit-learn's trees have learned a side for NaN at each split since 1.3
# (forests since 1.4); the generated "if (x <= t) … else …" is false for NaN, and a split of NaN from all the rest is
# written with a bare name, inf.
#
# Instead: impute with a sentinel far below or above before the fit, so that the side is part of the thresholds; compare on
# rows that hold NaN.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check m2cgen==0.10.0 scikit-learn==1.8.0 lightgbm==4.7.0
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import lightgbm, m2cgen, numpy as np
from sklearn.ensemble import RandomForestClassifier

print("m2cgen", version("m2cgen"), "scikit-learn", version("scikit-learn"), "lightgbm", version("lightgbm"))
rng = np.random.default_rng(0)
X = rng.normal(size=(1500, 4))
y = (X[:, 0] + rng.normal(size=1500) > 1).astype(int)
X[rng.random(X.shape) < 0.2] = np.nan
holds = np.isnan(X).any(axis=1)
seen = {}
for name, model in (("forest", RandomForestClassifier(20, max_depth=4, random_state=0)),
                    ("LightGBM", lightgbm.LGBMClassifier(n_estimators=20, num_leaves=6, verbose=-1))):
    code = {"inf": np.inf}
    exec(m2cgen.export_to_python(model.fit(X, y)), code)
    wrong = np.abs(np.array([code["score"](row) for row in X.tolist()])[:, 1] - model.predict_proba(X)[:, 1])
    seen[name] = (wrong[holds] > 1e-6).mean(), wrong[holds].max(), wrong[~holds].max()
    print(f"{name:9} guess: the same scores; seen: {seen[name][0]:.0%} of the rows with NaN differ, by up to {seen[name][1]:.2f};",
          f"without NaN by {seen[name][2]:.0e}")
as_described = seen["forest"][0] > 0.4 and seen["forest"][1] > 0.1 and seen["forest"][2] < 1e-9 and seen["LightGBM"][0] == 0
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
