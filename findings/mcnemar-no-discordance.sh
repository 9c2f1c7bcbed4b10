#!/bin/sh
# McNemar's test of a model against itself: p = 0.0. mlxtend answers so by default, statsmodels with
# exact=False; both agree that two models which never differ differ with certainty.
#
# Why one guesses otherwise: with no discordant pair there is no evidence, and p should be 1 (the exact test
# says so) or undefined. The continuity correction makes (|0 - 0| - 1)^2 / 0 = infinity of it. A shadow
# model that repeats the live one, or a fresh experiment, is exactly this table.
#
# Instead: exact=True, which is 1.0 here and right for any count; or |b - c| - 1 bounded at 0 and no
# verdict while b + c is 0.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check mlxtend==0.23.4 statsmodels==0.15.0
venv/bin/python -W ignore - <<'PY'
import sys
import mlxtend, numpy as np, statsmodels
from mlxtend.evaluate import mcnemar, mcnemar_table
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar

print("mlxtend", mlxtend.__version__, "statsmodels", statsmodels.__version__)
truth = np.array([0, 1] * 50)
model = np.array([0, 1, 1, 1] * 25)
table = mcnemar_table(truth, model, model)
theirs = mcnemar(table)
exact = mcnemar(table, exact=True)
corrected, sm_exact = sm_mcnemar(table, exact=False), sm_mcnemar(table, exact=True)
print("table of the model against itself:", table.tolist())
print("guess: p = 1 or NaN; the exact tests:", exact[1], sm_exact.pvalue)
print(f"seen:  mlxtend's default: chi2 = {theirs[0]}, p = {theirs[1]};",
      f"statsmodels, exact=False: chi2 = {corrected.statistic}, p = {corrected.pvalue}")
as_described = theirs[1] == 0 and corrected.pvalue == 0 and exact[1] == 1 and sm_exact.pvalue == 1
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
