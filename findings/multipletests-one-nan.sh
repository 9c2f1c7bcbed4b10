#!/bin/sh
# statsmodels' multipletests: one p-value that is NaN makes all corrected p-values NaN by Benjamini and Hochberg, while the
# same answer's `reject` still says True for three of them; Hommel then rejects nothing, Bonferroni counts it as a test.
#
# Why one guesses otherwise: a column that is constant has no p-value, so lists of them have NaN, and pandas and scipy leave
# NaN out or answer NaN throughout. Here one call answers both at once: `reject` is compared before the running minimum
# spreads the NaN, and p[reject] < 0.05 is False where reject is True.
#
# Instead: take the NaN out before (p[~np.isnan(p)]), and put it back afterwards.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check statsmodels==0.15.0
venv/bin/python -W ignore - <<'PY'
import sys
import numpy as np, statsmodels
from statsmodels.stats.multitest import multipletests

tests = np.array([0.001, 0.01, 0.02, np.nan, 0.2, 0.5])
known = tests[~np.isnan(tests)]
seen = {}
for method in ("fdr_bh", "hommel", "bonferroni"):
    (reject, corrected, *_), (without, *_) = multipletests(tests, method=method), multipletests(known, method=method)
    seen[method] = int(reject.sum()), int(np.isnan(corrected).sum()), int(without.sum())
print("statsmodels", statsmodels.__version__)
print("guess: the NaN stays NaN, and the other five are corrected as five")
for method, (rejected, lost, right) in seen.items():
    print(f"seen:  {method} rejects {rejected}, {lost} of 6 corrected p-values are NaN; of the five alone it rejects {right}")
as_described = seen == {"fdr_bh": (3, 6, 3), "hommel": (0, 6, 2), "bonferroni": (1, 1, 2)}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
