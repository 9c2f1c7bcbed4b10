#!/bin/sh
# XGBoost 3.2 loads a dart model that 3.4 wrote, without a warning, and predicts otherwise: each tree counts in full.
#
# Why one guesses otherwise: the JSON says which version wrote it ("version": [3, 4, 1]), both are of one major version, and a
# file that cannot be understood raises elsewhere. But 3.4 writes dart as the booster gbtree, with its weights under a
# key beside the trees, which 3.2 passes over.
#
# Instead: compare the version in the file with the one that loads it, and refuse a later one; or serve with what trained.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
# XGBoost 3.4 needs Python 3.12.
for python in python3 python3.14 python3.13 python3.12; do
    $python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break || python=
done
[ "$python" ] || { echo "needs Python 3.12 or newer" >&2; exit 2; }
$python -m venv venv
install() { venv/bin/pip install -qq --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 "xgboost-cpu==$1"; }
install 3.4.1
venv/bin/python -W ignore - <<'PY'
import json, numpy as np, xgboost
random = np.random.default_rng(0)
X = random.normal(size=(200, 3))
options = {"booster": "dart", "rate_drop": 0.5, "seed": 1, "nthread": 1}
booster = xgboost.train(options, xgboost.DMatrix(X, X[:, 0] + random.normal(size=200) * 0.1), 6)
booster.save_model("m.json")
np.savez("rows.npz", X=X, answers=booster.predict(xgboost.DMatrix(X)))
print("XGBoost", xgboost.__version__, "writes the booster", json.load(open("m.json"))["learner"]["gradient_booster"]["name"])
PY
install 3.2.0
venv/bin/python - <<'PY'
import sys, warnings, numpy as np, xgboost
rows = np.load("rows.npz")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    now = xgboost.Booster(model_file="m.json").predict(xgboost.DMatrix(rows["X"]))
off = float(abs(now - rows["answers"]).max())
print("XGBoost", xgboost.__version__, "loads it")
print("guess: the same predictions, or a warning, or an error")
print(f"seen:  off by {off:.2f} where predictions range over {np.ptp(rows['answers']):.2f}; warnings: {len(said)}")
as_described = off > 0.1 and not said
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
