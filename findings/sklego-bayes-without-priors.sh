#!/bin/sh
# scikit-lego's GaussianMixtureNB and GMMClassifier leave the classes' shares out of their probabilities: with
# 5 % churners the average "probability" is above 0.4, and more than a third of all customers are called churners.
#
# Why one guesses otherwise: a naive Bayes classifier is the prior times the likelihoods, scikit-learn's
# GaussianNB learns the prior from y, and with n_components=1 the two models are the same densities. The
# ranking hardly suffers, so the AUC that one compares gives nothing away; every threshold, expected loss and
# calibration does.
#
# Instead: multiply the probabilities by the class shares and divide by their sum, as below, or wrap the
# model in CalibratedClassifierCV.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check scikit-lego==0.9.10 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklego.mixture import GMMClassifier
from sklego.naive_bayes import GaussianMixtureNB

print("scikit-lego", version("scikit-lego"), "scikit-learn", version("scikit-learn"))
rng = np.random.default_rng(0)
churned = rng.random(4000) < 0.05
X = rng.normal(size=(4000, 2)) + 0.5 * churned[:, None]
share = np.array([1 - churned.mean(), churned.mean()])
seen = {}
for model in (GaussianNB(), GaussianMixtureNB(n_components=1), GMMClassifier(n_components=1)):
    p = model.fit(X, churned.astype(int)).predict_proba(X)
    mended = p * share / (p * share).sum(axis=1, keepdims=True)
    seen[type(model).__name__] = p[:, 1].mean(), model.predict(X).mean(), mended[:, 1].mean()
    print(f"{type(model).__name__:18} mean probability {p[:, 1].mean():.3f}, called churners {model.predict(X).mean():.1%},",
          f"AUC {roc_auc_score(churned, p[:, 1]):.3f}; times the shares {mended[:, 1].mean():.3f}")
print(f"guess: a mean probability near the share of churners, {share[1]:.3f}")
as_described = (abs(seen["GaussianNB"][0] - share[1]) < 0.005
                and all(seen[name][0] > 0.4 and seen[name][1] > 0.33 and abs(seen[name][2] - share[1]) < 0.005
                        for name in ("GaussianMixtureNB", "GMMClassifier")))
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
