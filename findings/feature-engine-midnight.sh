#!/bin/sh
# feature_engine's CyclicalFeatures takes the largest value for the length of the cycle: 23 o'clock and midnight become the
# same point, noon is not quite opposite, and Sunday (6) is Monday (0).
#
# Why one guesses otherwise: hours and weekdays are what the transformer is for, it finds the period by itself
# (max_values=None), and sine and cosine look right in a plot. A cycle that starts at 0 has one more step than
# its largest value. Months from 1 to 12 come out right, if the training data hold a December; without one the year
# is as long as the data.
#
# Instead: give max_values={"hour": 24, "weekday": 7, "month": 12}.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check feature-engine==1.9.4 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np, pandas as pd
from feature_engine.creation import CyclicalFeatures

print("feature-engine", version("feature-engine"))
hours = pd.DataFrame({"hour": range(24), "weekday": [n % 7 for n in range(24)]})


def apart(a, b, column, length=None):
    made = CyclicalFeatures(variables=[column], max_values=length and {column: length}).fit(hours).transform(hours)
    point = made[[f"{column}_sin", f"{column}_cos"]].to_numpy()
    return round(float(np.linalg.norm(point[a] - point[b])), 3)


seen = [(apart(23, 0, "hour"), apart(23, 0, "hour", 24)), (apart(12, 0, "hour"), apart(12, 0, "hour", 24)),
        (apart(6, 0, "weekday"), apart(6, 0, "weekday", 7))]
for what, (found, told) in zip(("23 h to midnight", "noon to midnight", "Sunday to Monday"), seen):
    print(f"{what}: guess {told}, seen {found} apart")
as_described = seen[0][0] == seen[2][0] == 0 and seen[0][1] > 0.25 and seen[1][0] < 2 == seen[1][1] and seen[2][1] > 0.8
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
