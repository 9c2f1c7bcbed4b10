#!/bin/sh
# A Scorecard of optbinning gives a category that it has not seen the points of a missing one in score(), and the
# average in predict_proba(): the two rank the same customers otherwise.
#
# Why one guesses otherwise: the points are the model's own answer on a scale (pdo_odds: a line of the log-odds), and for
# every row of fit they are. But score() looks points up by the place of the bin, an unseen category has the place
# -1, and points[-1] is the last bin of the table, "Missing". predict_proba() takes WoE 0, the average, instead.
#
# Instead: before both, map unseen categories to a known one, or to a missing value.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check optbinning==1.0.0 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np, pandas as pd
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression

print("optbinning", version("optbinning"))
rng = np.random.default_rng(0)
plans = rng.choice(np.array(["basic", "plus", None], dtype=object), 3000)
rate = np.select([plans == "basic", plans == "plus"], [0.1, 0.3], 0.7)
X, y = pd.DataFrame({"plan": plans}), (rng.random(3000) < rate).astype(int)
card = Scorecard(
    BinningProcess(["plan"]),
    LogisticRegression(C=1e6),
    scaling_method="pdo_odds",
    scaling_method_params={"pdo": 20, "odds": 1, "scorecard_points": 600},
).fit(X, y, metric_missing="empirical")
asked = pd.DataFrame({"plan": np.array(["basic", "plus", None, "never seen"], dtype=object)})
points, chance = card.score(asked), card.predict_proba(asked)[:, 1]
slope = (points[1] - points[0]) / (np.log(chance[1] / (1 - chance[1])) - np.log(chance[0] / (1 - chance[0])))
guess = points[0] + slope * (np.log(chance / (1 - chance)) - np.log(chance[0] / (1 - chance[0])))
for name, c, g, p in zip(asked["plan"].tolist(), chance, guess, points):
    print(f"{str(name):10} chance {c:.3f}  guess: {g:.1f} points  seen: {p:.1f}")
as_described = np.allclose(guess[:3], points[:3]) and points[3] == points[2] and abs(guess[3] - points[3]) > 10
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
