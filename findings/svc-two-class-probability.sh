#!/bin/sh
# scikit-learn's SVC(probability=True) of two classes answers up to 0.005 beside Platt's sigmoid of its own decision.
#
# Why one guesses otherwise: the documentation says that probabilities of two classes are calibrated by Platt scaling,
# 1 / (1 + exp(A f + B)), and the fitted A and B stand in the estimator; several classes alone are coupled. The libsvm
# inside couples two classes too, by an iteration that stops when it is near enough.
#
# Instead: CalibratedClassifierCV(SVC(), ensemble=False), whose probabilities are that sigmoid.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check numpy==2.4.6 scikit-learn==1.9.0
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, sklearn
from sklearn.svm import SVC

print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
random = np.random.default_rng(0)
X = random.normal(size=(200, 4))
model = SVC(probability=True, random_state=0).fit(X, X[:, 0] + random.normal(size=200) > 0)
asked = 3 * random.normal(size=(1000, 4))
platt = 1 / (1 + np.exp(model.probA_[0] * -model.decision_function(asked) + model.probB_[0]))
apart = np.abs(model.predict_proba(asked)[:, 0] - platt)
print("guess: both are the same to the last digits")
print(f"seen:  up to {apart.max():.5f} apart, more than 0.001 for {(apart > 0.001).sum()} of 1000 rows")
as_described = 0.002 < apart.max() < 0.01
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
