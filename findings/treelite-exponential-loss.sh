#!/bin/sh
# treelite imports a GradientBoostingClassifier fitted with loss="exponential" as if the loss were the logarithm: every
# probability is nearer to one half than scikit-learn's.
#
# Why one guesses otherwise: treelite.sklearn.import_model refuses what it does not know (an initial estimator, for
# instance) and is exact for the default loss. With the exponential loss of AdaBoost the trees fit half the logarithm of the
# odds, so that scikit-learn answers expit(2 * raw); treelite leaves the 2 away. The order of the rows is right, the
# predicted classes too; the probabilities, and all that is weighed by them, are not.
#
# Instead: ask for the raw sum (gtil.predict(..., pred_margin=True)) and apply the link oneself.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check treelite==4.8.1 scikit-learn==1.7.2
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, sklearn, treelite
from scipy.special import expit
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier

x, y = load_breast_cancer(return_X_y=True)
worst = {}
for loss in ("log_loss", "exponential"):
    model = GradientBoostingClassifier(loss=loss, n_estimators=20, max_depth=2, random_state=0).fit(x, y)
    imported = treelite.sklearn.import_model(model)
    answer = np.squeeze(treelite.gtil.predict(imported, x))
    margin = np.squeeze(treelite.gtil.predict(imported, x, pred_margin=True))
    truth = model.predict_proba(x)[:, 1]
    worst[loss] = np.abs(answer - truth).max()
    if loss == "exponential":
        doubled = np.abs(expit(2 * margin) - truth).max()
        same_class = ((answer > 0.5) == (truth > 0.5)).mean()
print("treelite", treelite.__version__, "scikit-learn", sklearn.__version__)
print("guess: both losses are converted, or one is refused")
print(f"seen:  log_loss is off by {worst['log_loss']:.1e}, exponential by {worst['exponential']:.3f};",
      f"expit(2 * margin) by {doubled:.1e}; the same class in {same_class:.0%}")
as_described = worst["log_loss"] < 1e-9 and worst["exponential"] > 0.05 and doubled < 1e-9
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
