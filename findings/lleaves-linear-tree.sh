#!/bin/sh
# lleaves compiles a LightGBM model with linear_tree=True without a word and answers each leaf's constant: the linear
# part of every leaf is gone.
#
# Why one guesses otherwise: lleaves parses LightGBM's own file, in which each tree says is_linear=1 and lists
# leaf_const, leaf_coeff and leaf_features; objectives that it does not know it refuses by name (multiclassova). Linear
# leaves it neither reads nor refuses, and leaf_value, which LightGBM writes beside them, is a plausible score.
#
# Instead: compare with lightgbm's own predict before the compiled model serves, or fit without linear_tree.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check lleaves==1.3.0 llvmlite==0.43.0 lightgbm==4.7.0 scikit-learn==1.7.2 \
    pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import lightgbm, lleaves, numpy as np
from sklearn.datasets import load_diabetes

x, y = load_diabetes(return_X_y=True)
off = {}
for linear in (False, True):
    parameters = {"objective": "regression", "linear_tree": linear, "verbose": -1, "num_threads": 1}
    model = lightgbm.train(parameters, lightgbm.Dataset(x, y), 30)
    model.save_model("model.txt")
    compiled = lleaves.Model("model.txt")
    compiled.compile()
    truth = model.predict(x)
    off[linear] = np.abs(compiled.predict(x) - truth)
print("lleaves", version("lleaves"), "LightGBM", lightgbm.__version__)
print("guess: linear leaves are compiled, or refused as other things are")
print(f"seen:  plain leaves are off by {off[False].max():.0e}; linear ones in {(off[True] > 1e-6).mean():.0%} of the rows,",
      f"by up to {off[True].max():.0f} of a target between {y.min():.0f} and {y.max():.0f}")
as_described = off[False].max() < 1e-9 and (off[True] > 1e-6).mean() > 0.5 and off[True].max() > 1
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
