#!/bin/sh
# mlxtend.evaluate.proportion_difference returns the lower tail as "the p-value": a worse first model looks
# twice as significant as it is, a better one never looks significant at all.
#
# Why one guesses otherwise: the docstring promises "the z-score and the p-value" for "a difference of
# proportions test", without an alternative to choose; statsmodels and R answer two-sided, and so do the
# other tests of the same module (mcnemar, paired_ttest_5x2cv). Order matters here: swap the models and the
# p-value becomes one minus itself.
#
# Instead: 2 * scipy.stats.norm.sf(abs(z)) with the z that it returns, or statsmodels'
# test_proportions_2indep(method="wald"); and for two models on the *same* rows a paired test.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check mlxtend==0.23.4 statsmodels==0.15.0
venv/bin/python - <<'PY'
import sys
import mlxtend, statsmodels
from mlxtend.evaluate import proportion_difference
from statsmodels.stats.proportion import test_proportions_2indep

print("mlxtend", mlxtend.__version__, "statsmodels", statsmodels.__version__)
better = proportion_difference(0.84, 0.80, 1000, 1000)
worse = proportion_difference(0.80, 0.84, 1000, 1000)
reference = test_proportions_2indep(840, 1000, 800, 1000, method="wald")
print(f"guess: p = {reference.pvalue:.4f} whichever comes first (statsmodels, z = {reference.statistic:.4f})")
print(f"seen:  0.84 against 0.80: z = {better[0]:.4f}, p = {better[1]:.4f};",
      f"0.80 against 0.84: z = {worse[0]:.4f}, p = {worse[1]:.4f}")
as_described = better[1] > 0.98 and abs(better[1] + worse[1] - 1) < 1e-12 \
    and abs(2 * worse[1] - reference.pvalue) < 1e-9 and abs(better[0] - reference.statistic) < 1e-9
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
