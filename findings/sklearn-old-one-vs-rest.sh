#!/bin/sh
# A logistic regression of scikit-learn 1.6.1 fitted with multi_class="ovr" loads in 1.8 and answers with other
# probabilities: off by more than 0.1 on iris, rows of probabilities that still add up to 1.
#
# Why one guesses otherwise: loading warns that versions differ (InconsistentVersionWarning), as it does for every
# file, and coefficients, classes and predict() are the same to the bit, so a check of labels passes. But the newer
# predict_proba no longer looks at the parameter that the object still has, and takes softmax where one against the
# rest was fitted.
#
# Instead: compare predict_proba with answers that were stored beside the file; or OneVsRestClassifier(LogisticRegression()).
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
for version in 1.6.1 1.8.0; do
    python3 -m venv $version
    $version/bin/pip install -qq --disable-pip-version-check scikit-learn==$version numpy==2.2.6 scipy==1.15.3 joblib==1.5.2
done
1.6.1/bin/python -W ignore - <<'PY'
import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
X, y = load_iris(return_X_y=True)
model = LogisticRegression(multi_class="ovr").fit(X, y)
joblib.dump((model, X, model.predict(X), model.predict_proba(X)), "model.joblib")
PY
1.8.0/bin/python - <<'PY'
import sys, warnings, joblib, numpy as np, sklearn
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    model, X, labels, answers = joblib.load("model.joblib")
    now = model.predict_proba(X)
kinds = {w.category.__name__ for w in said}
off = abs(now - answers).max()
same = (model.predict(X) == labels).all()
print("scikit-learn 1.6.1 ->", sklearn.__version__)
print("guess: the same probabilities, or an error that names multi_class")
print(f"seen:  off by {off:.3f}; labels the same: {same}; rows add up to 1: {np.allclose(now.sum(1), 1)}; warnings: {kinds}")
as_described = off > 0.1 and kinds == {"InconsistentVersionWarning"}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
