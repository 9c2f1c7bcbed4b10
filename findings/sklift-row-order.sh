#!/bin/sh
# scikit-uplift: uplift_at_k of a model that scores every customer alike depends on the order of the rows; sorted
# by outcome it is 1.0 one way and -0.89 the other.
#
# Why one guesses otherwise: a metric is a function of the set of rows, and a model without any information has
# an uplift at 30 % that equals the experiment's overall effect; the package's own qini_auc_score and
# uplift_auc_score treat ties as one step and give 0. uplift_at_k takes the first k rows after a sort that
# keeps the order of equals (reversed), so ties are broken by where a row stands, and tables come sorted: by
# date, by group, by outcome. Trees have few distinct scores, and so many ties.
#
# Instead: shuffle the rows with a fixed seed before the metric, or average over shuffles; look at the number of
# distinct scores near the cut.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check scikit-uplift==0.5.1 scikit-learn==1.8.0 pandas==2.3.3
venv/bin/python -W ignore - <<'PY'
import sys
from importlib.metadata import version
import numpy as np
from sklift.metrics import qini_auc_score, uplift_at_k

print("scikit-uplift", version("scikit-uplift"))
rng = np.random.default_rng(0)
treated = rng.integers(0, 2, 1000)
bought = (rng.random(1000) < 0.3).astype(int)
same = np.full(1000, 0.1)
by_outcome = np.argsort(bought * (2 * treated - 1), kind="stable")
effect = bought[treated == 1].mean() - bought[treated == 0].mean()
seen, qini = [], []
for order in (np.arange(1000), by_outcome, by_outcome[::-1]):
    rows = bought[order], same, treated[order]
    seen.append([round(float(uplift_at_k(*rows, strategy=how, k=0.3)), 3) for how in ("overall", "by_group")])
    qini.append(round(float(qini_auc_score(*rows)), 6))
print(f"guess: about the experiment's effect, {effect:.3f}, whatever the order; qini_auc_score says {qini}")
print("seen:  (overall, by group) as drawn", seen[0], "- sorted by outcome", seen[1], "- the other way", seen[2])
as_described = (qini == [0, 0, 0] and abs(effect) < 0.1 and min(seen[1]) > 0.5 and max(seen[2]) < -0.5)
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
