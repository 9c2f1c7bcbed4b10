#!/bin/sh
# skl2onnx turns isotonic calibration into a staircase: the interpolation between the knots is gone.
#
# Why one guesses otherwise: scikit-learn's IsotonicRegression.predict is piecewise *linear*, and
# skl2onnx refuses that regressor on its own; wrapped in CalibratedClassifierCV it converts without a
# word, in double precision too, and every score that falls on a knot is right.
#
# Instead: calibrate with method="sigmoid" for ONNX (exact to 1e-16 below), or apply the isotonic map
# outside the graph with np.interp(score, X_thresholds_, y_thresholds_).
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    scikit-learn==1.8.0 skl2onnx==1.20.0 onnx==1.21.0 onnxruntime==1.32.0
venv/bin/python - <<'PY'
import sys
import numpy as np, onnxruntime, skl2onnx, sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

print("scikit-learn", sklearn.__version__, "skl2onnx", skl2onnx.__version__)
rng = np.random.default_rng(1)
X = rng.normal(size=(60, 1))
y = (rng.random(60) < 1 / (1 + np.exp(-2 * X[:, 0]))).astype(int)
rows = np.linspace(-2, 2, 201)[:, None]


def both(method):
    model = CalibratedClassifierCV(LogisticRegression(), method=method, cv=2).fit(X, y)
    graph = skl2onnx.to_onnx(model, X, options={"zipmap": False})
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    onnx = session.run(None, {session.get_inputs()[0].name: rows})[1][:, 1]
    return model.predict_proba(rows)[:, 1], onnx


truth, onnx = both("isotonic")
truth_sigmoid, onnx_sigmoid = both("sigmoid")
off = np.abs(truth - onnx)
print("guess: the converted model differs by rounding, as with sigmoid:",
      f"{np.abs(truth_sigmoid - onnx_sigmoid).max():.1e}")
print(f"seen:  isotonic is off by up to {off.max():.3f}, on {(off > 1e-3).sum()} of {len(rows)} rows;",
      f"{len(np.unique(truth.round(9)))} different scores became {len(np.unique(onnx.round(9)))}")
as_described = off.max() > 0.01 and len(np.unique(onnx.round(9))) < len(np.unique(truth.round(9))) \
    and np.abs(truth_sigmoid - onnx_sigmoid).max() < 1e-9
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
