#!/bin/sh
# scikit-learn's KNNImputer gives the same row another number when it comes alone than when it comes with others.
#
# Why one guesses otherwise: transform() fills a row from the rows of fit, and the documentation speaks of nothing else;
# KNeighborsRegressor, which looks for the same neighbours, finds the same ones however many rows it is given (its
# tree measures term by term). KNNImputer measures by |x|^2 - 2xy + |y|^2, a product of matrices, whose last digits
# depend on the shape. Where two rows of fit are as far, as among prices in tenths, that decides which one is taken.
#
# Instead: SimpleImputer, or a model that takes missing values; else score rows one by one wherever they are scored.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check numpy==2.4.6 scikit-learn==1.9.0
venv/bin/python - <<'PY'
import sys
import numpy as np, sklearn
from sklearn.impute import KNNImputer
from sklearn.neighbors import KNeighborsRegressor

print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
random = np.random.default_rng(0)
fit, rows = (random.integers(0, 30, (size, 5)) / 10 for size in (300, 2000))
target = random.normal(size=300)
neighbours = KNeighborsRegressor(algorithm="kd_tree").fit(fit, target)
fit[random.random(fit.shape) < 0.15] = np.nan
holed = np.where(random.random(rows.shape) < 0.2, np.nan, rows)
imputer = KNNImputer().fit(fit)


def differing(answer, x):
    alone = np.concatenate([answer(x[i : i + 1]) for i in range(len(x))])
    off = np.abs(answer(x) - alone).reshape(len(x), -1).max(axis=1)
    return int((off > 1e-6).sum()), off.max()


count, most = differing(imputer.transform, holed)
others, _ = differing(neighbours.predict, rows)
print("guess: of 2000 rows none gets another number alone than together")
print(f"seen:  {count} do, by up to {most:.2f}; of KNeighborsRegressor's answers {others} do")
as_described = count > 0 and most > 0.01 and others == 0
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
