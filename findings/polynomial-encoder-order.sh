#!/bin/sh
# category_encoders.PolynomialEncoder takes the order in which texts first appear for the order of the categories: the same
# rows, shuffled, give other columns, and "medium" can be more than "large".
#
# Why one guesses otherwise: polynomial contrasts (linear, quadratic, …) are for ordered levels, R's contr.poly takes a
# factor's levels, which are in alphabetical order unless one says otherwise, and the encoder has a parameter `mapping`.
# Nothing is asked, and nothing is said; backward differences do the same. A linear model and a
# ridge regression of all contrasts predict alike, since these are orthonormal; a lasso, a tree, and whoever reads the
# linear contrast's coefficient depend on which row came first.
#
# Instead: an ordered pandas categorical, whose order is kept.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check category_encoders==2.9.0 pandas==2.3.3 scikit-learn==1.7.2
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import category_encoders, numpy as np, pandas as pd
from sklearn.linear_model import Lasso

sizes = ["small", "medium", "large"]
asked = pd.DataFrame({"size": sizes})
rows = pd.DataFrame({"size": ["small", "large", "medium"] * 4})
target = rows["size"].map({"small": 1.0, "medium": 2.0, "large": 3.0})
shuffled = rows.loc[np.roll(rows.index, -1)]

def linear(frame, asked=asked):
    encoder = category_encoders.PolynomialEncoder(cols=["size"]).fit(frame)
    return encoder.transform(asked)["size_0"].round(2).tolist()

def lasso(frame):
    encoder = category_encoders.PolynomialEncoder(cols=["size"]).fit(frame)
    return Lasso(0.1).fit(encoder.transform(frame), target[frame.index]).predict(encoder.transform(asked)).round(2).tolist()

kind = pd.CategoricalDtype(sizes, ordered=True)
ordered = linear(rows.astype(kind), asked.astype(kind))
print("category_encoders", version("category_encoders"))
print("guess: an order that is declared, the alphabet, or an error")
print("seen:  the linear contrast of small, medium, large is", linear(rows), "and", linear(shuffled), "for the same rows in another",
      "order; a lasso predicts", lasso(rows), "and", lasso(shuffled), "; by an ordered categorical", ordered)
as_described = (
    linear(rows) != linear(shuffled) and linear(rows)[1] > linear(rows)[2]
    and not np.allclose(lasso(rows), lasso(shuffled), atol=0.05) and ordered == sorted(ordered)
)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
