#!/bin/sh
# skl2onnx drops `weights="distance"` of nearest neighbours: the ONNX model averages the neighbours evenly.
#
# Why one guesses otherwise: skl2onnx raises on what it cannot express (an isotonic regressor, an
# initial estimator in boosting), so a conversion without a warning looks like a faithful one. The
# uniform model converts exactly, and the distances are among the graph's own intermediate results.
# Even a row that was in the training data, at distance 0, no longer gets its own target back.
#
# Instead: fit with weights="uniform" when the model is meant for ONNX, or compare scores on rows that
# lie close to training rows before a converted neighbour model goes anywhere.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    scikit-learn==1.8.0 skl2onnx==1.20.0 onnx==1.21.0 onnxruntime==1.32.0
venv/bin/python - <<'PY'
import sys
import numpy as np, onnxruntime, skl2onnx, sklearn
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

print("scikit-learn", sklearn.__version__, "skl2onnx", skl2onnx.__version__,
      "onnxruntime", onnxruntime.__version__)
X = np.array([[0.0], [1.0], [3.0]])
rows = np.array([[0.0], [0.25], [1.5]])


def through_onnx(model, output):
    options = {"zipmap": False} if output else None
    graph = skl2onnx.to_onnx(model, X, options=options)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: rows})[output]


regressor = KNeighborsRegressor(2, weights="distance").fit(X, [0.0, 10.0, 100.0])
uniform = KNeighborsRegressor(2, weights="uniform").fit(X, [0.0, 10.0, 100.0])
classifier = KNeighborsClassifier(2, weights="distance").fit(X, [0, 1, 1])
onnx, expected = through_onnx(regressor, 0).ravel(), regressor.predict(rows)
onnx_p, expected_p = through_onnx(classifier, 1)[:, 1], classifier.predict_proba(rows)[:, 1]

print("guess: onnxruntime answers", expected, "and probabilities", expected_p)
print("seen:  onnxruntime answers", onnx, "and probabilities", onnx_p)
print("       the model without weights:", uniform.predict(rows))
as_described = np.allclose(onnx, uniform.predict(rows)) and not np.allclose(onnx, expected) \
    and not np.allclose(onnx_p, expected_p)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
