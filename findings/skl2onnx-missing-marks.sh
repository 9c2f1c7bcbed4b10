#!/bin/sh
# skl2onnx loses what a pipeline says about missing values: SimpleImputer(add_indicator=True) converts to one
# column instead of two, and OrdinalEncoder(encoded_missing_value=-9) marks a missing value with -1.
#
# Why one guesses otherwise: the converter raises on other unsupported choices of the same classes (infrequent
# categories, a custom missing_values), so a parameter that it does not implement is expected to raise. That a
# value was missing is often the best feature there is, and the shape of the output is checked by nobody when
# the transformer is converted on its own, to run ahead of another model.
#
# Instead: build the indicator with MissingIndicator's rule outside the graph, or fill a sentinel of your
# own before the conversion; compare transform() and the graph on rows that hold NaN.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    scikit-learn==1.8.0 skl2onnx==1.20.0 onnx==1.21.0 onnxruntime==1.32.0
venv/bin/python - <<'PY'
import sys
import numpy as np, onnxruntime, skl2onnx, sklearn
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

print("scikit-learn", sklearn.__version__, "skl2onnx", skl2onnx.__version__)
X = np.array([[1.0], [2.0], [np.nan], [3.0]], dtype=np.float32)
rows = np.array([[np.nan], [2.0]], dtype=np.float32)


def both(model):
    graph = skl2onnx.to_onnx(model.fit(X), X)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    return model.transform(rows).tolist(), session.run(None, {session.get_inputs()[0].name: rows})[0].tolist()


imputer = both(SimpleImputer(strategy="median", add_indicator=True))
encoder = both(OrdinalEncoder(encoded_missing_value=-9))
try:
    skl2onnx.to_onnx(OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist").fit(X[[0, 0, 1, 3]]), X)
    other = "converts"
except NotImplementedError as refused:
    other = f"raises {type(refused).__name__}"
print("rows: NaN, 2 - an option of OneHotEncoder that it does not know:", other)
for name, (guess, seen) in (("SimpleImputer with an indicator", imputer), ("OrdinalEncoder, missing = -9", encoder)):
    print(f"{name}: guess: {guess} seen: {seen}")
as_described = imputer == ([[2, 1], [2, 0]], [[2], [2]]) and encoder == ([[-9], [1]], [[-1], [1]]) and other != "converts"
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
