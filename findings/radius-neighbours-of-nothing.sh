#!/bin/sh
# scikit-learn's RadiusNeighborsRegressor predicts -9.2e18 for a row without neighbours if the target was whole numbers.
#
# Why one guesses otherwise: the documentation and the warning say that NaN is predicted where no row is within the
# radius, and so it is if the target was floats; a count of visits as the target is a column of int64. The NaN is put
# into an array of the target's own type, so that it becomes the least int64, and as that is no NaN, the warning that
# speaks of missing neighbours stays away too.
#
# Instead: fit with y.astype(float), and look for NaN.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check numpy==2.4.6 scikit-learn==1.9.0
venv/bin/python - <<'PY'
import sys, warnings
import numpy as np, sklearn
from sklearn.neighbors import RadiusNeighborsRegressor

print("scikit-learn", sklearn.__version__, "numpy", np.__version__)
seen = {}
for kind in (float, int):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = RadiusNeighborsRegressor(radius=0.5).fit([[0.0], [1.0], [2.0]], np.array([1, 2, 3], dtype=kind))
        seen[kind] = float(model.predict([[50.0]])[0]), any("no neighbors" in str(one.message) for one in said)
print("guess: (nan, True) for both: NaN, and a warning that there are no neighbours")
print(f"seen:  floats {seen[float]}, whole numbers {seen[int]}")
as_described = np.isnan(seen[float][0]) and seen[float][1] and seen[int] == (-(2.0**63), False)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
