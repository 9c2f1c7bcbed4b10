#!/bin/sh
# emlearn (forests as C code) lets trees vote where scikit-learn averages: the mean predicted probability of a 14 % event
# is 2 %; and by default features become 16-bit integers, so that of standardised ones only …, -1, 0, 1, … is left.
#
# Why one guesses otherwise: the converted model has predict_proba() and agrees on shape and sum, the scores of a linear
# model or a network come out the same, and nothing warns that a float array loses its decimals. A leaf keeps
# only its majority class (leaf_bits=0), and of a rare event most leaves that matter are minorities.
#
# Instead: convert(model, dtype="float", leaf_bits=8), or scale features to whole numbers for the integer form; compare
# predict_proba() of both on real rows.
set -eu
command -v gcc >/dev/null || { echo "needs gcc"; exit 2; }
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check emlearn==0.23.2 scikit-learn==1.8.0
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import emlearn, numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

print("emlearn", version("emlearn"), "scikit-learn", version("scikit-learn"))
rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 4))
event = ((X[:, 0] > 0.5) & (rng.random(3000) < 0.45)).astype(int)
forest = RandomForestClassifier(20, max_depth=3, random_state=0).fit(X, event)
seen = {}
for name, p in (("scikit-learn", forest.predict_proba(X)), ("default", emlearn.convert(forest).predict_proba(X)),
                ("float", emlearn.convert(forest, dtype="float").predict_proba(X)),
                ("float, 8 bits", emlearn.convert(forest, dtype="float", leaf_bits=8).predict_proba(X))):
    seen[name] = p[:, 1].mean(), roc_auc_score(event, p[:, 1])
    print(f"{'guess' if name == 'scikit-learn' else 'seen ':5} {name:14} mean probability {seen[name][0]:.3f}, AUC {seen[name][1]:.3f}")
truth = seen["scikit-learn"]
as_described = (abs(truth[0] - event.mean()) < 0.01 and seen["float"][0] < 0.75 * truth[0]
                and truth[1] - seen["default"][1] > 0.05 and abs(seen["float, 8 bits"][0] - truth[0]) < 0.005)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
