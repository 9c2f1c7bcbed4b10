#!/bin/sh
# skl2onnx writes a file that no onnxruntime opens where the input is float64 and the model is a classifier: its scores
# are doubles, and ZipMap, which it adds by default, takes float32 alone. Of gradient boosting the trees are the same
# trouble, with ZipMap or without. to_onnx() says nothing, onnx.checker passes the file, and the error comes at serving.
#
# Why one guesses otherwise: to_onnx(estimator, X[:1]) takes the type from the rows, rows of numpy are float64, the
# documentation offers doubles for the sake of digits, and a LinearRegression of the same rows is written and opened.
#
# Instead: X[:1].astype("float32"); or options={"zipmap": False} where no gradient boosting is in it.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check skl2onnx==1.20.0 onnx==1.22.0 onnxruntime==1.23.2 scikit-learn==1.7.2 numpy==2.3.5
venv/bin/python -W ignore - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)


def tried(estimator, rows, **options):
    made = to_onnx(estimator.fit(X, y), rows[:1], **options)
    onnx.checker.check_model(made)
    try:
        onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
        return "opens"
    except Exception as error:
        return "does not open: " + str(error).partition("Type Error: ")[2][:70]


single, none = X.astype("float32"), {"zipmap": False}
said = {
    "LinearRegression": tried(LinearRegression(), X),
    "LogisticRegression": tried(LogisticRegression(), X),
    "LogisticRegression, no ZipMap": tried(LogisticRegression(), X, options=none),
    "LogisticRegression, float32": tried(LogisticRegression(), single),
    "GradientBoostingClassifier, no ZipMap": tried(GradientBoostingClassifier(n_estimators=3), X, options=none),
    "GradientBoostingClassifier, float32": tried(GradientBoostingClassifier(n_estimators=3), single),
}
print("guess: what to_onnx writes of rows of float64, and the checker passes, opens")
for name, answer in said.items():
    print(f"seen:  {name}: {answer}")
opens = [answer == "opens" for answer in said.values()]
as_described = opens == [True, False, True, True, False, True]
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
