#!/bin/sh
# shap.LinearExplainer takes 100 of the background rows that it is given and says nothing: base value and
# contributions are those of another background.
#
# Why one guesses otherwise: for a linear model the exact base value is the mean prediction over the background,
# which needs a column's mean and no sampling; and the class takes "data" with no word of a limit in its own
# signature. The limit is a default of the masker that it wraps the rows in (max_samples=100). The sample has a
# fixed seed, so running it twice does not give it away.
#
# Instead: LinearExplainer(model, shap.maskers.Independent(rows, max_samples=len(rows))).
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check shap==0.51.0 scikit-learn==1.9.0
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np
import shap
import sklearn
from sklearn.linear_model import LinearRegression

print("shap", shap.__version__, "scikit-learn", sklearn.__version__)
random = np.random.default_rng(0)
rows = random.normal(size=(1000, 2)) + np.repeat([[0.0], [3.0]], [100, 900], axis=0)
model = LinearRegression().fit(rows, rows @ [1.0, 2.0])
mean = float(model.predict(rows).mean())
plain = float(shap.LinearExplainer(model, rows).expected_value)
whole = float(shap.LinearExplainer(model, shap.maskers.Independent(rows, max_samples=1000)).expected_value)
print(f"guess: the base value is the mean prediction over the 1,000 rows, {mean:.6f}")
print(f"seen:  {plain:.6f}; with max_samples=1000 {whole:.6f}")
as_described = abs(plain - mean) > 0.05 and abs(whole - mean) < 1e-9
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
